"""The live connections of a foreign peer: a NestJS gateway with socket.io, which hears of messages through Redis."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from benchmarks.bench import Bench
from benchmarks.peer import WARM, node, plain, production
from benchmarks.sockets import Ear, Side, masked
from benchmarks.world import Person, Server

TEXT = 0x81
CONNECT, PING, PONG = b"40", b"2", b"3"


class SocketIoEar(Ear):
    """A client of socket.io, over a WebSocket from the beginning."""

    __slots__ = ()
    PATH = "/socket.io/?EIO=4&transport=websocket&token={}"
    BEFORE = len(b'42["notification",{"seq":')

    def _greeting(self) -> bytes:
        self._until(b'"sid"')
        self.socket.sendall(masked(TEXT, CONNECT))
        self._until(b'"sid"')
        return b""

    def _take(self, kind: int, message: bytes) -> None:
        if message == PING:
            self.socket.send(masked(TEXT, PONG))
        else:
            super()._take(kind, message)


def side(bench: Bench, people: Sequence[Person], folder: Path) -> Side:
    """The gateway, serving; its tokens are those of a server with its own sign-in."""
    program = node(plain(bench) / "dist" / "nest_gateway.js")
    server = Server("socket.io", program, production(bench.world), folder, alive="/")
    channels = [f"user:{person.user_id}" for person in people]
    return Side(server, SocketIoEar, [person.plain for person in people], channels, WARM)
