"""A connection pool for PostgreSQL, shared fairly between users and classes of traffic.

asyncpg's pool creates a task, a shield, and a proxy per use: a quarter of the cost of a small request (`benchmarks/`).
This one returns the connection itself. Connections aren't reset on release: no code sets session state, and a test
proves that none leaks.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Hashable
from contextlib import asynccontextmanager
from typing import Any, TypeAlias

import asyncpg

from studyteddy.platform.db.shares import TrafficClass, UserShare, Waiter, next_waiter
from studyteddy.platform.db.watchdog import Watchdog

Connection: TypeAlias = "asyncpg.Connection[Any]"

WAIT_SECONDS = 1.0
"""How long a caller waits for a connection."""
IDLE_SECONDS = 300.0
"""How long a connection may be idle before it is closed."""
CLOSE_SECONDS = 1.0
"""How long closing a connection may take; after that, it is abandoned."""


class QueueFull(Exception):
    """So many callers of the same user or class wait that another one would wait in vain."""


class Pool:
    """At most `size` connections, most recently used first. Callers wait up to `timeout` seconds for a free one.

    A user holds at most a quarter of the connections (at least two), a class of traffic at most four fifths of them,
    and a class that holds them for long a third: whatever makes it wait, such as a locked table, leaves connections for
    the others. A free connection goes to the class that holds the fewest, and within a class to each user in turn.
    """

    def __init__(
        self,
        connect: Callable[[], Awaitable[Connection]],
        *,
        size: int,
        timeout: float = WAIT_SECONDS,
        idle_timeout: float = IDLE_SECONDS,
    ) -> None:
        self.size = size
        self._connect = connect
        self._timeout = timeout
        self._idle_timeout = idle_timeout
        self._idle: deque[tuple[Connection, float]] = deque()
        self._used: dict[Connection, tuple[UserShare, TrafficClass, float]] = {}
        self._nobody = UserShare(None, size)
        self._users: dict[Hashable, UserShare] = {None: self._nobody}
        self._classes: dict[str, TrafficClass] = {}
        self._waiting = 0
        self._tasks: set[asyncio.Task[None]] = set()
        self._open = 0
        self._closed = False
        self._watchdog = Watchdog(self)
        self.returned = 0
        """How many connections have been returned in working order: each proves that the server responds."""

    async def acquire(self, user: Hashable = None, traffic_class: str = "") -> Connection:
        """Acquire a connection within the shares of a user and of a class of traffic, if any.

        Raise `TimeoutError` if none becomes free, `QueueFull` if too many callers wait already, or the error of a
        failed connect.
        """
        share = self._users.get(user) or self._new_user(user)
        theirs = self._classes.get(traffic_class) or self._new_class(traffic_class)
        if share.held < share.limit and theirs.held < theirs.limit and (connection := self._take_idle()):
            self._lend(connection, share, theirs)
            return connection
        try:
            return await self._wait(share, theirs)
        finally:
            self._forget(share)

    def release(self, connection: Connection) -> None:
        """Return a connection to the pool or to a waiter; a broken one is replaced."""
        share, theirs, since = self._used.pop(connection)
        now = asyncio.get_running_loop().time()
        share.held -= 1
        theirs.returned(now - since)
        self._forget(share)
        if connection.is_closed() or self._closed:
            self._open -= 1
            connection.terminate()
        else:
            self.returned += 1
            self._add_idle(connection, now)
        self._serve()

    @asynccontextmanager
    async def connection(self) -> AsyncIterator[Connection]:
        """Acquire a connection for the duration of a block."""
        connection = await self.acquire()
        try:
            yield connection
        finally:
            self.release(connection)

    async def close(self) -> None:
        """Close idle connections; connections in use are terminated when released."""
        self._closed = True
        self._watchdog.stop()
        idle, self._idle = [connection for connection, _ in self._idle], deque()
        self._open -= len(idle)
        await asyncio.gather(*(_close(connection) for connection in idle), *self._tasks)

    # What the watchdog uses.

    @property
    def in_use(self) -> bool:
        return bool(self._used)

    async def probe(self) -> None:
        """Return when the server has responded, on an idle connection or else on a new one."""
        connection = self._take_idle()
        if connection is None:
            with contextlib.suppress(asyncpg.PostgresError):  # a refusal is a response too
                await _close(await self._connect())
            return
        try:
            await connection.execute("SELECT 1")
        except BaseException:
            self._open -= 1
            connection.terminate()
            raise
        self._add_idle(connection, asyncio.get_running_loop().time())
        self._serve()

    def drop(self) -> None:
        """Terminate all connections: statements that wait on them fail at once."""
        while connection := self._take_idle():
            self._open -= 1
            connection.terminate()
        for connection in list(self._used):
            connection.terminate()

    # Shares.

    def _new_user(self, user: Hashable) -> UserShare:
        share = self._users[user] = UserShare(user, min(self.size, max(2, self.size // 4)))
        return share

    def _new_class(self, name: str) -> TrafficClass:
        found = self._classes[name] = TrafficClass(self.size, limited=bool(name))
        return found

    def _forget(self, share: UserShare) -> None:
        if not share.held and not share.waiting and share is not self._nobody:
            self._users.pop(share.user, None)

    def _lend(self, connection: Connection, share: UserShare, theirs: TrafficClass) -> None:
        share.held += 1
        theirs.held += 1
        self._used[connection] = share, theirs, asyncio.get_running_loop().time()
        if not self._watchdog.watching:
            self._watchdog.start()

    # Waiters.

    async def _wait(self, share: UserShare, theirs: TrafficClass) -> Connection:
        if self._closed:
            raise asyncpg.InterfaceError("the pool is closed")
        if theirs.expected_wait(share) > 2 * self._timeout:
            raise QueueFull
        loop = asyncio.get_running_loop()
        waiter = Waiter(share, loop.create_future())
        timer = loop.call_later(self._timeout, _expire, waiter.future)
        theirs.enqueue(waiter)
        self._waiting += 1
        if share.held < share.limit and theirs.held < theirs.limit:
            self._open_another()
        try:
            connection: Connection = await waiter.future
        except asyncio.CancelledError:
            if not waiter.future.cancelled() and not waiter.future.exception():
                self.release(waiter.future.result())
            raise
        finally:
            timer.cancel()
            theirs.dequeue(waiter)
            self._waiting -= 1
        return connection

    def _serve(self) -> None:
        """Give idle connections to waiters, and open another one if that isn't enough."""
        while self._waiting:
            connection = self._take_idle()
            if connection is None:
                self._open_another()
                return
            found = next_waiter(self._classes.values())
            if found is None:
                self._add_idle(connection, asyncio.get_running_loop().time())
                return
            waiter, theirs = found
            self._lend(connection, waiter.share, theirs)
            waiter.future.set_result(connection)

    # Connections.

    def _take_idle(self) -> Connection | None:
        while self._idle:
            connection, _ = self._idle.pop()
            if not connection.is_closed():
                return connection
            self._open -= 1
        return None

    def _add_idle(self, connection: Connection, now: float) -> None:
        if self._closed:  # while this connection was being opened
            connection.terminate()
            return
        self._idle.append((connection, now))
        if now - self._idle[0][1] > self._idle_timeout:
            self._open -= 1
            self._start(_close(self._idle.popleft()[0]))

    def _open_another(self) -> None:
        if self._open < self.size and not self._closed:
            self._open += 1
            self._start(self._open_new())

    async def _open_new(self) -> None:
        try:
            connection = await self._connect()
        except Exception as fault:
            self._open -= 1
            if found := next_waiter(self._classes.values()):
                found[0].future.set_exception(fault)
        else:
            self._add_idle(connection, asyncio.get_running_loop().time())
        self._serve()

    def _start(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.ensure_future(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)


def _expire(future: asyncio.Future[Connection]) -> None:
    if not future.done():
        future.set_exception(TimeoutError("no connection became available"))


async def _close(connection: Connection) -> None:
    with contextlib.suppress(Exception):  # it is discarded either way
        await connection.close(timeout=CLOSE_SECONDS)
