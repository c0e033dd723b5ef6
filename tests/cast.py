"""The named people of the tests and their API clients."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

import httpx2

from studyteddy.platform.local_time.dates import DayBoundary

PASSWORD = "correct horse battery staple"
_numbers = itertools.count()


@dataclass
class Person:
    """A signed-in student with their own HTTP client."""

    name: str
    email: str
    http: httpx2.AsyncClient
    user: dict[str, Any]
    access_token: str
    refresh_token: str

    async def get(self, path: str, **options: Any) -> httpx2.Response:
        return await self.http.get(path, **options)

    async def post(self, path: str, json: Any = None, **options: Any) -> httpx2.Response:
        return await self.http.post(path, json=json, **options)

    async def patch(self, path: str, json: Any, **options: Any) -> httpx2.Response:
        return await self.http.patch(path, json=json, **options)

    async def put(self, path: str, json: Any, **options: Any) -> httpx2.Response:
        return await self.http.put(path, json=json, **options)

    async def delete(self, path: str, **options: Any) -> httpx2.Response:
        return await self.http.delete(path, **options)

    async def task(self, title: str = "Read chapter 5", **fields: Any) -> dict[str, Any]:
        """Create a task."""
        return made(await self.post("/api/tasks", {"title": title, **fields}))

    async def subject(self, name: str | None = None, **fields: Any) -> dict[str, Any]:
        """Create a subject."""
        name = name or f"Subject {next(_numbers)}"
        return made(await self.post("/api/subjects", {"name": name, "color": "#7c3aed", **fields}))

    async def attachment(self, task_id: str, data: bytes = b"Waves", name: str = "waves.txt", **fields: Any) -> Any:
        """Create, upload and finish an attachment."""
        begun = await self.attach(task_id, data, name, **fields)
        path = f"/api/tasks/{task_id}/attachments/{begun['attachment']['id']}"
        return made(await self.post(f"{path}/finish"), 200)

    async def attach(self, task_id: str, data: bytes = b"Waves", name: str = "waves.txt", **fields: Any) -> Any:
        """Declare and upload an attachment without finishing it."""
        declaration = {"name": name, "type": "text/plain", "size": len(data), **fields}
        begun = made(await self.post(f"/api/tasks/{task_id}/attachments", declaration))
        upload = begun["upload"]
        uploaded = await self.http.request(upload["method"], upload["url"], content=data, headers=upload["headers"])
        assert uploaded.status_code == 200, uploaded.text
        return begun

    async def changes(self, since: int = 0) -> list[dict[str, Any]]:
        """Return all events after the sequence number `since`."""
        found: list[dict[str, Any]] = []
        while True:
            page = (await self.get("/api/changes", params={"since": since})).json()
            found += page["items"]
            if not page["items"]:
                return found
            since = page["nextSeq"]


def today() -> date:
    """Return the day of a student in Berlin, which begins at four in the morning."""
    return DayBoundary("Europe/Berlin", 4 * 60).date_of(datetime.now(UTC))


def made(answer: httpx2.Response, status: int = 201) -> dict[str, Any]:
    """Return the body of a response after checking its status."""
    assert answer.status_code == status, answer.text
    body: dict[str, Any] = answer.json()
    return body


async def join(url: str, name: str, **fields: Any) -> Person:
    """Register a new user and sign them in."""
    email = f"{name.lower()}-{next(_numbers)}@example.org"
    async with httpx2.AsyncClient(base_url=url, trust_env=False) as guest:
        answer = await guest.post(
            "/api/auth/register", json={"email": email, "password": PASSWORD, "name": name, **fields}
        )
    body = made(answer)
    http = httpx2.AsyncClient(
        base_url=url, headers={"authorization": f"Bearer {body['accessToken']}"}, trust_env=False, timeout=20
    )
    return Person(name, email, http, body["user"], body["accessToken"], body["refreshToken"])
