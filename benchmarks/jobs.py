"""What a background job costs: to enqueue it in a transaction, to run it, and to wait for it.

The worker is the program's own, with a single job that does nothing, so the benchmark measures the queue itself. A peer
enqueues and runs an equivalent job in the same rounds on the same core.
"""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Iterator, Sequence
from contextlib import AsyncExitStack
from typing import Any

import msgspec

from benchmarks import peer_jobs
from benchmarks.bench import Bench
from benchmarks.measure import SERVER_CORE, JobCost, Meter, median, percentile, pinned, ratios, spread
from benchmarks.report import Headline, Report
from benchmarks.world import Person, World
from benchmarks.world import run as in_loop
from studyteddy.bootstrap.runtime import Runtime, runtime
from studyteddy.platform.db.outbox import NewJob
from studyteddy.platform.db.statements import Nothing, Statement
from studyteddy.platform.db.transaction import Tx
from studyteddy.platform.event import Event
from studyteddy.platform.identity import Identity
from studyteddy.platform.jobs import store
from studyteddy.platform.jobs.registry import Jobs, Registry, kind_of
from studyteddy.platform.jobs.worker import Policy, Worker

JOBS_EACH = 3
TRANSACTIONS, WORKED, FUTURE, WAITS = 1_000, 10_000, 200_000, 200
PEER_AIM = 1.5
"""Relative to the client CPU that the peer spends on a job."""
_TOUCH = Statement(Nothing, "UPDATE users SET updated_at = now() WHERE id = $1")
_FILL = """
INSERT INTO jobs (user_id, kind, lane, payload, run_at)
SELECT id, 'benchmarks.nothing', 'local', '{"at": 0}', now() + %s
  FROM (SELECT id, row_number() OVER (ORDER BY id) AS n FROM users) AS u, generate_series(1, %d) AS g LIMIT %d"""

jobs = Jobs("benchmarks")


class Heard:
    """When jobs started, and an event for a caller that waits for the next one."""

    def __init__(self) -> None:
        self.times: list[float] = []
        self.bell: asyncio.Event | None = None


heard = Heard()


class Errand(Event, frozen=True):
    """The event that starts the job; `at` is when it was enqueued."""

    at: float


@jobs.on(Errand)
async def nothing(tx: Tx, event: Errand) -> None:
    """Records when it started."""
    heard.times.append(time.perf_counter())
    if heard.bell:
        heard.bell.set()


nothing.__module__ = "benchmarks.jobs"
ERRAND = NewJob(kind_of(nothing), "local", msgspec.json.encode(Errand(0.0)).decode())


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
        bench.step("claiming beside scheduled jobs")
        claims = [claiming(made, 0), claiming(made, FUTURE)]
        made.do("TRUNCATE jobs")
    return report(rounds, waits, claims)


class Rounds:
    """The cost of enqueueing and running jobs in each round, for the program and for the peer."""

    def __init__(self, bench: Bench) -> None:
        self._bench = bench
        self.asked: list[JobCost] = []
        self.done: list[JobCost] = []
        self.peer_asked: list[JobCost] = []
        self.peer_done: list[JobCost] = []
        if bench.peer:
            bench.step("building the peer")
            self._peer = peer_jobs.Queue(bench)

    def one(self, number: int) -> None:
        """Measures the program and the peer, in alternating order."""
        for part in (self._ours, self._peers)[:: 1 if number % 2 else -1]:
            part(f"round {number + 1}")

    def _ours(self, name: str) -> None:
        self._bench.step(f"{name}: enqueueing")
        self.asked.append(in_loop(asking(self._bench.world)))
        self._bench.step(f"{name}: running")
        self.done.append(in_loop(doing(self._bench.world)))

    def _peers(self, name: str) -> None:
        if self._bench.peer:
            self._bench.step(f"{name}: the peer enqueues")
            self.peer_asked.append(self._peer.measured("enqueue"))
            self._bench.step(f"{name}: the peer runs")
            self.peer_done.append(self._peer.measured("work"))


async def asking(made: World) -> JobCost:
    """The cost that three jobs add to a small transaction."""
    async with runtime(made.settings()) as running:
        meter = Meter(postgres=made.engines.postgres_pid, valkey=made.engines.redis_pid)
        people = made.people[:TRANSACTIONS]
        await transactions(running, people[:100], JOBS_EACH)
        plain = await spent(meter, transactions(running, people, 0))
        with_jobs = await spent(meter, transactions(running, people, JOBS_EACH))
    count = len(people) * JOBS_EACH
    more = [(one - other) / 1e3 / count for one, other in zip(with_jobs[:2], plain[:2], strict=True)]
    return JobCost(more[0], more[1], count / with_jobs[2], with_jobs[3])


async def transactions(running: Runtime, people: Sequence[Person], jobs_each: int) -> None:
    for person in people:
        async with running.db.transaction(Identity(person.user_id, person.session_id)) as tx:
            await tx.do(_TOUCH, person.user_id)
            for _ in range(jobs_each):
                tx.enqueue(ERRAND)


async def spent(meter: Meter, work: Any) -> tuple[float, float, float, float]:
    """CPU of this thread and of PostgreSQL (ns), elapsed seconds, and cores busy with other programs."""
    meter.reset()
    client = time.thread_time_ns()
    await work
    client = time.thread_time_ns() - client
    span = meter.span()
    return client, span.cpu["postgres"], span.seconds, span.foreign()


async def doing(made: World) -> JobCost:
    """One worker drains a queue of due jobs of many users in batches of twenty."""
    await made._do("TRUNCATE jobs", ())
    await made._do(_FILL % ("interval '0'", WORKED, WORKED), ())
    await made._do("VACUUM ANALYZE jobs", ())
    async with runtime(made.settings()) as running:
        meter = Meter(postgres=made.engines.postgres_pid, valkey=made.engines.redis_pid)
        heard.times, heard.bell = [], None
        client, postgres, seconds, alien = await spent(meter, worker(running).run_due())
    if len(heard.times) != WORKED:
        raise RuntimeError(f"{len(heard.times)} jobs ran instead of {WORKED}")
    return JobCost(client / 1e3 / WORKED, postgres / 1e3 / WORKED, WORKED / seconds, alien)


def worker(running: Runtime) -> Worker:
    return Worker(running.db, Registry([jobs]), running.resources, Policy())


async def waiting(made: World) -> list[float]:
    """Milliseconds from a commit in one runtime to the start of its job in another, both idle."""
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
        tx.enqueue(ERRAND)
    committed = time.perf_counter()
    await heard.bell.wait()
    await asyncio.sleep(0.01 + int.from_bytes(os.urandom(1), "big") / 10_000)
    return (heard.times[0] - committed) * 1e3


def claiming(made: World, future: int) -> list[float]:
    """Milliseconds for each claim of twenty jobs, beside `future` jobs that are not due."""
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
                found = await store.claim(tx, "local", limit=20, lease=600)
                times.append((time.perf_counter() - began) * 1e3)
            if len(found) != 20:
                raise RuntimeError(f"a claim found {len(found)} jobs")
    return times[20:]


def report(rounds: Rounds, waits: list[float], claims: list[list[float]]) -> Report:
    page = Report("Jobs", "What does a durable background job cost, and how long does it wait?")
    each = [1e6 / cost for cost in whole(rounds.asked, rounds.done, "client")]
    page.headlines += [
        Headline("jobs enqueued and completed per second of client CPU", spread(each, 0)),
        *beside(rounds),
        Headline("commit to job start, idle, p50 / p99", f"{quantiles(waits)} ms"),
        Headline(f"claiming 20 jobs beside {FUTURE:,} scheduled jobs, p99", f"{percentile(claims[1], 0.99):.1f} ms"),
    ]
    rows = [("enqueue, in a transaction", rounds.asked), ("run, in batches of 20", rounds.done)]
    if rounds.peer_asked:
        rows += [("BullMQ: enqueue", rounds.peer_asked), ("BullMQ: run, 20 at a time", rounds.peer_done)]
    notes = "\n\n".join([NOTE, BESIDE] if rounds.peer_asked else [NOTE])
    page.add(
        "CPU", ["", "client µs/job", "database µs/job", "jobs/s", "other load"], [row(*one) for one in rows], notes
    )
    table = [["none", quantiles(claims[0])], [f"{FUTURE:,}", quantiles(claims[1])]]
    page.add("Claiming 20 jobs", ["scheduled jobs", "p50 / p99 ms"], table)
    return page


def whole(asked: Sequence[JobCost], done: Sequence[JobCost], *parts: str) -> list[float]:
    """µs per job from enqueueing to completion, by round."""
    return [sum(getattr(cost, part) for cost in both for part in parts) for both in zip(asked, done, strict=True)]


def beside(rounds: Rounds) -> Iterator[Headline]:
    """The program relative to the peer: the client alone, and together with the database."""
    if not rounds.peer_asked:
        return
    for what, parts in (("client CPU", ("client",)), ("client and database CPU", ("client", "database"))):
        found = ratios(whole(rounds.asked, rounds.done, *parts), whole(rounds.peer_asked, rounds.peer_done, *parts))
        name = f"{what} per job relative to BullMQ"
        if parts == ("client",):
            yield Headline(name, spread(found), f"≤ {PEER_AIM}", median(found) <= PEER_AIM)
        else:
            yield Headline(name, spread(found))


NOTE = (
    f"Enqueueing is the cost that {JOBS_EACH} jobs add to a transaction that changes one row. Running covers all work"
    f" of the worker: polling, claiming, setting the owner of each job, running it, and completing it; {WORKED:,} jobs,"
    " spread over all users."
)


BESIDE = (
    "BullMQ enqueues jobs individually, fifty concurrently, with three attempts and removal on completion; a separate"
    " process runs twenty concurrently. There are enough jobs for V8 to warm up. Its CPU time is what Node.js reports"
    " from the first job to the last; its database is the same Valkey. The guarantees differ: our jobs are stored in"
    " PostgreSQL within the transaction that requests them and complete within the transaction of their effects, synced"
    " to disk before the response. BullMQ's jobs are in Valkey, synced once a second, outside any transaction."
)


def row(name: str, costs: list[JobCost]) -> list[str]:
    return [
        name,
        spread([one.client for one in costs], 1),
        spread([one.database for one in costs], 1),
        f"{median([one.rate for one in costs]):.0f}",
        f"{median([one.alien for one in costs]):.2f}",
    ]


def quantiles(values: Sequence[float]) -> str:
    return f"{percentile(values, 0.5):.1f} / {percentile(values, 0.99):.1f}"
