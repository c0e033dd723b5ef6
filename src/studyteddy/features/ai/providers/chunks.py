"""The chunks of a streamed chat completion, read from its server-sent events.

The client's own reader makes a validated object of every field, which was half of what a word cost the server.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncGenerator, AsyncIterable, AsyncIterator
from contextlib import suppress
from typing import Any

import msgspec

from studyteddy.features.ai.providers.model import ModelFailed

_END = "[DONE]"
REST_SECONDS = 0.1


class Delta(msgspec.Struct, frozen=True):
    """What a chunk adds to the answer."""

    content: str | None = None
    refusal: str | None = None


class Choice(msgspec.Struct, frozen=True):
    """A piece of an answer, and why the answer ends if it does."""

    delta: Delta
    finish_reason: str | None = None


class Usage(msgspec.Struct, frozen=True):
    """The tokens of the call."""

    total_tokens: Any = None


class Chunk(msgspec.Struct, frozen=True):
    """A chunk; fields that aren't used here are left out."""

    choices: list[Choice] = []
    usage: Usage | None = None
    error: Any = None


async def chunks(stream: AsyncIterable[bytes]) -> AsyncGenerator[Chunk]:
    """Yield the chunks until the end; raise `ModelFailed` for an error, `ValueError` for what isn't a chunk."""
    events = _events(stream)
    async for data in events:
        if data.startswith(_END):
            await _read_rest(events)
            return
        # Not msgspec's decoder: some providers cut a character into two chunks, each with half of a surrogate pair.
        chunk = msgspec.convert(json.loads(data), Chunk)
        if chunk.error:
            raise ModelFailed("unreachable")
        yield chunk


async def _read_rest(events: AsyncIterable[str]) -> None:
    """Read what follows the end, which is nothing, so that the connection can be used again."""
    with suppress(TimeoutError):
        async with asyncio.timeout(REST_SECONDS):
            async for _ in events:
                pass


async def _events(stream: AsyncIterable[bytes]) -> AsyncIterator[str]:
    """Yield the data of each event. What an event has beside data doesn't matter here."""
    data: list[str] = []
    async for line in _lines(stream):
        if line.startswith("data:"):
            data.append(line[5:].removeprefix(" "))
        elif not line and data:
            yield "\n".join(data)
            data = []
    if data:
        yield "\n".join(data)


async def _lines(stream: AsyncIterable[bytes]) -> AsyncIterator[str]:
    """Yield lines, without their ends: CR LF, or LF."""
    begun = bytearray()
    async for piece in stream:
        begun += piece
        if b"\n" not in piece:
            continue
        *whole, rest = begun.split(b"\n")
        for line in whole:
            yield line.removesuffix(b"\r").decode()
        begun = rest
    if begun:
        yield begun.decode()
