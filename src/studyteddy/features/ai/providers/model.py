"""What a language model is asked and answers. Each implementation passes the same tests."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from typing import Any, Literal, Protocol

import msgspec

Role = Literal["system", "user", "assistant"]
Finish = Literal["stop", "length", "filtered", "refused"]
MAX_ANSWER = 200_000
"""Characters of an answer that are read; a longer one is a failure of the provider."""


class Message(msgspec.Struct, frozen=True):
    """One message of a prompt."""

    role: Role
    content: str
    rejected: bool = False
    """Whether it is a draft that the checks rejected, or says what was wrong with it: a student never reads it."""


class Prompt(msgspec.Struct, frozen=True):
    """A question. No tools are ever offered, so nothing can be done by an answer."""

    messages: list[Message]
    max_tokens: int
    sample: str
    """An answer of the right form; the built-in model gives it."""
    schema: dict[str, Any] | None = None
    """The JSON schema of the answer (the strict subset of OpenAI's), or None for text."""

    @property
    def estimate(self) -> int:
        """An upper estimate of the tokens of prompt and answer: two bytes of UTF-8 a token, eight a message."""
        return sum(len(one.content.encode()) // 2 + 8 for one in self.messages) + self.max_tokens


class Reply(msgspec.Struct, frozen=True):
    """A whole answer, or the end of a streamed one."""

    text: str
    finish: Finish
    tokens: int
    """Tokens of prompt and answer; estimated if the provider doesn't say."""
    model: str
    provider: str


class Meter:
    """The tokens of prompts that providers received for one call, and didn't answer to their end.

    Nothing counts that was refused before it was processed: connections, keys, rates, prompts.
    """

    def __init__(self) -> None:
        self.tokens = 0


class ModelFailed(Exception):
    """No usable answer."""

    def __init__(
        self,
        reason: str,
        *,
        retry_after: float | None = None,
        spent: bool = False,
        rejected: bool = False,
        denied: bool = False,
    ) -> None:
        super().__init__(reason)
        self.reason = reason
        self.retry_after = retry_after
        """Seconds after which the same provider may be asked again, if it said so."""
        self.spent = spent
        """Whether the account at the provider has no money left, so that asking again is useless."""
        self.rejected = rejected
        """Whether the provider rejected this prompt, which says nothing about the next one."""
        self.denied = denied
        """Whether the provider denied the key, or the model to it."""


class LanguageModel(Protocol):
    """A language model. `until` is the time of the event loop at which it has to have answered.

    `meter` counts what attempts cost that had no answer.
    """

    @property
    def provider(self) -> str:
        """Where prompts are sent to."""

    @property
    def name(self) -> str:
        """The name of the model."""

    async def complete(self, prompt: Prompt, *, until: float, meter: Meter | None = None) -> Reply:
        """Return the whole answer; raise `ModelFailed`."""

    def stream(self, prompt: Prompt, *, until: float, meter: Meter | None = None) -> AsyncGenerator[str | Reply]:
        """Yield the answer in pieces, and at its end the reply; raise `ModelFailed`."""


class KeyedModel(LanguageModel, Protocol):
    """A language model that can be asked with another key."""

    def with_key(self, key: str) -> LanguageModel:
        """Return the same model, asked with this key."""


def likely_tokens(prompt: Prompt) -> int:
    """Return the estimated tokens of a prompt and an answer like its sample."""
    return sum(answered_tokens(one.content) for one in prompt.messages) + answered_tokens(prompt.sample)


def answered_tokens(text: str) -> int:
    """Return the estimated tokens of a text: three bytes of UTF-8 a token."""
    return -(-len(text.encode()) // 3)
