"""Chunks of a streamed answer: the same however the bytes are cut."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from studyteddy.features.ai.providers.chunks import Chunk, chunks
from studyteddy.features.ai.providers.model import ModelFailed

HALVES = ["\ud83d", "\udc3b"]
TEXTS = ["One ", "line\nand another", " \u2028\x85 ", *HALVES]
"""Among them ends of lines that aren't ends of lines here, and a character in two halves."""


def line(text: str) -> str:
    return json.dumps({"choices": [{"index": 0, "delta": {"content": text}}]}, ensure_ascii=text in HALVES)


def stream(*parts: bytes) -> AsyncIterator[bytes]:
    async def sent() -> AsyncIterator[bytes]:
        for one in parts:
            yield one

    return sent()


async def read(*parts: bytes) -> list[Chunk]:
    return [one async for one in chunks(stream(*parts))]


def content(found: list[Chunk]) -> list[str | None]:
    return [one.choices[0].delta.content for one in found]


@pytest.mark.parametrize("end", ["\n", "\r\n"])
@given(cuts=st.lists(st.integers(0, 400), max_size=12))
async def test_chunks_are_the_same_however_the_bytes_are_cut(end: str, cuts: list[int]) -> None:
    events = [f": comment{end}event: x{end}data: {line(text)}{end}{end}" for text in TEXTS]
    whole = "".join([*events, f"data:[DONE]{end}{end}"]).encode()
    places = sorted({0, *cuts, len(whole)})
    parts = [whole[start:stop] for start, stop in pairwise(places)]
    assert content(await read(*parts)) == TEXTS


async def test_an_event_may_have_several_lines_of_data_and_no_end() -> None:
    assert content(await read(b'data: {"choices":\ndata: [{"delta": {"content": "x"}}]}')) == ["x"]


async def test_nothing_after_the_end_is_a_chunk() -> None:
    assert await read(b"data: [DONE]\n\n", f"data: {line('x')}\n\n".encode()) == []


async def test_an_error_in_a_stream_is_a_failure() -> None:
    with pytest.raises(ModelFailed):
        await read(b'data: {"error": {"message": "overloaded"}}\n\n')


@pytest.mark.parametrize(
    "data", ["[]", "7", '{"choices": 5}', '{"choices": [{}]}', '{"choices": [{"delta": []}]}', "{"]
)
async def test_what_is_not_a_chunk_is_an_error(data: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        await read(f"data: {data}\n\n".encode())
