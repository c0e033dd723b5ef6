"""Prompts and streams for the tests of language models."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import Any

from studyteddy.features.ai.providers.model import Message, Prompt, Reply


def now() -> float:
    return asyncio.get_running_loop().time()


def asked(
    question: str = "What is a fraction?",
    *,
    sample: str = "A part of a whole.",
    schema: dict[str, Any] | None = None,
    max_tokens: int = 50,
) -> Prompt:
    """A prompt with one question."""
    return Prompt([Message("system", "Be brief."), Message("user", question)], max_tokens, sample, schema)


async def pieces_of(stream: AsyncGenerator[str | Reply]) -> list[str | Reply]:
    """Read a stream to its end."""
    pieces: list[str | Reply] = []
    await read(stream, pieces)
    return pieces


async def read(stream: AsyncGenerator[str | Reply], into: list[str | Reply]) -> None:
    """Read a stream, also one that fails, into a list."""
    async with aclosing(stream) as pieces:
        async for piece in pieces:
            into.append(piece)
