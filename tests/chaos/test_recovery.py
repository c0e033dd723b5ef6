"""Recovery of `teddy up`: how soon writes succeed after a process is killed; and overload.

A normal run does a few trials and only asserts that the system recovers; `SOAK=1` does all of them, asserts the figures
of docs/reliability.md, and records them in docs/soak.md.
"""

from __future__ import annotations

import asyncio
import json
import os
import signal
import tempfile
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import ExitStack, asynccontextmanager
from pathlib import Path

import httpx2
import pytest
from benchmarks.load import Load, Order, Result, request
from tests.cast import Person, join
from tests.chaos.harness import SOAK, Api, soak_row, until
from tests.conftest import settings_for
from tests.up.conftest import Teddy

from studyteddy.embedded import Engines

KILLS = 20 if SOAK else 2
INTERVAL = 3.0
WRITERS = 8
UNLIMITED = {f"LIMIT_{name}": "100000/60:100000" for name in ("GENERAL", "ANONYMOUS", "REGISTER")}
WITHIN = {"API": 2.0, "postgres": 5.0}
"""Seconds from the kill to the next acknowledged write."""


@pytest.fixture
def data_dir() -> Iterator[Path]:
    """A folder that all users can traverse, as a checkout usually is."""
    with tempfile.TemporaryDirectory(prefix="teddy-") as folder:
        Path(folder).chmod(0o755)
        yield Path(folder) / "data"


@asynccontextmanager
async def writing(url: str, person: Person) -> AsyncIterator[list[float]]:
    """Write without pause during a block; yield the times of the acknowledged writes."""
    acknowledged: list[float] = []
    ended = False

    async def write() -> None:
        async with httpx2.AsyncClient(trust_env=False, timeout=5, headers=person.http.headers) as http:
            while not ended:
                sent = time.monotonic()
                try:
                    answer = await http.post(f"{url}/api/tasks", json={"title": "x"})
                except httpx2.TransportError:
                    answer = None
                if answer is not None and answer.status_code == 201:
                    acknowledged.append(sent)
                else:
                    await asyncio.sleep(0.02)

    writers = [asyncio.create_task(write()) for _ in range(WRITERS)]
    try:
        yield acknowledged
    finally:
        ended = True
        await asyncio.gather(*writers)


@pytest.mark.slow
@pytest.mark.parametrize("part", ["API", "postgres"])
async def test_writes_succeed_soon_after_a_kill(part: str, tmp_path: Path, data_dir: Path) -> None:
    slowest = 0.0
    with ExitStack() as ending:
        up = Teddy(tmp_path, ending).up(data_dir, environment=UNLIMITED)
        await asyncio.to_thread(up.wait_until_up)
        url = f"http://127.0.0.1:{up.port}"
        alice = await join(url, "Alice")
        async with writing(url, alice) as acknowledged:
            for _ in range(KILLS):
                await asyncio.sleep(INTERVAL)
                os.kill(up.parts()[part], signal.SIGKILL)
                killed = time.monotonic()
                # Sent after the kill, so the new process has answered it.
                await until(lambda k=killed: acknowledged[-1] > k, within=30)  # type: ignore[misc]
                slowest = max(slowest, time.monotonic() - killed)
        await alice.http.aclose()
        assert up.output().count(f"{part} was killed by SIGKILL; restarting now") == KILLS
    if SOAK:
        assert slowest <= WITHIN[part]
    figure = f"first write ≤ {slowest:.1f} s after the kill"
    soak_row(f"`kill -9` of {part} every {INTERVAL:.0f} s, under load", trials=KILLS, failures=0, figure=figure)


def send(*orders: Order) -> list[Result]:
    """Run load generators at the same time."""
    with ExitStack() as ending:
        loads = [ending.enter_context(Load(order)) for order in orders]
        for load in loads:
            load.go()
        return [load.result() for load in loads]


def mix(people: list[Person]) -> list[bytes]:
    """Return reads of two features and some writes, by each person in turn."""
    body = json.dumps({"title": "x"}).encode()
    return [
        request(method, path, person.access_token, body if method == "POST" else b"")
        for method, path in (
            ("GET", "/api/tasks"),
            ("GET", "/api/subjects"),
            ("GET", "/api/tasks"),
            ("POST", "/api/tasks"),
        )
        for person in people
    ]


def goodput(result: Result) -> float:
    return (result.answered - result.bad) / result.seconds


@pytest.mark.slow
async def test_overload_degrades(fresh: Engines, tmp_path: Path) -> None:
    """Three times its capacity, over many connections, leaves a server most of its capacity."""
    seconds = 10.0 if SOAK else 1.0
    api = Api(settings_for(fresh, connections_per_address="1000"), tmp_path / "api.log")
    api.start()
    try:
        await until(api.ready, within=30, every=0.1)
        people = [await join(api.url, "Student") for _ in range(30)]
        (capacity,) = await asyncio.to_thread(send, Order(api.port, mix(people), 32, seconds))
        pace = 3 * goodput(capacity)
        (over,) = await asyncio.to_thread(send, Order(api.port, mix(people), 300, seconds, True, pace))
        (after,) = await asyncio.to_thread(send, Order(api.port, mix(people), 32, seconds))
        for person in people:
            await person.http.aclose()
    finally:
        api.kill()
    assert capacity.bad == after.bad == over.lost == 0
    assert {*over.statuses} <= {"200", "201", "503"}
    assert goodput(over) > 0
    share = goodput(over) / goodput(capacity)
    if SOAK:
        assert share >= 0.8
    figure = f"{share:.0%} of the capacity, which is {goodput(capacity):.0f} requests/s"
    soak_row("three times the capacity, 300 connections", trials=over.sent, failures=over.bad, figure=figure)


@pytest.mark.slow
async def test_a_flood_by_one_student_fails_nobody_else(fresh: Engines, tmp_path: Path) -> None:
    seconds = 10.0 if SOAK else 1.0
    api = Api(settings_for(fresh, limit_general="600/60:120"), tmp_path / "api.log")
    api.start()
    try:
        await until(api.ready, within=30, every=0.1)
        people = [await join(api.url, "Student") for _ in range(60)]
        flooder = await join(api.url, "Flooder")
        batch = json.dumps({"commands": [{"op": "create", "body": {"title": "x"}}] * 100}).encode()
        flood = request("POST", "/api/tasks/batch", flooder.access_token, batch)
        others = Order(api.port, mix(people), 8, seconds, True, 200)
        (alone,) = await asyncio.to_thread(send, others)
        beside, flooded = await asyncio.to_thread(send, others, Order(api.port, [flood], 40, seconds))
        for person in (*people, flooder):
            await person.http.aclose()
    finally:
        api.kill()
    assert alone.bad == beside.bad == 0
    assert flooded.statuses["429"] > 0
    figure = f"others' p99 {alone.p99:.0f} ms without, {beside.p99:.0f} ms with the flood"
    soak_row("one student repeats 40 batches of 100 commands", trials=beside.sent, failures=0, figure=figure)
