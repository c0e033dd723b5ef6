"""The connection pool: shares of users and classes of traffic, and a server that stops responding."""

from __future__ import annotations

import asyncio
import math
import os
import signal
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, suppress
from functools import partial
from pathlib import Path
from typing import Any

import asyncpg
import pytest
from tests.cast import PASSWORD, Person, join
from tests.chaos.harness import EngineHandles, admin, running_engines, until
from tests.conftest import serving, settings_for

from studyteddy.bootstrap import runtime
from studyteddy.platform.db import migrations, watchdog
from studyteddy.platform.db.database import connect
from studyteddy.platform.db.pool import Pool, QueueFull
from studyteddy.platform.db.shares import TrafficClass, UserShare, Waiter
from studyteddy.platform.web.deadline import TIMEOUT


@pytest.fixture(scope="module")
def soil(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EngineHandles]:
    """Engines that this module can freeze."""
    with running_engines(tmp_path_factory.mktemp("soil"), durable=False) as found:
        migrations.upgrade(found.engines.migration_database_url)
        yield found


@pytest.fixture
async def pool(soil: EngineHandles) -> AsyncIterator[Pool]:
    """A pool of eight connections: two for a user, seven for a class, three for a slow one."""
    async with connect(soil.engines.database_url, size=8) as found:
        yield found


def waits(task: asyncio.Future[Any]) -> bool:
    return not task.done()


async def settle() -> None:
    """Let everything that can go on do so."""
    await asyncio.sleep(0.1)


# Shares.


async def test_a_user_holds_at_most_a_quarter(pool: Pool) -> None:
    held = [await pool.acquire("alice", "tasks") for _ in range(2)]
    third = asyncio.ensure_future(pool.acquire("alice", "focus"))
    await settle()
    assert waits(third)
    others = [await pool.acquire(name, "tasks") for name in ("bob", "carol")]
    pool.release(held.pop())
    held.append(await third)
    for connection in (*held, *others):
        pool.release(connection)


async def test_a_class_leaves_connections_for_the_others(pool: Pool) -> None:
    held = [await pool.acquire(f"user {n}", "tasks") for n in range(7)]
    eighth = asyncio.ensure_future(pool.acquire("eve", "tasks"))
    await settle()
    assert waits(eighth)
    held.append(await pool.acquire("eve", "focus"))
    pool.release(held.pop(0))
    held.append(await eighth)
    for connection in held:
        pool.release(connection)


async def test_a_class_that_holds_connections_for_long_has_a_third(pool: Pool) -> None:
    for seconds, limit in ((0.5, 3), (0.0, 7)):
        for _ in range(60):
            connection = await pool.acquire("alice", "tasks")
            share, theirs, since = pool._used[connection]
            pool._used[connection] = share, theirs, since - seconds  # as if it had been held for that long
            pool.release(connection)
        held = [await pool.acquire(f"user {n}", "tasks") for n in range(limit)]
        next_one = asyncio.ensure_future(pool.acquire("eve", "tasks"))
        await settle()
        assert waits(next_one)
        for connection in held:
            pool.release(connection)
        pool.release(await next_one)


@pytest.mark.parametrize("size", [5, 8, 10, 20])
def test_a_class_has_four_fifths_and_while_it_is_slow_a_third(size: int) -> None:
    """Rounded up, so that a small pool leaves something to each; only a class without a name may hold everything."""
    usual, slow = math.ceil(size * 4 / 5), math.ceil(size / 3)
    named, unnamed = TrafficClass(size), TrafficClass(size, limited=False)
    assert (named.limit, unnamed.limit) == (usual, size)
    for seconds, limit in ((0.11, slow), (0.09, usual)):
        for one in (named, unnamed):
            use(one, seconds, times=200)
        assert (named.limit, unnamed.limit) == (limit, size)


@pytest.mark.parametrize(("seconds", "slow"), [(1.59, False), (1.6, False), (1.61, True)])
def test_one_use_counts_as_a_sixteenth_of_the_average(seconds: float, slow: bool) -> None:
    """More than a tenth of a second on average is slow."""
    one = TrafficClass(9)
    use(one, seconds)
    assert (one.limit == 3) is slow


async def test_the_expected_wait_is_that_of_the_longer_queue() -> None:
    """A caller waits for those of its class and for its own; each round takes as long as connections are held."""
    theirs, alice, bob = TrafficClass(10), UserShare("alice", 2), UserShare("bob", 2)
    use(theirs, 0.05, times=500)
    for _ in range(4):
        theirs.enqueue(Waiter(alice, asyncio.get_running_loop().create_future()))
    assert theirs.expected_wait(alice) == pytest.approx(0.05 * 4 / 2)
    assert theirs.expected_wait(bob) == pytest.approx(0.05 * 4 / 8)


def use(one: TrafficClass, seconds: float, *, times: int = 1) -> None:
    """Hold a connection of a class for some time, as often as that."""
    for _ in range(times):
        one.held += 1
        one.returned(seconds)
        assert one.held == 0


async def test_a_free_connection_goes_to_the_class_with_the_fewest_and_to_each_user_in_turn(pool: Pool) -> None:
    held = [await pool.acquire(None, name) for name in ("a", "a", "a", "a", "b", "b", "b", "c")]
    pool._classes["a"].limit = 4
    order: list[str] = []

    async def take(user: str, traffic_class: str) -> None:
        connection = await pool.acquire(user, traffic_class)
        order.append(f"{user} {traffic_class}")
        pool.release(connection)

    callers = [("bob", "a"), ("alice", "b"), ("alice", "b"), ("bob", "b"), ("carol", "c"), ("carol", "d")]
    waiting = []
    for caller in callers:
        waiting.append(asyncio.ensure_future(take(*caller)))
        await asyncio.sleep(0)
    pool.release(held.pop())
    await asyncio.gather(*waiting[1:])
    assert order == ["carol c", "carol d", "alice b", "bob b", "alice b"], "class a holds its share already"
    for connection in held:
        pool.release(connection)
    await asyncio.gather(*waiting)


async def test_callers_who_would_wait_in_vain_are_refused_at_once(pool: Pool) -> None:
    """The expected wait is the time that connections of the class were held recently, times those ahead."""

    async def hold(user: str, seconds: float) -> None:
        connection = await pool.acquire(user, "tasks")
        await asyncio.sleep(seconds)
        pool.release(connection)

    await asyncio.gather(*(hold(f"user {n}", 0.05) for n in range(4)))  # opens connections
    pool._classes["tasks"] = TrafficClass(8)
    for _ in range(100):
        pool._classes["tasks"].held += 1
        pool._classes["tasks"].returned(0.9)
    holding = [asyncio.ensure_future(hold(f"user {n}", 0.5)) for n in range(3 + 7)]
    await settle()
    with pytest.raises(QueueFull):
        await pool.acquire("eve", "tasks")
    pool.release(await pool.acquire("eve", "focus"))
    await asyncio.gather(*holding, return_exceptions=True)
    for _ in range(100):
        pool.release(await pool.acquire("eve", "tasks"))
    waiting = [asyncio.ensure_future(hold(f"user {n}", 0.0)) for n in range(500)]
    await asyncio.gather(*waiting)


async def test_a_user_who_is_gone_leaves_nothing(pool: Pool) -> None:
    async def use(user: str) -> None:
        connection = await pool.acquire(user, "tasks")
        try:
            await asyncio.sleep(0)
        finally:
            pool.release(connection)

    tasks = [asyncio.ensure_future(use(f"user {n % 20}")) for n in range(200)]
    await asyncio.sleep(0.01)
    for task in tasks[::7]:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    assert list(pool._users) == [None]
    assert not any(one._queues for one in pool._classes.values())
    assert not pool._used
    assert {share.held + share.waiting for share in pool._classes.values()} == {0}


async def test_a_failed_connect_keeps_nobody_waiting() -> None:
    async def refuse() -> asyncpg.Connection[asyncpg.Record]:
        await asyncio.sleep(0)
        raise ConnectionRefusedError

    pool = Pool(refuse, size=2, timeout=30.0)
    callers = [pool.acquire(f"user {n}", "tasks") for n in range(20)]
    async with asyncio.timeout(5):
        found = await asyncio.gather(*callers, return_exceptions=True)
    assert {type(one) for one in found} == {ConnectionRefusedError}


# Strangers.


@asynccontextmanager
async def api(soil: EngineHandles) -> AsyncIterator[str]:
    async with runtime.runtime(settings_for(soil.engines)) as running, serving(running) as url:
        yield url


@asynccontextmanager
async def repeating(*sends: Callable[[], Awaitable[object]], times: int) -> AsyncIterator[None]:
    """Repeat each request, `times` times at once, for the duration of a block."""
    ended = False

    async def repeat(send: Callable[[], Awaitable[object]]) -> None:
        while not ended:
            await send()

    tasks = [asyncio.ensure_future(repeat(send)) for send in sends for _ in range(times)]
    try:
        await asyncio.sleep(0.3)
        yield
    finally:
        ended = True
        await asyncio.gather(*tasks)


async def statuses(person: Person, *paths: str) -> Counter[int]:
    """Return the statuses of requests, one after another."""
    return Counter([(await person.get(path)).status_code for _ in range(10) for path in paths])


async def test_a_locked_table_leaves_the_other_routes_alone(soil: EngineHandles) -> None:
    async with api(soil) as url, admin(soil.engines) as sql:
        crowd = [await join(url, f"Student{n}") for n in range(8)]
        stranger = await join(url, "Stranger")
        async with sql.transaction():
            await sql.execute("LOCK TABLE notifications IN ACCESS EXCLUSIVE MODE")
            async with repeating(*(partial(person.get, "/api/notifications") for person in crowd), times=5):
                found = await statuses(stranger, "/api/tasks", "/api/subjects", "/api/auth/me", "/health/ready")
                credentials = {"email": stranger.email, "password": PASSWORD}
                found[(await stranger.post("/api/auth/login", credentials)).status_code] += 1
                assert (await stranger.get("/api/notifications")).status_code == 503
        assert found == {200: 41}
        for person in (*crowd, stranger):
            await person.http.aclose()


async def test_a_student_with_many_batches_leaves_the_other_students_alone(soil: EngineHandles) -> None:
    async with api(soil) as url:
        busy, stranger = await join(url, "Busy"), await join(url, "Stranger")
        body = {"commands": [{"op": "create", "body": {"title": "x"}}] * 100}
        busy.http.timeout = 30
        async with repeating(partial(busy.post, "/api/tasks/batch", body), times=40):
            found = await statuses(stranger, "/api/tasks", "/api/subjects", "/api/auth/me")
            found[(await stranger.post("/api/tasks", {"title": "y"})).status_code] += 1
        assert found == {200: 30, 201: 1}
        for person in (busy, stranger):
            await person.http.aclose()


# A frozen server.


class Silent:
    """A pool in use, whose server responds only when a test says so."""

    def __init__(self) -> None:
        self.returned = 0
        self.in_use = True
        self.probes = self.drops = 0
        self.response = asyncio.Event()
        self.dog = watchdog.Watchdog(self)

    async def probe(self) -> None:
        self.probes += 1
        await self.response.wait()

    def drop(self) -> None:
        self.drops += 1


@pytest.fixture
async def watched(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[tuple[Silent, Callable[[], Awaitable[None]]]]:
    """A silent pool, and a function that makes its watchdog tick."""
    monkeypatch.setattr(watchdog, "TICK", 3600)
    silent = Silent()

    async def tick() -> None:
        silent.dog._tick()
        await asyncio.sleep(0)

    silent.dog.start()
    yield silent, tick
    silent.dog.stop()


async def test_a_server_is_frozen_after_four_ticks_without_a_response(watched: Any) -> None:
    """With the tick before the probe, that is 1.25 seconds: requests fail within two."""
    silent, tick = watched
    for _ in range(2):
        found = []
        for _ in range(5):
            await tick()
            found.append((silent.probes, silent.drops))
        assert found == [(1, 0)] * 4 + [(1, 1)]
        silent.probes = silent.drops = 0


async def test_any_response_counts_against_a_frozen_server(watched: Any) -> None:
    """A connection that is returned, or the response to the probe; then the ticks are counted anew."""
    silent, tick = watched
    for respond in (lambda: setattr(silent, "returned", silent.returned + 1), silent.response.set):
        for _ in range(4):
            await tick()
        respond()
        await asyncio.sleep(0.01)
        await tick()
        silent.response.clear()
        for _ in range(4):
            await tick()
        assert silent.drops == 0
        silent.returned += 1
        await tick()


def test_requests_fail_within_two_seconds_of_a_freeze() -> None:
    """A probe is sent after one tick, and waits for the others."""
    assert (1 + watchdog.SILENCE) * watchdog.TICK <= 2


async def test_a_watchdog_rests_while_no_connection_is_in_use(watched: Any) -> None:
    silent, tick = watched
    silent.returned += 1
    await tick()
    assert silent.dog.watching, "another connection is in use"
    await tick()
    silent.in_use = False
    await tick()
    assert silent.dog.watching, "its probe has no response yet"
    silent.response.set()
    await asyncio.sleep(0.01)
    await tick()
    assert (silent.dog.watching, silent.probes) == (False, 1)


def freeze(soil: EngineHandles, *, backends: bool = True) -> list[int]:
    """Stop the server process, and all that it has started, without ending them."""
    pids = [soil.postgres.pid, *(children(soil.postgres.pid) if backends else [])]
    for pid in pids:
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGSTOP)
    return pids


def thaw(pids: list[int]) -> None:
    for pid in pids:
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGCONT)


def children(pid: int) -> list[int]:
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


async def test_a_frozen_database_is_noticed_and_recovers(soil: EngineHandles) -> None:
    async with api(soil) as url:
        alice = await join(url, "Alice")
        await alice.task()
        pids = freeze(soil)
        try:
            sent = [
                *(alice.post("/api/tasks", {"title": "x"}) for _ in range(20)),
                *(alice.get(path) for path in ("/api/tasks", "/api/subjects", "/health/ready")),
            ]
            for answer in [*await asyncio.gather(*sent), await alice.post("/api/tasks", {"title": "x"})]:
                assert answer.status_code == 503
                assert int(answer.headers["retry-after"]) >= 1
                assert answer.elapsed.total_seconds() < TIMEOUT - 1, "only the request deadline ended it"
            assert (await alice.get("/health/live")).status_code == 200
        finally:
            thaw(pids)
        await until(lambda: _is_ready(alice), within=10)
        assert (await alice.post("/api/tasks", {"title": "after"})).status_code == 201
        assert (await alice.get("/health/ready")).status_code == 200
        await alice.http.aclose()


async def _is_ready(person: Person) -> bool:
    return (await person.get("/api/tasks")).status_code == 200


async def test_connections_that_work_are_kept_while_no_new_ones_can_be_opened(soil: EngineHandles) -> None:
    async with connect(soil.engines.database_url, size=8) as pool:
        first = await pool.acquire("alice", "tasks")
        pids = freeze(soil, backends=False)
        try:
            second = asyncio.ensure_future(pool.acquire("alice", "tasks"))
            await asyncio.sleep(0.6)
            assert await first.fetchval("SELECT 1") == 1
            pool.release(first)
            assert await second is first
        finally:
            thaw(pids)
        pool.release(first)


async def test_a_slow_statement_is_not_mistaken_for_a_frozen_database(soil: EngineHandles) -> None:
    async with connect(soil.engines.database_url, size=1) as pool:
        async with pool.connection() as connection:
            await connection.execute("SELECT pg_sleep(2.5)")
        async with pool.connection() as again:
            assert again is connection
