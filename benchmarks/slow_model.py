"""A language model's endpoint that streams words at a steady rate."""

from __future__ import annotations

import asyncio
import json
import re
from contextlib import suppress

SENTENCE = 12
"""Words of a sentence."""
_HEAD = b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\nconnection: close\r\n\r\n"
_BASE = {"id": "c1", "object": "chat.completion.chunk", "created": 1, "model": "slow"}


def chunk(text: str) -> bytes:
    choices = [{"index": 0, "delta": {"content": text}, "finish_reason": None}]
    return b"data: " + json.dumps(_BASE | {"choices": choices}).encode() + b"\n\n"


WORD, LAST = chunk("word "), chunk("end. ")


class Model:
    """Streams words to every client until it goes, and tells how many there were: `GET /words`."""

    def __init__(self, rate: float) -> None:
        self._pause = 1 / rate
        self._words = 0

    async def answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(OSError, asyncio.IncompleteReadError):
            head = await reader.readuntil(b"\r\n\r\n")
            if head.startswith(b"GET"):
                body = str(self._words).encode()
                writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: %d\r\n\r\n%b" % (len(body), body))
                await writer.drain()
            else:
                (length,) = re.findall(rb"content-length: (\d+)", head.lower())
                await reader.readexactly(int(length))
                await self._stream(reader, writer)
        writer.close()

    async def _stream(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(_HEAD)
        number = 0
        while not reader.at_eof():
            number += 1
            writer.write(WORD if number % SENTENCE else LAST)
            self._words += 1
            await writer.drain()
            await asyncio.sleep(self._pause)


async def main(port: int, rate: float) -> None:
    async with await asyncio.start_server(Model(rate).answer, "127.0.0.1", port, backlog=1024) as server:
        await server.serve_forever()
