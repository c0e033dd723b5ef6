"""The live connections of the peer: a NestJS gateway with socket.io that receives messages through Redis."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from benchmarks.bench import Bench
from benchmarks.peer import WARM, node, plain, production
from benchmarks.websocket_clients import Client, Side, masked
from benchmarks.world import Person, Server

TEXT = 0x81
CONNECT, PING, PONG = b"40", b"2", b"3"


class SocketIoClient(Client):
    """A socket.io client that uses the WebSocket transport only."""

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
    """The running gateway; its clients authenticate with HS256 tokens."""
    program = node(plain(bench) / "dist" / "nest_gateway.js")
    server = Server("socket.io", program, production(bench.world), folder, alive="/")
    channels = [f"user:{person.user_id}" for person in people]
    return Side(server, SocketIoClient, [person.plain for person in people], channels, WARM)
