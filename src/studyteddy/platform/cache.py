"""Redis: one multiplexed connection that pipelines the commands of many callers, and receives pushed messages.

The data in Redis is shared and disposable. A command without a reply within 150 ms fails with `RedisUnavailable`, and
immediately while the connection is down; callers must work without Redis. An idle connection is pinged, so that a
subscriber also detects a dead connection.
"""

from __future__ import annotations

import asyncio
import contextlib
import random
import ssl
import time
from collections import deque
from collections.abc import Callable
from typing import Any, cast
from urllib.parse import unquote, urlsplit

import hiredis

from studyteddy.platform.telemetry import REDIS_FAILURES

TIMEOUT = 0.15
"""Maximum seconds to wait for a reply."""
IDLE = 1.0
"""Seconds without received data before a ping."""


class RedisUnavailable(Exception):
    """Redis is unavailable; continue without it."""


class _Protocol(asyncio.Protocol):
    """Sends commands and receives replies in the same order; passes pushed messages to `on_push`."""

    def __init__(self, on_push: Callable[[list[Any]], None], on_lost: Callable[[], None]) -> None:
        self._reader = hiredis.Reader(notEnoughData=Ellipsis)
        self._pending: deque[tuple[float, asyncio.Future[Any]]] = deque()
        self._out: list[bytes] = []
        self._transport: asyncio.Transport | None = None
        self._loop = asyncio.get_running_loop()
        self._received_at = self._loop.time()
        self._on_push = on_push
        self._on_lost = on_lost

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)  # uvloop's has the methods but not the base class

    def call(self, command: bytes) -> asyncio.Future[Any]:
        future: asyncio.Future[Any] = self._loop.create_future()
        self._pending.append((self._loop.time(), future))
        self.send(command)
        return future

    def send(self, command: bytes) -> None:
        """Write a command without a reply, or whose reply is a push."""
        if not self._out:
            self._loop.call_soon(self._write)
        self._out.append(command)

    def _write(self) -> None:
        if self._transport and not self._transport.is_closing():
            self._transport.write(b"".join(self._out))
        self._out.clear()

    def data_received(self, data: bytes) -> None:
        self._received_at = self._loop.time()
        self._reader.feed(data)
        while (reply := self._reader.gets()) is not Ellipsis:
            if isinstance(reply, hiredis.PushNotification):
                self._on_push(reply)
            elif self._pending:
                _, future = self._pending.popleft()
                if not future.done():
                    if isinstance(reply, hiredis.ReplyError):
                        future.set_exception(reply)
                    else:
                        future.set_result(reply)

    def overdue(self) -> asyncio.Future[Any] | None:
        """Return the oldest pending command if its reply is overdue."""
        late = bool(self._pending) and self._loop.time() - self._pending[0][0] > TIMEOUT
        return self._pending[0][1] if late else None

    def idle(self) -> bool:
        return not self._pending and self._loop.time() - self._received_at > IDLE

    def connection_lost(self, fault: Exception | None) -> None:
        while self._pending:
            _, future = self._pending.popleft()
            if not future.done():
                future.set_exception(RedisUnavailable("the connection to Redis was lost"))
                future.exception()  # mark as retrieved: the caller may have stopped waiting
        self._on_lost()

    def close(self) -> None:
        if self._transport:
            self._transport.abort()


class Redis:
    """A connection to Redis that reconnects automatically; commands fail immediately unless `connected`."""

    def __init__(self, url: str) -> None:
        self._url = urlsplit(url)
        self._protocol: _Protocol | None = None
        self._supervisor: asyncio.Task[None] | None = None
        self._lost = asyncio.Event()
        self.on_connect: Callable[[], None] = lambda: None
        self.on_push: Callable[[list[Any]], None] = lambda _: None

    @property
    def connected(self) -> bool:
        return self._protocol is not None

    async def __aenter__(self) -> Redis:
        with contextlib.suppress(OSError, TimeoutError, RedisUnavailable, hiredis.HiredisError):
            await self._connect()
        self._supervisor = asyncio.ensure_future(self._supervise())
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._supervisor:
            self._supervisor.cancel()
            await asyncio.gather(self._supervisor, return_exceptions=True)
        if self._protocol:
            self._protocol.close()
            await asyncio.sleep(0)

    def call(self, *command: str | bytes | int) -> asyncio.Future[Any]:
        """Send a command; the future resolves to the reply or raises `RedisUnavailable`."""
        if self._protocol is None:
            REDIS_FAILURES.inc()
            raise RedisUnavailable("Redis is unavailable")
        return self._protocol.call(_packed(command))

    def send(self, *command: str | bytes | int) -> None:
        """Send a command and ignore its reply."""
        with contextlib.suppress(RedisUnavailable):
            self.call(*command).add_done_callback(_ignore)

    def subscribe(self, *channels: str) -> None:
        """Subscribe to channels; messages and the confirmation arrive at `on_push`, since RESP3 pushes both."""
        if self._protocol and channels:
            self._protocol.send(_packed(("SUBSCRIBE", *channels)))

    def unsubscribe(self, *channels: str) -> None:
        """Unsubscribe from channels."""
        if self._protocol and channels:
            self._protocol.send(_packed(("UNSUBSCRIBE", *channels)))

    async def _connect(self) -> None:
        loop = asyncio.get_running_loop()
        secure = ssl.create_default_context() if self._url.scheme == "rediss" else None
        async with asyncio.timeout(1.0):
            _, protocol = await loop.create_connection(
                lambda: _Protocol(lambda push: self.on_push(push), self._on_lost),
                self._url.hostname or "127.0.0.1",
                self._url.port or 6379,
                ssl=secure,
            )
            try:
                await protocol.call(_packed(self._hello()))
                if database := self._url.path.strip("/"):
                    await protocol.call(_packed(("SELECT", database)))
            except BaseException:
                protocol.close()
                raise
        self._lost.clear()
        self._protocol = protocol
        self.on_connect()

    def _hello(self) -> tuple[str, ...]:
        if not self._url.password:
            return ("HELLO", "3")
        return ("HELLO", "3", "AUTH", unquote(self._url.username or "default"), unquote(self._url.password))

    def _on_lost(self) -> None:
        self._protocol = None
        self._lost.set()

    async def _supervise(self) -> None:
        """Detect dead connections, and reconnect within two seconds once Redis is available."""
        while True:
            if self._protocol is None:
                with contextlib.suppress(OSError, TimeoutError, RedisUnavailable, hiredis.HiredisError):
                    await self._connect()
                if self._protocol is None:
                    await asyncio.sleep(random.uniform(0.2, 0.8))
                continue
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(TIMEOUT / 3):
                    await self._lost.wait()
            if self._protocol and self._protocol.idle():
                self.send("PING")
            if self._protocol and (late := self._protocol.overdue()) is not None:
                await asyncio.sleep(0.01)  # after a stall of this process, read what arrived meanwhile first
                if self._protocol and self._protocol.overdue() is late:
                    REDIS_FAILURES.inc()
                    self._protocol.close()
                    await asyncio.sleep(0)


def _packed(command: tuple[str | bytes | int, ...]) -> bytes:
    return hiredis.pack_command(command)  # type: ignore[arg-type,no-any-return]  # the stub accepts only tuples of one element


def _ignore(future: asyncio.Future[Any]) -> None:
    if not future.cancelled():
        future.exception()


async def ping(redis: Redis) -> float:
    """Return the round-trip time in milliseconds; raise `RedisUnavailable`."""
    started = time.perf_counter()
    await redis.call("PING")
    return (time.perf_counter() - started) * 1000


async def probe(url: str) -> None:
    """Connect and authenticate once; raise `OSError`, `TimeoutError`, `RedisUnavailable`, or a hiredis error."""
    redis = Redis(url)
    try:
        await redis._connect()
    finally:
        await redis.__aexit__()
