"""Worker failures: workers are killed, frozen, crashed by a job and stopped, and no job is lost or repeated.

The lease is two seconds. `SOAK=1` runs the full number of trials and records them in docs/soak.md.
"""

from __future__ import annotations

import asyncio
import random
import signal
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path

import asyncpg
import pytest
from tests.chaos.harness import SOAK, EngineHandles, Process, admin, environment, soak_row, until
from tests.chaos.jobs import EFFECTS, Work, deliver, order, write
from tests.conftest import settings_for

from studyteddy.bootstrap import runtime
from studyteddy.bootstrap.runtime import Runtime
from studyteddy.embedded import Engines
from studyteddy.platform.jobs.registry import Handler

LEASE = 2.0


@dataclass
class Queue:
    """A job queue, worker processes, and the table that holds their effects."""

    found: Engines
    running: Runtime
    sql: asyncpg.Connection[asyncpg.Record]
    log: Path
    workers: list[Process] = field(default_factory=list)

    def worker(self, **settings: str) -> Process:
        """Start another worker."""
        given = environment(settings_for(self.found, job_poll="0.1", **settings), LOG_LEVEL="warning")
        worker = Process("tests.chaos.worker_main", environment=given, log=self.log)
        worker.start()
        self.workers.append(worker)
        return worker

    async def working(self, count: int) -> None:
        """Wait until `count` workers have started."""
        await until(lambda: self.log.read_text().count("working") >= count, within=20)

    async def put(self, handler: Handler, works: list[Work]) -> list[str]:
        async with self.running.db.system("worker") as tx:
            for work in works:
                tx.enqueue(order(handler, work))
        return sorted(work.name for work in works)

    async def effects(self) -> list[str]:
        return [row["name"] for row in await self.sql.fetch('SELECT name FROM effects ORDER BY name COLLATE "C"')]

    async def leased(self) -> int:
        return int(await self.sql.fetchval("SELECT count(*) FROM jobs WHERE leased"))

    async def empty(self) -> bool:
        return not await self.sql.fetchval("SELECT EXISTS (SELECT FROM jobs)")


@pytest.fixture
async def queue(fresh: Engines, tmp_path: Path) -> AsyncIterator[Queue]:
    log = tmp_path / "workers.log"
    log.touch()
    async with runtime.runtime(settings_for(fresh)) as running, admin(fresh) as sql:
        await sql.execute(EFFECTS)
        found = Queue(fresh, running, sql, log)
        yield found
        for worker in found.workers:
            worker.kill()


def works(count: int, prefix: str = "", **work: object) -> list[Work]:
    return [Work(f"{prefix}{n:03}", **work) for n in range(count)]  # type: ignore[arg-type]


async def test_killed_workers_neither_lose_nor_repeat_jobs(queue: Queue) -> None:
    trials, orphans, slowest = 20 if SOAK else 4, 0, 0.0
    rng, expected = random.Random(11), []
    queue.worker(), queue.worker()
    for trial in range(trials):
        await queue.working(2 + trial)
        expected += await queue.put(write, works(60, f"{trial:02}-", takes=0.02))
        await until(lambda: _at_least(queue, 1), within=5)
        await asyncio.sleep(rng.uniform(0.05, 0.3))
        victim = rng.choice([worker for worker in queue.workers if worker.alive])
        victim.kill()
        killed = time.monotonic()
        queue.worker()
        await asyncio.sleep(1.0)
        orphans += await queue.leased()
        await until(queue.empty, within=LEASE + 6)
        slowest = max(slowest, time.monotonic() - killed)
    assert orphans > 0, "no worker was killed while running a group of jobs"
    assert await queue.effects() == sorted(expected)
    assert slowest <= LEASE + 2
    soak_row(
        "jobs of killed workers", trials=trials, failures=0, figure=f"all completed ≤ {slowest:.1f} s after the kill"
    )


async def _at_least(queue: Queue, count: int) -> bool:
    return await queue.leased() >= count


async def test_killed_workers_lose_no_outside_jobs(queue: Queue) -> None:
    """Delivery is at least once: only jobs in flight may run twice."""
    queue.worker(job_slots="5"), queue.worker(job_slots="5")
    await queue.working(2)
    expected = await queue.put(deliver, works(60, takes=0.05))
    await until(lambda: _at_least(queue, 6), within=5)
    queue.workers[0].kill()
    await until(queue.empty, within=LEASE + 8)
    effects = await queue.effects()
    assert sorted(set(effects)) == expected
    assert len(effects) - len(expected) <= 5


async def test_frozen_workers_repeat_no_jobs_when_resumed(queue: Queue) -> None:
    trials = 5 if SOAK else 1
    expected: list[str] = []
    queue.worker(), queue.worker()
    await queue.working(2)
    for trial in range(trials):
        frozen = queue.workers[trial % 2]
        expected += await queue.put(write, works(60, f"{trial}-", takes=0.02))
        await until(lambda: _at_least(queue, 21), within=5)
        frozen.signal(signal.SIGSTOP)
        await until(queue.empty, within=LEASE + 15)
        frozen.signal(signal.SIGCONT)
        await asyncio.sleep(1.0)
        assert await queue.effects() == sorted(expected)
    await queue.put(write, works(1, "after-"))
    await until(queue.empty, within=5)
    assert [worker.alive for worker in queue.workers] == [True, True]
    soak_row("jobs of frozen workers", trials=trials, failures=0, figure="0 repeated, 0 lost")


async def test_a_poison_job_fails_alone(queue: Queue) -> None:
    await queue.put(write, [*works(10), Work("poison", how="kill"), *works(9, "after-")])
    for _ in range(4):
        queue.worker(job_attempts="2")
        await until(_over(queue), within=LEASE * 3 + 10)
        if queue.workers[-1].alive:
            break
    assert len(queue.workers) == 3, "its attempts were not counted"
    assert len(await queue.effects()) == 19
    (dead,) = await queue.sql.fetch("SELECT kind, attempt, last_error FROM jobs_dead")
    assert tuple(dead) == ("chaos.write", 3, "the worker crashed each time it ran this job")
    soak_row("a poison job among 19 other jobs", trials=1, failures=0, figure="19 completed, 1 dead letter")


def _over(queue: Queue) -> Callable[[], Awaitable[bool]]:
    async def over() -> bool:
        return not queue.workers[-1].alive or await queue.empty()

    return over


async def test_a_deployment_uses_no_attempts(queue: Queue) -> None:
    expected = await queue.put(write, works(60, takes=0.05)) + await queue.put(deliver, works(30, "out-", takes=0.1))
    first = queue.worker()
    await until(lambda: _at_least(queue, 1), within=20)
    await asyncio.sleep(0.2)
    assert await asyncio.to_thread(first.terminate) == 0
    assert await queue.leased() == 0
    left = await queue.sql.fetchval("SELECT count(*) FROM jobs")
    assert 0 < left < 90
    assert await queue.sql.fetchval("SELECT max(attempt) FROM jobs") == 0
    queue.worker()
    await until(queue.empty, within=20)
    assert await queue.effects() == sorted(expected)


@pytest.mark.parametrize("handler", [write, deliver])
async def test_a_database_restart_neither_loses_nor_repeats_jobs(
    durable_engines: EngineHandles, queue: Queue, handler: Handler
) -> None:
    queue.worker()
    await queue.working(1)
    expected = await queue.put(handler, works(40, takes=0.03 if handler is write else 0.25))
    await until(lambda: _at_least(queue, 1), within=5)
    await asyncio.sleep(0.2)
    await asyncio.to_thread(durable_engines.postgres.restart)
    async with admin(queue.found) as sql:
        queue.sql = sql
        await until(queue.empty, within=LEASE + 10)
        effects = await queue.effects()
        if handler is write:
            assert effects == expected
        assert sorted(set(effects)) == expected
        assert await sql.fetchval("SELECT count(*) FROM jobs_dead") == 0
    assert queue.workers[0].alive
