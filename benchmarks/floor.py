"""The minimum: a bare ASGI callable that runs the same statements with the same structs on the same server.

It verifies tokens through the same cache and performs the same steps in the database in the same order. It has no
pool, routing, rate limits, request ids, security headers, metrics, signed cursors, live events, timeouts or error
responses. The difference between it and the program is the cost of these.
"""

from __future__ import annotations

import asyncio
import base64
import time
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import msgspec

from studyteddy import events
from studyteddy.features.notifications import store
from studyteddy.features.notifications.schemas import UnreadCount
from studyteddy.features.tasks.schemas.lists import ListedTask
from studyteddy.features.tasks.schemas.tasks import NewTask, Task
from studyteddy.features.tasks.store import lists as lists_store
from studyteddy.features.tasks.store import tasks as tasks_store
from studyteddy.platform.db import event_numbers
from studyteddy.platform.db.database import connect
from studyteddy.platform.event import Event
from studyteddy.platform.ids import new_id
from studyteddy.platform.security.access_tokens import AccessTokens
from studyteddy.platform.settings import Settings, key_bytes
from studyteddy.platform.web.health import HealthReport
from studyteddy.platform.web.pagination import Page

Send = Callable[[dict[str, Any]], Awaitable[None]]
Receive = Callable[[], Awaitable[Any]]

_encode = msgspec.json.Encoder().encode
_new_task = msgspec.json.Decoder(NewTask).decode
_FIRST_PAGE = lists_store._page("due", (), False)
_DONE_JOBS = (
    ("notifications.congratulate", "analytics.count_completion", "gamification.award_points"),
    ("local", "local", "local"),
)


class Few:
    """A stack of connections and a queue of callers that wait for one."""

    def __init__(self, connections: Iterable[Any]) -> None:
        self._free = deque(connections)
        self._waiting: deque[asyncio.Future[Any]] = deque()

    @asynccontextmanager
    async def taken(self) -> AsyncIterator[Any]:
        if self._free:
            connection = self._free.pop()
        else:
            self._waiting.append(asyncio.get_running_loop().create_future())
            connection = await self._waiting[-1]
        try:
            yield connection
        finally:
            if self._waiting:
                self._waiting.popleft().set_result(connection)
            else:
                self._free.append(connection)


class Floor:
    """Handles five kinds of requests."""

    def __init__(self, few: Few, tokens: AccessTokens) -> None:
        self._few = few
        self._tokens = tokens

    async def __call__(self, scope: dict[str, Any], receive: Receive, send: Send) -> None:
        status, body = await self._answer(scope, receive)
        headers = [(b"content-type", b"application/json"), (b"content-length", b"%d" % len(body))]
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": body})

    async def _answer(self, scope: dict[str, Any], receive: Receive) -> tuple[int, bytes]:
        path: str = scope["path"]
        if path == "/health/live":
            return 200, _encode(HealthReport("ok", {}))
        user_id = self._user(scope["headers"])
        if scope["method"] == "POST":
            body = (await receive())["body"]
            if path == "/api/tasks":
                return 201, _encode(await self._create(user_id, _new_task(body)))
            return 200, _encode(await self._complete(user_id, UUID(path.split("/")[3])))
        if path == "/api/tasks":
            return 200, _encode(await self._list(user_id, int(scope["query_string"].rpartition(b"=")[2])))
        return 200, _encode(await self._unread(user_id))

    def _user(self, headers: list[tuple[bytes, bytes]]) -> UUID:
        for name, value in headers:
            if name == b"authorization":
                return self._tokens.verify(value[7:].decode("latin-1")).user_id
        raise PermissionError("no token")

    async def _list(self, user_id: UUID, limit: int) -> Page[ListedTask]:
        async with self._few.taken() as connection:
            found = _FIRST_PAGE.keyed(await connection.fetch(_FIRST_PAGE.guarded, user_id, limit + 1))
        items = [task for task, _ in found[:limit]]
        if len(found) <= limit:
            return Page(items, None)
        last, key = found[limit - 1]
        return Page(items, base64.urlsafe_b64encode(f"{key}|{last.id}".encode()).decode())

    async def _unread(self, user_id: UUID) -> UnreadCount:
        async with self._few.taken() as connection:
            return UnreadCount((await connection.fetch(store._UNREAD.guarded, user_id))[0][0])

    async def _create(self, user_id: UUID, new: NewTask) -> Task:
        now = datetime.now(UTC)
        async with self._few.taken() as connection:
            await connection.execute(f"BEGIN; SELECT set_config('app.user_id', '{user_id}', true)")
            row = await connection.fetchrow(
                tasks_store._ADD.sql,
                user_id,
                new_id(),
                new.title,
                new.description,
                new.subject_id,
                new.priority,
                new.due_date,
                new.due_at,
                new.due_zone,
                new.start_date,
                new.estimated_minutes,
                new.labels,
                now,
                tasks_store._words(new),
                *[None] * 5,
            )
            task = Task(*row)
            await self._announce(connection, user_id, now, events.TaskCreated(task.id), task, ((), ()))
            await connection.execute("COMMIT")
        return task

    async def _complete(self, user_id: UUID, task_id: UUID) -> Task:
        now = datetime.now(UTC)
        async with self._few.taken() as connection:
            await connection.execute(f"BEGIN; SELECT set_config('app.user_id', '{user_id}', true)")
            task = Task(*await connection.fetchrow(tasks_store._MARK_COMPLETED.sql, user_id, task_id, now, new_id()))
            assert task.completed_at is not None
            assert task.completed_on is not None
            event = events.TaskCompleted(
                task.id,
                task.title,
                task.subject_id,
                task.completed_at,
                task.completed_on,
                task.on_time,
                task.completions,
            )
            await self._announce(connection, user_id, now, event, task, _DONE_JOBS)
            await connection.execute("COMMIT")
        return task

    async def _announce(
        self, connection: Any, user_id: UUID, now: datetime, event: Event, shown: Task, jobs: tuple[Any, Any]
    ) -> None:
        payload = _encode(event).decode()
        queued = _encode([(kind, lane, payload, 0.0, None, "") for kind, lane in zip(*jobs, strict=True)]).decode()
        told = _encode([(event.tag, _encode(shown).decode())]).decode()
        await connection.fetchval(event_numbers._STORE_EVENTS_AND_JOBS, user_id, queued, now, told, 1)


@asynccontextmanager
async def application(settings: Settings) -> AsyncIterator[Floor]:
    """With the same number of connections and the same settings as the program, but without its pool."""
    size = settings.database_pool
    async with connect(settings.database_url, size=size, name="bench-floor") as pool, AsyncExitStack() as held:
        connections = [await held.enter_async_context(pool.connection()) for _ in range(size)]
        few = Few(connections)
        yield Floor(few, AccessTokens(key_bytes(settings.signing_key), clock=time.time))
