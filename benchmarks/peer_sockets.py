"""The live connections of a foreign peer: a NestJS gateway with socket.io, which hears of messages through Redis."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from benchmarks.bench import Bench
from benchmarks.peer import WARM, node, plain, production
from benchmarks.sockets import Ear, Side
from benchmarks.world import Person, Server

CONNECT, PING, PONG = b"40", b"2", b"3"
"""Of socket.io's protocol, all of them text."""


class SocketIoEar(Ear):
    """A client of socket.io, over a WebSocket from the beginning."""

    __slots__ = ()
    PATH = "/socket.io/?EIO=4&transport=websocket&token={}"
    BEFORE = len(b'42["notification",{"seq":')

    def _greeting(self) -> bytes:
        self._until(b'"sid"')
        self.socket.sendall(masked(CONNECT))
        self._until(b'"sid"')
        return b""

    def _take(self, kind: int, message: bytes) -> None:
        if message == PING:
            self.socket.send(masked(PONG))
        else:
            super()._take(kind, message)


def masked(text: bytes) -> bytes:
    """A short text frame of a client, with a mask that changes nothing."""
    return bytes([0x81, 0x80 | len(text)]) + bytes(4) + text


def side(bench: Bench, people: Sequence[Person], folder: Path) -> Side:
    """The gateway, serving; its tokens are those of a server with its own sign-in."""
    program = node(plain(bench) / "dist" / "nest_gateway.js")
    server = Server("socket.io", program, production(bench.world), folder, alive="/")
    channels = [f"user:{person.user_id}" for person in people]
    return Side(server, SocketIoEar, [person.plain for person in people], channels, WARM)
