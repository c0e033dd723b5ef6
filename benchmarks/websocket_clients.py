"""The clients of the live connections: they parse frames, answer pings and check the number of every message."""

from __future__ import annotations

import socket
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass

from benchmarks.world import Server

FIRST_SEQ = 100_000
UPGRADE = (
    "GET {} HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n"
)


def masked(kind: int, message: bytes) -> bytes:
    """A short client frame with a mask of zeros."""
    return bytes([kind, 0x80 | len(message)]) + bytes(4) + message


class Client:
    """A client that parses frames, answers pings, and checks that message numbers are consecutive."""

    __slots__ = ("_rest", "heard", "last", "socket")
    PATH = "/ws?ticket={}"
    BEFORE = len(b'{"seq":')
    """The length of the text before the number of a message."""

    def __init__(self, port: int, ticket: str) -> None:
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=10)
        self.socket.sendall(UPGRADE.format(self.PATH.format(ticket)).encode())
        self.heard, self.last = 0, FIRST_SEQ
        self._rest = self._greeting()
        self.socket.setblocking(False)

    def _greeting(self) -> bytes:
        """Reads the response to the upgrade and the first message; returns the data after them."""
        got = self._until(b"lastSeq")
        if b"%d" % FIRST_SEQ not in got:
            raise RuntimeError(f"unexpected first number: {got[-100:]!r}")
        return b""

    def _until(self, mark: bytes) -> bytes:
        """Reads up to the end of the object that contains `mark`."""
        got = b""
        while mark not in got or not got.endswith(b"}"):
            if not (data := self.socket.recv(65_536)):
                raise ConnectionError(f"the socket was refused: {got[:300]!r}")
            got += data
        return got

    def listen(self) -> int:
        """Receives available data; returns the number of messages."""
        with suppress(BlockingIOError):
            self._rest += self.socket.recv(262_144)
        before = self.heard
        while self._frame():
            pass
        return self.heard - before

    def _frame(self) -> bool:
        data = self._rest
        if len(data) < 2:
            return False
        start, size = 2, data[1]
        if size == 126:
            start, size = 4, int.from_bytes(data[2:4], "big")
        if len(data) < start + size:
            return False
        self._take(data[0], data[start : start + size])
        self._rest = data[start + size :]
        return True

    def _take(self, kind: int, message: bytes) -> None:
        if kind == 0x89:
            self.socket.send(masked(0x8A, message))  # must repeat the payload of the ping
        elif kind == 0x81:
            seq = int(message[self.BEFORE : message.index(b",", self.BEFORE)])
            if seq != self.last + 1:
                raise RuntimeError(f"number {seq} followed {self.last}")
            self.last = seq
            self.heard += 1
        else:
            raise ConnectionError(f"the socket was closed: {message!r}")


@dataclass(frozen=True)
class Side:
    """A server, how its clients connect, and the channels that reach them."""

    server: Server
    client: Callable[[int, str], Client]
    tickets: Sequence[str]
    channels: Sequence[str]
    warm: float = 1.0
    """Seconds of warm-up."""
