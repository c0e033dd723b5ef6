"""The connections of a pool: opened, kept, lent, replaced and closed, without a server."""

from __future__ import annotations

import asyncio
from typing import Any

import asyncpg
import pytest

from studyteddy.platform.db.pool import Pool, QueueFull


class Fake:
    """A connection that only remembers what happened to it."""

    def __init__(self) -> None:
        self.terminated = self.closed = self.broken = False
        self.close_timeout = 0.0
        self.slow = asyncio.Event()
        self.slow.set()

    def is_closed(self) -> bool:
        return self.terminated or self.closed

    def terminate(self) -> None:
        self.terminated = True

    async def close(self, *, timeout: float) -> None:
        self.closed, self.close_timeout = True, timeout

    async def execute(self, _: str) -> None:
        await self.slow.wait()
        if self.broken:
            raise OSError("gone")


class Server:
    """Opens connections, unless it fails; waits for permission if told to."""

    def __init__(self) -> None:
        self.opened: list[Fake] = []
        self.fault: Exception | None = None
        self.go_on = asyncio.Event()
        self.go_on.set()

    async def connect(self) -> Any:
        await self.go_on.wait()
        if self.fault:
            raise self.fault
        self.opened.append(Fake())
        return self.opened[-1]

    def pool(self, size: int = 8, **options: float) -> Pool:
        return Pool(self.connect, size=size, **options)


@pytest.mark.parametrize(("size", "share"), [(1, 1), (2, 2), (4, 2), (8, 2), (12, 3), (20, 5)])
async def test_a_user_has_a_quarter_but_at_least_two(size: int, share: int) -> None:
    """Two, so that a request that needs a second connection can't wait for itself."""
    assert Server().pool(size)._new_user("alice").limit == share


async def test_a_user_has_no_more_after_returning_one() -> None:
    pool = Server().pool(size=8, timeout=0.05)
    held = [await pool.acquire("alice") for _ in range(2)]
    for _ in range(3):
        pool.release(held.pop())
        held.append(await pool.acquire("alice"))
        with pytest.raises(TimeoutError):
            await pool.acquire("alice")
    for connection in held:
        pool.release(connection)
    assert list(pool._users) == [None]


@pytest.mark.parametrize(("expected", "refused"), [(0.099, False), (0.101, True)])
async def test_who_would_wait_twice_the_timeout_is_refused(expected: float, refused: bool) -> None:
    pool = Server().pool(size=8, timeout=0.05)
    held = [await pool.acquire("alice", "tasks") for _ in range(2)]
    theirs = pool._classes["tasks"]
    theirs._time_held, theirs.waiting = expected, theirs.limit
    with pytest.raises(QueueFull if refused else TimeoutError):
        await pool.acquire("alice", "tasks")
    theirs.waiting = 0
    for connection in held:
        pool.release(connection)


@pytest.mark.parametrize("user", ["alice", "eve"])
async def test_no_connection_is_opened_for_a_caller_who_may_not_have_one(user: str) -> None:
    """Neither beyond the share of a user nor beyond that of a class."""
    server = Server()
    pool = server.pool(size=8, timeout=0.02)
    await pool.acquire("alice", "tasks")
    await pool.acquire("alice", "tasks")
    pool._classes["tasks"].limit = 2 if user == "eve" else 7
    await asyncio.sleep(0)
    before = len(server.opened)
    with pytest.raises(TimeoutError):
        await pool.acquire(user, "tasks")
    assert len(server.opened) == before


async def test_the_connection_used_last_is_used_next() -> None:
    server = Server()
    pool = server.pool(size=2)
    first, second = await pool.acquire("a"), await pool.acquire("b")
    pool.release(first)
    pool.release(second)
    assert (await pool.acquire("c"), len(server.opened)) == (second, 2)


@pytest.mark.parametrize(("idle", "closed"), [(299.5, False), (300.5, True)])
async def test_a_connection_that_is_idle_for_five_minutes_is_closed(idle: float, closed: bool) -> None:
    server = Server()
    pool = server.pool(size=2)
    for connection in [await pool.acquire(name) for name in ("a", "b")]:
        pool.release(connection)
    oldest, since = pool._idle[0]
    pool._idle[0] = oldest, since - idle
    pool.release(await pool.acquire("c"))
    await asyncio.sleep(0)
    assert (oldest.is_closed(), pool._open) == ((True, 1) if closed else (False, 2))
    assert server.opened[0].close_timeout == (1.0 if closed else 0.0), "closing waits a second at most"


async def test_a_connection_that_broke_is_replaced() -> None:
    server = Server()
    pool = server.pool(size=1)
    for _ in range(3):
        connection = await pool.acquire("a")
        connection.terminate()
        pool.release(connection)
        assert (pool._open, pool.returned) == (0, 0)
    pool.release(await pool.acquire("a"))
    server.opened[-1].closed = True  # by the server, while it was idle
    pool.release(await pool.acquire("a"))
    assert (len(server.opened), pool._open, pool.returned) == (5, 1, 2)


async def test_a_pool_never_has_more_connections_than_its_size() -> None:
    server = Server()
    pool = server.pool(size=3)

    async def use(n: int) -> None:
        connection = await pool.acquire(f"user {n}")
        await asyncio.sleep(0)
        pool.release(connection)

    await asyncio.gather(*(use(n) for n in range(50)))
    assert (len(server.opened), pool._open, len(pool._idle)) == (3, 3, 3)


async def test_a_caller_waits_for_its_timeout_at_most() -> None:
    pool = Server().pool(size=1, timeout=0.05)
    held = await pool.acquire("a")
    with pytest.raises(TimeoutError):
        await pool.acquire("b")
    assert (pool._waiting, list(pool._users)) == (0, [None, "a"])
    pool.release(held)
    pool.release(await pool.acquire("b"))


async def test_a_caller_that_leaves_with_its_connection_gives_it_back() -> None:
    pool = Server().pool(size=1)
    held = await pool.acquire("a")
    waiting = asyncio.ensure_future(pool.acquire("b"))
    await asyncio.sleep(0)
    pool.release(held)  # to the waiter
    waiting.cancel()
    await asyncio.gather(waiting, return_exceptions=True)
    assert (pool.in_use, len(pool._idle), pool._waiting) == (False, 1, 0)


async def test_a_caller_that_leaves_while_its_connect_fails_has_left() -> None:
    pool = Server().pool(size=1)
    held = await pool.acquire("a")
    waiting = asyncio.ensure_future(pool.acquire("b"))
    await asyncio.sleep(0)
    ((waiter, _),) = pool._classes[""]._queues[pool._users["b"]].items()
    waiter.future.set_exception(ConnectionRefusedError())
    waiting.cancel()
    (found,) = await asyncio.gather(waiting, return_exceptions=True)
    assert isinstance(found, asyncio.CancelledError)
    pool.release(held)
    assert (pool._waiting, list(pool._users)) == (0, [None])


async def test_a_failed_connect_fails_one_caller_and_the_next_may_succeed() -> None:
    server = Server()
    pool = server.pool(size=1)
    server.fault = ConnectionRefusedError()
    with pytest.raises(ConnectionRefusedError):
        await pool.acquire("a")
    await asyncio.sleep(0.01)
    assert pool._open == 0
    server.fault = None
    pool.release(await pool.acquire("a"))


# Closing.


async def test_a_closed_pool_lends_nothing() -> None:
    server = Server()
    pool = server.pool(size=2)
    held = [await pool.acquire("a") for _ in range(2)]
    idle, used = server.opened
    pool.release(held[0])
    await pool.close()
    assert (idle.closed, used.closed, pool._open) == (True, False, 1)
    with pytest.raises(asyncpg.InterfaceError, match="closed"):
        await pool.acquire("a")
    pool.release(held[1])
    assert (used.terminated, pool._open, len(pool._idle)) == (True, 0, 0)
    assert not pool._watchdog.watching


async def test_a_connection_that_opens_while_the_pool_closes_is_terminated() -> None:
    server = Server()
    pool = server.pool(timeout=0.05)
    server.go_on.clear()
    waiting = asyncio.ensure_future(pool.acquire("a"))
    await asyncio.sleep(0)
    closing = asyncio.ensure_future(pool.close())
    await asyncio.sleep(0)
    server.go_on.set()
    await closing
    assert [one.terminated for one in server.opened] == [True]
    with pytest.raises(TimeoutError):
        await waiting


# What the watchdog uses.


async def test_a_probe_uses_an_idle_connection_and_returns_it() -> None:
    server = Server()
    pool = server.pool(size=1)
    pool.release(await pool.acquire("a"))
    await pool.probe()
    assert (len(server.opened), len(pool._idle), pool._open) == (1, 1, 1)
    server.opened[0].broken = True
    with pytest.raises(OSError, match="gone"):
        await pool.probe()
    assert (server.opened[0].terminated, len(pool._idle), pool._open) == (True, 0, 0)


async def test_a_probe_without_an_idle_connection_opens_one_for_itself() -> None:
    server = Server()
    pool = server.pool(size=1)
    await pool.acquire("a")
    await pool.probe()
    assert ([one.closed for one in server.opened], pool._open) == ([False, True], 1)
    server.fault = asyncpg.TooManyConnectionsError("full")
    await pool.probe()  # a refusal is a response too
    server.fault = OSError("unreachable")
    with pytest.raises(OSError, match="unreachable"):
        await pool.probe()


async def test_a_caller_who_waits_gets_the_connection_of_a_probe() -> None:
    server = Server()
    pool = server.pool(size=1)
    pool.release(await pool.acquire("a"))
    probe = asyncio.ensure_future(pool.probe())
    server.opened[0].slow.clear()
    await asyncio.sleep(0)
    waiting = asyncio.ensure_future(pool.acquire("b"))
    await asyncio.sleep(0)
    assert not waiting.done()
    server.opened[0].slow.set()
    await probe
    pool.release(await waiting)
    assert len(server.opened) == 1


async def test_a_frozen_pool_drops_all_its_connections() -> None:
    server = Server()
    pool = server.pool(size=3)
    used = await pool.acquire("a")
    for connection in [await pool.acquire(name) for name in ("b", "c")]:
        pool.release(connection)
    pool.drop()
    assert [one.terminated for one in server.opened] == [True] * 3
    assert (pool._open, len(pool._idle)) == (1, 0)
    pool.release(used)
    assert pool._open == 0
