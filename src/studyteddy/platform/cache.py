"""Redis: one multiplexed connection that writes many callers' commands at once, and a listener for messages.

Redis is fast, shared and disposable. A command that it does not answer in 150 ms fails with `Away`, at
once while the connection is down; the caller knows what to do without it. A connection on which nothing is
heard is asked for a sign of life, so that silence is noticed by a listener too.
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

from studyteddy.platform.telemetry import CACHE_AWAY

PATIENCE = 0.15
"""Seconds that an answer may take."""
QUIET = 1.0
"""Seconds without a word after which Redis is asked whether it is there."""


class Away(Exception):
    """Redis does not answer; do without it."""


class _Wire(asyncio.Protocol):
    """Commands out, answers in, in the same order; pushed messages go to `on_push`."""

    def __init__(self, on_push: Callable[[list[Any]], None], on_lost: Callable[[], None]) -> None:
        self._reader = hiredis.Reader(notEnoughData=Ellipsis)
        self._waiting: deque[tuple[float, asyncio.Future[Any]]] = deque()
        self._out: list[bytes] = []
        self._transport: asyncio.Transport | None = None
        self._loop = asyncio.get_running_loop()
        self._heard = self._loop.time()
        self._on_push = on_push
        self._on_lost = on_lost

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)  # uvloop's is one by its methods only

    def call(self, command: bytes) -> asyncio.Future[Any]:
        future: asyncio.Future[Any] = self._loop.create_future()
        self._waiting.append((self._loop.time(), future))
        self.send(command)
        return future

    def send(self, command: bytes) -> None:
        """Writes a command that is not answered, or only by a push."""
        if not self._out:
            self._loop.call_soon(self._write)
        self._out.append(command)

    def _write(self) -> None:
        if self._transport and not self._transport.is_closing():
            self._transport.write(b"".join(self._out))
        self._out.clear()

    def data_received(self, data: bytes) -> None:
        self._heard = self._loop.time()
        self._reader.feed(data)
        while (answer := self._reader.gets()) is not Ellipsis:
            if isinstance(answer, hiredis.PushNotification):
                self._on_push(answer)
            elif self._waiting:
                _, future = self._waiting.popleft()
                if not future.done():
                    if isinstance(answer, hiredis.ReplyError):
                        future.set_exception(answer)
                    else:
                        future.set_result(answer)

    def overdue(self) -> asyncio.Future[Any] | None:
        """The oldest command, if it has waited too long for its answer."""
        late = bool(self._waiting) and self._loop.time() - self._waiting[0][0] > PATIENCE
        return self._waiting[0][1] if late else None

    def quiet(self) -> bool:
        return not self._waiting and self._loop.time() - self._heard > QUIET

    def connection_lost(self, fault: Exception | None) -> None:
        while self._waiting:
            _, future = self._waiting.popleft()
            if not future.done():
                future.set_exception(Away("the connection to Redis was lost"))
                future.exception()  # nobody may be waiting any more
        self._on_lost()

    def close(self) -> None:
        if self._transport:
            self._transport.abort()


class Redis:
    """One connection to Redis that comes back by itself; `connected` says whether commands have a chance."""

    def __init__(self, url: str) -> None:
        self._url = urlsplit(url)
        self._wire: _Wire | None = None
        self._keeper: asyncio.Task[None] | None = None
        self._lost = asyncio.Event()
        self.on_connect: Callable[[], None] = lambda: None
        self.on_push: Callable[[list[Any]], None] = lambda _: None

    @property
    def connected(self) -> bool:
        return self._wire is not None

    async def __aenter__(self) -> Redis:
        with contextlib.suppress(OSError, TimeoutError, Away, hiredis.HiredisError):
            await self._connect()
        self._keeper = asyncio.ensure_future(self._keep())
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._keeper:
            self._keeper.cancel()
            await asyncio.gather(self._keeper, return_exceptions=True)
        if self._wire:
            self._wire.close()
            await asyncio.sleep(0)

    def call(self, *command: str | bytes | int) -> asyncio.Future[Any]:
        """Sends a command; await the answer, or `Away`."""
        if self._wire is None:
            CACHE_AWAY.inc()
            raise Away("Redis is away")
        return self._wire.call(_packed(command))

    def tell(self, *command: str | bytes | int) -> None:
        """Sends a command whose answer nobody waits for."""
        with contextlib.suppress(Away):
            self.call(*command).add_done_callback(_forget)

    def subscribe(self, *channels: str) -> None:
        """Their messages come to `on_push`, and so does the answer: in RESP3 it is a push, not a reply."""
        if self._wire and channels:
            self._wire.send(_packed(("SUBSCRIBE", *channels)))

    def unsubscribe(self, *channels: str) -> None:
        """No more of their messages."""
        if self._wire and channels:
            self._wire.send(_packed(("UNSUBSCRIBE", *channels)))

    async def _connect(self) -> None:
        loop = asyncio.get_running_loop()
        secure = ssl.create_default_context() if self._url.scheme == "rediss" else None
        async with asyncio.timeout(1.0):
            _, wire = await loop.create_connection(
                lambda: _Wire(lambda push: self.on_push(push), self._on_lost),
                self._url.hostname or "127.0.0.1", self._url.port or 6379, ssl=secure,
            )  # fmt: skip
            try:
                await wire.call(_packed(self._hello()))
                if database := self._url.path.strip("/"):
                    await wire.call(_packed(("SELECT", database)))
            except BaseException:
                wire.close()
                raise
        self._lost.clear()
        self._wire = wire
        self.on_connect()

    def _hello(self) -> tuple[str, ...]:
        if not self._url.password:
            return ("HELLO", "3")
        return ("HELLO", "3", "AUTH", unquote(self._url.username or "default"), unquote(self._url.password))

    def _on_lost(self) -> None:
        self._wire = None
        self._lost.set()

    async def _keep(self) -> None:
        """Notices silence, and reconnects within two seconds of Redis being back."""
        while True:
            if self._wire is None:
                with contextlib.suppress(OSError, TimeoutError, Away, hiredis.HiredisError):
                    await self._connect()
                if self._wire is None:
                    await asyncio.sleep(random.uniform(0.2, 0.8))
                continue
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(PATIENCE / 3):
                    await self._lost.wait()
            if self._wire and self._wire.quiet():
                self.tell("PING")
            if self._wire and (late := self._wire.overdue()) is not None:
                await asyncio.sleep(0.01)  # after a stall of our own, what came in meanwhile is read first
                if self._wire and self._wire.overdue() is late:
                    CACHE_AWAY.inc()
                    self._wire.close()
                    await asyncio.sleep(0)


def _packed(command: tuple[str | bytes | int, ...]) -> bytes:
    return hiredis.pack_command(command)  # type: ignore[arg-type,no-any-return]  # its stub knows tuples of one only


def _forget(future: asyncio.Future[Any]) -> None:
    if not future.cancelled():
        future.exception()


async def ping(redis: Redis) -> float:
    """Milliseconds of one round trip; raises `Away`."""
    started = time.perf_counter()
    await redis.call("PING")
    return (time.perf_counter() - started) * 1000
