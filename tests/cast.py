"""The named people of the tests, and what they can do."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from typing import Any

import httpx2

PASSWORD = "correct horse battery staple"
_numbers = itertools.count()


@dataclass
class Person:
    """A signed-in student with a client of their own."""

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
        """A task of theirs."""
        return made(await self.post("/api/tasks", {"title": title, **fields}))

    async def subject(self, name: str | None = None, **fields: Any) -> dict[str, Any]:
        """A subject of theirs."""
        name = name or f"Subject {next(_numbers)}"
        return made(await self.post("/api/subjects", {"name": name, "color": "#7c3aed", **fields}))

    async def attachment(self, task_id: str, data: bytes = b"Waves", name: str = "waves.txt", **fields: Any) -> Any:
        """A file of theirs, sent and looked at."""
        begun = await self.attach(task_id, data, name, **fields)
        path = f"/api/tasks/{task_id}/attachments/{begun['attachment']['id']}"
        return made(await self.post(f"{path}/finish"), 200)

    async def attach(self, task_id: str, data: bytes = b"Waves", name: str = "waves.txt", **fields: Any) -> Any:
        """A file of theirs, said and sent, and not looked at yet."""
        wanted = {"name": name, "type": "text/plain", "size": len(data), **fields}
        begun = made(await self.post(f"/api/tasks/{task_id}/attachments", wanted))
        upload = begun["upload"]
        sent = await self.http.request(upload["method"], upload["url"], content=data, headers=upload["headers"])
        assert sent.status_code == 200, sent.text
        return begun

    async def changes(self, since: int = 0) -> list[dict[str, Any]]:
        """Everything that happened to them after a number."""
        found: list[dict[str, Any]] = []
        while True:
            page = (await self.get("/api/changes", params={"since": since})).json()
            found += page["items"]
            if not page["items"]:
                return found
            since = page["nextSeq"]


def made(answer: httpx2.Response, status: int = 201) -> dict[str, Any]:
    """The object of a successful answer."""
    assert answer.status_code == status, answer.text
    body: dict[str, Any] = answer.json()
    return body


async def join(url: str, name: str, **fields: Any) -> Person:
    """Someone new, signed in."""
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
