"""Students who write during failures and record each acknowledged result, to be compared with the database.

Each write carries an idempotency key. If the outcome is unknown (a closed connection, a timeout, 503, or 409 "still
running"), the student repeats the request with the same key at the next process until the outcome is known. Each
student also listens on a live socket that resumes from the last event number received.
"""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import json
from collections import Counter
from collections.abc import Sequence
from typing import Any
from uuid import uuid4

import asyncpg
import httpx2
import websockets
from tests.cast import PASSWORD, made
from tests.chaos.harness import until

OUTCOME_TIMEOUT = 60.0
"""Seconds after which a still unknown outcome is a failure."""
_numbers = itertools.count(1)


class Student:
    """One account with its writes and its socket."""

    def __init__(self, urls: Sequence[str]) -> None:
        self._urls = itertools.cycle(urls)
        self._http = httpx2.AsyncClient(trust_env=False, timeout=5)
        self.id = ""
        self.acknowledged = 0
        self.created: dict[str, str] = {}
        """The title by id of every task whose creation was acknowledged."""
        self.completed: set[str] = set()
        self.received: list[dict[str, Any]] = []
        self.errors: list[str] = []

    async def join(self) -> None:
        email = f"student-{next(_numbers)}@example.org"
        account = {"email": email, "password": PASSWORD, "name": "Student"}
        body = made(await self._http.post(f"{next(self._urls)}/api/auth/register", json=account))
        self.id = body["user"]["id"]
        self._http.headers["authorization"] = f"Bearer {body['accessToken']}"

    async def close(self) -> None:
        await self._http.aclose()

    async def send(self, path: str, body: object, key: str = "") -> dict[str, Any]:
        """Send a POST, repeat it until its outcome is known, and return the response body."""
        headers = {"idempotency-key": key or uuid4().hex}
        async with asyncio.timeout(OUTCOME_TIMEOUT):
            while True:
                with contextlib.suppress(httpx2.TransportError):
                    answer = await self._http.post(f"{next(self._urls)}{path}", json=body, headers=headers)
                    if answer.status_code in (200, 201):
                        self.acknowledged += 1
                        found: dict[str, Any] = answer.json()
                        return found
                    if answer.status_code not in (409, 503):
                        self.errors.append(f"{path}: {answer.status_code} {answer.text}")
                await asyncio.sleep(0.05)

    async def write(self) -> None:
        """Create and complete one task; complete some tasks with two concurrent requests."""
        title = f"Task {next(_numbers)}"
        task = await self.send("/api/tasks", {"title": title})
        self.created[task["id"]] = title
        path, key = f"/api/tasks/{task['id']}/complete", uuid4().hex
        sent = [self.send(path, {}, key)] + ([self.send(path, {})] if len(self.created) % 5 == 0 else [])
        for done in await asyncio.gather(*sent):
            assert done["status"] == "completed"
        self.completed.add(task["id"])

    async def listen(self) -> None:
        """Receive every event, reconnecting as often as needed."""
        while True:
            with contextlib.suppress(OSError, TimeoutError, httpx2.HTTPError, websockets.WebSocketException):
                await self._listen_once(next(self._urls))
            await asyncio.sleep(0.1)

    async def _listen_once(self, url: str) -> None:
        answer = await self._http.post(f"{url}/api/realtime/ticket")
        if answer.status_code != 200:
            return
        last = self.received[-1]["seq"] if self.received else 0
        address = f"{url.replace('http', 'ws')}/ws?ticket={answer.json()['ticket']}&resume={last}"
        async with websockets.connect(address, proxy=None, open_timeout=5) as socket:
            async for message in socket:
                event = json.loads(message)
                if "seq" in event:
                    self.received.append(event)
                elif event["type"] != "hello":
                    self.errors.append(f"received {message!r}")


class Crowd:
    """Several concurrent students."""

    def __init__(self, urls: Sequence[str], size: int) -> None:
        self.students = [Student(urls) for _ in range(size)]
        self._listening: list[asyncio.Task[None]] = []
        self._writing: list[asyncio.Task[None]] = []
        self._stop = False

    async def start(self, *, pause: float) -> None:
        """Register all students; each listens and writes, with `pause` seconds between two tasks."""
        for student in self.students:
            await student.join()
        self._listening = [asyncio.create_task(student.listen()) for student in self.students]
        self._writing = [asyncio.create_task(self._write(student, pause)) for student in self.students]

    async def _write(self, student: Student, pause: float) -> None:
        while not self._stop:
            await student.write()
            await asyncio.sleep(pause)

    @property
    def acknowledged(self) -> int:
        return sum(student.acknowledged for student in self.students)

    async def drain(self, sql: asyncpg.Connection[asyncpg.Record], *, within: float) -> None:
        """Stop writing, then wait until every outcome is known, every job is done and every event is received."""
        self._stop = True
        await asyncio.gather(*self._writing)

        async def drained() -> bool:
            return not await sql.fetchval("SELECT EXISTS (SELECT FROM jobs)")

        await until(drained, within=within)
        for student in self.students:
            last = await sql.fetchval("SELECT last_seq FROM event_counters WHERE user_id = $1", student.id)
            with contextlib.suppress(AssertionError):  # `differences` reports what is missing
                await until(lambda s=student, n=last: bool(s.received) and s.received[-1]["seq"] >= n, within=10)  # type: ignore[misc]

    async def close(self) -> None:
        for task in (*self._listening, *self._writing):
            task.cancel()
        await asyncio.gather(*self._listening, *self._writing, return_exceptions=True)
        for student in self.students:
            await student.close()


async def differences(sql: asyncpg.Connection[asyncpg.Record], student: Student) -> list[str]:
    """Return how the database and the socket differ from the acknowledged results; empty if they agree."""
    found = list(student.errors)
    tasks = await sql.fetch("SELECT id::text, title, status, completions FROM tasks WHERE user_id = $1", student.id)
    if {task["id"]: task["title"] for task in tasks} != student.created:
        found.append("the tasks differ from those acknowledged")
    if any(task["completions"] != 1 for task in tasks if task["id"] in student.completed):
        found.append("a task was not completed exactly once")
    log = await sql.fetch("SELECT seq, type, data FROM events WHERE user_id = $1 ORDER BY seq", student.id)
    if [event["seq"] for event in log] != list(range(1, len(log) + 1)):
        found.append("the event numbers have a gap")
    once = Counter(dict.fromkeys(student.completed, 1))
    published = Counter(json.loads(event["data"])["id"] for event in log if event["type"] == "task.completed")
    if published != once:
        found.append("task.completed was not published exactly once")
    effects = {
        "notification": "SELECT data ->> 'taskId' FROM notifications WHERE user_id = $1 AND type = 'task_completed'",
        "points entry": "SELECT object_id::text FROM points_ledger WHERE user_id = $1",
    }
    for name, statement in effects.items():
        if Counter(row[0] for row in await sql.fetch(statement, student.id)) != once:
            found.append(f"not exactly one {name} for each completion")
    counted = await sql.fetchval(
        "SELECT coalesce(sum(tasks_completed), 0)::int FROM daily_progress WHERE user_id = $1", student.id
    )
    if counted != len(once):
        found.append(f"daily progress counts {counted} of {len(once)} completions")
    if [(one["seq"], one["type"]) for one in student.received] != [(event["seq"], event["type"]) for event in log]:
        found.append("the socket did not receive every event once and in order")
    return found
