"""A student's requests while one address floods the server with connections and headers (see docs/promises.md).

A normal run takes about a tenth of the figures; `SOAK=1` takes all of them and records them in docs/soak.md.
"""

from __future__ import annotations

import asyncio
import os
import resource
import sys
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from tests.cast import Person, join
from tests.chaos.connection_floods import FLOODS
from tests.chaos.harness import ROOT, SOAK, Api, Process, soak_row, until
from tests.conftest import settings_for

from studyteddy.embedded import Engines

REQUESTS = 500 if SOAK else 60
MOST_MIB = 64
"""Memory by which the server may grow under a flood; without limits, it was up to 222."""

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="needs several loopback addresses")


@dataclass
class Server:
    """An API process and a student who uses it."""

    api: Api
    student: Person

    @property
    def mebibytes(self) -> float:
        """The memory of the process."""
        pages = int(Path(f"/proc/{self.api.pid}/statm").read_text().split()[1])
        return pages * resource.getpagesize() / 2**20

    async def use(self, count: int) -> tuple[int, float]:
        """Send requests one after the other; return how many failed, and the 99th percentile in seconds."""
        failures, took = 0, []
        for number in range(count):
            started = time.perf_counter()
            answer = (
                await self.student.get("/api/tasks")
                if number % 5
                else await self.student.post("/api/tasks", {"title": "Read"})
            )
            took.append(time.perf_counter() - started)
            failures += answer.status_code not in (200, 201)
            await asyncio.sleep(0.005)
        return failures, sorted(took)[int(count * 0.99)]


@pytest.fixture
async def server(fresh: Engines, tmp_path: Path) -> AsyncIterator[Server]:
    api = Api(settings_for(fresh), tmp_path / "api.log")
    api.start()
    try:
        await until(api.ready, within=30, every=0.1)
        student = await join(api.url, "Student")
        yield Server(api, student)
        await student.http.aclose()
    finally:
        api.kill()


@pytest.mark.parametrize("flood", FLOODS)
async def test_a_flood_of_one_address_harms_nobody_else(server: Server, flood: str, tmp_path: Path) -> None:
    await server.use(REQUESTS // 5)
    _, quiet = await server.use(REQUESTS)
    before = server.mebibytes
    environment = {"PATH": os.defpath, "PYTHONPATH": str(ROOT)}
    command = ("tests.chaos.connection_floods", flood, str(server.api.port), str(not SOAK))
    flooding = Process(*command, environment=environment, log=tmp_path / "flood.log")
    flooding.start()
    try:
        await asyncio.sleep(2.0)
        failures, busy = await server.use(REQUESTS)
        grown = server.mebibytes - before
        assert flooding.alive, flooding.output()
    finally:
        flooding.kill()
    soak_row(
        f"requests while one address floods the server: {flood}",
        trials=REQUESTS,
        failures=failures,
        figure=f"99th percentile {busy / quiet:.1f} times the quiet one, memory +{grown:.0f} MiB",
    )
    assert failures == 0
    assert grown < MOST_MIB
