"""The cost of row-level security for a single read, with the owner set in the same statement or in a transaction.

Reads the same page of tasks repeatedly on one connection, from a client on its own core.
"""

from __future__ import annotations

import itertools
import time
from collections.abc import Awaitable, Callable
from typing import Any, NamedTuple
from uuid import UUID

import asyncpg

from benchmarks.bench import Bench
from benchmarks.measure import SERVER_CORE, Meter, cpu_ns, median, pinned, ratios, spread
from benchmarks.report import Headline, Report
from benchmarks.world import World
from benchmarks.world import run as in_loop
from studyteddy.features.tasks.store import lists as lists_store

Read = Callable[[Any, UUID], Awaitable[list[Any]]]
LIMIT = 21
AIM = 1.5
_PAGE = lists_store._page("due", (), False)


class Way(NamedTuple):
    """One way to read, and whether row-level security applies."""

    name: str
    read: Read
    guarded: bool
    what: str


class Cost(NamedTuple):
    """µs per read."""

    client: float
    postgres: float
    wall: float
    alien: float


async def bare(connection: Any, user_id: UUID) -> list[Any]:
    return list(await connection.fetch(_PAGE.sql, user_id, LIMIT))


async def guarded(connection: Any, user_id: UUID) -> list[Any]:
    return list(await connection.fetch(_PAGE.guarded, user_id, LIMIT))


async def in_transaction(connection: Any, user_id: UUID) -> list[Any]:
    await connection.execute(f"BEGIN; SELECT set_config('app.user_id', '{user_id}', true)")
    found = await connection.fetch(_PAGE.sql, user_id, LIMIT)
    await connection.execute("COMMIT")
    return list(found)


WAYS = (
    Way("without", bare, False, "a role that bypasses row-level security"),
    Way("in the statement", guarded, True, "Study Teddy: one round trip; the read sets its own owner"),
    Way("in a transaction", in_transaction, True, "BEGIN and set the owner, SELECT, COMMIT: three round trips"),
)


def steps(bench: Bench) -> int:
    return bench.rounds


def run(bench: Bench) -> Report:
    with pinned(SERVER_CORE):
        return report(in_loop(rounds(bench, bench.world)))


async def rounds(bench: Bench, made: World) -> dict[str, list[Cost]]:
    """Measures every way in every round, in rotating order."""
    users = itertools.cycle([person.user_id for person in made.people])
    meter = Meter(postgres=made.engines.postgres_pid, valkey=made.engines.redis_pid)
    found: dict[str, list[Cost]] = {way.name: [] for way in WAYS}
    connections = {
        way.name: await asyncpg.connect(made.engines.database_url if way.guarded else made.plain_url) for way in WAYS
    }
    for number in range(-1, bench.rounds):
        if number >= 0:
            bench.step(f"round {number + 1}")
        turn = number % len(WAYS)
        for way in [*WAYS[turn:], *WAYS[:turn]]:
            cost = await one(way, connections[way.name], users, meter, bench.seconds if number >= 0 else 0.5)
            if number >= 0:
                found[way.name].append(cost)
    for connection in connections.values():
        await connection.close()
    return found


async def one(way: Way, connection: Any, users: itertools.cycle[UUID], meter: Meter, seconds: float) -> Cost:
    """Reads repeatedly for the given time."""
    backend, count = connection.get_server_pid(), 0
    meter.reset()
    client, server, began = time.thread_time_ns(), cpu_ns(backend), time.perf_counter()
    while time.perf_counter() - began < seconds:
        found = await way.read(connection, next(users))
        count += 1
        if len(found) < LIMIT:
            raise RuntimeError(f"{way.name}: {len(found)} rows instead of {LIMIT}")
    spent = time.thread_time_ns() - client, cpu_ns(backend) - server
    span = meter.span()
    return Cost(spent[0] / 1e3 / count, spent[1] / 1e3 / count, span.seconds * 1e6 / count, span.foreign())


def report(found: dict[str, list[Cost]]) -> Report:
    page = Report("Row-level security", "What does row-level security cost a single read?")
    base = found["without"]
    for key, side in (("client", "client CPU"), ("postgres", "PostgreSQL CPU")):
        ours = [getattr(cost, key) for cost in found["in the statement"]]
        beside = ratios(ours, [getattr(cost, key) for cost in base])
        page.headlines.append(
            Headline(
                f"{side} per read with row-level security relative to without",
                spread(beside),
                f"≤ {AIM}",
                median(beside) <= AIM,
            )
        )
    page.add("List 20 tasks", HEADER, [row(way, found[way.name], base) for way in WAYS])
    return page


HEADER = ["", "client µs", "× without", "PostgreSQL µs", "× without", "elapsed µs", "other load", ""]


def row(way: Way, costs: list[Cost], base: list[Cost]) -> list[str]:
    cells = [way.name]
    for key in ("client", "postgres"):
        mine = [getattr(cost, key) for cost in costs]
        cells += [spread(mine, 0), spread(ratios(mine, [getattr(cost, key) for cost in base]))]
    return [*cells, spread([cost.wall for cost in costs], 0), f"{median([cost.alien for cost in costs]):.2f}", way.what]
