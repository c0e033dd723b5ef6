"""Several reads in one request: each is answered as it would be alone, in order, and counts as one."""

from __future__ import annotations

import asyncio
from typing import Any

import httpx2
import pytest
from tests.cast import Person, made

from studyteddy.features.subjects import service
from studyteddy.platform.errors import Unavailable
from studyteddy.platform.web.reads import MOST_READS

PATHS = [
    "/api/changes?since=0",
    "/api/users/me?include=preferences",
    "/api/subjects?archived=false&limit=200",
    "/api/tasks?status=pending&status=in_progress&include=subtasks&limit=200",
    "/api/focus-sessions?from=2020-01-01",
    "/api/gamification/points",
]


async def read(person: Person, *paths: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = made(await person.post("/api/reads", {"paths": paths}), 200)["items"]
    return found


async def test_each_read_is_answered_as_alone(alice: Person) -> None:
    subject = await alice.subject("Physics")
    task = await alice.task("Waves", subjectId=subject["id"])
    await alice.post(f"/api/tasks/{task['id']}/subtasks", {"title": "Outline"})
    paths = [*PATHS, f"/api/tasks/{task['id']}"]
    together = await read(alice, *paths)
    alone = [await alice.get(path) for path in paths]
    assert [one["status"] for one in together] == [200] * len(paths)
    assert [one["body"] for one in together] == [one.json() for one in alone]


async def test_a_read_that_fails_leaves_the_others_alone(alice: Person, bob: Person) -> None:
    foreign = await bob.task("His own")
    found = await read(alice, "/api/tasks?limit=0", f"/api/tasks/{foreign['id']}", "/api/tasks")
    assert [one["status"] for one in found] == [422, 404, 200]
    assert found[0]["body"]["errors"][0]["pointer"] == "?limit"
    assert found[1]["body"]["code"] == (await alice.get(f"/api/tasks/{foreign['id']}")).json()["code"]
    assert found[2]["body"]["items"] == []


async def test_a_fault_of_the_server_fails_them_all(alice: Person, monkeypatch: pytest.MonkeyPatch) -> None:
    """As a request of its own would be, it is seen in metrics, and says when to come back."""

    async def refuse(*_: object) -> None:
        raise Unavailable("Too many requests are waiting.", retry_after=7)

    monkeypatch.setattr(service, "page", refuse)
    answer = await alice.post("/api/reads", {"paths": ["/api/tasks", "/api/subjects"]})
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "7")


@pytest.mark.parametrize(
    "path",
    ["/api/app", "/api/auth/google", "/api/reads", "/api/tasks/batch", "/api/nowhere", "/api/users/me/avatar", "/api/"],
)
async def test_only_what_answers_a_student_with_json_is_read_together(alice: Person, path: str) -> None:
    if path == "/api/":
        assert (await alice.post("/api/reads", {"paths": [path]})).status_code == 422
    else:
        assert [one["status"] for one in await read(alice, path)] == [404]


@pytest.mark.parametrize(
    "paths",
    [
        [],
        ["/api/tasks"] * (MOST_READS + 1),
        ["/metrics"],
        ["https://example.org/api/tasks"],
        ["/api/tasks\n"],
        [7],
        "x",
    ],
)
async def test_bad_targets_are_refused(alice: Person, paths: object) -> None:
    assert (await alice.post("/api/reads", {"paths": paths})).status_code == 422


async def test_a_key_reads_only_what_its_scopes_allow(alice: Person, guest: httpx2.AsyncClient) -> None:
    for scopes, statuses in ((["read"], [200, 403]), (["write"], None)):
        key = made(await alice.post("/api/auth/api-keys", {"name": "script", "scopes": scopes}))["key"]
        headers = {"authorization": f"Bearer {key}"}
        answer = await guest.post("/api/reads", json={"paths": ["/api/tasks", "/api/auth/sessions"]}, headers=headers)
        if statuses is None:
            assert answer.status_code == 403
        else:
            assert [one["status"] for one in answer.json()["items"]] == statuses


async def test_strangers_read_nothing(guest: httpx2.AsyncClient) -> None:
    assert (await guest.post("/api/reads", json={"paths": ["/api/tasks"]})).status_code == 401


async def test_each_read_counts_for_the_limit(alice: Person) -> None:
    def left(answer: httpx2.Response) -> int:
        return int(answer.headers["ratelimit"].split("r=")[1].split(";")[0])

    before = left(await alice.get("/api/tasks"))
    after = left(await alice.post("/api/reads", {"paths": ["/api/tasks"] * MOST_READS}))
    assert MOST_READS - 2 <= before - after <= MOST_READS  # some may have come back meanwhile


async def test_reads_are_made_in_order(alice: Person) -> None:
    """The head first, then the rows: what others do in between is seen twice, never missed."""
    seen: list[tuple[int, set[str]]] = []

    async def write() -> None:
        for number in range(60):
            await alice.task(f"Task {number}")

    async def follow() -> None:
        while not writing.done():
            head, rows = await read(alice, f"/api/changes?since={2**53 - 1}", "/api/tasks?sort=created&limit=200")
            seen.append((head["body"]["nextSeq"], {task["id"] for task in rows["body"]["items"]}))

    writing = asyncio.create_task(write())
    await asyncio.gather(writing, *(follow() for _ in range(4)))
    made_in = {one["data"]["id"]: one["seq"] for one in await alice.changes() if one["type"] == "task.created"}
    assert len(made_in) == 60
    assert len(seen) > 10
    for head, rows in seen:
        assert {task for task, seq in made_in.items() if seq <= head} <= rows
