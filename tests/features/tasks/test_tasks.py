"""Tasks over HTTP: creating, updating, listing."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from tests.cast import Person, made
from tests.conftest import System
from tests.features.tasks.series import local_today

from studyteddy.features.tasks.service import tasks
from studyteddy.platform.identity import Identity

DAILY = {"rule": "FREQ=DAILY"}


async def test_a_task_is_added_and_read_back(alice: Person) -> None:
    subject = await alice.subject("Physics")
    task = await alice.task(
        "Solve sheet 3 🧸",
        subjectId=subject["id"],
        dueDate="2026-12-24",
        priority="high",
        estimatedMinutes=45,
        labels=["exam", "李"],
        description="Pages *10–12*",
    )
    assert (await alice.get(f"/api/tasks/{task['id']}")).json() == task
    assert (task["subjectName"], task["dueZone"], task["status"]) == ("Physics", "Europe/Berlin", "pending")
    assert (task["actualMinutes"], task["completedAt"], task["subtaskCount"]) == (0, None, 0)


async def test_a_subject_deleted_concurrently_is_missing(alice: Person) -> None:
    for _ in range(5):
        subject, plain, repeated = await alice.subject(), await alice.task(), await alice.task(recurrence=DAILY)
        under = {"subjectId": subject["id"]}
        *answers, batch, deleted = await asyncio.gather(
            *(
                alice.post("/api/tasks", {"title": "x", **under, **more})
                for more in ({}, {}, {}, {"recurrence": DAILY})
            ),
            alice.patch(f"/api/tasks/{plain['id']}", under),
            alice.patch(f"/api/tasks/{repeated['id']}?scope=all", under),
            alice.post("/api/tasks/batch", {"commands": [{"op": "create", "body": {"title": "x", **under}}] * 5}),
            alice.delete(f"/api/subjects/{subject['id']}"),
        )
        assert {answer.status_code for answer in answers} <= {200, 201, 422}
        assert {one["status"] for one in made(batch, 200)["results"]} <= {201, 422}
        assert deleted.status_code == 204


async def test_ids_are_uuid_version_seven(alice: Person) -> None:
    assert (await alice.task())["id"][14] == "7"


async def test_instants_end_in_z(alice: Person) -> None:
    task = await alice.task(dueAt="2026-12-24T10:30:00+02:00")
    assert task["dueAt"] == "2026-12-24T08:30:00Z"
    assert task["createdAt"].endswith("Z")


@pytest.mark.parametrize("subject", ["foreign", "random"])
async def test_another_users_subject_looks_missing(alice: Person, bob: Person, subject: str) -> None:
    ids = {"foreign": (await bob.subject())["id"], "random": "01a206a7-c46c-7f69-9f48-479825c24f14"}
    answer = await alice.post("/api/tasks", {"title": "x", "subjectId": ids[subject]})
    body = answer.json()
    assert (answer.status_code, body["code"]) == (422, "no_such_subject")
    assert body["errors"][0]["pointer"] == "/subjectId"


@pytest.mark.parametrize("how", ["add", "add repeating", "this", "all", "following"])
async def test_a_subject_deleted_concurrently_is_not_found(alice: Person, how: str) -> None:
    repeating: dict[str, Any] = {"recurrence": {"rule": "FREQ=DAILY"}}
    for _ in range(8):
        subject = {"subjectId": (await alice.subject())["id"]}
        if how.startswith("add"):
            asked = alice.post("/api/tasks", {"title": "x", **subject, **(repeating if "repeating" in how else {})})
        else:
            task = await alice.task(**repeating)
            asked = alice.patch(f"/api/tasks/{task['id']}?scope={how}", subject)
        answer, deleted = await asyncio.gather(asked, alice.delete(f"/api/subjects/{subject['subjectId']}"))
        assert deleted.status_code == 204
        assert answer.is_success or answer.json()["code"] == "no_such_subject", answer.text
    items = (await alice.get("/api/tasks")).json()["items"]
    assert {task["subjectId"] for task in items} <= {None}


async def test_every_invalid_field_is_reported_at_once(alice: Person) -> None:
    faulty = {"title": "", "priority": "huge", "estimatedMinutes": 0, "dueDate": "soon", "extra": 1}
    body = (await alice.post("/api/tasks", faulty)).json()
    assert body["status"] == 422
    pointers = sorted(fault["pointer"] for fault in body["errors"])
    assert pointers == ["/dueDate", "/estimatedMinutes", "/extra", "/priority", "/title"]


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"dueDate": "2026-12-24", "dueAt": "2026-12-24T10:00:00Z"}, "two_due_dates"),
        ({"dueDate": "0001-01-01"}, "out_of_range"),
        ({"dueDate": "9999-12-31"}, "out_of_range"),
        ({"dueAt": "0001-01-01T00:00:00+14:00"}, "out_of_range"),
        ({"dueAt": "9999-12-31T23:59:59-14:00"}, "out_of_range"),
        ({"dueAt": "2026-12-24T10:00:00"}, "malformed"),
        ({"dueDate": "2026-12-24", "dueZone": "Mars/Olympus"}, "no_such_zone"),
        ({"labels": ["x"] * 21}, "too_long"),
        ({"labels": ["x" * 51]}, "too_long"),
        ({"title": "x" * 201}, "too_long"),
        ({"description": "x" * 10_001}, "too_long"),
        ({"estimatedMinutes": 10_081}, "out_of_range"),
        ({"startDate": "9999-12-31"}, "out_of_range"),
    ],
)
async def test_dates_and_lists_have_limits(alice: Person, fields: dict[str, Any], code: str) -> None:
    answer = await alice.post("/api/tasks", {"title": "x", **fields})
    assert (answer.status_code, answer.json()["errors"][0]["code"]) == (422, code)


async def test_maximum_values_are_stored(alice: Person) -> None:
    most: dict[str, Any] = {
        "title": "e\u0301" * 100,
        "description": "\u05e9" * 10_000,
        "estimatedMinutes": 10_080,
        "dueDate": "2999-12-31",
        "startDate": "1970-01-01",
        "labels": [chr(0x5D0 + n) * 50 for n in range(20)],
    }
    task = await alice.task(**most)
    assert {name: task[name] for name in most} == most
    assert task["priority"] == "medium"


async def test_a_patch_changes_what_it_names(alice: Person) -> None:
    task = await alice.task(dueDate="2026-12-24", description="Keep me")
    changed = made(await alice.patch(f"/api/tasks/{task['id']}", {"title": "New", "status": "in_progress"}), 200)
    assert (changed["title"], changed["status"], changed["description"]) == ("New", "in_progress", "Keep me")
    emptied = made(await alice.patch(f"/api/tasks/{task['id']}", {"dueDate": None}), 200)
    assert (emptied["dueDate"], emptied["dueZone"]) == (None, None)


async def test_a_due_instant_replaces_a_due_date(alice: Person) -> None:
    task = await alice.task(dueDate="2026-12-24")
    changed = made(await alice.patch(f"/api/tasks/{task['id']}", {"dueAt": "2026-12-25T10:00:00Z"}), 200)
    assert (changed["dueDate"], changed["dueAt"]) == (None, "2026-12-25T10:00:00Z")


async def test_a_patch_without_changes_publishes_nothing(alice: Person) -> None:
    task = await alice.task("Same")
    before = await alice.changes()
    again = made(await alice.patch(f"/api/tasks/{task['id']}", {"title": "Same"}), 200)
    assert again == task
    assert await alice.changes() == before


async def test_a_completed_task_is_reopened_before_it_changes_status(alice: Person) -> None:
    task = await alice.task()
    await alice.post(f"/api/tasks/{task['id']}/complete")
    answer = await alice.patch(f"/api/tasks/{task['id']}", {"status": "pending"})
    assert (answer.status_code, answer.json()["code"]) == (409, "already_completed")


async def test_a_deleted_task_is_not_found(alice: Person) -> None:
    task = await alice.task()
    assert (await alice.delete(f"/api/tasks/{task['id']}")).status_code == 204
    assert (await alice.get(f"/api/tasks/{task['id']}")).status_code == 404
    assert (await alice.delete(f"/api/tasks/{task['id']}")).status_code == 404
    assert (await alice.changes())[-1]["data"] == {"id": task["id"]}


async def titles(person: Person, **query: Any) -> list[str]:
    """Return the titles on every page of a list."""
    found: list[str] = []
    cursor: dict[str, str] = {}
    while True:
        page = (await person.get("/api/tasks", params={"limit": 2, **query, **cursor})).json()
        found += [task["title"] for task in page["items"]]
        if page["nextCursor"] is None:
            return found
        cursor = {"cursor": page["nextCursor"]}


@pytest.fixture
async def term(alice: Person) -> dict[str, str]:
    """Create five tasks that differ in every field a list can filter by."""
    subject = await alice.subject("Physics")
    await alice.task("b", dueDate="2026-12-02", priority="low", labels=["exam"])
    await alice.task("a", dueDate="2026-12-01", priority="urgent", subjectId=subject["id"])
    await alice.task("d", dueAt="2026-12-01T22:30:00Z", priority="medium")  # 23:30 in Berlin
    await alice.task("c", priority="high", labels=["exam", "lab"])
    done = await alice.task("e", dueDate="2026-11-30")
    await alice.post(f"/api/tasks/{done['id']}/complete")
    return {"subject": subject["id"]}


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ({}, "edabc"),
        ({"sort": "priority"}, "acdeb"),
        ({"sort": "created"}, "ecdab"),
        ({"sort": "updated"}, "ecdab"),
        ({"sort": "title"}, "abcde"),
        ({"status": "completed"}, "e"),
        ({"status": "pending,completed", "sort": "title"}, "abcde"),
        ({"priority": "urgent,high"}, "ac"),
        ({"label": "exam"}, "bc"),
        ({"dueFrom": "2026-12-01", "dueTo": "2026-12-01"}, "da"),
        ({"dueTo": "2026-11-30"}, "e"),
    ],
)
async def test_lists_filter_and_sort(alice: Person, term: dict[str, str], query: dict[str, str], expected: str) -> None:
    assert "".join(await titles(alice, **query)) == expected


async def test_a_list_can_be_filtered_by_subject(alice: Person, term: dict[str, str]) -> None:
    assert await titles(alice, subjectId=term["subject"]) == ["a"]


async def test_a_page_is_stable_when_tasks_are_added(alice: Person) -> None:
    for day in (1, 2, 3, 4):
        await alice.task(f"day {day}", dueDate=f"2026-12-0{day}")
    first = (await alice.get("/api/tasks", params={"limit": 2})).json()
    await alice.task("earlier", dueDate="2026-11-01")
    second = (await alice.get("/api/tasks", params={"limit": 2, "cursor": first["nextCursor"]})).json()
    assert [task["title"] for task in second["items"]] == ["day 3", "day 4"]


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"sort": "title"}, "cursor_mismatch"),
        ({"status": "pending"}, "cursor_mismatch"),
        ({"cursor": "bm9wZQ"}, "invalid"),
    ],
)
async def test_a_cursor_belongs_to_one_list(alice: Person, change: dict[str, str], code: str) -> None:
    for _ in range(3):
        await alice.task()
    cursor = (await alice.get("/api/tasks", params={"limit": 1})).json()["nextCursor"]
    answer = await alice.get("/api/tasks", params={"limit": 1, "cursor": cursor} | change)
    assert (answer.status_code, answer.json()["code"]) == (422, code)


@pytest.mark.parametrize("letter", ["x", '"', "e\u0301", "\u0301", "ש", "😀"])
async def test_the_longest_titles_have_pages_too(alice: Person, letter: str) -> None:
    wanted = sorted(letter * (199 // len(letter)) + n for n in "abc")
    for title in reversed(wanted):
        await alice.task(title)
    assert await titles(alice, sort="title", limit=1) == wanted


@pytest.mark.parametrize("query", [{"limit": 0}, {"limit": 201}, {"limit": "ten"}, {"sort": "luck"}, {"nope": 1}])
async def test_an_invalid_query_is_rejected(alice: Person, query: dict[str, Any]) -> None:
    answer = await alice.get("/api/tasks", params=query)
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["pointer"] == "?" + next(iter(query))


async def test_today_follows_the_students_zone_and_day_start(system: System, alice: Person) -> None:
    now = datetime.now(UTC)
    noon = now.replace(hour=12, minute=0, second=0, microsecond=0)
    # 03:30 in Berlin's winter still belongs to the day before, since a day begins at 04:00.
    system.clock.ahead = noon.replace(hour=2, minute=30, month=1, day=15, year=2031) - now
    try:
        await alice.task("yesterday's, still today", dueDate="2031-01-14")
        await alice.task("tomorrow's by then", dueDate="2031-01-15")
        await alice.task("an instant tonight", dueAt="2031-01-15T02:45:00Z")
        found = (await alice.get("/api/tasks/today")).json()["items"]
    finally:
        system.clock.ahead = timedelta()
    assert [task["title"] for task in found] == ["yesterday's, still today", "an instant tonight"]


async def test_today_has_overdue_tasks_and_dated_subtasks_but_nothing_finished(alice: Person) -> None:
    await alice.task("overdue", dueDate="2020-01-01")
    await alice.task("someday")
    parent = await alice.task("has a step today", dueDate="2999-01-01")
    await alice.post(f"/api/tasks/{parent['id']}/subtasks", {"title": "step", "dueDate": "2020-01-01"})
    done = await alice.task("finished", dueDate="2020-01-01")
    await alice.post(f"/api/tasks/{done['id']}/complete")
    found = (await alice.get("/api/tasks/today")).json()["items"]
    assert [task["title"] for task in found] == ["overdue", "has a step today"]


async def test_a_task_is_updated_while_its_subject_is_deleted(alice: Person) -> None:
    for n in range(12):
        subject = (await alice.subject())["id"]
        tasks = [(await alice.task(subjectId=subject))["id"] for _ in range(4)]
        *changed, gone = await asyncio.gather(
            *(alice.patch(f"/api/tasks/{one}", {"title": f"Changed {n}"}) for one in tasks),
            alice.delete(f"/api/subjects/{subject}"),
        )
        assert [answer.status_code for answer in (*changed, gone)] == [200, 200, 200, 200, 204]


ZONE = {"dueAt": "2030-01-03T15:00:00Z", "dueZone": "Nowhere/Else"}
EARLY = {"dueDate": "1800-01-01"}


@pytest.mark.parametrize(
    ("fields", "pointer"),
    [
        (ZONE, "/dueZone"),
        ({**ZONE, "recurrence": DAILY}, "/dueZone"),
        (EARLY, "/dueDate"),
        ({"startDate": "1800-01-01"}, "/startDate"),
    ],
)
async def test_a_zone_or_year_that_does_not_exist_is_rejected_however_it_comes(
    alice: Person, fields: dict[str, Any], pointer: str
) -> None:
    plain, repeated = await alice.task(), await alice.task(dueDate="2030-01-03", recurrence=DAILY)
    changes = {name: value for name, value in fields.items() if name != "recurrence"}
    for answer in (
        await alice.post("/api/tasks", {"title": "x", **fields}),
        await alice.patch(f"/api/tasks/{plain['id']}", changes),
        await alice.patch(f"/api/tasks/{repeated['id']}?scope=all", changes),
    ):
        assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, pointer)


async def test_a_year_of_a_subtask_is_checked_too(alice: Person) -> None:
    path = f"/api/tasks/{(await alice.task())['id']}/subtasks"
    step = made(await alice.post(path, {"title": "x"}))
    for answer in (await alice.post(path, {"title": "x", **EARLY}), await alice.patch(f"{path}/{step['id']}", EARLY)):
        assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, "/dueDate")


async def test_a_completed_task_does_not_begin_to_repeat(alice: Person) -> None:
    task = await alice.task(dueDate="2030-01-03")
    await alice.post(f"/api/tasks/{task['id']}/complete")
    answer = await alice.patch(f"/api/tasks/{task['id']}", {"recurrence": DAILY})
    assert (answer.status_code, answer.json()["code"]) == (409, "already_completed")


async def test_minutes_are_added_and_never_negative(system: System, alice: Person) -> None:
    task_id, user_id = UUID((await alice.task())["id"]), UUID(alice.user["id"])
    for minutes, total in ((25, 25), (-10, 15), (-30, 0)):
        async with system.running.db.transaction(Identity(user_id, user_id)) as tx:
            await tasks.add_minutes(tx, task_id, minutes)
            await tasks.add_minutes(tx, UUID(int=1), minutes)  # a task that is gone
        event = (await alice.changes())[-1]
        assert (event["type"], event["data"]["actualMinutes"]) == ("task.updated", total)


@pytest.mark.parametrize(("due", "on_time"), [(-1, False), (0, True), (1, True), (None, None)])
async def test_a_task_is_on_time_until_its_day_ends(
    system: System, alice: Person, due: int | None, on_time: bool | None
) -> None:
    today = await local_today(system, alice)
    fields = {} if due is None else {"dueDate": (today + timedelta(days=due)).isoformat()}
    task = await alice.task(**fields)
    done = made(await alice.post(f"/api/tasks/{task['id']}/complete"), 200)
    assert (done["onTime"], done["completedOn"]) == (on_time, today.isoformat())
    again = made(await alice.post(f"/api/tasks/{task['id']}/reopen"), 200)
    assert (again["onTime"], again["completedOn"], again["completedAt"]) == (None, None, None)
