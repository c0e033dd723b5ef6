"""The built-in model: it answers a prompt with the sample in it. For development, demonstrations and tests."""

from __future__ import annotations

import re
from collections.abc import AsyncGenerator

from studyteddy.features.ai.providers.attempts import Attempt
from studyteddy.features.ai.providers.model import Meter, Prompt, Reply, likely_tokens


class Scripted:
    """A deterministic model that needs no network."""

    provider = "built in"
    name = "scripted"

    async def complete(self, prompt: Prompt, *, until: float, meter: Meter | None = None) -> Reply:
        return _reply(prompt)

    async def stream(self, prompt: Prompt, *, until: float, meter: Meter | None = None) -> AsyncGenerator[str | Reply]:
        attempt = Attempt(prompt, meter)
        attempt.sent()
        for word in re.findall(r"\s*\S+\s*", prompt.sample):
            yield word
        attempt.cleared()
        yield _reply(prompt)

    def with_key(self, key: str) -> Scripted:
        return self


def _reply(prompt: Prompt) -> Reply:
    return Reply(prompt.sample, "stop", likely_tokens(prompt), Scripted.name, Scripted.provider)
