"""The history of tasks and subtasks, and undo, over HTTP."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from tests.cast import Person, made
from tests.conftest import System

from studyteddy.bootstrap import catalogue
from studyteddy.platform.privacy.retention import delete_expired

Json = dict[str, Any]


async def history(someone: Person, task: Json, **query: Any) -> list[Json]:
    """Return the changes of a task, latest first."""
    items: list[Json] = made(await someone.get(f"/api/tasks/{task['id']}/history", params=query), 200)["items"]
    return items


async def undo(someone: Person, task: Json, nth: int = 0, status: int = 200) -> Json:
    """Undo the `nth` latest change and return the response."""
    change = (await history(someone, task))[nth]
    return made(await someone.post(f"/api/tasks/{task['id']}/history/{change['id']}/undo"), status)


async def read(someone: Person, task: Json) -> Json:
    return made(await someone.get(f"/api/tasks/{task['id']}"), 200)


async def steps_of(someone: Person, task: Json) -> list[Json]:
    items: list[Json] = made(await someone.get(f"/api/tasks/{task['id']}/subtasks"), 200)["items"]
    return items


def without_times(thing: Json) -> Json:
    return {name: value for name, value in thing.items() if name not in ("updatedAt", "version", "completions")}


FULL: Json = {
    "title": "Essay",
    "description": "old",
    "priority": "high",
    "dueAt": "2030-01-03T15:00:00Z",
    "dueZone": "Asia/Tokyo",
    "startDate": "2030-01-01",
    "estimatedMinutes": 30,
    "labels": ["a", "b"],
}
CHANGES: list[tuple[Json, Json]] = [
    ({"title": "New"}, {"title": {"before": "Essay", "after": "New"}}),
    ({"description": "new"}, {"description": {"before": "old", "after": "new"}}),
    ({"priority": "low"}, {"priority": {"before": "high", "after": "low"}}),
    ({"status": "in_progress"}, {"status": {"before": "pending", "after": "in_progress"}}),
    ({"status": "cancelled"}, {"status": {"before": "pending", "after": "cancelled"}}),
    ({"startDate": None}, {"startDate": {"before": "2030-01-01", "after": None}}),
    ({"estimatedMinutes": None}, {"estimatedMinutes": {"before": 30, "after": None}}),
    ({"labels": []}, {"labels": {"before": ["a", "b"], "after": []}}),
    ({"dueZone": "UTC"}, {"dueZone": {"before": "Asia/Tokyo", "after": "UTC"}}),
    ({"dueAt": "2030-01-04T15:00:00Z"}, {"dueAt": {"before": "2030-01-03T15:00:00Z", "after": "2030-01-04T15:00:00Z"}}),
    (
        {"dueDate": "2030-01-04"},
        {
            "dueAt": {"before": "2030-01-03T15:00:00Z", "after": None},
            "dueDate": {"before": None, "after": "2030-01-04"},
        },
    ),
    (
        {"dueAt": None},
        {
            "dueAt": {"before": "2030-01-03T15:00:00Z", "after": None},
            "dueZone": {"before": "Asia/Tokyo", "after": None},
        },
    ),
    ({"title": "New", "priority": "high"}, {"title": {"before": "Essay", "after": "New"}}),
]


@pytest.mark.parametrize(("changes", "line"), CHANGES, ids=[",".join(changes) for changes, _ in CHANGES])
async def test_a_change_is_recorded_and_undone_exactly(alice: Person, changes: Json, line: Json) -> None:
    task = await alice.task(**FULL)
    assert await history(alice, task) == []
    changed = made(await alice.patch(f"/api/tasks/{task['id']}", changes), 200)
    (found,) = await history(alice, task)
    assert (found["kind"], found["changes"], found["undone"], found["subtaskId"]) == ("updated", line, False, None)
    assert found["at"] == changed["updatedAt"]
    answer = await undo(alice, task)
    assert answer == await read(alice, task)
    assert without_times(answer) == without_times(task)
    assert [(one["kind"], one["undone"]) for one in await history(alice, task)] == [
        ("updated", False),
        ("updated", True),
    ]


@pytest.mark.parametrize("status", ["pending", "in_progress", "cancelled"])
async def test_an_undone_completion_restores_the_status(alice: Person, status: str) -> None:
    task = await alice.task()
    await alice.patch(f"/api/tasks/{task['id']}", {"status": status})
    before = await read(alice, task)
    await alice.post(f"/api/tasks/{task['id']}/complete")
    line = (await history(alice, task))[0]
    assert (line["kind"], line["changes"]) == ("completed", {"status": {"before": status, "after": "completed"}})
    assert without_times(await undo(alice, task)) == without_times(before)
    line = (await history(alice, task))[0]
    assert (line["kind"], line["changes"]) == ("reopened", {"status": {"before": "completed", "after": status}})


async def test_an_undone_reopening_completes(alice: Person) -> None:
    task = await alice.task()
    await alice.post(f"/api/tasks/{task['id']}/complete")
    await alice.post(f"/api/tasks/{task['id']}/reopen")
    assert (await undo(alice, task))["status"] == "completed"
    assert [one["kind"] for one in await history(alice, task)] == ["completed", "reopened", "completed"]


async def test_undoing_the_completion_of_an_occurrence_withdraws_the_next_one(alice: Person) -> None:
    task = await alice.task(dueDate="2030-01-03", recurrence={"rule": "FREQ=WEEKLY"})
    await alice.post(f"/api/tasks/{task['id']}/complete")
    await undo(alice, task)
    assert [one["id"] for one in (await alice.get("/api/tasks")).json()["items"]] == [task["id"]]


async def test_undoing_a_skip_withdraws_the_next_one(alice: Person) -> None:
    task = await alice.task(dueDate="2030-01-03", recurrence={"rule": "FREQ=WEEKLY"})
    await alice.post(f"/api/tasks/{task['id']}/skip")
    assert (await undo(alice, task))["status"] == "pending"
    assert [one["id"] for one in (await alice.get("/api/tasks")).json()["items"]] == [task["id"]]


async def test_undoing_deletes_neither_minutes_nor_files(alice: Person) -> None:
    task = await alice.task("old")
    await alice.patch(f"/api/tasks/{task['id']}", {"title": "new"})
    await alice.post(f"/api/tasks/{task['id']}/complete")
    file = await alice.attachment(task["id"])
    began = (datetime.now(UTC) - timedelta(hours=1)).isoformat()
    past = {"type": "custom", "taskId": task["id"], "startedAt": began, "minutes": 25}
    made(await alice.post("/api/focus-sessions/past", past))
    await undo(alice, task)
    undone = await undo(alice, task, 2)
    assert (undone["status"], undone["title"], undone["actualMinutes"]) == ("pending", "old", 25)
    files = made(await alice.get(f"/api/tasks/{task['id']}/attachments"), 200)["items"]
    assert [one["id"] for one in files] == [file["id"]]


async def test_undoing_keeps_the_next_one_of_an_occurrence_that_was_skipped_before(alice: Person) -> None:
    task = await alice.task(dueDate="2030-01-03", recurrence={"rule": "FREQ=WEEKLY"})
    await alice.post(f"/api/tasks/{task['id']}/skip")
    await alice.post(f"/api/tasks/{task['id']}/complete")
    assert (await undo(alice, task))["status"] == "cancelled"
    assert len((await alice.get("/api/tasks")).json()["items"]) == 2


async def test_a_change_to_all_occurrences_is_recorded_for_each(alice: Person) -> None:
    task = await alice.task("old", dueDate="2030-01-03", recurrence={"rule": "FREQ=WEEKLY"})
    other = made(await alice.post(f"/api/tasks/{task['id']}/occurrences", {"start": "2030-01-10"}))
    await alice.patch(f"/api/tasks/{task['id']}?scope=all", {"title": "new"})
    for one in (task, other):
        assert [line["changes"] for line in await history(alice, one)] == [{"title": {"before": "old", "after": "new"}}]
    assert (await undo(alice, other))["title"] == "old"
    assert (await read(alice, task))["title"] == "new"


async def test_the_due_date_from_a_new_rule_is_in_the_history(alice: Person) -> None:
    task = await alice.task(dueDate="2030-01-01")
    await alice.patch(f"/api/tasks/{task['id']}", {"recurrence": {"rule": "FREQ=WEEKLY;BYDAY=TH"}})
    (line,) = await history(alice, task)
    assert line["changes"] == {"dueDate": {"before": "2030-01-01", "after": "2030-01-03"}}
    assert (await undo(alice, task))["dueDate"] == "2030-01-01"


# Subtasks


async def with_steps(someone: Person) -> tuple[Json, list[Json]]:
    task = await someone.task()
    path = f"/api/tasks/{task['id']}/subtasks"
    for title in ("one", "two", "three"):
        made(await someone.post(path, {"title": title, "estimatedMinutes": 5, "dueDate": "2030-01-02"}))
    return task, await steps_of(someone, task)


async def test_adding_a_subtask_is_undone_and_redone(alice: Person) -> None:
    task, steps = await with_steps(alice)
    line = (await history(alice, task))[0]
    assert (line["kind"], line["subtaskId"]) == ("step_added", steps[2]["id"])
    assert line["changes"]["title"] == {"before": None, "after": "three"}
    assert (await undo(alice, task))["subtaskCount"] == 2
    assert [one["title"] for one in await steps_of(alice, task)] == ["one", "two"]
    assert (await undo(alice, task))["subtaskCount"] == 3
    assert [one["id"] for one in await steps_of(alice, task)] == [one["id"] for one in steps]


@pytest.mark.parametrize("nth", [0, 1, 2])
async def test_a_deleted_subtask_is_restored_at_its_position(alice: Person, nth: int) -> None:
    task, steps = await with_steps(alice)
    path = f"/api/tasks/{task['id']}/subtasks"
    made(await alice.patch(f"{path}/{steps[nth]['id']}", {"completed": True}), 200)
    before, steps = await read(alice, task), await steps_of(alice, task)
    assert (await alice.delete(f"{path}/{steps[nth]['id']}")).status_code == 204
    line = (await history(alice, task))[0]
    assert (line["kind"], line["subtaskId"]) == ("step_removed", steps[nth]["id"])
    assert line["changes"]["order"] == {"before": nth, "after": None}
    assert without_times(await undo(alice, task)) == without_times(before)
    new = {"createdAt": "", "updatedAt": "", "version": 0}
    assert [one | new for one in await steps_of(alice, task)] == [one | new for one in steps]


async def test_an_updated_subtask_is_restored(alice: Person) -> None:
    task, steps = await with_steps(alice)
    path = f"/api/tasks/{task['id']}/subtasks/{steps[0]['id']}"
    changes = {"title": "first", "completed": True, "estimatedMinutes": None, "dueDate": None}
    made(await alice.patch(path, changes), 200)
    line = (await history(alice, task))[0]
    assert (line["kind"], line["subtaskId"]) == ("step_updated", steps[0]["id"])
    assert line["changes"] == {
        "title": {"before": "one", "after": "first"},
        "completed": {"before": False, "after": True},
        "estimatedMinutes": {"before": 5, "after": None},
        "dueDate": {"before": "2030-01-02", "after": None},
    }
    assert (await undo(alice, task))["subtasksCompleted"] == 0
    assert without_times((await steps_of(alice, task))[0]) == without_times(steps[0])


async def test_an_order_is_restored_unless_it_changed_again(alice: Person) -> None:
    task, steps = await with_steps(alice)
    path, ids = f"/api/tasks/{task['id']}/subtasks", [one["id"] for one in steps]
    made(await alice.put(f"{path}/order", {"ids": ids[::-1]}), 200)
    line = (await history(alice, task))[0]
    assert (line["kind"], line["changes"]) == ("steps_ordered", {"ids": {"before": ids, "after": ids[::-1]}})
    await undo(alice, task)
    assert [one["id"] for one in await steps_of(alice, task)] == ids
    made(await alice.put(f"{path}/order", {"ids": ids[::-1]}), 200)
    made(await alice.put(f"{path}/order", {"ids": [ids[1], ids[0], ids[2]]}), 200)
    assert (await undo(alice, task, 1, 409))["code"] == "changed_since"


async def test_a_subtask_modified_since_is_not_removed(alice: Person) -> None:
    task, steps = await with_steps(alice)
    path = f"/api/tasks/{task['id']}/subtasks/{steps[2]['id']}"
    made(await alice.patch(path, {"completed": True}), 200)
    assert (await undo(alice, task, 1, 409))["code"] == "changed_since"
    assert len(await steps_of(alice, task)) == 3
    await alice.delete(path)
    assert (await undo(alice, task, 1, 409))["code"] == "changed_since"


async def test_a_subtask_is_not_restored_beyond_the_limit(alice: Person) -> None:
    task = await alice.task()
    path = f"/api/tasks/{task['id']}/subtasks"
    first = made(await alice.post(path, {"title": "first"}))
    await alice.delete(f"{path}/{first['id']}")
    for _ in range(200):
        made(await alice.post(path, {"title": "more"}))
    assert len(await steps_of(alice, task)) == 200
    removed = next(one for one in await all_lines(alice, task) if one["kind"] == "step_removed")
    answer = await alice.post(f"/api/tasks/{task['id']}/history/{removed['id']}/undo")
    assert (answer.status_code, answer.json()["code"]) == (409, "changed_since")


# Undo in general


async def test_undoing_twice_is_undoing_once(alice: Person) -> None:
    task = await alice.task("old")
    await alice.patch(f"/api/tasks/{task['id']}", {"title": "new"})
    (line,) = await history(alice, task)
    path = f"/api/tasks/{task['id']}/history/{line['id']}/undo"
    answers = await asyncio.gather(*(alice.post(path) for _ in range(5)))
    assert {(one.status_code, one.json()["title"]) for one in answers} == {(200, "old")}
    assert len(await history(alice, task)) == 2
    await alice.patch(f"/api/tasks/{task['id']}", {"title": "newer"})
    assert made(await alice.post(path), 200)["title"] == "newer"


async def test_an_undo_is_undone(alice: Person) -> None:
    task = await alice.task("old")
    await alice.patch(f"/api/tasks/{task['id']}", {"title": "new"})
    assert (await undo(alice, task))["title"] == "old"
    assert (await undo(alice, task))["title"] == "new"
    assert (await undo(alice, task))["title"] == "old"


async def test_a_field_changed_again_is_not_undone(alice: Person) -> None:
    task = await alice.task("old", priority="low")
    path = f"/api/tasks/{task['id']}"
    await alice.patch(path, {"title": "new"})
    await alice.patch(path, {"priority": "high"})
    assert (await undo(alice, task, 1))["title"] == "old"
    await alice.patch(path, {"title": "newer", "priority": "urgent"})
    assert (await undo(alice, task, 2, 409))["code"] == "changed_since"
    assert not (await history(alice, task))[2]["undone"]
    assert ((after := await read(alice, task))["title"], after["priority"]) == ("newer", "urgent")


async def test_a_deleted_subject_is_not_restored(alice: Person) -> None:
    subject = (await alice.subject())["id"]
    task = await alice.task(subjectId=subject)
    await alice.patch(f"/api/tasks/{task['id']}", {"subjectId": None})
    assert (await undo(alice, task))["subjectId"] == subject
    await alice.patch(f"/api/tasks/{task['id']}", {"subjectId": None})
    assert (await alice.delete(f"/api/subjects/{subject}")).status_code == 204
    assert (await undo(alice, task, 0, 409))["code"] == "changed_since"


async def test_a_status_of_before_the_completion_is_not_undone(alice: Person) -> None:
    task = await alice.task()
    await alice.patch(f"/api/tasks/{task['id']}", {"status": "in_progress"})
    await alice.post(f"/api/tasks/{task['id']}/complete")
    assert (await undo(alice, task, 1, 409))["code"] == "changed_since"
    await alice.post(f"/api/tasks/{task['id']}/reopen")
    assert (await undo(alice, task, 1, 409))["code"] == "changed_since"


async def test_an_undo_publishes_the_event_of_its_change(alice: Person) -> None:
    task, steps = await with_steps(alice)
    await alice.delete(f"/api/tasks/{task['id']}/subtasks/{steps[0]['id']}")
    await alice.patch(f"/api/tasks/{task['id']}", {"title": "new"})
    await alice.post(f"/api/tasks/{task['id']}/complete")
    last = (await alice.changes())[-1]["seq"]
    for nth in (0, 2, 4):
        await undo(alice, task, nth)
    assert [event["type"] for event in await alice.changes(last)] == [
        "task.reopened",
        "task.updated",
        "subtask.created",
        "subtasks.reordered",
        "task.updated",
    ]


async def all_lines(someone: Person, task: Json, limit: int = 200) -> list[Json]:
    """Return the whole history, page by page."""
    found: list[Json] = []
    query: Json = {"limit": limit}
    while True:
        page = made(await someone.get(f"/api/tasks/{task['id']}/history", params=query), 200)
        found += page["items"]
        if page["nextCursor"] is None:
            return found
        query["cursor"] = page["nextCursor"]


async def test_a_history_comes_in_pages_the_latest_first(alice: Person) -> None:
    task = await alice.task("0")
    for n in range(1, 8):
        await alice.patch(f"/api/tasks/{task['id']}", {"title": str(n)})
    lines = await all_lines(alice, task, limit=3)
    assert [one["changes"]["title"]["after"] for one in lines] == list("7654321")
    assert lines == await history(alice, task)
    other = await alice.task()
    cursor = (await alice.get(f"/api/tasks/{task['id']}/history", params={"limit": 3})).json()["nextCursor"]
    foreign = await alice.get(f"/api/tasks/{other['id']}/history", params={"cursor": cursor})
    assert foreign.json()["errors"][0]["code"] == "cursor_mismatch"


async def test_another_users_history_looks_missing(alice: Person, bob: Person) -> None:
    task = await alice.task("old")
    await alice.patch(f"/api/tasks/{task['id']}", {"title": "new"})
    (line,) = await history(alice, task)
    path = f"/api/tasks/{task['id']}/history"
    mine = await bob.task()
    answers = [
        await bob.get(path),
        await bob.post(f"{path}/{line['id']}/undo"),
        await bob.post(f"/api/tasks/{mine['id']}/history/{line['id']}/undo"),
        await alice.post(f"{path}/{UUID(int=7)}/undo"),
    ]
    assert {answer.status_code for answer in answers} == {404}
    assert (await read(alice, task))["title"] == "new"


async def test_a_history_is_deleted_with_its_task(system: System, alice: Person) -> None:
    task = await alice.task("old")
    await alice.patch(f"/api/tasks/{task['id']}", {"title": "new"})
    (line,) = await history(alice, task)
    await alice.delete(f"/api/tasks/{task['id']}")
    assert (await alice.get(f"/api/tasks/{task['id']}/history")).status_code == 404
    admin = await system.admin()
    try:
        assert await admin.fetchval("SELECT count(*) FROM task_changes WHERE id = $1", UUID(line["id"])) == 0
    finally:
        await admin.close()


async def test_a_change_is_kept_for_a_year(system: System, alice: Person) -> None:
    task = await alice.task("0")
    for title in ("1", "2"):
        await alice.patch(f"/api/tasks/{task['id']}", {"title": title})
    newer, older = await history(alice, task)
    admin = await system.admin()
    try:
        for line, days in ((newer, 364), (older, 366)):
            at = datetime.now(UTC) - timedelta(days=days)
            await admin.execute("UPDATE task_changes SET at = $1 WHERE id = $2", at, UUID(line["id"]))
    finally:
        await admin.close()
    await delete_expired(system.running.db, catalogue.RETENTION)
    assert [one["id"] for one in await history(alice, task)] == [newer["id"]]
