"""Lists that a client mirrors: what changed since an instant, and tasks together with their subtasks."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from prometheus_client import REGISTRY
from tests.cast import Person, made
from tests.conftest import System

Json = dict[str, Any]


async def listed(person: Person, path: str, **query: Any) -> list[Json]:
    """Return the items on every page, which must be full until the last one."""
    found: list[Json] = []
    while True:
        page = made(await person.get(path, params=query), 200)
        found += page["items"]
        if page["nextCursor"] is None:
            return found
        assert page["items"]
        query["cursor"] = page["nextCursor"]


async def _task(system: System, person: Person, n: int) -> str:
    return f"/api/tasks/{(await person.task(f'{n}'))['id']}"


async def _subject(system: System, person: Person, n: int) -> str:
    return f"/api/subjects/{(await person.subject(f'{n}'))['id']}"


async def _session(system: System, person: Person, n: int) -> str:
    past = {"startedAt": (system.clock() - timedelta(hours=1 + n)).isoformat(), "minutes": 20}
    return f"/api/focus-sessions/{made(await person.post('/api/focus-sessions/past', past))['id']}"


MIRRORED: dict[str, tuple[Callable[[System, Person, int], Awaitable[str]], Json]] = {
    "/api/tasks": (_task, {"description": "Changed"}),
    "/api/subjects": (_subject, {"description": "Changed"}),
    "/api/focus-sessions": (_session, {"notes": "Changed"}),
}
every_list = pytest.mark.parametrize("path", MIRRORED)


@every_list
async def test_a_list_shows_what_changed_since_an_instant(system: System, alice: Person, path: str) -> None:
    make, change = MIRRORED[path]
    made_ones = [await make(system, alice, n) for n in range(5)]
    changed = [made(await alice.patch(made_ones[n], change), 200) for n in (3, 1)]
    since = changed[0]["updatedAt"]
    for limit in (1, 2, 50):
        found = await listed(alice, path, updatedFrom=since, limit=limit)
        assert sorted(one["id"] for one in found) == sorted(one["id"] for one in changed)
    assert [one["id"] for one in await listed(alice, path, updatedFrom=changed[1]["updatedAt"])] == [changed[1]["id"]]
    assert await listed(alice, path, updatedFrom="2999-01-01T00:00:00Z") == []
    assert len(await listed(alice, path, updatedFrom="1970-01-01T00:00:00Z", limit=2)) == 5
    assert (await alice.delete(made_ones[1])).status_code == 204
    assert [one["id"] for one in await listed(alice, path, updatedFrom=since)] == [changed[0]["id"]]


@every_list
@pytest.mark.parametrize(
    ("since", "code"),
    [
        ("2026-01-01", "malformed"),
        ("2026-01-01T10:00:00", "malformed"),
        ("1767261600", "malformed"),
        ("-1e3", "malformed"),
        ("nan", "malformed"),
        ("", "malformed"),
        ("yesterday", "malformed"),
        ("0001-01-01T00:00:00+14:00", "out_of_range"),
        ("9999-12-31T23:59:59-12:00", "out_of_range"),
    ],
)
async def test_only_an_instant_is_accepted(alice: Person, path: str, since: str, code: str) -> None:
    refused = await alice.get(path, params={"updatedFrom": since})
    assert refused.status_code == 422
    assert [(one["pointer"], one["code"]) for one in refused.json()["errors"]] == [("?updatedFrom", code)]


@every_list
async def test_a_cursor_belongs_to_its_instant(system: System, alice: Person, path: str) -> None:
    for n in range(2):
        await MIRRORED[path][0](system, alice, n)
    cursor = made(await alice.get(path, params={"limit": 1}), 200)["nextCursor"]
    other = await alice.get(path, params={"limit": 1, "cursor": cursor, "updatedFrom": "2026-01-01T00:00:00Z"})
    assert (other.status_code, other.json()["errors"][0]["code"]) == (422, "cursor_mismatch")


async def test_a_search_shows_what_changed_since_an_instant(alice: Person) -> None:
    for kind, make in (("tasks", alice.task), ("subjects", alice.subject)):
        old, new = await make("Biology one"), await make("Biology two")
        found = await listed(alice, f"/api/{kind}", q="biology", updatedFrom=new["updatedAt"], limit=1)
        assert [one["id"] for one in found] == [new["id"]]
        assert len(await listed(alice, f"/api/{kind}", q="biology", updatedFrom=old["updatedAt"], limit=1)) == 2


async def test_a_task_is_shown_when_its_progress_changed(alice: Person) -> None:
    task = await alice.task()
    await alice.task("Other")
    path = f"/api/tasks/{task['id']}/subtasks"
    step = made(await alice.post(path, {"title": "one"}))
    found = await listed(alice, "/api/tasks", updatedFrom=step["createdAt"])
    assert [one["id"] for one in found] == [task["id"]]


async def test_a_forgotten_session_changed_when_it_was_forgotten(system: System, alice: Person) -> None:
    session = made(await alice.post("/api/focus-sessions", {"type": "custom"}))
    ended = session["overdueAt"]
    system.clock.ahead += timedelta(hours=20)
    try:
        (found,) = await listed(alice, "/api/focus-sessions", updatedFrom=ended)
        assert (found["status"], found["updatedAt"]) == ("completed", ended)
    finally:
        system.clock.ahead -= timedelta(hours=20)


async def test_notifications_are_shown_that_were_created_or_read_since(system: System, alice: Person) -> None:
    for n in range(4):
        await alice.post(f"/api/tasks/{(await alice.task(f'{n}'))['id']}/complete")
        await system.work()
    path = "/api/notifications"
    newest, *_, oldest = await listed(alice, path)
    assert [one["id"] for one in await listed(alice, path, updatedFrom=newest["createdAt"])] == [newest["id"]]
    since = (system.clock()).isoformat()
    assert await listed(alice, path, updatedFrom=since) == []
    made(await alice.post(f"{path}/read", {"ids": [oldest["id"]]}), 200)
    (read,) = await listed(alice, path, updatedFrom=since, limit=1)
    assert read == oldest | {"read": True, "version": 2}
    assert len(await listed(alice, path, updatedFrom=oldest["createdAt"], limit=1)) == 5
    assert await listed(alice, path, updatedFrom=since, unread="true") == []
    assert (await alice.get(path, params={"updatedFrom": "5"})).status_code == 422


# Tasks with their subtasks.


async def with_steps(person: Person, title: str, *steps: str) -> Json:
    """Create a task with subtasks."""
    task = await person.task(title)
    for one in steps:
        made(await person.post(f"/api/tasks/{task['id']}/subtasks", {"title": one}))
    return task


async def test_tasks_come_with_their_subtasks_if_asked(alice: Person, bob: Person) -> None:
    one, _, other = [await with_steps(alice, *args) for args in (("a", "x", "y", "z"), ("b",), ("c", "v"))]
    await with_steps(bob, "his", "his")
    order = [step["id"] for step in await listed(alice, f"/api/tasks/{one['id']}/subtasks")][::-1]
    made(await alice.put(f"/api/tasks/{one['id']}/subtasks/order", {"ids": order}), 200)
    found = await listed(alice, "/api/tasks", include="subtasks", sort="title", limit=2)
    assert [[step["title"] for step in task["subtasks"]] for task in found] == [["z", "y", "x"], [], ["v"]]
    for task in found:
        assert task["subtasks"] == await listed(alice, f"/api/tasks/{task['id']}/subtasks")
        assert len(task["subtasks"]) == task["subtaskCount"]
        alone = made(await alice.get(f"/api/tasks/{task['id']}"), 200)
        assert alone == {name: value for name, value in task.items() if name != "subtasks"}
    searched = await listed(alice, "/api/tasks", include="subtasks", q="v")
    assert [task["id"] for task in searched] == [other["id"]]
    assert len(searched[0]["subtasks"]) == 1


async def test_tasks_come_without_their_subtasks_otherwise(alice: Person) -> None:
    await with_steps(alice, "a", "x")
    for query in ({}, {"include": ""}):
        (task,) = await listed(alice, "/api/tasks", **query)
        assert "subtasks" not in task


@pytest.mark.parametrize("include", ["attachments", "subtasks,subtasks", "subtasks,x"])
async def test_nothing_else_can_be_included(alice: Person, include: str) -> None:
    assert (await alice.get("/api/tasks", params={"include": include})).status_code == 422


async def test_a_page_with_subtasks_takes_two_statements(alice: Person) -> None:
    for n in range(6):
        await with_steps(alice, f"{n}", "x", "y")
    queries: list[tuple[Json, int]] = [({}, 1), ({"include": "subtasks"}, 2)]
    for query, expected in queries:
        counts = []
        for _ in range(5):  # live connections and revocations read too, now and then
            before = _reads()
            assert len(await listed(alice, "/api/tasks", **query)) == 6
            counts.append(_reads() - before)
        assert min(counts) == expected


def _reads() -> float:
    return REGISTRY.get_sample_value("studyteddy_query_seconds_count", {"access": "read"}) or 0.0


async def test_a_page_has_a_limited_number_of_subtasks(system: System, alice: Person) -> None:
    """Tasks with many subtasks are on more pages; each is listed once, and at least one a page."""
    sizes = [0, 200, 200, 0, 200, 200, 200, 200, 200, 200, 200, 200, 0, 200, 3, 0]
    ids = [(await alice.task(f"{n:02}"))["id"] for n in range(len(sizes))]
    admin = await system.admin()
    for id, size in zip(ids, sizes, strict=True):
        await admin.execute(_MANY, UUID(alice.user["id"]), UUID(id), size)
    await admin.close()
    query = {"include": "subtasks", "sort": "title", "limit": "200"}
    first = made(await alice.get("/api/tasks", params=query), 200)
    assert [task["id"] for task in first["items"]] == ids[:13]
    found = await listed(alice, "/api/tasks", **query)
    assert [task["id"] for task in found] == ids
    assert [len(task["subtasks"]) for task in found] == sizes


_MANY = """
WITH counted AS (UPDATE tasks SET subtask_count = $3::int WHERE user_id = $1 AND id = $2)
INSERT INTO subtasks (user_id, id, task_id, title, position, created_at, updated_at)
SELECT $1, gen_random_uuid(), $2, 'Step', n, now(), now() FROM generate_series(0, $3::int - 1) AS n"""
