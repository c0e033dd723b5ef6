"""Recurring tasks over HTTP."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from tests.cast import Person, made
from tests.conftest import System
from tests.features.tasks.series import WEEKLY, expected, finish, listed, local_today, occurrences, one_open


async def refused(someone: Person, **fields: Any) -> list[tuple[str, str]]:
    answer = await someone.post("/api/tasks", {"title": "x", **fields})
    assert answer.status_code == 422, answer.text
    return [(fault["pointer"], fault["code"]) for fault in answer.json()["errors"]]


async def test_a_series_begins_with_the_first_date_of_its_rule(alice: Person) -> None:
    task = await alice.task("Problem set", dueDate="2030-01-01", recurrence=WEEKLY)
    assert (task["dueDate"], task["occurrence"]) == ("2030-01-03", "2030-01-03")
    assert task["recurrence"] == {"rule": "FREQ=WEEKLY;BYDAY=TH", "mode": "schedule", "missed": "skip", "exdates": []}
    assert (await alice.get(f"/api/tasks/{task['id']}")).json() == task


async def test_completing_an_occurrence_creates_the_next_and_keeps_its_history(alice: Person) -> None:
    task = await alice.task("Problem set", dueDate="2030-01-03", recurrence=WEEKLY)
    done = made(await alice.post(f"/api/tasks/{task['id']}/complete"), 200)
    (following,) = await listed(alice, status="pending")
    assert (done["status"], done["dueDate"]) == ("completed", "2030-01-03")
    assert (following["dueDate"], following["seriesId"]) == ("2030-01-10", task["seriesId"])
    assert following["id"] != task["id"]
    assert await occurrences(alice, task, toDay="2030-01-20") == [
        ("2030-01-03", "completed"),
        ("2030-01-10", "pending"),
        ("2030-01-17", "expected"),
    ]


async def test_completing_twice_creates_one(alice: Person) -> None:
    task = await alice.task(dueDate="2030-01-03", recurrence=WEEKLY)
    for _ in range(3):
        await alice.post(f"/api/tasks/{task['id']}/complete")
    assert len(await listed(alice)) == 2


async def test_reopening_withdraws_the_next_one_unless_it_was_modified(alice: Person) -> None:
    task = await alice.task(dueDate="2030-01-03", recurrence=WEEKLY)
    await alice.post(f"/api/tasks/{task['id']}/complete")
    await alice.post(f"/api/tasks/{task['id']}/reopen")
    assert [one["id"] for one in await listed(alice)] == [task["id"]]
    await alice.post(f"/api/tasks/{task['id']}/complete")
    (following,) = await listed(alice, status="pending")
    await alice.patch(f"/api/tasks/{following['id']}", {"title": "touched"})
    await alice.post(f"/api/tasks/{task['id']}/reopen")
    assert len(await listed(alice, status="pending")) == 2


async def touch_steps(someone: Person, task: dict[str, Any], how: str) -> None:
    path = f"/api/tasks/{task['id']}/subtasks"
    ids = [one["id"] for one in made(await someone.get(path), 200)["items"]]
    if how == "order":
        made(await someone.put(f"{path}/order", {"ids": ids[::-1]}), 200)
    else:
        made(await someone.patch(f"{path}/{ids[0]}", {how: {"title": "x", "dueDate": "2030-01-09"}[how]}), 200)


@pytest.mark.parametrize("how", ["title", "dueDate", "order", "file", "focus", "plan", "past"])
async def test_an_occurrence_with_work_is_never_withdrawn(system: System, alice: Person, how: str) -> None:
    task = await alice.task(dueDate="2030-01-03", recurrence=WEEKLY)
    for title in "ab":
        made(await alice.post(f"/api/tasks/{task['id']}/subtasks", {"title": title}))
    following = await finish(alice, task)
    now, focus = system.clock(), {"type": "custom", "taskId": following["id"]}
    if how == "file":
        await alice.attachment(following["id"])
    elif how == "focus":
        made(await alice.post("/api/focus-sessions", focus))
    elif how == "plan":
        later = (now + timedelta(days=1)).isoformat()
        made(await alice.post("/api/focus-sessions", {**focus, "startAt": later}))
    elif how == "past":
        before = (now - timedelta(hours=1)).isoformat()
        made(await alice.post("/api/focus-sessions/past", {**focus, "startedAt": before, "minutes": 5}))
    else:
        await touch_steps(alice, following, how)
    made(await alice.post(f"/api/tasks/{task['id']}/reopen"), 200)
    assert (await alice.get(f"/api/tasks/{following['id']}")).status_code == 200


# Creating a series


async def test_without_a_due_date_a_series_begins_today(system: System, alice: Person) -> None:
    task = await alice.task(recurrence={"rule": "FREQ=DAILY"})
    assert task["dueDate"] == (await local_today(system, alice)).isoformat()


@pytest.mark.parametrize(
    ("fields", "fault"),
    [
        (
            {"dueAt": "2030-01-03T15:00:00Z", "dueZone": "Mars/Olympus", "recurrence": {"rule": "FREQ=DAILY"}},
            ("/dueZone", "no_such_zone"),
        ),
        (
            {"recurrence": {"rule": "FREQ=DAILY", "exdates": ["2030-01-03", "2030-01-03T15:00:00"]}},
            ("/recurrence/exdates/1", "wrong_type"),
        ),
        (
            {"dueAt": "2030-01-03T15:00:00Z", "recurrence": {"rule": "FREQ=DAILY", "exdates": ["2030-01-03"]}},
            ("/recurrence/exdates/0", "wrong_type"),
        ),
        ({"recurrence": {"rule": "FREQ=DAILY", "exdates": ["2030-02-30"]}}, ("/recurrence/exdates/0", "malformed")),
        *(
            ({"recurrence": {"rule": "FREQ=DAILY", "exdates": [day]}}, ("/recurrence/exdates/0", "out_of_range"))
            for day in ("0001-01-01", "9999-12-31")
        ),
        ({"recurrence": {"rule": "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30"}}, ("/recurrence/rule", "no_occurrence")),
        (
            {"dueDate": "2030-01-03", "recurrence": {"rule": "FREQ=DAILY;UNTIL=20300102"}},
            ("/recurrence/rule", "no_occurrence"),
        ),
        (
            {
                "dueDate": "2030-01-03",
                "recurrence": {"rule": "FREQ=DAILY;COUNT=2", "exdates": ["2030-01-03", "2030-01-04"]},
            },
            ("/recurrence/exdates", "no_occurrence"),
        ),
        ({"recurrence": {"rule": "FREQ=HOURLY"}}, ("/recurrence/rule", "rule_of_times")),
        ({"recurrence": {"rule": "FREQ=MINUTELY"}}, ("/recurrence/rule", "too_frequent")),
        ({"recurrence": {"rule": "FREQ=MONTHLY;BYDAY=53MO"}}, ("/recurrence/rule", "bad_rule")),
        (
            {"recurrence": {"rule": "FREQ=DAILY;COUNT=3", "mode": "after_completion"}},
            ("/recurrence/rule", "rule_of_schedule"),
        ),
        (
            {"dueAt": "2030-01-03T15:00:00Z", "recurrence": {"rule": "FREQ=HOURLY", "mode": "after_completion"}},
            ("/recurrence/rule", "too_frequent"),
        ),
        (
            {"subjectId": "01a206a7-c46c-7f69-9f48-479825c24f14", "recurrence": {"rule": "FREQ=DAILY"}},
            ("/subjectId", "no_such_subject"),
        ),
    ],
)
async def test_an_invalid_recurrence_says_why(alice: Person, fields: dict[str, Any], fault: tuple[str, str]) -> None:
    assert await refused(alice, **fields) == [fault]
    assert await listed(alice) == []


async def test_a_rule_until_the_end_of_the_calendar_is_valid(alice: Person) -> None:
    rule = {"rule": "FREQ=DAILY;UNTIL=99991231T235959Z"}
    task = await alice.task(dueDate="2030-01-01", dueZone="Asia/Kolkata", recurrence=rule)
    assert task["occurrence"] == "2030-01-01"


async def test_nine_oclock_stays_nine_oclock_when_the_clocks_change(alice: Person) -> None:
    task = await alice.task(
        dueAt="2030-03-29T08:00:00Z", dueZone="Europe/Berlin", recurrence={"rule": "FREQ=DAILY", "missed": "keep"}
    )
    seen = [task]
    for _ in range(3):
        seen.append(await finish(alice, seen[-1]))
    assert [(one["occurrence"], one["dueAt"]) for one in seen] == [
        ("2030-03-29T09:00:00", "2030-03-29T08:00:00Z"),
        ("2030-03-30T09:00:00", "2030-03-30T08:00:00Z"),
        ("2030-03-31T09:00:00", "2030-03-31T07:00:00Z"),
        ("2030-04-01T09:00:00", "2030-04-01T07:00:00Z"),
    ]
    assert {one["dueZone"] for one in seen} == {"Europe/Berlin"}


@pytest.mark.parametrize(
    ("zone", "begins", "instants"),
    [
        # 02:30 is skipped on the 31st and becomes 03:30 on that day only.
        (
            "Europe/Berlin",
            "2030-03-30T02:30:00",
            ["2030-03-30T01:30:00Z", "2030-03-31T01:30:00Z", "2030-04-01T00:30:00Z"],
        ),
        # 02:30 occurs twice on the 27th: the first one is used.
        (
            "Europe/Berlin",
            "2030-10-26T02:30:00",
            ["2030-10-26T00:30:00Z", "2030-10-27T00:30:00Z", "2030-10-28T01:30:00Z"],
        ),
        # The gap is half an hour.
        (
            "Australia/Lord_Howe",
            "2030-10-05T02:15:00",
            ["2030-10-04T15:45:00Z", "2030-10-05T15:45:00Z", "2030-10-06T15:15:00Z"],
        ),
    ],
)
async def test_a_skipped_or_repeated_time_keeps_its_name(
    alice: Person, zone: str, begins: str, instants: list[str]
) -> None:
    rule = {"rule": "FREQ=DAILY", "missed": "keep"}
    seen = [await alice.task(dueAt=instants[0], dueZone=zone, recurrence=rule)]
    for _ in instants[1:]:
        seen.append(await finish(alice, seen[-1]))
    assert [one["dueAt"] for one in seen] == instants
    first = datetime.fromisoformat(begins)
    assert [one["occurrence"] for one in seen] == [(first + timedelta(days=n)).isoformat() for n in range(3)]


async def test_a_plain_task_becomes_a_series_and_a_plain_task_again(alice: Person) -> None:
    task = await alice.task(dueDate="2030-01-01")
    path = f"/api/tasks/{task['id']}"
    repeated = made(await alice.patch(path, {"recurrence": WEEKLY}), 200)
    assert (repeated["id"], repeated["dueDate"], repeated["occurrence"]) == (task["id"], "2030-01-03", "2030-01-03")
    assert made(await alice.get(path), 200) == repeated
    following = await finish(alice, repeated)
    plain = made(await alice.patch(f"/api/tasks/{following['id']}?scope=all", {"recurrence": None}), 200)
    assert (plain["seriesId"], plain["occurrence"], plain["recurrence"]) == (None, None, None)
    assert plain["dueDate"] == "2030-01-10"
    made(await alice.post(f"/api/tasks/{plain['id']}/complete"), 200)
    assert await listed(alice, status="pending") == []
    assert [one["seriesId"] is None for one in await listed(alice, sort="due")] == [False, True]


# After completion


def after(rule: str) -> dict[str, Any]:
    return {"rule": rule, "mode": "after_completion"}


async def test_after_a_completion_the_interval_begins_on_its_day(system: System, alice: Person) -> None:
    today = await local_today(system, alice)
    task = await alice.task(dueDate="2020-01-01", recurrence=after("FREQ=DAILY;INTERVAL=3"))
    following = await finish(alice, task)
    assert following["dueDate"] == (today + timedelta(days=3)).isoformat()
    listing = made(await alice.get(f"/api/tasks/{task['id']}/occurrences"), 200)["items"]
    assert [(one["status"], one["matches"]) for one in listing] == [("completed", True), ("pending", True)]


async def test_completing_two_on_one_day_goes_on(system: System, alice: Person) -> None:
    today = await local_today(system, alice)
    second = await finish(alice, await alice.task(recurrence=after("FREQ=DAILY;INTERVAL=3")))
    third = await finish(alice, second)
    assert third["dueDate"] == (today + timedelta(days=6)).isoformat()


async def test_completing_again_after_reopening_creates_one_next(system: System, alice: Person) -> None:
    task = await alice.task(dueDate="2020-01-01", recurrence=after("FREQ=WEEKLY"))
    following = await finish(alice, task)
    await alice.post(f"/api/tasks/{task['id']}/reopen")
    assert [one["id"] for one in await listed(alice)] == [task["id"]]
    assert (await finish(alice, task))["id"] == following["id"]


async def test_a_month_after_the_last_of_january_is_the_last_of_february(system: System, alice: Person) -> None:
    task = await alice.task(recurrence=after("FREQ=MONTHLY"))
    ahead, system.clock.ahead = system.clock.ahead, datetime(2027, 1, 31, 12, tzinfo=UTC) - datetime.now(UTC)
    try:
        assert (await finish(alice, task))["dueDate"] == "2027-02-28"
    finally:
        system.clock.ahead = ahead


# Missed and skipped occurrences


@pytest.mark.parametrize("missed", ["skip", "keep"])
async def test_missed_occurrences_are_skipped_or_kept(system: System, alice: Person, missed: str) -> None:
    today = await local_today(system, alice)
    begin = today - timedelta(days=20)
    rule = {"rule": "FREQ=DAILY;INTERVAL=7", "missed": missed}
    task = await alice.task(dueDate=begin.isoformat(), recurrence=rule)
    status = "missed" if missed == "skip" else "expected"
    assert [status for _, status in await occurrences(alice, task, toDay=today.isoformat())] == [
        "pending",
        status,
        status,
    ]
    following = await finish(alice, task)
    assert following["dueDate"] == (begin + timedelta(days=21 if missed == "skip" else 7)).isoformat()


async def test_a_series_untouched_for_years_continues(system: System, alice: Person) -> None:
    task = await alice.task(dueAt="2020-01-03T09:00:00Z", dueZone="UTC", recurrence={"rule": "FREQ=HOURLY;INTERVAL=5"})
    following = await finish(alice, task)
    today_there = (system.clock() - timedelta(hours=4)).date()  # her day start, in the zone of the series
    assert following["dueAt"][:10] >= today_there.isoformat()
    assert len(await occurrences(alice, task, fromDay="2025-01-01", toDay="2025-01-01")) == 4


async def test_skipping_creates_the_next_and_undoing_the_skip_withdraws_it(alice: Person) -> None:
    task = await alice.task(dueDate="2030-01-03", recurrence=WEEKLY)
    for _ in range(2):
        assert made(await alice.post(f"/api/tasks/{task['id']}/skip"), 200)["status"] == "cancelled"
    assert (await one_open(alice))["dueDate"] == "2030-01-10"
    made(await alice.patch(f"/api/tasks/{task['id']}", {"status": "pending"}), 200)
    assert [one["id"] for one in await listed(alice)] == [task["id"]]


async def test_a_single_or_completed_task_cannot_be_skipped(alice: Person) -> None:
    plain = await alice.task()
    assert (await alice.post(f"/api/tasks/{plain['id']}/skip")).json()["code"] == "not_recurring"
    assert (await alice.post(f"/api/tasks/{plain['id']}/occurrences", {"start": "2030-01-03"})).status_code == 409
    assert made(await alice.get(f"/api/tasks/{plain['id']}/occurrences"), 200)["items"] == []
    task = await alice.task(dueDate="2030-01-03", recurrence=WEEKLY)
    await alice.post(f"/api/tasks/{task['id']}/complete")
    assert (await alice.post(f"/api/tasks/{task['id']}/skip")).json()["code"] == "already_completed"


# Inherited fields


async def test_the_next_one_has_the_fields_of_the_series_not_overridden_ones(alice: Person) -> None:
    subject = (await alice.subject())["id"]
    series = {"labels": ["exam"], "subjectId": subject, "estimatedMinutes": 45, "priority": "high"}
    task = await alice.task("Revise", dueDate="2030-01-03", startDate="2030-01-01", recurrence=WEEKLY, **series)
    own: dict[str, Any] = {
        "title": "Own",
        "labels": [],
        "subjectId": None,
        "estimatedMinutes": 5,
        "dueDate": "2030-01-04",
    }
    changed = made(await alice.patch(f"/api/tasks/{task['id']}", own), 200)
    assert (changed["occurrence"], changed["dueDate"]) == ("2030-01-03", "2030-01-04")
    following = await finish(alice, task)
    assert {name: following[name] for name in series} == series
    assert (following["title"], following["dueDate"], following["startDate"]) == ("Revise", "2030-01-10", "2030-01-08")


async def test_a_deleted_subject_is_not_inherited(alice: Person) -> None:
    subject = (await alice.subject())["id"]
    task = await alice.task(dueDate="2030-01-03", subjectId=subject, recurrence=WEEKLY)
    assert (await alice.delete(f"/api/subjects/{subject}")).status_code == 204
    assert (await finish(alice, task))["subjectId"] is None


@pytest.mark.parametrize("how", ["complete", "skip", "delete", "ask"])
async def test_subtasks_are_copied_as_open_with_moved_dates(alice: Person, how: str) -> None:
    task = await alice.task(dueDate="2030-01-03", recurrence=WEEKLY)
    steps = f"/api/tasks/{task['id']}/subtasks"
    first = made(await alice.post(steps, {"title": "one", "dueDate": "2030-01-02", "estimatedMinutes": 5}))
    made(await alice.post(steps, {"title": "two"}))
    made(await alice.patch(f"{steps}/{first['id']}", {"completed": True}), 200)
    path = f"/api/tasks/{task['id']}"
    if how == "ask":
        following = await expected(alice, task, "2030-01-10")
    else:
        assert (await (alice.delete(path) if how == "delete" else alice.post(f"{path}/{how}"))).is_success
        following = await one_open(alice)
    assert (following["subtaskCount"], following["subtasksCompleted"]) == (2, 0)
    copied = made(await alice.get(f"/api/tasks/{following['id']}/subtasks"), 200)["items"]
    assert [(one["title"], one["completed"], one["dueDate"], one["estimatedMinutes"]) for one in copied] == [
        ("one", False, "2030-01-09", 5),
        ("two", False, None, None),
    ]
    found = made(await alice.get("/api/search", params={"q": "two"}), 200)["items"]
    assert copied[1]["id"] in [hit["id"] for hit in found]
    assert following["id"] in [one["id"] for one in await listed(alice, q="two")]


async def test_a_renamed_series_finds_all_of_its_open_occurrences(alice: Person) -> None:
    task = await alice.task("Osmosis", dueDate="2030-01-03", recurrence=WEEKLY)
    made(await alice.post(f"/api/tasks/{task['id']}/subtasks", {"title": "revise"}))
    other = await expected(alice, task, "2030-01-10")
    made(await alice.patch(f"/api/tasks/{task['id']}?scope=all", {"title": "Diffusion"}), 200)
    assert await listed(alice, q="osmosis") == []
    assert {one["id"] for one in await listed(alice, q="diffusion revise")} == {task["id"], other["id"]}


async def test_requesting_a_later_occurrence_ends_nothing(alice: Person) -> None:
    """It is not withdrawn when the occurrence it was requested from is completed and reopened."""
    task = await alice.task(dueDate="2030-01-03", recurrence=WEEKLY)
    asked = await expected(alice, task, "2030-01-17")
    await alice.post(f"/api/tasks/{task['id']}/complete")
    await alice.post(f"/api/tasks/{task['id']}/reopen")
    assert [one["id"] for one in await listed(alice)] == [task["id"], asked["id"]]
