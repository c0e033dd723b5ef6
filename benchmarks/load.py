"""The load generator: keep-alive connections that each send the next request when the response is complete.

It runs as a separate process on a single epoll, because an event loop would use more of the core it shares with the
database than the requests themselves. It reads its order from a file, connects, prints `ready`, waits for a line, and
prints its result.
"""

from __future__ import annotations

import os
import select
import socket
import subprocess
import sys
import tempfile
import time
from collections import Counter
from contextlib import suppress
from pathlib import Path

import msgspec

from benchmarks.measure import OTHER_CORE, percentile, pin

PATIENCE = 15.0
"""Seconds to wait for a response before it counts as lost."""


class Order(msgspec.Struct, frozen=True):
    """What to send: each of `requests` once, or repeatedly if `again`; at most `pace` per second, 0 for no limit."""

    port: int
    requests: list[bytes]
    connections: int = 32
    seconds: float = 2.0
    again: bool = True
    pace: float = 0.0


class Result(msgspec.Struct, frozen=True):
    """The outcome. `lost` counts requests without a response; `cpu_ns` is the CPU time of the load generator."""

    answered: int
    sent: int
    lost: int
    seconds: float
    p50: float
    """Milliseconds."""
    p99: float
    received: int
    statuses: dict[str, int]
    cpu_ns: int

    @property
    def bad(self) -> int:
        """Responses other than 2xx, and missing responses."""
        return self.lost + sum(count for status, count in self.statuses.items() if not status.startswith("2"))


class _Line:
    """One connection: when its request was sent, and the response received so far."""

    __slots__ = ("got", "since", "socket")

    def __init__(self, port: int) -> None:
        self.socket = socket.create_connection(("127.0.0.1", port))
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.got = b""
        self.since = 0.0


def whole(data: bytes) -> bool:
    """Whether a response is complete."""
    head = data.find(b"\r\n\r\n")
    if head < 0:
        return False
    at = data.find(b"ontent-length: ", 0, head)
    if at < 0:
        at = data.find(b"ontent-Length: ", 0, head)
    if at < 0:
        return True  # 204
    end = data.find(b"\r", at)
    return len(data) >= head + 4 + int(data[at + 15 : end])


def _received(line: socket.socket) -> bytes:
    try:
        return line.recv(262_144)
    except OSError:
        return b""


class _Drive:
    """Runs one order."""

    def __init__(self, order: Order) -> None:
        self._order = order
        self._lines = {line.socket.fileno(): line for line in (_Line(order.port) for _ in range(order.connections))}
        self._idle: list[_Line] = list(self._lines.values())
        self._poll = select.epoll()
        for number in self._lines:
            self._poll.register(number, select.EPOLLIN)
        self._times: list[float] = []
        self._statuses: Counter[bytes] = Counter()
        self._next = self._sent = self._lost = self._received = 0

    def run(self) -> Result:
        order, clock = self._order, time.perf_counter
        cpu, self._began = time.process_time_ns(), clock()
        self._end = self._began + order.seconds
        while (clock() < self._end and self._more()) or len(self._idle) < len(self._lines):
            self._begin()
            if not self._hear() and clock() > self._end + PATIENCE:
                break
        seconds = clock() - self._began
        return Result(
            len(self._times),
            self._sent,
            self._sent - len(self._times),
            seconds,
            percentile(self._times, 0.5) * 1e3,
            percentile(self._times, 0.99) * 1e3,
            self._received,
            {status.decode(): count for status, count in self._statuses.items()},
            time.process_time_ns() - cpu,
        )

    def _more(self) -> bool:
        return self._order.again or self._next < len(self._order.requests)

    def _begin(self) -> None:
        """Sends the next request on idle connections, within the time and the pace of the order."""
        now = time.perf_counter()
        allowed = (now - self._began) * self._order.pace + 1 if self._order.pace else float("inf")
        while self._idle and now < self._end and self._more() and self._sent < allowed:
            line = self._idle.pop()
            line.since = time.perf_counter()
            with suppress(OSError):  # reading shows that the connection is closed
                line.socket.sendall(self._order.requests[self._next % len(self._order.requests)])
            self._next += 1
            self._sent += 1

    def _hear(self) -> bool:
        """Receives available data; false after a while without any."""
        ready = self._poll.poll(0.001 if self._order.pace else 0.2)
        for number, _ in ready:
            line = self._lines.get(number)
            if line is None:
                continue
            data = _received(line.socket)
            line.got = line.got + data if line.got else data
            if not data:
                self._drop(number)
            elif whole(line.got):
                self._finish(line)
        return bool(ready)

    def _finish(self, line: _Line) -> None:
        self._times.append(time.perf_counter() - line.since)
        self._statuses[line.got[9:12]] += 1
        self._received += len(line.got)
        line.got = b""
        self._idle.append(line)

    def _drop(self, number: int) -> None:
        line = self._lines.pop(number)
        self._poll.unregister(number)
        line.socket.close()
        if line in self._idle:
            self._idle.remove(line)


class Load:
    """The load generator as a process: connects on creation and runs between `go()` and `result()`."""

    def __init__(self, order: Order, *, core: int = OTHER_CORE) -> None:
        number, self._path = tempfile.mkstemp(suffix=".order")
        with os.fdopen(number, "wb") as file:
            file.write(msgspec.msgpack.encode(order))
        self._process = subprocess.Popen(
            [sys.executable, "-m", "benchmarks.load", self._path],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
        )
        pin(self._process.pid, core)
        self._line()

    def _line(self) -> bytes:
        assert self._process.stdout is not None
        if not (line := self._process.stdout.readline()):
            raise RuntimeError("the load generator ended early; its output is above")
        return line

    def go(self) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(b"go\n")
        self._process.stdin.flush()

    def result(self) -> Result:
        """Waits for the result."""
        return msgspec.json.decode(self._line(), type=Result)

    def __enter__(self) -> Load:
        return self

    def __exit__(self, *_: object) -> None:
        Path(self._path).unlink(missing_ok=True)
        self._process.kill()
        self._process.wait()
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe:
                with suppress(BrokenPipeError):
                    pipe.close()


def request(method: str, path: str, token: str = "", body: bytes = b"") -> bytes:
    """An HTTP request as bytes."""
    lines = [f"{method} {path} HTTP/1.1", "Host: 127.0.0.1", "Accept: application/json"]
    lines += [f"Authorization: Bearer {token}"] if token else []
    lines += ["Content-Type: application/json", f"Content-Length: {len(body)}"] if body else []
    lines += ["Content-Length: 0"] if method == "POST" and not body else []
    return "\r\n".join([*lines, "", ""]).encode() + body


def exchange(port: int, sent: bytes) -> tuple[int, bytes]:
    """Sends one request; returns status and body."""
    with socket.create_connection(("127.0.0.1", port), timeout=PATIENCE) as line:
        line.sendall(sent)
        got = b""
        while not whole(got):
            if not (data := line.recv(262_144)):
                raise ConnectionError("the server closed the connection")
            got += data
    return int(got[9:12]), got.partition(b"\r\n\r\n")[2]


def main(path: str) -> None:
    """Runs the order in the file at `path`."""
    drive = _Drive(msgspec.msgpack.decode(Path(path).read_bytes(), type=Order))
    print("ready", flush=True)
    if sys.stdin.readline():
        print(msgspec.json.encode(drive.run()).decode(), flush=True)


if __name__ == "__main__":
    main(sys.argv[1])
