"""What a live connection costs: to open, to keep open, and to send messages.

One server on its core holds 2,000 sockets of 2,000 users. Messages are published as the program does after a commit: on
the channel of each user, with that user's next number, so the hub delivers them directly and every lost message leaves
a gap. A peer holds as many sockets at the same time and receives the same messages.
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

from benchmarks import peer_sockets
from benchmarks.bench import Bench
from benchmarks.load import exchange, request
from benchmarks.measure import OTHER_CORE, Meter, median, pinned, pss_mib, ratios, spread, tree
from benchmarks.report import Headline, Report
from benchmarks.websocket_clients import FIRST_SEQ, Client, Side
from benchmarks.world import Person, Server, World, ours

SOCKETS, FLOOD, RATE = 2_000, 40_000, 4_000
BATCH = 200
PATIENCE = 60.0
KIB_AIM = 30.0
PEER_AIM = 0.7
"""Relative to the CPU that the peer spends on a message."""


class Phase(NamedTuple):
    """The measurements of a number of messages to all users."""

    cpu: float
    """Server CPU, µs per message."""
    rate: float
    lost: int
    alien: float


class Clients:
    """All clients of all servers, so that those not being measured answer their pings too."""

    def __init__(self) -> None:
        self._clients: dict[int, Client] = {}
        self._poll = select.epoll()

    def add(self, clients: Sequence[Client]) -> None:
        for client in clients:
            self._clients[client.socket.fileno()] = client
            self._poll.register(client.socket.fileno(), select.EPOLLIN)

    def listen(self) -> int:
        """The number of messages received in the next millisecond."""
        return sum(self._clients[number].listen() for number, _ in self._poll.poll(0.001))

    def close(self) -> None:
        for client in self._clients.values():
            client.socket.close()


class Publisher:
    """Publishes messages as the program does and discards the replies."""

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
        """Publishes up to `count` messages if the previous ones are sent; returns their number."""
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
            bench.step("building the peer")
            sides.append(peer_sockets.side(bench, people, folder))
            ending.callback(sides[1].server.stop)
        ending.enter_context(pinned(OTHER_CORE))
        task = a_task(sides[0].server, people[0])
        clients, fleets = Clients(), []
        ending.callback(clients.close)
        for side in sides:
            bench.step(f"{side.server.name}: opening {len(people):,} sockets")
            fleets.append(Connections(made, side, task, clients))
            ending.callback(fleets[-1].close)
        rounds(bench, fleets)
    made.do("UPDATE event_counters SET last_seq = 0")
    return report(fleets)


def rounds(bench: Bench, fleets: Sequence[Connections]) -> None:
    """Runs each kind of phase on all fleets in turn, after a warm-up that does not count."""
    for fleet in fleets:
        bench.step(f"{fleet.name}: warming up")
        fleet.warm_up()
    for number in range(bench.rounds):
        turn = fleets if number % 2 else fleets[::-1]
        bench.step(f"round {number + 1}: burst")
        for fleet in turn:
            fleet.floods.append(fleet.phase(FLOOD, 0))
        bench.step(f"round {number + 1}: paced")
        for fleet in turn:
            fleet.paced.append(fleet.phase(int(RATE * bench.seconds), RATE))


def our_side(made: World, people: Sequence[Person], folder: Path) -> Side:
    tickets = prepare(made, people)
    return Side(ours(made, folder), Client, tickets, [f"events:{person.user_id.hex}" for person in people])


def a_task(server: Server, person: Person) -> bytes:
    """A task as returned by GET."""
    _, body = exchange(server.port, request("GET", "/api/tasks?limit=1", person.token))
    return msgspec.json.encode(msgspec.json.decode(body)["items"][0])


def prepare(made: World, people: Sequence[Person]) -> list[str]:
    """Sets every user's counter to the same number and creates a long-lived ticket for each."""
    ids = [person.user_id for person in people]
    tickets = [person.session_id.hex * 2 for person in people]
    made.do("TRUNCATE events, jobs, realtime_tickets")
    made.do("UPDATE event_counters SET last_seq = $1 WHERE user_id = ANY($2)", FIRST_SEQ, ids)
    made.do(
        "INSERT INTO realtime_tickets (hash, user_id, session_id, expires_at)"
        " SELECT sha256('ticket'::bytea || '\\x00'::bytea || o.ticket::bytea), o.user_id, o.session_id,"
        " now() + interval '1 hour' FROM unnest($1::text[], $2::uuid[], $3::uuid[]) AS o(ticket, user_id, session_id)",
        tickets,
        ids,
        [person.session_id for person in people],
    )
    return tickets


class Connections:
    """The open sockets of one server and their measurements."""

    def __init__(self, made: World, side: Side, task: bytes, clients: Clients) -> None:
        self.name, self._warm, self._pid = side.server.name, side.warm, side.server.pid
        self._meter = Meter(server=self._pid, postgres=made.engines.postgres_pid, valkey=made.engines.redis_pid)
        before, began = pss_mib(tree(self._pid)), time.perf_counter()
        mine = [side.client(side.server.port, ticket) for ticket in side.tickets]
        span = self._meter.span()
        self.connect_us = span.cpu["server"] / 1e3 / len(mine)
        self.connect_seconds = time.perf_counter() - began
        time.sleep(1.0)
        self.kib = (pss_mib(tree(self._pid)) - before) * 1024 / len(mine)
        self.bytes = len(task)
        self.floods: list[Phase] = []
        self.paced: list[Phase] = []
        self._clients = clients
        self._clients.add(mine)
        self._publisher = Publisher(made.engines.redis_url, side.channels, task)

    def warm_up(self) -> None:
        """Sends bursts until the warm-up time is over."""
        began = time.perf_counter()
        while True:
            lost = self.phase(FLOOD // 2, 0).lost
            if lost:
                raise RuntimeError(f"{self.name} lost {lost} messages during the warm-up")
            if time.perf_counter() - began > self._warm:
                return

    def phase(self, total: int, rate: int) -> Phase:
        """Sends `total` messages, at once or `rate` per second, until all arrive or the time is over."""
        self._meter.reset()
        said = got = 0
        began = time.perf_counter()
        while got < total and time.perf_counter() - began < PATIENCE:
            due = total if not rate else min(total, int((time.perf_counter() - began) * rate))
            said += self._publisher.say(due - said)
            got += self._clients.listen()
        span = self._meter.span()
        return Phase(span.cpu["server"] / 1e3 / max(got, 1), got / span.seconds, total - got, span.foreign())

    def close(self) -> None:
        self._publisher.close()


def report(fleets: Sequence[Connections]) -> Report:
    page = Report(
        "Live connections", f"What do {SOCKETS:,} live connections cost, and does each receive every message?"
    )
    fleet = fleets[0]
    lost = sum(phase.lost for phase in [*fleet.floods, *fleet.paced])
    page.headlines += [
        Headline("memory per open WebSocket", f"{fleet.kib:.1f} KiB", f"≤ {KIB_AIM:.0f} KiB", fleet.kib <= KIB_AIM),
        Headline("server CPU per message, burst", f"{spread([one.cpu for one in fleet.floods], 1)} µs"),
        *[against(what, getattr(fleet, what), getattr(other, what)) for other in fleets[1:] for what in PHASES],
        Headline("messages lost", str(lost), "0", lost == 0),
    ]
    rows = [row(f"{one.name}: {PHASES[what]}", getattr(one, what)) for what in PHASES for one in fleets]
    size = (
        f"Messages of {fleet.bytes + 80} bytes, each with a task as returned by GET; every client checks their numbers."
    )
    notes = "\n\n".join([size, BESIDE] if fleets[1:] else [size])
    page.add("Fan-out", ["", "CPU µs/message", "messages/s", "lost", "other load"], rows, notes)
    opening = [[one.name, f"{one.connect_us:.0f}", f"{one.connect_seconds:.1f}", f"{one.kib:.1f}"] for one in fleets]
    how = (
        "Sequentially; for Study Teddy including ticket verification and greeting, without the request for the ticket."
    )
    page.add("Opening", ["", "CPU µs/socket", "seconds for all", "KiB/socket"], opening, how)
    return page


PHASES = {"floods": f"burst of {FLOOD:,}", "paced": f"{RATE:,} per second"}
BESIDE = (
    "The peer is a NestJS gateway with socket.io, one room per user, and Redis through ioredis, in the same rounds;"
    " Study Teddy uses plain WebSockets. Both receive the same text from the same Valkey and send it to one socket. The"
    " gateway parses and serialises it, as `emit` does; Study Teddy reads its number to detect gaps. The gateway keeps"
    " no messages, so its clients cannot resume."
)


def against(what: str, mine: Sequence[Phase], theirs: Sequence[Phase]) -> Headline:
    beside = ratios([one.cpu for one in mine], [one.cpu for one in theirs])
    name = f"server CPU per message relative to socket.io, {PHASES[what]}"
    return Headline(name, spread(beside), f"≤ {PEER_AIM}", median(beside) <= PEER_AIM)


def row(name: str, phases: list[Phase]) -> list[str]:
    return [
        name,
        spread([one.cpu for one in phases], 1),
        f"{median([one.rate for one in phases]):,.0f}",
        str(sum(one.lost for one in phases)),
        f"{median([one.alien for one in phases]):.2f}",
    ]
