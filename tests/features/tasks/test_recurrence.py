"""Tasks that repeat, through HTTP."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from tests.cast import Person, made
from tests.conftest import System
from tests.features.tasks.series import WEEKLY, finish, listed, local_today, occurrences, one_open


async def refused(someone: Person, **fields: Any) -> list[tuple[str, str]]:
    answer = await someone.post("/api/tasks", {"title": "x", **fields})
    assert answer.status_code == 422, answer.text
    return [(fault["pointer"], fault["code"]) for fault in answer.json()["errors"]]


async def test_a_series_begins_with_the_first_date_of_its_rule(alice: Person) -> None:
    task = await alice.task("Problem set", dueDate="2030-01-01", recurrence=WEEKLY)
    assert (task["dueDate"], task["occurrence"]) == ("2030-01-03", "2030-01-03")
    assert task["recurrence"] == {"rule": "FREQ=WEEKLY;BYDAY=TH", "mode": "schedule", "missed": "skip", "exdates": []}
    assert (await alice.get(f"/api/tasks/{task['id']}")).json() == task


async def test_finishing_one_occurrence_brings_the_next_and_keeps_its_own_history(alice: Person) -> None:
    task = await alice.task("Problem set", dueDate="2030-01-03", recurrence=WEEKLY)
    done = made(await alice.post(f"/api/tasks/{task['id']}/complete"), 200)
    (following,) = await listed(alice, status="pending")
    assert (done["status"], done["dueDate"]) == ("completed", "2030-01-03")
    assert (following["dueDate"], following["seriesId"]) == ("2030-01-10", task["seriesId"])
    assert following["id"] != task["id"]
    assert await occurrences(alice, task, toDay="2030-01-20") == [
        ("2030-01-03", "completed"), ("2030-01-10", "pending"), ("2030-01-17", "expected"),
    ]  # fmt: skip


async def test_finishing_twice_brings_one(alice: Person) -> None:
    task = await alice.task(dueDate="2030-01-03", recurrence=WEEKLY)
    for _ in range(3):
        await alice.post(f"/api/tasks/{task['id']}/complete")
    assert len(await listed(alice)) == 2


async def test_reopening_takes_the_next_one_back_unless_it_was_touched(alice: Person) -> None:
    task = await alice.task(dueDate="2030-01-03", recurrence=WEEKLY)
    await alice.post(f"/api/tasks/{task['id']}/complete")
    await alice.post(f"/api/tasks/{task['id']}/reopen")
    assert [one["id"] for one in await listed(alice)] == [task["id"]]
    await alice.post(f"/api/tasks/{task['id']}/complete")
    (following,) = await listed(alice, status="pending")
    await alice.patch(f"/api/tasks/{following['id']}", {"title": "touched"})
    await alice.post(f"/api/tasks/{task['id']}/reopen")
    assert len(await listed(alice, status="pending")) == 2


# Beginnings


async def test_without_a_due_date_a_series_begins_today(system: System, alice: Person) -> None:
    task = await alice.task(recurrence={"rule": "FREQ=DAILY"})
    assert task["dueDate"] == (await local_today(system, alice)).isoformat()


@pytest.mark.parametrize(
    ("fields", "fault"),
    [
        ({"dueAt": "2030-01-03T15:00:00Z", "dueZone": "Mars/Olympus", "recurrence": {"rule": "FREQ=DAILY"}},
         ("/dueZone", "no_such_zone")),
        ({"recurrence": {"rule": "FREQ=DAILY", "exdates": ["2030-01-03", "2030-01-03T15:00:00"]}},
         ("/recurrence/exdates/1", "wrong_type")),
        ({"dueAt": "2030-01-03T15:00:00Z", "recurrence": {"rule": "FREQ=DAILY", "exdates": ["2030-01-03"]}},
         ("/recurrence/exdates/0", "wrong_type")),
        ({"recurrence": {"rule": "FREQ=DAILY", "exdates": ["2030-02-30"]}}, ("/recurrence/exdates/0", "malformed")),
        ({"recurrence": {"rule": "FREQ=DAILY", "exdates": ["3000-01-01"]}}, ("/recurrence/exdates/0", "out_of_range")),
        ({"recurrence": {"rule": "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30"}}, ("/recurrence/rule", "no_occurrence")),
        ({"dueDate": "2030-01-03", "recurrence": {"rule": "FREQ=DAILY;UNTIL=20300102"}},
         ("/recurrence/rule", "no_occurrence")),
        ({"dueDate": "2030-01-03",
          "recurrence": {"rule": "FREQ=DAILY;COUNT=2", "exdates": ["2030-01-03", "2030-01-04"]}},
         ("/recurrence/exdates", "no_occurrence")),
        ({"recurrence": {"rule": "FREQ=HOURLY"}}, ("/recurrence/rule", "rule_of_times")),
        ({"recurrence": {"rule": "FREQ=MINUTELY"}}, ("/recurrence/rule", "too_frequent")),
        ({"recurrence": {"rule": "FREQ=MONTHLY;BYDAY=53MO"}}, ("/recurrence/rule", "bad_rule")),
        ({"recurrence": {"rule": "FREQ=DAILY;COUNT=3", "mode": "after_completion"}},
         ("/recurrence/rule", "rule_of_schedule")),
        ({"dueAt": "2030-01-03T15:00:00Z", "recurrence": {"rule": "FREQ=HOURLY", "mode": "after_completion"}},
         ("/recurrence/rule", "too_frequent")),
        ({"subjectId": "01a206a7-c46c-7f69-9f48-479825c24f14", "recurrence": {"rule": "FREQ=DAILY"}},
         ("/subjectId", "no_such_subject")),
    ],
)  # fmt: skip
async def test_what_cannot_be_repeated_says_why(alice: Person, fields: dict[str, Any], fault: tuple[str, str]) -> None:
    assert await refused(alice, **fields) == [fault]
    assert await listed(alice) == []


async def test_a_rule_for_ever_till_the_end_of_the_calendar_is_a_rule(alice: Person) -> None:
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


# After the completion


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


async def test_reopened_and_completed_again_there_is_one_that_follows(system: System, alice: Person) -> None:
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


# Missed ones, and those that are skipped


@pytest.mark.parametrize("missed", ["skip", "keep"])
async def test_missed_ones_are_skipped_or_kept(system: System, alice: Person, missed: str) -> None:
    today = await local_today(system, alice)
    begin = today - timedelta(days=20)
    rule = {"rule": "FREQ=DAILY;INTERVAL=7", "missed": missed}
    task = await alice.task(dueDate=begin.isoformat(), recurrence=rule)
    status = "missed" if missed == "skip" else "expected"
    assert [status for _, status in await occurrences(alice, task, toDay=today.isoformat())] == [
        "pending", status, status,
    ]  # fmt: skip
    following = await finish(alice, task)
    assert following["dueDate"] == (begin + timedelta(days=21 if missed == "skip" else 7)).isoformat()


async def test_what_was_left_alone_for_years_goes_on(system: System, alice: Person) -> None:
    task = await alice.task(dueAt="2020-01-03T09:00:00Z", dueZone="UTC", recurrence={"rule": "FREQ=HOURLY;INTERVAL=5"})
    following = await finish(alice, task)
    assert following["dueAt"][:10] >= (await local_today(system, alice)).isoformat()
    assert len(await occurrences(alice, task, fromDay="2025-01-01", toDay="2025-01-01")) == 4


async def test_skipping_brings_the_next_and_taking_it_up_takes_that_back(alice: Person) -> None:
    task = await alice.task(dueDate="2030-01-03", recurrence=WEEKLY)
    for _ in range(2):
        assert made(await alice.post(f"/api/tasks/{task['id']}/skip"), 200)["status"] == "cancelled"
    assert (await one_open(alice))["dueDate"] == "2030-01-10"
    made(await alice.patch(f"/api/tasks/{task['id']}", {"status": "pending"}), 200)
    assert [one["id"] for one in await listed(alice)] == [task["id"]]


async def test_what_does_not_repeat_or_is_done_cannot_be_skipped(alice: Person) -> None:
    plain = await alice.task()
    assert (await alice.post(f"/api/tasks/{plain['id']}/skip")).json()["code"] == "not_recurring"
    assert (await alice.post(f"/api/tasks/{plain['id']}/occurrences", {"start": "2030-01-03"})).status_code == 409
    assert made(await alice.get(f"/api/tasks/{plain['id']}/occurrences"), 200)["items"] == []
    task = await alice.task(dueDate="2030-01-03", recurrence=WEEKLY)
    await alice.post(f"/api/tasks/{task['id']}/complete")
    assert (await alice.post(f"/api/tasks/{task['id']}/skip")).json()["code"] == "already_completed"


# What an occurrence inherits


async def test_the_next_one_has_what_the_series_gives_and_not_what_one_had_for_itself(alice: Person) -> None:
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


@pytest.mark.parametrize("how", ["complete", "skip", "delete"])
async def test_steps_are_copied_unticked_with_their_dates_moved(alice: Person, how: str) -> None:
    task = await alice.task(dueDate="2030-01-03", recurrence=WEEKLY)
    steps = f"/api/tasks/{task['id']}/subtasks"
    first = made(await alice.post(steps, {"title": "one", "dueDate": "2030-01-02", "estimatedMinutes": 5}))
    made(await alice.post(steps, {"title": "two"}))
    made(await alice.patch(f"{steps}/{first['id']}", {"completed": True}), 200)
    path = f"/api/tasks/{task['id']}"
    assert (await (alice.delete(path) if how == "delete" else alice.post(f"{path}/{how}"))).is_success
    following = await one_open(alice)
    assert (following["subtaskCount"], following["subtasksCompleted"]) == (2, 0)
    copied = made(await alice.get(f"/api/tasks/{following['id']}/subtasks"), 200)["items"]
    assert [(one["title"], one["completed"], one["dueDate"], one["estimatedMinutes"]) for one in copied] == [
        ("one", False, "2030-01-09", 5), ("two", False, None, None),
    ]  # fmt: skip
