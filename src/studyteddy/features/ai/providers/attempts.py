"""What attempts cost that ended without an answer: a provider that received a prompt may charge for it all the same."""

from __future__ import annotations

from studyteddy.features.ai.providers.model import Meter, Prompt, answered_tokens


class Attempt:
    """One attempt of a call: its prompt counts from when it has been sent until it is answered or refused."""

    def __init__(self, prompt: Prompt, meter: Meter | None) -> None:
        self._meter = meter or Meter()
        self._tokens = sum(answered_tokens(one.content) for one in prompt.messages)
        self._is_counted = False

    def sent(self) -> None:
        """Count the prompt, once."""
        if not self._is_counted:
            self._is_counted = True
            self._meter.tokens += self._tokens

    def cleared(self) -> None:
        """Count it no more: it was refused, or its answer is counted as a whole."""
        if self._is_counted:
            self._is_counted = False
            self._meter.tokens -= self._tokens

    def came(self, text: str) -> None:
        """Count a text that came, but isn't an answer."""
        self._meter.tokens += answered_tokens(text)
