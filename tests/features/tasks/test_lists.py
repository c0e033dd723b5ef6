"""Lists of due tasks by the student's local days, and labels."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import available_timezones

import pytest
from tests.cast import Person, made
from tests.conftest import System

from studyteddy.features.tasks.store import lists as lists_store
from studyteddy.platform.errors import Invalid
from studyteddy.platform.local_time.dates import check_zone


@pytest.fixture
def it_is(system: System) -> Iterator[Callable[[str], None]]:
    """Set the clock."""

    def set_clock(at: str) -> None:
        system.clock.ahead = datetime.fromisoformat(at).replace(tzinfo=UTC) - datetime.now(UTC)

    yield set_clock
    system.clock.ahead = timedelta()


async def titles(person: Person, name: str, **query: Any) -> list[str]:
    """Return the titles on every page of a list."""
    found: list[str] = []
    cursor: dict[str, str] = {}
    while True:
        page = made(await person.get(f"/api/tasks/{name}".rstrip("/"), params={"limit": 2, **query, **cursor}), 200)
        found += [task["title"] for task in page["items"]]
        if page["nextCursor"] is None:
            return found
        cursor = {"cursor": page["nextCursor"]}


async def step(person: Person, title: str, due: str, **fields: Any) -> dict[str, Any]:
    """Create a task with a subtask that is due."""
    task = await person.task(title, **fields)
    return made(await person.post(f"/api/tasks/{task['id']}/subtasks", {"title": "step", "dueDate": due}))


@pytest.fixture
async def week(alice: Person, it_is: Callable[[str], None]) -> None:
    """The time is noon on 15 January 2031 in Berlin; each title says when the task is due."""
    it_is("2031-01-15T11:00")
    for day in (13, 14, 15, 16, 17, 22, 23):
        await alice.task(f"{day}", dueDate=f"2031-01-{day}")
    await alice.task("15 at 11:59", dueAt="2031-01-15T10:59:00Z")
    await alice.task("15 at 12:01", dueAt="2031-01-15T11:01:00Z")
    await alice.task("16 at 03:59", dueAt="2031-01-16T02:59:00Z")
    await alice.task("16 at 04:00", dueAt="2031-01-16T03:00:00Z")
    await alice.task("23 at 03:59", dueAt="2031-01-23T02:59:00Z")
    await alice.task("23 at 04:00", dueAt="2031-01-23T03:00:00Z")
    await alice.task("someday")


@pytest.mark.usefixtures("week")
@pytest.mark.parametrize(
    ("name", "query", "expected"),
    [
        ("today", {}, ["13", "14", "15 at 11:59", "15 at 12:01", "15", "16 at 03:59"]),
        ("overdue", {}, ["13", "14", "15 at 11:59"]),
        ("upcoming", {}, ["16 at 04:00", "16", "17", "22", "23 at 03:59"]),
        ("upcoming", {"days": 1}, ["16 at 04:00", "16"]),
        ("upcoming", {"days": 8}, ["16 at 04:00", "16", "17", "22", "23 at 03:59", "23 at 04:00", "23"]),
    ],
)
async def test_lists_follow_the_students_days(
    alice: Person, name: str, query: dict[str, int], expected: list[str]
) -> None:
    assert await titles(alice, name, **query) == expected


@pytest.mark.usefixtures("week")
async def test_completed_and_cancelled_tasks_are_in_no_list(alice: Person) -> None:
    for task in (await alice.get("/api/tasks")).json()["items"]:
        if task["title"].startswith("15"):
            await alice.post(f"/api/tasks/{task['id']}/complete")
        else:
            made(await alice.patch(f"/api/tasks/{task['id']}", {"status": "cancelled"}), 200)
    assert [await titles(alice, name) for name in ("today", "upcoming", "overdue")] == [[], [], []]


@pytest.mark.usefixtures("week")
async def test_a_task_in_progress_is_open(alice: Person) -> None:
    task = await alice.task("begun", dueDate="2031-01-14")
    made(await alice.patch(f"/api/tasks/{task['id']}", {"status": "in_progress"}), 200)
    assert "begun" in await titles(alice, "overdue")


@pytest.mark.parametrize(
    ("due", "lists"),
    [
        ("2031-01-14", {"today", "overdue"}),
        ("2031-01-15", {"today"}),
        ("2031-01-16", {"upcoming"}),
        ("2031-01-22", {"upcoming"}),
        ("2031-01-23", set()),
    ],
)
@pytest.mark.parametrize("own", [{}, {"dueDate": "2032-01-01"}])
async def test_a_task_is_listed_with_a_subtask_that_is_due(
    alice: Person, it_is: Callable[[str], None], due: str, lists: set[str], own: dict[str, str]
) -> None:
    it_is("2031-01-15T11:00")
    made_step = await step(alice, "has a step", due, **own)
    assert {name for name in ("today", "upcoming", "overdue") if await titles(alice, name)} == lists
    address = f"/api/tasks/{made_step['taskId']}/subtasks/{made_step['id']}"
    made(await alice.patch(address, {"completed": True}), 200)
    assert {name for name in ("today", "upcoming", "overdue") if await titles(alice, name)} == set()


async def test_the_open_occurrence_of_a_series_is_listed_by_its_own_due_date(
    alice: Person, it_is: Callable[[str], None]
) -> None:
    it_is("2031-01-15T11:00")
    late = await alice.task("weekly", dueDate="2031-01-08", recurrence={"rule": "FREQ=WEEKLY"})
    await alice.task("nightly", dueAt="2031-01-16T02:30:00Z", recurrence={"rule": "FREQ=DAILY"})  # 03:30 in Berlin
    assert await titles(alice, "overdue") == ["weekly"]
    assert await titles(alice, "today") == ["weekly", "nightly"]
    assert await titles(alice, "upcoming") == []
    made(await alice.post(f"/api/tasks/{late['id']}/complete"), 200)  # the next one is today's
    assert (await titles(alice, "overdue"), await titles(alice, "today")) == ([], ["weekly", "nightly"])
    (nightly,) = [one for one in (await alice.get("/api/tasks/today")).json()["items"] if one["title"] == "nightly"]
    made(await alice.post(f"/api/tasks/{nightly['id']}/complete"), 200)
    assert (await titles(alice, "today"), await titles(alice, "upcoming")) == (["weekly"], ["nightly"])


@pytest.mark.parametrize(
    ("zone", "day_start", "at", "day"),
    [
        ("Europe/Berlin", "04:00", "2031-01-15T01:00", date(2031, 1, 14)),  # 02:00 still belongs to the day before
        ("Europe/Berlin", "01:00", "2031-01-15T01:00", date(2031, 1, 15)),
        ("Pacific/Auckland", "04:00", "2031-01-14T14:59", date(2031, 1, 14)),
        ("Pacific/Auckland", "04:00", "2031-01-14T15:00", date(2031, 1, 15)),
        ("America/Los_Angeles", "04:00", "2031-01-15T11:59", date(2031, 1, 14)),
        # Berlin's clocks go forward on 30 March 2031 and back on 26 October.
        ("Europe/Berlin", "04:00", "2031-03-30T01:59", date(2031, 3, 29)),
        ("Europe/Berlin", "04:00", "2031-03-30T02:00", date(2031, 3, 30)),
        ("Europe/Berlin", "04:00", "2031-10-26T02:59", date(2031, 10, 25)),
        ("Europe/Berlin", "04:00", "2031-10-26T03:00", date(2031, 10, 26)),
        ("Europe/Berlin", "02:30", "2031-03-30T00:59", date(2031, 3, 29)),  # its day starts in the skipped hour
        ("Europe/Berlin", "02:30", "2031-03-30T01:30", date(2031, 3, 30)),
    ],
)
async def test_a_list_follows_the_clock(
    alice: Person, it_is: Callable[[str], None], zone: str, day_start: str, at: str, day: date
) -> None:
    made(await alice.patch("/api/users/me", {"timeZone": zone, "dayStart": day_start}), 200)
    for days in (-1, 0, 1, 2):
        due = (day + timedelta(days=days)).isoformat()
        await alice.task(str(days), dueDate=due)
        await step(alice, f"step {days}", due)
    it_is(at)
    assert await titles(alice, "overdue") == ["-1", "step -1"]
    assert await titles(alice, "today") == ["-1", "0", "step -1", "step 0"]
    assert await titles(alice, "upcoming", days=1) == ["1", "step 1"]


async def test_days_are_as_long_as_the_clock_changes_make_them(alice: Person, it_is: Callable[[str], None]) -> None:
    """From 04:00 to 04:00 takes 23 hours, because the clocks go forward in Berlin."""
    it_is("2031-03-28T11:00")
    await alice.task("last minute", dueAt="2031-03-30T01:59:00Z")
    await alice.task("too late", dueAt="2031-03-30T02:00:00Z")
    assert await titles(alice, "upcoming", days=1) == ["last minute"]


async def test_a_student_who_moves_sees_their_new_day(alice: Person, it_is: Callable[[str], None]) -> None:
    it_is("2031-01-15T12:00")
    await alice.task("due on the 15th", dueDate="2031-01-15")
    made(await alice.patch("/api/users/me", {"timeZone": "Pacific/Kiritimati"}), 200)  # the 16th, 02:00: still the 15th
    assert (await titles(alice, "today"), await titles(alice, "overdue")) == (["due on the 15th"], [])
    it_is("2031-01-15T14:00")
    assert await titles(alice, "overdue") == ["due on the 15th"]
    made(await alice.patch("/api/users/me", {"timeZone": "America/New_York"}), 200)
    assert (await titles(alice, "today"), await titles(alice, "overdue")) == (["due on the 15th"], [])


async def test_due_dates_are_filtered_in_the_zone_of_each_task(alice: Person) -> None:
    late = "2031-01-15T22:30:00Z"
    await alice.task("Berlin, 23:30", dueAt=late)
    await alice.task("Auckland, the 16th", dueAt=late, dueZone="Pacific/Auckland")
    made(await alice.patch("/api/users/me", {"timeZone": "Asia/Tokyo"}), 200)
    await alice.task("Tokyo, the 16th", dueAt=late)

    async def on(day: str) -> set[str]:
        items = (await alice.get("/api/tasks", params={"dueFrom": day, "dueTo": day})).json()["items"]
        return {task["title"] for task in items}

    assert await on("2031-01-15") == {"Berlin, 23:30"}
    assert await on("2031-01-16") == {"Auckland, the 16th", "Tokyo, the 16th"}


async def test_postgresql_knows_every_accepted_zone(system: System) -> None:
    admin = await system.admin()
    try:
        known = {row["name"] for row in await admin.fetch("SELECT name FROM pg_timezone_names")}
    finally:
        await admin.close()
    taken = [name for name in available_timezones() | {"localtime", "posixrules", "Factory"} if _is_taken(name)]
    assert len(taken) > 400
    assert [name for name in taken if name not in known] == []


def _is_taken(name: str) -> bool:
    try:
        return check_zone(name, "/timeZone") == name
    except Invalid:
        return False


@pytest.mark.parametrize("status", ["pending,in_progress", ["pending", "in_progress"]])
async def test_a_filter_takes_several_values_either_way(alice: Person, status: Any) -> None:
    begun = await alice.task("begun")
    made(await alice.patch(f"/api/tasks/{begun['id']}", {"status": "in_progress"}), 200)
    given_up = await alice.task("given up")
    made(await alice.patch(f"/api/tasks/{given_up['id']}", {"status": "cancelled"}), 200)
    await alice.task("waiting")
    items = (await alice.get("/api/tasks", params={"status": status, "sort": "title"})).json()["items"]
    assert [task["title"] for task in items] == ["begun", "waiting"]


@pytest.mark.parametrize("days", [0, 61, "x"])
async def test_upcoming_has_an_end(alice: Person, days: Any) -> None:
    answer = await alice.get("/api/tasks/upcoming", params={"days": days})
    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, "?days")


@pytest.mark.parametrize("name", ["today", "upcoming", "overdue"])
async def test_a_cursor_of_yesterday_is_refused(alice: Person, it_is: Callable[[str], None], name: str) -> None:
    it_is("2031-01-15T11:00")
    for day in (14, 14, 16, 16):
        await alice.task(dueDate=f"2031-01-{day}")
    cursor = (await alice.get(f"/api/tasks/{name}", params={"limit": 1})).json()["nextCursor"]
    assert (await alice.get(f"/api/tasks/{name}", params={"limit": 1, "cursor": cursor})).status_code == 200
    it_is("2031-01-16T11:00")
    answer = await alice.get(f"/api/tasks/{name}", params={"limit": 1, "cursor": cursor})
    assert (answer.status_code, answer.json()["code"]) == (422, "cursor_mismatch")


@pytest.mark.parametrize("name", ["today", "upcoming", "overdue"])
async def test_other_users_tasks_are_not_listed(
    alice: Person, bob: Person, it_is: Callable[[str], None], name: str
) -> None:
    it_is("2031-01-15T11:00")
    for day in (14, 16):
        await bob.task(dueDate=f"2031-01-{day}")
    assert await titles(alice, name) == []


async def test_labels_are_counted(alice: Person, bob: Person) -> None:
    await alice.task(labels=["exam", "lab"])
    await alice.task(labels=["exam", "李"])
    done = await alice.task(labels=["exam", "old"])
    await alice.post(f"/api/tasks/{done['id']}/complete")
    await alice.task()
    await bob.task(labels=["secret"])
    assert made(await alice.get("/api/tasks/labels"), 200) == {
        "items": [
            {"label": "exam", "openTasks": 2},
            {"label": "lab", "openTasks": 1},
            {"label": "李", "openTasks": 1},
            {"label": "old", "openTasks": 0},
        ],
        "nextCursor": None,
    }


async def test_equivalent_labels_are_equal(alice: Person) -> None:
    same = ["caf\u00e9 au lait", " cafe\u0301  au lait", "caf\u00e9\u00a0au lait "]
    task = await alice.task(labels=[*same, "Caf\u00e9 au lait", "שיעור"])
    assert task["labels"] == [same[0], "Caf\u00e9 au lait", "שיעור"]
    quick = made(await alice.post("/api/tasks/quick-add", {"text": "Read #cafe\u0301 #caf\u00e9", "create": True}))
    assert quick["labels"] == ["caf\u00e9"]
    changed = made(await alice.patch(f"/api/tasks/{task['id']}", {"labels": same[1:]}), 200)
    assert changed["labels"] == same[:1]
    for label in same:
        items = made(await alice.get("/api/tasks", params={"label": label}), 200)["items"]
        assert [one["id"] for one in items] == [task["id"]]
    assert (await alice.get("/api/tasks", params={"label": "\u2003"})).status_code == 422
    assert made(await alice.get("/api/tasks/labels"), 200)["items"] == [
        {"label": "caf\u00e9", "openTasks": 1},
        {"label": "caf\u00e9 au lait", "openTasks": 1},
    ]


@pytest.mark.parametrize("label", ["", " ", "\u2003", "\u0301", "\u200b\u2800"])
async def test_a_label_needs_something_to_see(alice: Person, label: str) -> None:
    refused = await alice.post("/api/tasks", {"title": "Read", "labels": ["exam", label]})
    assert (refused.status_code, refused.json()["errors"][0]["pointer"]) == (422, "/labels/1")


async def test_the_pages_of_a_label_go_on_however_it_is_written(alice: Person) -> None:
    for n in range(3):
        await alice.task(f"{n}", labels=["\u00e9"])
    assert await titles(alice, "", label="e\u0301") == ["0", "1", "2"]


async def test_at_most_five_hundred_labels_are_shown(alice: Person) -> None:
    for n in range(26):
        await alice.task(labels=[f"label {20 * n + m}" for m in range(20)])
    assert len(made(await alice.get("/api/tasks/labels"), 200)["items"]) == 500


def test_every_statement_of_a_list_is_listed_once() -> None:
    """For the tests that check them all: six orders, each set of seven filters, first and later pages."""
    assert len({one.sql for one in lists_store.pages()}) == len(lists_store.pages()) == 6 * 2**7 * 2
