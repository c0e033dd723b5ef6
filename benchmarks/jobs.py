"""What a job costs: to ask for it in a transaction, to do it, to wait for it.

The worker is the program's own with a registry of one job that does nothing, so that what is measured is the queue. A
foreign peer asks for and does the like of it in the same rounds, on the same core.
"""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Iterator, Sequence
from contextlib import AsyncExitStack
from typing import Any, NamedTuple

import msgspec

from benchmarks.bench import Bench
from benchmarks.measure import SERVER_CORE, Meter, median, percentile, pinned, ratios, spread
from benchmarks.report import Headline, Report
from benchmarks.world import Person, World
from benchmarks.world import run as in_loop
from studyteddy.bootstrap import Runtime, runtime
from studyteddy.platform.db import Nothing, Statement, Tx
from studyteddy.platform.identity import Identity
from studyteddy.platform.jobs import Jobs, Policy, Registry, Worker, order
from studyteddy.platform.jobs import store as queue

JOBS_EACH = 3
TRANSACTIONS, WORKED, FUTURE, WAITS = 1_000, 10_000, 200_000, 200
PEER_AIM = 1.5
"""Of the client CPU that a foreign peer spends on a job."""
_TOUCH = Statement(Nothing, "UPDATE users SET updated_at = now() WHERE id = $1")
_FILL = """
INSERT INTO jobs (user_id, kind, lane, payload, run_at)
SELECT id, 'benchmarks.nothing', 'local', '{"at": 0}', now() + %s
  FROM (SELECT id, row_number() OVER (ORDER BY id) AS n FROM users) AS u, generate_series(1, %d) AS g LIMIT %d"""

jobs = Jobs("benchmarks")


class Heard:
    """When jobs began, and somebody who waits for the next one."""

    def __init__(self) -> None:
        self.times: list[float] = []
        self.bell: asyncio.Event | None = None


heard = Heard()


class Errand(msgspec.Struct, frozen=True):
    """When it was asked for."""

    at: float


@jobs.task
async def nothing(tx: Tx, payload: Errand) -> None:
    """Only says when it began."""
    heard.times.append(time.perf_counter())
    if heard.bell:
        heard.bell.set()


nothing.__module__ = "benchmarks.jobs"  # also when this file is the program


class Cost(NamedTuple):
    """µs a job, client and the database that keeps it; jobs in a second."""

    client: float
    database: float
    rate: float
    alien: float = 0.0


def steps(bench: Bench) -> int:
    return (4 if bench.peer else 2) * bench.rounds + 2 + (1 if bench.peer else 0)


def run(bench: Bench) -> Report:
    made = bench.world
    with pinned(SERVER_CORE):
        made.do("TRUNCATE jobs")
        rounds = Rounds(bench)
        for number in range(bench.rounds):
            rounds.one(number)
        bench.step("commit to start")
        waits = in_loop(waiting(made))
        bench.step("claiming beside jobs of the future")
        claims = [claiming(made, 0), claiming(made, FUTURE)]
        made.do("TRUNCATE jobs")
    return report(rounds, waits, claims)


class Rounds:
    """What asking and doing cost in each round, ours and a foreign peer's."""

    def __init__(self, bench: Bench) -> None:
        self._bench = bench
        self.asked: list[Cost] = []
        self.done: list[Cost] = []
        self.peer_asked: list[Cost] = []
        self.peer_done: list[Cost] = []
        if bench.peer:
            from benchmarks.peer_jobs import Queue

            bench.step("building the peer")
            self._peer = Queue(bench)

    def one(self, number: int) -> None:
        """Ours, and then the peer's, or the other way round."""
        for part in (self._ours, self._peers)[:: 1 if number % 2 else -1]:
            part(f"round {number + 1}")

    def _ours(self, name: str) -> None:
        self._bench.step(f"{name}: asking")
        self.asked.append(in_loop(asking(self._bench.world)))
        self._bench.step(f"{name}: doing")
        self.done.append(in_loop(doing(self._bench.world)))

    def _peers(self, name: str) -> None:
        if self._bench.peer:
            self._bench.step(f"{name}: the peer asks")
            self.peer_asked.append(self._peer.measured("enqueue"))
            self._bench.step(f"{name}: the peer does")
            self.peer_done.append(self._peer.measured("work"))


async def asking(made: World) -> Cost:
    """What three jobs add to a small transaction."""
    async with runtime(made.settings()) as running:
        meter = Meter(postgres=made.engines.postgres_pid, valkey=made.engines.redis_pid)
        people = made.people[:TRANSACTIONS]
        await transactions(running, people[:100], JOBS_EACH)
        plain = await spent(meter, transactions(running, people, 0))
        with_jobs = await spent(meter, transactions(running, people, JOBS_EACH))
    count = len(people) * JOBS_EACH
    more = [(one - other) / 1e3 / count for one, other in zip(with_jobs[:2], plain[:2], strict=True)]
    return Cost(more[0], more[1], count / with_jobs[2], with_jobs[3])


async def transactions(running: Runtime, people: Sequence[Person], jobs_each: int) -> None:
    for person in people:
        async with running.db.transaction(Identity(person.user_id, person.session_id)) as tx:
            await tx.do(_TOUCH, person.user_id)
            for _ in range(jobs_each):
                tx.enqueue(order(nothing, Errand(0.0)))


async def spent(meter: Meter, work: Any) -> tuple[float, float, float, float]:
    """CPU of this thread and of PostgreSQL (ns), seconds, and cores busy elsewhere."""
    meter.reset()
    client = time.thread_time_ns()
    await work
    client = time.thread_time_ns() - client
    span = meter.span()
    return client, span.cpu["postgres"], span.seconds, span.foreign()


async def doing(made: World) -> Cost:
    """A queue full of due jobs of many users, emptied by one worker in groups of twenty."""
    await made._do("TRUNCATE jobs", ())
    await made._do(_FILL % ("interval '0'", WORKED, WORKED), ())
    await made._do("VACUUM ANALYZE jobs", ())
    async with runtime(made.settings()) as running:
        meter = Meter(postgres=made.engines.postgres_pid, valkey=made.engines.redis_pid)
        heard.times, heard.bell = [], None
        client, postgres, seconds, alien = await spent(meter, worker(running).run_due())
    if len(heard.times) != WORKED:
        raise RuntimeError(f"{len(heard.times)} jobs were done instead of {WORKED}")
    return Cost(client / 1e3 / WORKED, postgres / 1e3 / WORKED, WORKED / seconds, alien)


def worker(running: Runtime) -> Worker:
    return Worker(running.db, Registry([jobs]), running.resources, Policy())


async def waiting(made: World) -> list[float]:
    """Milliseconds from a commit in one process's resources to the start of its job on another's, both idle."""
    settings, waits = made.settings(), []
    async with AsyncExitStack() as ending:
        api, works = [await ending.enter_async_context(runtime(settings)) for _ in range(2)]
        working = worker(works)
        works.hub.listen_for_jobs(working.wake)
        task = asyncio.ensure_future(working.run())
        await asyncio.sleep(0.5)
        for number in range(WAITS):
            waits.append(await wait(api, made.people[number % len(made.people)]))
        working.stop()
        await task
    return waits


async def wait(api: Runtime, person: Person) -> float:
    heard.times, heard.bell = [], asyncio.Event()
    async with api.db.transaction(Identity(person.user_id, person.session_id)) as tx:
        tx.enqueue(order(nothing, Errand(0.0)))
    committed = time.perf_counter()
    await heard.bell.wait()
    await asyncio.sleep(0.01 + int.from_bytes(os.urandom(1), "big") / 10_000)
    return (heard.times[0] - committed) * 1e3


def claiming(made: World, future: int) -> list[float]:
    """Milliseconds of each claim of twenty, beside so many jobs that are not due."""
    made.do("TRUNCATE jobs")
    if future:
        made.do(_FILL % ("interval '1 day' + n * interval '1 second'", future, future))
    made.do(_FILL % ("interval '0' - n * interval '1 millisecond'", 4_000, 4_000))
    made.do("VACUUM ANALYZE jobs")
    return in_loop(_claims(made))


async def _claims(made: World) -> list[float]:
    times = []
    async with runtime(made.settings()) as running:
        for _ in range(200):
            async with running.db.system("worker") as tx:
                began = time.perf_counter()
                found = await queue.claim(tx, "local", limit=20, lease=600)
                times.append((time.perf_counter() - began) * 1e3)
            if len(found) != 20:
                raise RuntimeError(f"a claim found {len(found)} jobs")
    return times[20:]


def report(rounds: Rounds, waits: list[float], claims: list[list[float]]) -> Report:
    page = Report("Jobs", "What does a durable job cost, and how long does it wait?")
    each = [1e6 / cost for cost in whole(rounds.asked, rounds.done, "client")]
    page.headlines += [
        Headline("jobs asked for and done in a CPU second of ours", spread(each, 0)),
        *beside(rounds),
        Headline("commit to start of the job, idle, p50 / p99", f"{quantiles(waits)} ms"),
        Headline(f"a claim beside {FUTURE:,} jobs of the future, p99", f"{percentile(claims[1], 0.99):.1f} ms"),
    ]
    rows = [("ask, in a transaction", rounds.asked), ("do, in groups of 20", rounds.done)]
    if rounds.peer_asked:
        rows += [("BullMQ: ask", rounds.peer_asked), ("BullMQ: do, 20 at once", rounds.peer_done)]
    notes = "\n\n".join([NOTE, BESIDE] if rounds.peer_asked else [NOTE])
    page.add("CPU", ["", "client µs/job", "database µs/job", "jobs/s", "foreign"], [row(*one) for one in rows], notes)
    table = [["none", quantiles(claims[0])], [f"{FUTURE:,}", quantiles(claims[1])]]
    page.add("A claim of twenty", ["jobs that are not due", "p50 / p99 ms"], table)
    return page


def whole(asked: Sequence[Cost], done: Sequence[Cost], *parts: str) -> list[float]:
    """µs of a job from its asking to its end, round by round."""
    return [sum(getattr(cost, part) for cost in both for part in parts) for both in zip(asked, done, strict=True)]


def beside(rounds: Rounds) -> Iterator[Headline]:
    """Ours against the peer: the program alone, and with the database that keeps the jobs."""
    if not rounds.peer_asked:
        return
    for what, parts in (("client CPU", ("client",)), ("CPU with the database's", ("client", "database"))):
        found = ratios(whole(rounds.asked, rounds.done, *parts), whole(rounds.peer_asked, rounds.peer_done, *parts))
        name = f"{what} of a job, asked for and done, against BullMQ"
        if parts == ("client",):
            yield Headline(name, spread(found), f"≤ {PEER_AIM}", median(found) <= PEER_AIM)
        else:
            yield Headline(name, spread(found))


NOTE = (
    f"Asking is what {JOBS_EACH} jobs add to a transaction that changes one row. Doing is everything a worker does:"
    f" look, claim, set each job's owner, run it, mark it done; {WORKED:,} jobs of as many users as there are."
)


BESIDE = (
    "BullMQ asks for its jobs one by one, fifty at the same time, each with three attempts and removal at the end; a"
    " process of its own does twenty at the same time. There are as many that V8 had time to get warm. Its CPU is what"
    " Node.js says of itself from the first job to the last; its database is the same Valkey. The two promise different"
    " things: our jobs are in PostgreSQL, in the transaction that asks for them and in that of what they do, and synced"
    " before anybody is answered; BullMQ's are in Valkey, whose file is synced once a second, and in no transaction of"
    " the program."
)


def row(name: str, costs: list[Cost]) -> list[str]:
    return [
        name, spread([one.client for one in costs], 1), spread([one.database for one in costs], 1),
        f"{median([one.rate for one in costs]):.0f}", f"{median([one.alien for one in costs]):.2f}",
    ]  # fmt: skip


def quantiles(values: Sequence[float]) -> str:
    return f"{percentile(values, 0.5):.1f} / {percentile(values, 0.99):.1f}"
