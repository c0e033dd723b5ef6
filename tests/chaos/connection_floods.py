"""Floods of connections and headers from one address, as a process: `python -m … <name> <port> <a tenth?>`."""

from __future__ import annotations

import asyncio
import contextlib
import sys
from collections.abc import Awaitable, Callable

ADDRESS = "127.0.0.2"
CONNECTIONS = 12
_HEAD = b"GET /api/tasks HTTP/1.1\r\nhost: teddy\r\n"


async def silent(port: int, tenth: bool) -> None:
    """Connections that never send anything; those that are refused are opened again."""
    opened = [await _connect(port) for _ in range(400 if tenth else 1150)]
    while True:
        await asyncio.sleep(1)
        opened = [one if not one.is_closing() else await _connect(port) for one in opened]


async def large_headers(port: int, tenth: bool) -> None:
    """Headers without an end, in large pieces: up to 16 MiB for each connection."""
    await _send_heads(port, _HEAD + b"large: ", b"x" * 65536, 25 if tenth else 256)


async def many_headers(port: int, tenth: bool) -> None:
    """Header lines without an end: up to 50,000 for each connection."""
    lines = b"".join(b"x-%d: y\r\n" % number for number in range(1000))
    await _send_heads(port, _HEAD, lines, 5 if tenth else 50)


FLOODS: dict[str, Callable[[int, bool], Awaitable[None]]] = {
    "silent": silent,
    "large headers": large_headers,
    "many headers": many_headers,
}


async def _send_heads(port: int, begin: bytes, piece: bytes, count: int) -> None:
    async def send() -> None:
        while True:
            writer = await _connect(port)
            with contextlib.suppress(ConnectionError):
                writer.write(begin)
                for _ in range(count):
                    writer.write(piece)
                    await writer.drain()
            writer.close()
            await asyncio.sleep(0.05)

    await asyncio.gather(*(send() for _ in range(CONNECTIONS)))


async def _connect(port: int) -> asyncio.StreamWriter:
    _, writer = await asyncio.open_connection("127.0.0.1", port, local_addr=(ADDRESS, 0))
    return writer


if __name__ == "__main__":
    asyncio.run(FLOODS[sys.argv[1]](int(sys.argv[2]), sys.argv[3] == "True"))  # type: ignore[arg-type]
