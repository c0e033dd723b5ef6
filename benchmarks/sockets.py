"""What a live connection costs: to open, to hold, to be told something.

One server on its core with 2,000 sockets of 2,000 users. Messages are published as the program does after a commit, on
each user's channel and with the next number of that user, so that the hub takes its straight way and any that is lost
leaves a hole that is counted.
"""

from __future__ import annotations

import select
import socket
import tempfile
import time
from collections.abc import Sequence
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import NamedTuple
from urllib.parse import unquote, urlsplit

import hiredis
import msgspec

from benchmarks.bench import Bench
from benchmarks.load import exchange, request
from benchmarks.measure import OTHER_CORE, Meter, median, pinned, pss_mib, spread, tree
from benchmarks.report import Headline, Report
from benchmarks.world import Person, Server, World, ours

SOCKETS, FLOOD, RATE = 2_000, 40_000, 4_000
FIRST_SEQ = 100_000
BATCH = 200
PATIENCE = 60.0
KIB_AIM = 30.0
UPGRADE = (
    "GET /ws?ticket={} HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n"
)
MASKED_PONG = b"\x8a\x80\0\0\0\0"


class Phase(NamedTuple):
    """Some messages for everybody."""

    cpu: float
    """Server CPU, µs a message."""
    rate: float
    lost: int
    alien: float


class Ear:
    """A client: takes frames apart, answers pings, and remembers the last number it was told."""

    __slots__ = ("_rest", "heard", "last", "socket")

    def __init__(self, port: int, ticket: str) -> None:
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=10)
        self.socket.sendall(UPGRADE.format(ticket).encode())
        self.heard, self.last = 0, FIRST_SEQ
        self._rest = self._greeting()
        self.socket.setblocking(False)

    def _greeting(self) -> bytes:
        """The answer to the upgrade and the first message; what follows them."""
        got = b""
        while b"lastSeq" not in got or not got.endswith(b"}"):
            if not (data := self.socket.recv(65_536)):
                raise ConnectionError(f"the socket was refused: {got[:300]!r}")
            got += data
        if b"%d" % FIRST_SEQ not in got:
            raise RuntimeError(f"the socket begins elsewhere: {got[-100:]!r}")
        return b""

    def listen(self) -> int:
        """The number of messages that came."""
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
            self.socket.send(MASKED_PONG)
        elif kind == 0x81:
            seq = int(message[7 : message.index(b",")])
            if seq != self.last + 1:
                raise RuntimeError(f"number {seq} came after {self.last}")
            self.last = seq
            self.heard += 1
        else:
            raise ConnectionError(f"the socket was closed: {message!r}")


class Voice:
    """Publishes as the program does, and reads the answers away."""

    def __init__(self, url: str, people: Sequence[Person], task: bytes) -> None:
        parts = urlsplit(url)
        self._line = socket.create_connection((parts.hostname or "127.0.0.1", parts.port or 6379))
        self._line.sendall(hiredis.pack_command(("AUTH", "default", unquote(parts.password or ""))))  # type: ignore[arg-type]
        self._line.recv(1024)
        self._line.setblocking(False)
        self._channels = [f"events:{person.user_id.hex}" for person in people]
        self._task = task
        self._said = 0
        self._pending = b""

    def say(self, count: int) -> int:
        """Publishes up to `count` messages, if the last ones are out; gives their number."""
        with suppress(BlockingIOError):
            self._line.recv(262_144)
        begun = 0
        if not self._pending:
            begun = min(count, BATCH)
            self._pending = b"".join(self._next() for _ in range(begun))
        with suppress(BlockingIOError):
            self._pending = self._pending[self._line.send(self._pending) :] if self._pending else b""
        return begun

    def _next(self) -> bytes:
        round_, which = divmod(self._said, len(self._channels))
        self._said += 1
        message = b'{"seq":%d,"type":"task.updated","at":"2026-11-23T09:00:00.000000Z","data":%b}' % (
            FIRST_SEQ + 1 + round_,
            self._task,
        )
        return bytes(hiredis.pack_command(("PUBLISH", self._channels[which], message)))  # type: ignore[arg-type]

    def close(self) -> None:
        self._line.close()


def steps(bench: Bench) -> int:
    return 2 + 2 * bench.rounds


def run(bench: Bench) -> Report:
    made = bench.world
    people = made.people[:SOCKETS]
    tickets = prepare(made, people)
    with ExitStack() as ending:
        folder = Path(ending.enter_context(tempfile.TemporaryDirectory()))
        server = ours(made, folder)
        ending.callback(server.stop)
        ending.enter_context(pinned(OTHER_CORE))
        bench.step(f"opening {len(people):,} sockets")
        hall = Hall(made, server, people, tickets)
        ending.callback(hall.close)
        bench.step("warming up")
        hall.phase(FLOOD // 2, 0)
        floods, paced = [], []
        for number in range(bench.rounds):
            bench.step(f"round {number + 1}: flood")
            floods.append(hall.phase(FLOOD, 0))
            bench.step(f"round {number + 1}: paced")
            paced.append(hall.phase(int(RATE * bench.seconds), RATE))
    made.do("UPDATE event_counters SET last_seq = 0")
    return report(hall, floods, paced)


def prepare(made: World, people: Sequence[Person]) -> list[str]:
    """Everyone's numbers at the same place, and a ticket for each that lasts."""
    ids = [person.user_id for person in people]
    tickets = [person.session_id.hex * 2 for person in people]
    made.do("TRUNCATE events, jobs, realtime_tickets")
    made.do("UPDATE event_counters SET last_seq = $1 WHERE user_id = ANY($2)", FIRST_SEQ, ids)
    made.do(
        "INSERT INTO realtime_tickets (hash, user_id, session_id, expires_at)"
        " SELECT sha256('ticket'::bytea || '\\x00'::bytea || o.ticket::bytea), o.user_id, o.session_id,"
        " now() + interval '1 hour' FROM unnest($1::text[], $2::uuid[], $3::uuid[]) AS o(ticket, user_id, session_id)",
        tickets, ids, [person.session_id for person in people],
    )  # fmt: skip
    return tickets


class Hall:
    """All the sockets, open."""

    def __init__(self, made: World, server: Server, people: Sequence[Person], tickets: Sequence[str]) -> None:
        self._pid = server.pid
        _, body = exchange(server.port, request("GET", "/api/tasks?limit=1", people[0].token))
        task = msgspec.json.encode(msgspec.json.decode(body)["items"][0])
        self._meter = Meter(server=server.pid, postgres=made.engines.postgres_pid, valkey=made.engines.redis_pid)
        before, began = pss_mib(tree(self._pid)), time.perf_counter()
        self._ears = {ear.socket.fileno(): ear for ear in (Ear(server.port, ticket) for ticket in tickets)}
        span = self._meter.span()
        self.connect_us = span.cpu["server"] / 1e3 / len(people)
        self.connect_seconds = time.perf_counter() - began
        time.sleep(1.0)
        self.kib = (pss_mib(tree(self._pid)) - before) * 1024 / len(people)
        self.bytes = len(task)
        self._poll = select.epoll()
        for number in self._ears:
            self._poll.register(number, select.EPOLLIN)
        self._voice = Voice(made.engines.redis_url, people, task)

    def phase(self, total: int, rate: int) -> Phase:
        """So many messages, at once or so many a second, until all have come or nothing does any more."""
        self._meter.reset()
        said = got = 0
        began = time.perf_counter()
        while got < total and time.perf_counter() - began < PATIENCE:
            due = total if not rate else min(total, int((time.perf_counter() - began) * rate))
            said += self._voice.say(due - said)
            got += sum(self._ears[number].listen() for number, _ in self._poll.poll(0.001))
        span = self._meter.span()
        return Phase(span.cpu["server"] / 1e3 / max(got, 1), got / span.seconds, total - got, span.foreign())

    def close(self) -> None:
        self._voice.close()
        for ear in self._ears.values():
            ear.socket.close()


def report(hall: Hall, floods: list[Phase], paced: list[Phase]) -> Report:
    page = Report("Live connections", f"What do {SOCKETS:,} live connections cost, and does each hear everything?")
    lost = sum(phase.lost for phase in [*floods, *paced])
    page.headlines += [
        Headline("memory of an open socket", f"{hall.kib:.1f} KiB", f"≤ {KIB_AIM:.0f} KiB", hall.kib <= KIB_AIM),
        Headline("server CPU of a message, flood", f"{spread([one.cpu for one in floods], 1)} µs"),
        Headline("messages lost", str(lost), "0", lost == 0),
    ]
    rows = [row(f"flood of {FLOOD:,}", floods), row(f"{RATE:,} a second", paced)]
    size = f"Messages of {hall.bytes + 80} bytes, each a task as GET shows it; every client checks their numbers."
    page.add("Fan-out", ["", "CPU µs/message", "messages/s", "lost", "foreign"], rows, size)
    opening = [f"{hall.connect_us:.0f}", f"{hall.connect_seconds:.1f}", f"{hall.kib:.1f}"]
    how = "One after the other; with the ticket's check and the greeting, without the request for the ticket."
    page.add("Opening", ["CPU µs a socket", "seconds for all", "KiB a socket"], [opening], how)
    return page


def row(name: str, phases: list[Phase]) -> list[str]:
    return [
        name, spread([one.cpu for one in phases], 1), f"{median([one.rate for one in phases]):,.0f}",
        str(sum(one.lost for one in phases)), f"{median([one.alien for one in phases]):.2f}",
    ]  # fmt: skip
