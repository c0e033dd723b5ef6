"""`kill -9` of the API, the worker, Redis and PostgreSQL at random times under load (see docs/promises.md).

A normal run kills ten processes; `SOAK=1` kills a hundred and records the figures in docs/soak.md.
"""

from __future__ import annotations

import asyncio
import os
import random
import signal
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from tests.chaos.harness import SOAK, Api, EngineHandles, Process, admin, environment, soak_row, until
from tests.chaos.recorder import Crowd, Student, differences
from tests.conftest import settings_for

from studyteddy.embedded import Engines

WRITES = 10_000 if SOAK else 100
"""The minimum number of acknowledged writes during the kills."""


@dataclass
class Fleet:
    """Two API processes and a worker, started as `teddy serve` and `teddy work` start them."""

    found: Engines
    apis: list[Api]
    worker: Process

    @property
    def urls(self) -> list[str]:
        return [api.url for api in self.apis]

    async def up(self) -> None:
        """Wait until every process is ready."""
        await until(lambda: all(api.ready() for api in self.apis), within=30, every=0.1)
        await until(lambda: self.starts() > 0, within=30)

    def starts(self) -> int:
        return self.worker.output().count("worker.started")

    async def kill(self, victim: Process) -> None:
        """Kill a running process and restart it at once."""
        if isinstance(victim, Api):
            await until(victim.ready, within=30, every=0.05)
            victim.kill()
            victim.start()
            return
        starts = self.starts()
        victim.kill()
        victim.start()
        await until(lambda: self.starts() > starts, within=30)


@pytest.fixture
async def fleet(fresh: Engines, tmp_path: Path) -> AsyncIterator[Fleet]:
    settings = settings_for(fresh, job_poll="0.2", api_processes="2")
    apis = [Api(settings, tmp_path / f"api-{n}.log") for n in range(2)]
    worker = Process("studyteddy", "work", environment=environment(settings), log=tmp_path / "worker.log")
    for process in (*apis, worker):
        process.start()
    found = Fleet(fresh, apis, worker)
    try:
        await found.up()
        yield found
    finally:
        for process in (*apis, worker):
            process.kill()


async def test_killed_processes_neither_lose_nor_repeat_writes(durable_engines: EngineHandles, fleet: Fleet) -> None:
    """The kills include Redis."""
    kills = 100 if SOAK else 10
    rng = random.Random(3)
    crowd = Crowd(fleet.urls, size=6)
    await crowd.start(pause=0.0 if SOAK else 0.05)
    async with admin(fleet.found) as sql:
        try:
            for n in range(kills):
                await asyncio.sleep(rng.uniform(0.1, 0.6))
                if n % 5 == 3:
                    os.kill(durable_engines.valkey.pid, signal.SIGKILL)
                    await asyncio.to_thread(durable_engines.valkey.restart)
                else:
                    await fleet.kill(rng.choice([*fleet.apis, fleet.worker]))
            await until(lambda: crowd.acknowledged >= WRITES, within=300, every=0.1)
            await crowd.drain(sql, within=60)
            for student in crowd.students:
                assert await differences(sql, student) == []
                assert len(student.completed) > 5
            assert await sql.fetchval("SELECT count(*) FROM jobs_dead") == 0
        finally:
            await crowd.close()
    soak_row(
        "`kill -9` of API, worker and Redis: each effect happens once; each socket receives every event once, in order",
        trials=kills,
        failures=0,
        figure=f"{crowd.acknowledged} acknowledged writes",
    )


async def test_a_killed_database_loses_no_acknowledged_writes(durable_engines: EngineHandles, fleet: Fleet) -> None:
    kills, slowest = 20 if SOAK else 2, 0.0
    rng = random.Random(5)
    crowd = Crowd(fleet.urls, size=4)
    await crowd.start(pause=0.0 if SOAK else 0.05)
    try:
        for _ in range(kills):
            await asyncio.sleep(rng.uniform(0.5, 1.5))
            os.kill(durable_engines.postgres.pid, signal.SIGKILL)
            await asyncio.to_thread(durable_engines.postgres.restart)
            before, back = crowd.acknowledged, time.monotonic()
            await until(lambda n=before: crowd.acknowledged > n, within=5)  # type: ignore[misc]
            slowest = max(slowest, time.monotonic() - back)
        async with admin(fleet.found) as sql:
            await crowd.drain(sql, within=60)
            for student in crowd.students:
                assert await differences(sql, student) == []
            for name in ("fsync", "full_page_writes", "synchronous_commit"):
                assert await sql.fetchval("SELECT setting FROM pg_settings WHERE name = $1", name) == "on"
    finally:
        await crowd.close()
    assert all(process.alive for process in (*fleet.apis, fleet.worker))
    figure = f"{crowd.acknowledged} acknowledged writes; first write ≤ {slowest:.1f} s after the restart"
    soak_row("`kill -9` of PostgreSQL", trials=kills, failures=0, figure=figure)


async def test_fifty_duplicates_of_a_key_act_once_despite_kills(fleet: Fleet) -> None:
    keys = 100 if SOAK else 6
    rng = random.Random(9)
    student = Student(fleet.urls)
    await student.join()
    for n in range(keys):
        body = {"title": f"Once {n}"}
        duplicates = [asyncio.ensure_future(student.send("/api/tasks", body, f"key-{n}")) for _ in range(50)]
        if n % 2:
            await asyncio.sleep(rng.uniform(0.0, 0.05))
            await fleet.kill(rng.choice(fleet.apis))
        responses = await asyncio.gather(*duplicates)
        assert len({answer["id"] for answer in responses}) == 1
        assert all(answer == responses[0] for answer in responses)
    assert student.errors == []
    async with admin(fleet.found) as sql:
        assert await sql.fetchval("SELECT count(*) FROM tasks") == keys
        assert await sql.fetchval("SELECT count(*) FROM events WHERE type = 'task.created'") == keys
    await student.close()
    soak_row("50 duplicates of one idempotency key, with kills", trials=keys, failures=0, figure="1 effect per key")
