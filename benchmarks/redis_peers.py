"""Other Redis clients behind the surface of `platform/cache.py`, so that one application runs on each of them.

An adapter adds as little as it can: it turns the client's errors into ours, and sends what nobody waits for in a task
where the client has no other way. What a client lacks beyond that (a `connected` that is true at every moment) is not
rebuilt here, so an adapter costs less than a replacement for production would.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from contextlib import AsyncExitStack, suppress
from importlib import import_module
from importlib.util import find_spec
from typing import Any, Protocol

import hiredis

from studyteddy.platform.cache import TIMEOUT, Redis, RedisUnavailable

Word = str | bytes | int


class Client(Protocol):
    """The part of `cache.Redis` that the limiter and the hub use."""

    on_connect: Callable[[], None]
    on_push: Callable[[list[Any]], None]

    @property
    def connected(self) -> bool: ...
    async def __aenter__(self) -> Any: ...
    async def __aexit__(self, *_: object) -> None: ...
    def call(self, *command: Word) -> Awaitable[Any]: ...
    def send(self, *command: Word) -> None: ...
    def subscribe(self, *channels: str) -> None: ...


class Peer:
    """What the adapters share: opening, closing, and tasks for what nobody waits for."""

    def __init__(self, url: str) -> None:
        self.connected = False
        self.on_connect: Callable[[], None] = lambda: None
        self.on_push: Callable[[list[Any]], None] = lambda _: None
        self._url = url
        self._open_parts = AsyncExitStack()
        self._tasks: set[asyncio.Task[Any]] = set()

    async def __aenter__(self) -> Peer:
        await self._open(self._open_parts)
        self.connected = True
        self.on_connect()
        return self

    async def __aexit__(self, *_: object) -> None:
        self.connected = False
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await self._open_parts.aclose()

    async def _open(self, parts: AsyncExitStack) -> None:
        raise NotImplementedError

    def call(self, *command: Word) -> Awaitable[Any]:
        raise NotImplementedError

    def send(self, *command: Word) -> None:
        self._start(self._call_quietly(command))

    async def _call_quietly(self, command: tuple[Word, ...]) -> None:
        with suppress(RedisUnavailable, hiredis.ReplyError):
            await self.call(*command)

    def unsubscribe(self, *channels: str) -> None:
        """No request that is measured here ends a subscription."""

    def _start(self, work: Coroutine[Any, Any, Any]) -> None:
        task = asyncio.ensure_future(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)


class RedisPyPool(Peer):
    """redis-py as it is used most: each command takes a connection from a pool and gives it back."""

    single = False

    async def _open(self, parts: AsyncExitStack) -> None:
        library, notices = import_module("redis.asyncio"), import_module("redis.maint_notifications")
        retry = import_module("redis.asyncio.retry").Retry(import_module("redis.backoff").NoBackoff(), 1)
        self._errors = import_module("redis.exceptions")
        self._client = await parts.enter_async_context(
            library.Redis.from_url(
                self._url,
                protocol=3,
                single_connection_client=self.single,
                retry=retry,
                socket_timeout=TIMEOUT,
                socket_connect_timeout=1.0,
                maint_notifications_config=notices.MaintNotificationsConfig(enabled=False),
            )
        )
        self._pubsub = await parts.enter_async_context(self._client.pubsub())
        self._listens = False

    async def call(self, *command: Word) -> Any:
        try:
            return await self._client.execute_command(*command)
        except self._errors.ResponseError as fault:
            raise hiredis.ReplyError(str(fault)) from fault
        except self._errors.RedisError as fault:
            raise RedisUnavailable(str(fault)) from fault

    def subscribe(self, *channels: str) -> None:
        self._start(self._subscribed(channels))

    async def _subscribed(self, channels: tuple[str, ...]) -> None:
        await self._pubsub.subscribe(*channels)
        if not self._listens:
            self._listens = True
            self._start(self._listen())

    async def _listen(self) -> None:
        while True:  # without `listen()`, which would make a dictionary of each message
            if push := await self._pubsub.parse_response(block=True):
                self.on_push(push)


class RedisPyOne(RedisPyPool):
    """redis-py with one connection, which its lock gives to one command at a time."""

    single = True


class RedisPyBatches(RedisPyOne):
    """redis-py with one connection: what comes while one pipeline is under way goes out together in the next."""

    async def _open(self, parts: AsyncExitStack) -> None:
        await super()._open(parts)
        self._batch: list[tuple[tuple[Word, ...], asyncio.Future[Any]]] = []
        self._sends = False

    def call(self, *command: Word) -> asyncio.Future[Any]:  # type: ignore[override]  # the others are coroutines
        future: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        self._batch.append((command, future))
        if not self._sends:
            self._sends = True
            self._start(self._send())
        return future

    def send(self, *command: Word) -> None:
        self.call(*command).add_done_callback(lambda future: future.cancelled() or future.exception())

    async def _send(self) -> None:
        while self._batch:
            batch, self._batch = self._batch, []
            pipeline = self._client.pipeline(transaction=False)
            for command, _ in batch:
                pipeline.execute_command(*command)
            try:
                answers = await pipeline.execute(raise_on_error=False)
            except self._errors.RedisError as fault:
                answers = [RedisUnavailable(str(fault))] * len(batch)
            for (_, future), answer in zip(batch, answers, strict=True):
                _settle(future, answer)
        self._sends = False


def _settle(future: asyncio.Future[Any], answer: Any) -> None:
    if future.done():
        return
    if isinstance(answer, Exception):
        future.set_exception(answer if isinstance(answer, RedisUnavailable) else hiredis.ReplyError(str(answer)))
    else:
        future.set_result(answer)


class Coredis(Peer):
    """coredis as it is meant to be used: a pool of one connection, on which the commands of all callers follow each
    other without waiting."""

    async def _open(self, parts: AsyncExitStack) -> None:
        library = import_module("coredis")
        self._errors = library.exceptions
        self._callback = import_module("coredis.response._callbacks").NoopCallback()
        self._client = await parts.enter_async_context(
            library.Redis.from_url(
                self._url,
                max_connections=1,
                stream_timeout=TIMEOUT,
                connect_timeout=1.0,
                retry_policy=library.retry.NoRetryPolicy(),
            )
        )
        self._listener: Any = None

    async def call(self, *command: Word) -> Any:
        try:
            return await self._asked(command)
        except (self._errors.ConnectionError, TimeoutError) as fault:
            raise RedisUnavailable(str(fault)) from fault
        except self._errors.RedisError as fault:
            raise hiredis.ReplyError(str(fault)) from fault

    def _asked(self, command: tuple[Word, ...]) -> Awaitable[Any]:
        asked: Awaitable[Any] = self._client.create_request(_name(command), *command[1:], callback=self._callback)
        return asked

    def subscribe(self, *channels: str) -> None:
        if self._listener:
            self._listener.send_command(b"SUBSCRIBE", *channels)
        else:
            self._start(self._listen(channels))

    async def _listen(self, channels: tuple[str, ...]) -> None:
        async with self._client.connection_pool.acquire() as self._listener:
            self._listener.send_command(b"SUBSCRIBE", *channels)
            async for push in self._listener.push_messages:
                self.on_push(push)


class CoredisConnection(Coredis):
    """One connection of coredis, taken from its pool for good and used by itself: the least that coredis can cost."""

    async def _open(self, parts: AsyncExitStack) -> None:
        await super()._open(parts)
        self._held = await parts.enter_async_context(self._client.connection_pool.acquire())
        self._listener = self._held
        self._start(self._hear())

    def _asked(self, command: tuple[Word, ...]) -> Awaitable[Any]:
        asked: Awaitable[Any] = self._held.create_request(_name(command), *command[1:])
        return asked

    def send(self, *command: Word) -> None:
        self._held.create_request(_name(command), *command[1:])

    async def _hear(self) -> None:
        async for push in self._held.push_messages:
            self.on_push(push)


def _name(command: tuple[Word, ...]) -> bytes:
    return command[0].encode() if isinstance(command[0], str) else bytes(command[0])


PEERS: dict[str, Callable[[str], Client]] = {
    "ours": Redis,
    "redis-py, one connection": RedisPyOne,
    "redis-py, batches": RedisPyBatches,
    "redis-py, pool": RedisPyPool,
    "coredis": Coredis,
    "coredis, connection": CoredisConnection,
}


def library(name: str) -> str:
    """The package that a peer needs."""
    return {"ours": "hiredis", "redis-py": "redis", "coredis": "coredis"}[name.partition(",")[0]]


def installed() -> dict[str, Callable[[str], Client]]:
    """The peers that can run here, ours first."""
    return {name: peer for name, peer in PEERS.items() if find_spec(library(name))}
