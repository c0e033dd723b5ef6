"""What a live connection costs: to open, to hold, to be told something.

One server on its core with 2,000 sockets of 2,000 users. Messages are published as the program does after a commit, on
each user's channel and with the next number of that user, so that the hub takes its straight way and any that is lost
leaves a hole that is counted. A foreign peer has as many sockets at the same time and gets the same messages.
"""

from __future__ import annotations

import select
import socket
import tempfile
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple
from urllib.parse import unquote, urlsplit

import hiredis
import msgspec

from benchmarks.bench import Bench
from benchmarks.load import exchange, request
from benchmarks.measure import OTHER_CORE, Meter, median, pinned, pss_mib, ratios, spread, tree
from benchmarks.report import Headline, Report
from benchmarks.world import Person, Server, World, ours

SOCKETS, FLOOD, RATE = 2_000, 40_000, 4_000
FIRST_SEQ = 100_000
BATCH = 200
PATIENCE = 60.0
KIB_AIM = 30.0
PEER_AIM = 0.7
"""Of the CPU that a foreign peer spends on a message."""
UPGRADE = (
    "GET {} HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n"
)


class Phase(NamedTuple):
    """Some messages for everybody."""

    cpu: float
    """Server CPU, µs a message."""
    rate: float
    lost: int
    alien: float


def masked(kind: int, message: bytes) -> bytes:
    """A short frame of a client, with a mask that changes nothing."""
    return bytes([kind, 0x80 | len(message)]) + bytes(4) + message


class Ear:
    """A client: takes frames apart, answers pings, and remembers the last number it was told."""

    __slots__ = ("_rest", "heard", "last", "socket")
    PATH = "/ws?ticket={}"
    BEFORE = len(b'{"seq":')
    """What stands before the number of a message."""

    def __init__(self, port: int, ticket: str) -> None:
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=10)
        self.socket.sendall(UPGRADE.format(self.PATH.format(ticket)).encode())
        self.heard, self.last = 0, FIRST_SEQ
        self._rest = self._greeting()
        self.socket.setblocking(False)

    def _greeting(self) -> bytes:
        """The answer to the upgrade and the first message; what follows them."""
        got = self._until(b"lastSeq")
        if b"%d" % FIRST_SEQ not in got:
            raise RuntimeError(f"the socket begins elsewhere: {got[-100:]!r}")
        return b""

    def _until(self, mark: bytes) -> bytes:
        """Everything up to the object with `mark` in it, with which the server's say ends."""
        got = b""
        while mark not in got or not got.endswith(b"}"):
            if not (data := self.socket.recv(65_536)):
                raise ConnectionError(f"the socket was refused: {got[:300]!r}")
            got += data
        return got

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
            self.socket.send(masked(0x8A, message))  # with what the ping said, or it counts as none
        elif kind == 0x81:
            seq = int(message[self.BEFORE : message.index(b",", self.BEFORE)])
            if seq != self.last + 1:
                raise RuntimeError(f"number {seq} came after {self.last}")
            self.last = seq
            self.heard += 1
        else:
            raise ConnectionError(f"the socket was closed: {message!r}")


class Ears:
    """All clients of all servers: those whose turn it is not answer their pings too."""

    def __init__(self) -> None:
        self._ears: dict[int, Ear] = {}
        self._poll = select.epoll()

    def add(self, ears: Sequence[Ear]) -> None:
        for ear in ears:
            self._ears[ear.socket.fileno()] = ear
            self._poll.register(ear.socket.fileno(), select.EPOLLIN)

    def listen(self) -> int:
        """The number of messages that came in the next millisecond."""
        return sum(self._ears[number].listen() for number, _ in self._poll.poll(0.001))

    def close(self) -> None:
        for ear in self._ears.values():
            ear.socket.close()


class Voice:
    """Publishes as the program does, and reads the answers away."""

    def __init__(self, url: str, channels: Sequence[str], task: bytes) -> None:
        parts = urlsplit(url)
        self._line = socket.create_connection((parts.hostname or "127.0.0.1", parts.port or 6379))
        self._line.sendall(hiredis.pack_command(("AUTH", "default", unquote(parts.password or ""))))  # type: ignore[arg-type]
        self._line.recv(1024)
        self._line.setblocking(False)
        self._channels = channels
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


@dataclass(frozen=True)
class Side:
    """A server, and how its clients come in and are reached."""

    server: Server
    ear: Callable[[int, str], Ear]
    tickets: Sequence[str]
    channels: Sequence[str]
    warm: float = 1.0
    """Seconds before its messages count."""


def steps(bench: Bench) -> int:
    sides = 2 if bench.peer else 1
    return 2 * sides + 2 * bench.rounds + (1 if bench.peer else 0)


def run(bench: Bench) -> Report:
    made = bench.world
    people = made.people[:SOCKETS]
    with ExitStack() as ending:
        folder = Path(ending.enter_context(tempfile.TemporaryDirectory()))
        sides = [our_side(made, people, folder)]
        ending.callback(sides[0].server.stop)
        if bench.peer:
            from benchmarks import peer_sockets

            bench.step("building the peer")
            sides.append(peer_sockets.side(bench, people, folder))
            ending.callback(sides[1].server.stop)
        ending.enter_context(pinned(OTHER_CORE))
        task = a_task(sides[0].server, people[0])
        ears, halls = Ears(), []
        ending.callback(ears.close)
        for side in sides:
            bench.step(f"{side.server.name}: opening {len(people):,} sockets")
            halls.append(Hall(made, side, task, ears))
            ending.callback(halls[-1].close)
        rounds(bench, halls)
    made.do("UPDATE event_counters SET last_seq = 0")
    return report(halls)


def rounds(bench: Bench, halls: Sequence[Hall]) -> None:
    """Each kind of phase in each hall by turns; what was done to get warm is not counted."""
    for hall in halls:
        bench.step(f"{hall.name}: warming up")
        hall.warm_up()
    for number in range(bench.rounds):
        turn = halls if number % 2 else halls[::-1]
        bench.step(f"round {number + 1}: flood")
        for hall in turn:
            hall.floods.append(hall.phase(FLOOD, 0))
        bench.step(f"round {number + 1}: paced")
        for hall in turn:
            hall.paced.append(hall.phase(int(RATE * bench.seconds), RATE))


def our_side(made: World, people: Sequence[Person], folder: Path) -> Side:
    tickets = prepare(made, people)
    return Side(ours(made, folder), Ear, tickets, [f"events:{person.user_id.hex}" for person in people])


def a_task(server: Server, person: Person) -> bytes:
    """A task as GET shows it."""
    _, body = exchange(server.port, request("GET", "/api/tasks?limit=1", person.token))
    return msgspec.json.encode(msgspec.json.decode(body)["items"][0])


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
    """All the sockets of one server, open, and what was measured with them."""

    def __init__(self, made: World, side: Side, task: bytes, ears: Ears) -> None:
        self.name, self._warm, self._pid = side.server.name, side.warm, side.server.pid
        self._meter = Meter(server=self._pid, postgres=made.engines.postgres_pid, valkey=made.engines.redis_pid)
        before, began = pss_mib(tree(self._pid)), time.perf_counter()
        mine = [side.ear(side.server.port, ticket) for ticket in side.tickets]
        span = self._meter.span()
        self.connect_us = span.cpu["server"] / 1e3 / len(mine)
        self.connect_seconds = time.perf_counter() - began
        time.sleep(1.0)
        self.kib = (pss_mib(tree(self._pid)) - before) * 1024 / len(mine)
        self.bytes = len(task)
        self.floods: list[Phase] = []
        self.paced: list[Phase] = []
        self._ears = ears
        self._ears.add(mine)
        self._voice = Voice(made.engines.redis_url, side.channels, task)

    def warm_up(self) -> None:
        """Floods, until it has been at it for long enough."""
        began = time.perf_counter()
        while True:
            lost = self.phase(FLOOD // 2, 0).lost
            if lost:
                raise RuntimeError(f"{self.name} lost {lost} messages before it began")
            if time.perf_counter() - began > self._warm:
                return

    def phase(self, total: int, rate: int) -> Phase:
        """So many messages, at once or so many a second, until all have come or nothing does any more."""
        self._meter.reset()
        said = got = 0
        began = time.perf_counter()
        while got < total and time.perf_counter() - began < PATIENCE:
            due = total if not rate else min(total, int((time.perf_counter() - began) * rate))
            said += self._voice.say(due - said)
            got += self._ears.listen()
        span = self._meter.span()
        return Phase(span.cpu["server"] / 1e3 / max(got, 1), got / span.seconds, total - got, span.foreign())

    def close(self) -> None:
        self._voice.close()


def report(halls: Sequence[Hall]) -> Report:
    page = Report("Live connections", f"What do {SOCKETS:,} live connections cost, and does each hear everything?")
    hall = halls[0]
    lost = sum(phase.lost for phase in [*hall.floods, *hall.paced])
    page.headlines += [
        Headline("memory of an open socket", f"{hall.kib:.1f} KiB", f"≤ {KIB_AIM:.0f} KiB", hall.kib <= KIB_AIM),
        Headline("server CPU of a message, flood", f"{spread([one.cpu for one in hall.floods], 1)} µs"),
        *[against(what, getattr(hall, what), getattr(other, what)) for other in halls[1:] for what in PHASES],
        Headline("messages lost", str(lost), "0", lost == 0),
    ]
    rows = [row(f"{one.name}: {PHASES[what]}", getattr(one, what)) for what in PHASES for one in halls]
    size = f"Messages of {hall.bytes + 80} bytes, each a task as GET shows it; every client checks their numbers."
    notes = "\n\n".join([size, BESIDE] if halls[1:] else [size])
    page.add("Fan-out", ["", "CPU µs/message", "messages/s", "lost", "foreign"], rows, notes)
    opening = [[one.name, f"{one.connect_us:.0f}", f"{one.connect_seconds:.1f}", f"{one.kib:.1f}"] for one in halls]
    how = "One after the other; ours with the ticket's check and the greeting, without the request for the ticket."
    page.add("Opening", ["", "CPU µs a socket", "seconds for all", "KiB a socket"], opening, how)
    return page


PHASES = {"floods": f"flood of {FLOOD:,}", "paced": f"{RATE:,} a second"}
BESIDE = (
    "The peer is a NestJS gateway with socket.io, a room a user, and Redis through ioredis, in the same rounds; ours is"
    " a plain WebSocket. Both hear the same text from the same Valkey and tell it to one socket. The gateway parses it"
    " and writes it again, as `emit` does; ours finds its number, by which it knows what was missed. The gateway keeps"
    " nothing that a client could resume."
)


def against(what: str, mine: Sequence[Phase], theirs: Sequence[Phase]) -> Headline:
    beside = ratios([one.cpu for one in mine], [one.cpu for one in theirs])
    name = f"server CPU of a message against a socket.io gateway, {PHASES[what]}"
    return Headline(name, spread(beside), f"≤ {PEER_AIM}", median(beside) <= PEER_AIM)


def row(name: str, phases: list[Phase]) -> list[str]:
    return [
        name, spread([one.cpu for one in phases], 1), f"{median([one.rate for one in phases]):,.0f}",
        str(sum(one.lost for one in phases)), f"{median([one.alien for one in phases]):.2f}",
    ]  # fmt: skip
