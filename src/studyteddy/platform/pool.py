"""The connections of one process to PostgreSQL.

The driver's own pool makes a task, a shield and a proxy for each use: a quarter of what a small request costs
(`benchmarks/`). This one hands over the connection itself. Nothing is reset on release: no code sets session state, and
a test proves that none leaks.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any, TypeAlias

import asyncpg

Connection: TypeAlias = "asyncpg.Connection[Any]"


class Pool:
    """At most `size` connections, the last used first. Who finds none free waits `patience` seconds for a turn."""

    def __init__(
        self, connect: Callable[[], Awaitable[Connection]], *, size: int, patience: float = 1.0, rest: float = 300.0
    ) -> None:
        self.size = size
        self._connect = connect
        self._patience = patience
        self._rest = rest
        self._idle: deque[tuple[Connection, float]] = deque()
        self._waiting: deque[asyncio.Future[Connection | None]] = deque()
        self._leaving: set[asyncio.Task[None]] = set()
        self._open = 0
        self._closed = False

    async def acquire(self) -> Connection:
        """A connection of one's own; raises `TimeoutError` when none becomes free, or what connecting raises."""
        while self._idle:
            connection, _ = self._idle.pop()
            if not connection.is_closed():
                return connection
            self._open -= 1
        if self._open < self.size:
            return await self._fresh()
        return await self._turn()

    def release(self, connection: Connection) -> None:
        """Gives it back, to whoever waits longest; a broken one makes room for a fresh one."""
        if connection.is_closed() or self._closed:
            self._open -= 1
            connection.terminate()
            self._hand(None)
        else:
            self._hand(connection)

    @asynccontextmanager
    async def holding(self) -> AsyncIterator[Connection]:
        """A connection for the length of a block."""
        connection = await self.acquire()
        try:
            yield connection
        finally:
            self.release(connection)

    async def close(self) -> None:
        """Says goodbye on every idle connection; those in use are cut when they come back."""
        self._closed = True
        idle, self._idle = [connection for connection, _ in self._idle], deque()
        self._open -= len(idle)
        await asyncio.gather(*(_leave(connection) for connection in idle), *self._leaving)

    async def _fresh(self) -> Connection:
        if self._closed:
            raise asyncpg.InterfaceError("the pool is closed")
        self._open += 1
        try:
            return await self._connect()
        except BaseException:
            self._open -= 1
            self._hand(None)
            raise

    async def _turn(self) -> Connection:
        loop = asyncio.get_running_loop()
        future: asyncio.Future[Connection | None] = loop.create_future()
        self._waiting.append(future)
        timer = loop.call_later(self._patience, _give_up, future)
        try:
            given = await future
        except asyncio.CancelledError:
            if future.done() and not future.cancelled() and not future.exception():
                self._hand(future.result())
            raise
        finally:
            timer.cancel()
        return given or await self._fresh()

    def _hand(self, connection: Connection | None) -> None:
        """To the next in line a connection, or the right to open one."""
        while self._waiting:
            future = self._waiting.popleft()
            if not future.done():
                future.set_result(connection)
                return
        if connection is not None:
            now = asyncio.get_running_loop().time()
            self._idle.append((connection, now))
            if now - self._idle[0][1] > self._rest:
                self._retire()

    def _retire(self) -> None:
        connection, _ = self._idle.popleft()
        self._open -= 1
        task = asyncio.ensure_future(_leave(connection))
        self._leaving.add(task)
        task.add_done_callback(self._leaving.discard)


def _give_up(future: asyncio.Future[Connection | None]) -> None:
    if not future.done():
        future.set_exception(TimeoutError("no connection became free"))


async def _leave(connection: Connection) -> None:
    with contextlib.suppress(Exception):  # it goes either way
        await connection.close(timeout=1.0)
