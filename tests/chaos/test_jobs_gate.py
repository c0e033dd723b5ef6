"""The gate of the queue: workers are killed, frozen, poisoned and told to go, and no job is lost or repeated.

Lease two seconds. `SOAK=1` runs the full number of trials and writes them down.
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
from tests.chaos.jobs import EFFECTS, Work, deliver, write
from tests.chaos.place import SOAK, Ground, Process, admin, environment, soak_row, until
from tests.conftest import settings_for

from studyteddy import bootstrap
from studyteddy.bootstrap import Runtime
from studyteddy.embedded import Engines
from studyteddy.platform.jobs import order
from studyteddy.platform.jobs.registry import Handler

LEASE = 2.0


@dataclass
class Gate:
    """A queue, workers in processes of their own, and the table their effects go to."""

    found: Engines
    running: Runtime
    sql: asyncpg.Connection[asyncpg.Record]
    log: Path
    workers: list[Process] = field(default_factory=list)

    def worker(self, **settings: str) -> Process:
        """One more worker."""
        given = environment(settings_for(self.found, job_poll="0.1", **settings), LOG_LEVEL="warning")
        worker = Process("tests.chaos.worker_main", environment=given, log=self.log)
        worker.start()
        self.workers.append(worker)
        return worker

    async def working(self, count: int) -> None:
        """That many workers are there."""
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
async def gate(fresh: Engines, tmp_path: Path) -> AsyncIterator[Gate]:
    log = tmp_path / "workers.log"
    log.touch()
    async with bootstrap.runtime(settings_for(fresh)) as running, admin(fresh) as sql:
        await sql.execute(EFFECTS)
        found = Gate(fresh, running, sql, log)
        yield found
        for worker in found.workers:
            worker.kill()


def some(count: int, prefix: str = "", **work: object) -> list[Work]:
    return [Work(f"{prefix}{n:03}", **work) for n in range(count)]  # type: ignore[arg-type]


async def test_killed_workers_lose_and_repeat_nothing(gate: Gate) -> None:
    trials, orphans, slowest = 20 if SOAK else 4, 0, 0.0
    dice, expected = random.Random(11), []
    gate.worker(), gate.worker()
    for trial in range(trials):
        await gate.working(2 + trial)
        expected += await gate.put(write, some(60, f"{trial:02}-", takes=0.02))
        await until(lambda: _at_least(gate, 1), within=5)
        await asyncio.sleep(dice.uniform(0.05, 0.3))
        victim = dice.choice([worker for worker in gate.workers if worker.alive])
        victim.kill()
        killed = time.monotonic()
        gate.worker()
        await asyncio.sleep(1.0)
        orphans += await gate.leased()
        await until(gate.empty, within=LEASE + 6)
        slowest = max(slowest, time.monotonic() - killed)
    assert orphans > 0, "no worker was killed in the middle of a group"
    assert await gate.effects() == sorted(expected)
    assert slowest <= LEASE + 2
    soak_row("jobs of killed workers", trials=trials, failures=0, figure=f"all done ≤ {slowest:.1f} s after the kill")


async def _at_least(gate: Gate, count: int) -> bool:
    return await gate.leased() >= count


async def test_killed_workers_lose_no_outside_job(gate: Gate) -> None:
    """At least once: what was in flight may come twice, and nothing else."""
    gate.worker(job_slots="5"), gate.worker(job_slots="5")
    await gate.working(2)
    expected = await gate.put(deliver, some(60, takes=0.05))
    await until(lambda: _at_least(gate, 6), within=5)
    gate.workers[0].kill()
    await until(gate.empty, within=LEASE + 8)
    effects = await gate.effects()
    assert sorted(set(effects)) == expected
    assert len(effects) - len(expected) <= 5


async def test_frozen_workers_repeat_nothing_when_they_thaw(gate: Gate) -> None:
    trials = 5 if SOAK else 1
    expected: list[str] = []
    gate.worker(), gate.worker()
    await gate.working(2)
    for trial in range(trials):
        frozen = gate.workers[trial % 2]
        expected += await gate.put(write, some(60, f"{trial}-", takes=0.02))
        await until(lambda: _at_least(gate, 21), within=5)
        frozen.signal(signal.SIGSTOP)
        await until(gate.empty, within=LEASE + 15)
        frozen.signal(signal.SIGCONT)
        await asyncio.sleep(1.0)
        assert await gate.effects() == sorted(expected)
    await gate.put(write, some(1, "after-"))
    await until(gate.empty, within=5)
    assert [worker.alive for worker in gate.workers] == [True, True]
    soak_row("jobs of frozen workers", trials=trials, failures=0, figure="0 repeated, 0 lost")


async def test_a_poisonous_job_dies_alone(gate: Gate) -> None:
    await gate.put(write, [*some(10), Work("poison", how="kill"), *some(9, "after-")])
    for _ in range(4):
        gate.worker(job_attempts="2")
        await until(_over(gate), within=LEASE * 3 + 10)
        if gate.workers[-1].alive:
            break
    assert len(gate.workers) == 3, "its attempts were not counted"
    assert len(await gate.effects()) == 19
    (dead,) = await gate.sql.fetch("SELECT kind, attempt, last_error FROM jobs_dead")
    assert tuple(dead) == ("chaos.write", 3, "the worker died each time it ran this job")
    soak_row("a poisonous job with 19 neighbours", trials=1, failures=0, figure="19 done, 1 dead letter")


def _over(gate: Gate) -> Callable[[], Awaitable[bool]]:
    async def over() -> bool:
        return not gate.workers[-1].alive or await gate.empty()

    return over


async def test_a_deploy_eats_no_attempts(gate: Gate) -> None:
    expected = await gate.put(write, some(60, takes=0.05)) + await gate.put(deliver, some(30, "out-", takes=0.1))
    first = gate.worker()
    await until(lambda: _at_least(gate, 1), within=20)
    await asyncio.sleep(0.2)
    assert await asyncio.to_thread(first.end) == 0
    assert await gate.leased() == 0
    left = await gate.sql.fetchval("SELECT count(*) FROM jobs")
    assert 0 < left < 90
    assert await gate.sql.fetchval("SELECT max(attempt) FROM jobs") == 0
    gate.worker()
    await until(gate.empty, within=20)
    assert await gate.effects() == sorted(expected)


@pytest.mark.parametrize("handler", [write, deliver])
async def test_a_restarted_database_loses_and_repeats_nothing(firm: Ground, gate: Gate, handler: Handler) -> None:
    gate.worker()
    await gate.working(1)
    expected = await gate.put(handler, some(40, takes=0.03 if handler is write else 0.25))
    await until(lambda: _at_least(gate, 1), within=5)
    await asyncio.sleep(0.2)
    await asyncio.to_thread(firm.postgres.restart)
    async with admin(gate.found) as sql:
        gate.sql = sql
        await until(gate.empty, within=LEASE + 10)
        effects = await gate.effects()
        if handler is write:
            assert effects == expected
        assert sorted(set(effects)) == expected
        assert await sql.fetchval("SELECT count(*) FROM jobs_dead") == 0
    assert gate.workers[0].alive
