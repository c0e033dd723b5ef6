"""Several occurrences of a series over HTTP: deleting, updating, listing and races."""

from __future__ import annotations

import asyncio
from datetime import date, timedelta
from typing import Any
from uuid import UUID, uuid5

import pytest
from prometheus_client import REGISTRY
from tests.cast import Person, made
from tests.conftest import System
from tests.features.tasks.series import WEEKLY, expected, finish, listed, local_today, occurrences, one_open

from studyteddy.features.tasks.service import tasks as tasks_service
from studyteddy.platform.identity import Identity

# Deleting


async def test_deleting_an_occurrence_excludes_it_permanently(alice: Person) -> None:
    task = await alice.task(dueDate="2030-01-03", recurrence=WEEKLY)
    assert (await alice.delete(f"/api/tasks/{task['id']}")).status_code == 204
    following = await one_open(alice)
    assert (following["dueDate"], following["recurrence"]["exdates"]) == ("2030-01-10", ["2030-01-03"])
    assert (await occurrences(alice, following, toDay="2030-01-10"))[0] == ("2030-01-03", "excluded")
    again = await alice.post(f"/api/tasks/{following['id']}/occurrences", {"start": "2030-01-03"})
    assert again.json()["errors"][0]["code"] == "no_such_occurrence"


@pytest.mark.parametrize(("scope", "left"), [("following", ["2030-01-03", "2030-01-10"]), ("all", ["2030-01-03"])])
async def test_deleting_several_keeps_the_finished_ones(alice: Person, scope: str, left: list[str]) -> None:
    first = await alice.task(dueDate="2030-01-03", recurrence=WEEKLY)
    second = await finish(alice, first)
    third = await expected(alice, second, "2030-01-17")
    await expected(alice, second, "2030-01-24")
    assert (await alice.delete(f"/api/tasks/{third['id']}?scope={scope}")).status_code == 204
    assert [one["dueDate"] for one in await listed(alice, sort="due")] == left
    if scope == "following":
        await alice.post(f"/api/tasks/{second['id']}/complete")
    assert await listed(alice, status="pending") == []
    # Deleting a finished one and the following ones does not extend a series that has ended.
    made_up = await alice.post(f"/api/tasks/{first['id']}/occurrences", {"start": "2030-01-24"})
    assert made_up.status_code == 422


# Editing


@pytest.mark.parametrize("scope", ["following", "all"])
async def test_a_change_to_several_occurrences_needs_a_scope(alice: Person, scope: str) -> None:
    task = await alice.task(dueDate="2030-01-03", recurrence=WEEKLY)
    new = {"rule": "FREQ=DAILY"}
    refused = await alice.patch(f"/api/tasks/{task['id']}", {"recurrence": new})
    assert refused.json()["errors"][0]["code"] == "scope_needed"
    changed = made(await alice.patch(f"/api/tasks/{task['id']}?scope={scope}", {"recurrence": new, "title": "y"}), 200)
    assert (changed["recurrence"]["rule"], changed["title"], changed["dueDate"]) == ("FREQ=DAILY", "y", "2030-01-03")
    await alice.post(f"/api/tasks/{task['id']}/complete")
    (following,) = await listed(alice, status="pending")
    assert (following["dueDate"], following["title"]) == ("2030-01-04", "y")


async def test_a_change_to_this_and_following_leaves_earlier_ones_unchanged(alice: Person) -> None:
    first = await alice.task("old", dueDate="2030-01-03", recurrence=WEEKLY)
    second = await finish(alice, first)
    third = await expected(alice, second, "2030-01-17")
    changed = made(await alice.patch(f"/api/tasks/{third['id']}?scope=following", {"title": "new"}), 200)
    assert changed["seriesId"] != first["seriesId"]
    assert (await alice.get(f"/api/tasks/{second['id']}")).json()["title"] == "old"
    await alice.post(f"/api/tasks/{second['id']}/complete")
    assert [one["id"] for one in await listed(alice, status="pending")] == [third["id"]]
    assert ((following := await finish(alice, third))["title"], following["dueDate"]) == ("new", "2030-01-24")


async def test_an_occurrence_completed_early_is_not_created_again_after_a_split(alice: Person) -> None:
    first = await alice.task(dueDate="2030-01-03", recurrence=WEEKLY)
    second = await finish(alice, first)
    early = await expected(alice, second, "2030-01-17")
    await alice.post(f"/api/tasks/{early['id']}/complete")
    made(await alice.patch(f"/api/tasks/{second['id']}?scope=following", {"title": "new"}), 200)
    following = await finish(alice, second)
    assert following["dueDate"] == "2030-01-24"
    moved = made(await alice.get(f"/api/tasks/{early['id']}"), 200)
    assert (moved["seriesId"], moved["status"]) == (following["seriesId"], "completed")


async def test_a_new_time_for_all_moves_this_and_the_next(alice: Person) -> None:
    at = {"dueAt": "2030-01-03T15:00:00Z", "dueZone": "UTC"}
    left_out = {**WEEKLY, "exdates": ["2030-01-10T15:00:00"]}
    task = await alice.task(**at, startDate="2030-01-02", recurrence=left_out)
    later = {"dueAt": "2030-01-03T16:30:00Z"}
    changed = made(await alice.patch(f"/api/tasks/{task['id']}?scope=all", later), 200)
    assert (changed["occurrence"], changed["dueAt"]) == ("2030-01-03T16:30:00", "2030-01-03T16:30:00Z")
    # Excluded occurrences remain excluded.
    assert changed["recurrence"]["exdates"] == ["2030-01-10T16:30:00"]
    following = await finish(alice, changed)
    assert (following["dueAt"], following["startDate"]) == ("2030-01-17T16:30:00Z", "2030-01-16")


@pytest.mark.parametrize(
    ("due", "start", "starts"),
    [
        ({"dueDate": "2030-01-03"}, "2030-01-01", ["2030-01-08", "2030-01-15"]),
        ({"dueDate": "2030-01-03"}, "2030-01-03", ["2030-01-10", "2030-01-17"]),
        ({"dueDate": "2030-01-03"}, None, [None, None]),
        # 23:30 UTC is half past midnight on the next day in Berlin, where the task is due.
        ({"dueAt": "2030-01-02T23:30:00Z", "dueZone": "Europe/Berlin"}, "2030-01-01", ["2030-01-08", "2030-01-15"]),
    ],
)
async def test_a_new_start_date_for_all_keeps_its_distance_to_the_due_date(
    alice: Person, due: dict[str, str], start: str | None, starts: list[str | None]
) -> None:
    task = await alice.task(**due, startDate="2030-01-02", recurrence=WEEKLY)
    made(await alice.patch(f"/api/tasks/{task['id']}?scope=all", {"startDate": start}), 200)
    found = []
    for _ in starts:
        task = await finish(alice, task)
        found.append(task["startDate"])
    assert found == starts


@pytest.mark.parametrize(
    ("rule", "moved", "out", "still_out"),
    [
        ("FREQ=DAILY", {"dueDate": "2030-01-04"}, "2030-01-17", "2030-01-17"),
        ("FREQ=WEEKLY;BYDAY=TH", {"dueDate": "2030-01-04"}, "2030-01-17", "2030-01-17"),
        ("FREQ=WEEKLY", {"dueDate": "2030-01-04"}, "2030-01-17", "2030-01-18"),
        ("FREQ=WEEKLY", {"dueDate": "2030-01-02"}, "2030-01-17", "2030-01-16"),
        ("FREQ=MONTHLY", {"dueDate": "2030-01-05"}, "2030-02-03", "2030-02-05"),
        ("FREQ=MONTHLY;BYMONTHDAY=3", {"dueDate": "2030-01-02"}, "2030-02-03", "2030-02-03"),
        ("FREQ=WEEKLY;BYDAY=TH", {"dueAt": "2030-01-04T15:00:00Z"}, "2030-01-17", "2030-01-17T15:00:00"),
        ("FREQ=DAILY", {"dueZone": "Asia/Tokyo"}, "2030-01-17", "2030-01-17"),
    ],
)
async def test_a_series_that_moves_keeps_its_exclusions(
    alice: Person, rule: str, moved: dict[str, str], out: str, still_out: str
) -> None:
    made(await alice.patch("/api/users/me", {"timeZone": "UTC"}), 200)
    task = await alice.task(dueDate="2030-01-03", recurrence={"rule": rule, "exdates": [out]})
    changed = made(await alice.patch(f"/api/tasks/{task['id']}?scope=all", moved), 200)
    assert changed["recurrence"]["exdates"] == [still_out]
    assert (still_out, "excluded") in await occurrences(alice, changed)


@pytest.mark.parametrize(
    ("rule", "moved", "out", "still_out"),
    [
        ("FREQ=DAILY", "2030-01-04T10:30:00Z", "2030-01-17T09:00:00", "2030-01-17T10:30:00"),
        ("FREQ=DAILY", "2030-01-03T08:00:00Z", "2030-01-17T09:00:00", "2030-01-17T08:00:00"),
        ("FREQ=DAILY;BYHOUR=9,15", "2030-01-03T10:00:00Z", "2030-01-17T09:00:00", "2030-01-17T09:00:00"),
        ("FREQ=HOURLY;INTERVAL=12", "2030-01-03T09:30:00Z", "2030-01-17T21:00:00", "2030-01-17T21:30:00"),
    ],
)
async def test_the_same_days_are_excluded_at_another_time(
    alice: Person, rule: str, moved: str, out: str, still_out: str
) -> None:
    task = await alice.task(dueAt="2030-01-03T09:00:00Z", dueZone="UTC", recurrence={"rule": rule, "exdates": [out]})
    changed = made(await alice.patch(f"/api/tasks/{task['id']}?scope=all", {"dueAt": moved}), 200)
    assert changed["recurrence"]["exdates"] == [still_out]
    assert (still_out, "excluded") in await occurrences(alice, changed, limit=200)


@pytest.mark.parametrize("scope", ["following", "all"])
@pytest.mark.parametrize("field", ["dueDate", "dueAt"])
async def test_a_series_keeps_its_due_dates(alice: Person, scope: str, field: str) -> None:
    due = {"dueDate": "2030-01-03"} if field == "dueDate" else {"dueAt": "2030-01-03T15:00:00Z"}
    task = await alice.task(**due, recurrence=WEEKLY)
    path = f"/api/tasks/{task['id']}"
    refused = await alice.patch(f"{path}?scope={scope}", {field: None, "title": "new"})
    assert (refused.status_code, refused.json()["code"]) == (422, "bad_recurrence")
    assert [(one["pointer"], one["code"]) for one in refused.json()["errors"]] == [(f"/{field}", "due_date_needed")]
    assert made(await alice.get(path), 200) == task
    plain = made(await alice.patch(f"{path}?scope={scope}", {field: None, "recurrence": None}), 200)
    assert (plain[field], plain["recurrence"]) == (None, None)


async def test_a_series_after_completion_moves_too(alice: Person) -> None:
    rule = {"rule": "FREQ=DAILY;INTERVAL=3", "mode": "after_completion", "exdates": ["2030-01-17"]}
    task = await alice.task(dueDate="2030-01-03", recurrence=rule)
    path = f"/api/tasks/{task['id']}?scope=all"
    moved = made(await alice.patch(path, {"dueAt": "2030-01-04T15:00:00Z", "dueZone": "UTC"}), 200)
    assert (moved["occurrence"], moved["recurrence"]["exdates"]) == ("2030-01-04T15:00:00", ["2030-01-17T15:00:00"])
    assert (await finish(alice, moved))["dueAt"].endswith("T15:00:00Z")


async def test_an_overridden_date_does_not_move_the_series(alice: Person) -> None:
    """A new zone or rule applies from the occurrence's position in the series, not from its own due date."""
    for own in ("2030-01-04", None):
        task = await alice.task(dueDate="2030-01-03", recurrence={**WEEKLY, "exdates": ["2030-01-17"]})
        path = f"/api/tasks/{task['id']}"
        made(await alice.patch(path, {"dueDate": own}), 200)
        changed = made(await alice.patch(f"{path}?scope=all", {"dueZone": "Asia/Tokyo"}), 200)
        assert (changed["occurrence"], changed["dueDate"], changed["dueZone"]) == (
            "2030-01-03",
            "2030-01-03",
            "Asia/Tokyo",
        )
        assert changed["recurrence"]["exdates"] == ["2030-01-17"]


async def test_another_zone_keeps_the_instant_of_this_one_and_then_its_own_time(alice: Person) -> None:
    task = await alice.task(
        dueAt="2030-03-28T08:00:00Z", dueZone="Europe/Berlin", recurrence={"rule": "FREQ=DAILY", "missed": "keep"}
    )
    moved = made(await alice.patch(f"/api/tasks/{task['id']}?scope=all", {"dueZone": "Asia/Tokyo"}), 200)
    assert (moved["dueAt"], moved["occurrence"]) == ("2030-03-28T08:00:00Z", "2030-03-28T17:00:00")
    for day in (29, 30, 31):  # Berlin's clocks go forward on the 31st, Tokyo's never
        moved = await finish(alice, moved)
        assert moved["dueAt"] == f"2030-03-{day}T08:00:00Z"


async def test_a_series_moved_to_an_earlier_day_continues(alice: Person) -> None:
    task = await alice.task(dueDate="2030-01-03", recurrence={"rule": "FREQ=DAILY"})
    moved = made(await alice.patch(f"/api/tasks/{task['id']}?scope=all", {"dueDate": "2030-01-02"}), 200)
    following = await finish(alice, moved)
    assert (following["occurrence"], following["id"] != task["id"]) == ("2030-01-03", True)
    assert (await finish(alice, following))["occurrence"] == "2030-01-04"


async def test_from_a_day_to_a_time_and_back(alice: Person) -> None:
    task = await alice.task(dueDate="2030-01-03", recurrence={**WEEKLY, "exdates": ["2030-01-10"]})
    path = f"/api/tasks/{task['id']}?scope=all"
    timed = made(await alice.patch(path, {"dueAt": "2030-01-03T15:00:00Z", "dueZone": "UTC"}), 200)
    assert (timed["occurrence"], timed["dueDate"]) == ("2030-01-03T15:00:00", None)
    day = made(await alice.patch(path, {"dueDate": "2030-01-03"}), 200)
    assert (day["occurrence"], day["dueAt"]) == ("2030-01-03", None)
    assert (await finish(alice, day))["dueDate"] == "2030-01-17"


async def test_the_remaining_count_is_split(alice: Person) -> None:
    first = await alice.task("old", dueDate="2030-01-03", recurrence={"rule": "FREQ=WEEKLY;COUNT=4"})
    second = await finish(alice, first)
    changed = made(await alice.patch(f"/api/tasks/{second['id']}?scope=following", {"title": "new"}), 200)
    assert changed["recurrence"]["rule"] == "FREQ=WEEKLY;COUNT=3"
    last = await finish(alice, await finish(alice, second))
    assert last["dueDate"] == "2030-01-24"
    await alice.post(f"/api/tasks/{last['id']}/complete")
    assert await listed(alice, status="pending") == []


async def test_a_change_to_all_keeps_overridden_fields(alice: Person) -> None:
    task = await alice.task("old", dueDate="2030-01-03", recurrence=WEEKLY)
    other = await expected(alice, task, "2030-01-10")
    plain = await expected(alice, task, "2030-01-17")
    await alice.patch(f"/api/tasks/{other['id']}", {"title": "own"})
    made(await alice.patch(f"/api/tasks/{task['id']}?scope=all", {"title": "new", "priority": "low"}), 200)
    found = {one["id"]: (one["title"], one["priority"]) for one in await listed(alice)}
    assert found == {task["id"]: ("new", "low"), other["id"]: ("own", "low"), plain["id"]: ("new", "low")}


async def test_a_change_to_all_leaves_finished_ones_unchanged(alice: Person) -> None:
    task = await alice.task("old", dueDate="2030-01-03", recurrence=WEEKLY)
    following = await finish(alice, task)
    finished = made(await alice.get(f"/api/tasks/{task['id']}"), 200)
    await alice.patch(f"/api/tasks/{following['id']}?scope=all", {"title": "new", "recurrence": {"rule": "FREQ=DAILY"}})
    assert made(await alice.get(f"/api/tasks/{task['id']}"), 200) == finished


async def test_nothing_to_change_for_all_changes_nothing(alice: Person) -> None:
    await alice.task(dueDate="2030-01-03", recurrence=WEEKLY)
    task = await expected(alice, await one_open(alice), "2030-01-10")
    last = (await alice.changes())[-1]["seq"]
    assert made(await alice.patch(f"/api/tasks/{task['id']}?scope=following", {}), 200) == task
    assert await alice.changes(last) == []


async def test_a_status_has_no_scope_and_a_finished_one_no_new_time(alice: Person) -> None:
    task = await alice.task(dueDate="2030-01-03", recurrence=WEEKLY)
    path = f"/api/tasks/{task['id']}?scope=all"
    assert (await alice.patch(path, {"status": "cancelled"})).json()["errors"][0]["code"] == "scope_this"
    await alice.post(f"/api/tasks/{task['id']}/complete")
    assert (await alice.patch(path, {"dueDate": "2030-01-04"})).json()["code"] == "already_completed"


async def test_an_existing_occurrence_cannot_be_replaced(alice: Person) -> None:
    task = await alice.task(dueDate="2030-01-03", recurrence=WEEKLY)
    await expected(alice, task, "2030-01-10")
    moved = await alice.patch(f"/api/tasks/{task['id']}?scope=all", {"dueDate": "2030-01-10"})
    assert (moved.status_code, moved.json()["code"]) == (409, "occurrence_taken")


# Several occurrences, and their list


async def test_requested_occurrences_come_in_order(alice: Person) -> None:
    first = await alice.task(dueDate="2030-01-03", recurrence=WEEKLY)
    third = await expected(alice, first, "2030-01-17")
    assert await expected(alice, first, "2030-01-17") == third
    await alice.post(f"/api/tasks/{third['id']}/complete")
    assert [one["dueDate"] for one in await listed(alice, status="pending")] == ["2030-01-03"]
    second = await finish(alice, first)
    assert second["dueDate"] == "2030-01-10"
    assert (await finish(alice, second))["dueDate"] == "2030-01-24"


async def test_while_an_earlier_one_is_open_none_is_added(system: System, alice: Person) -> None:
    today = await local_today(system, alice)
    begin = today - timedelta(days=20)
    task = await alice.task(dueDate=begin.isoformat(), recurrence={"rule": "FREQ=WEEKLY"})
    missed = await expected(alice, task, (begin + timedelta(days=7)).isoformat())
    assert (await finish(alice, task))["id"] == missed["id"]
    assert (await finish(alice, missed))["dueDate"] == (begin + timedelta(days=21)).isoformat()


@pytest.mark.parametrize("start", ["2030-01-04", "2030-01-10T15:00:00", "2030-13-45", "2029-12-27"])
async def test_an_occurrence_outside_the_rule_cannot_be_requested(alice: Person, start: str) -> None:
    task = await alice.task(dueDate="2030-01-03", recurrence=WEEKLY)
    answer = await alice.post(f"/api/tasks/{task['id']}/occurrences", {"start": start})
    assert (answer.status_code, answer.json()["errors"][0]["code"]) == (422, "no_such_occurrence")


async def test_an_occurrence_has_the_same_id_on_every_device(alice: Person) -> None:
    task = await alice.task(dueDate="2030-01-03", recurrence=WEEKLY)
    series = UUID(task["seriesId"])
    listing = made(await alice.get(f"/api/tasks/{task['id']}/occurrences"), 200)["items"]
    assert [one["id"] for one in listing] == [str(uuid5(series, one["start"])) for one in listing]
    assert (await finish(alice, task))["id"] == str(uuid5(series, "2030-01-10"))


async def test_occurrences_come_in_pages(alice: Person) -> None:
    task = await alice.task(dueDate="2030-01-03", recurrence={**WEEKLY, "exdates": ["2030-01-17"]})
    await finish(alice, task)
    await expected(alice, task, "2030-02-07")
    whole = await occurrences(alice, task, toDay="2030-03-01", limit=200)
    assert whole[:6] == [
        ("2030-01-03", "completed"),
        ("2030-01-10", "pending"),
        ("2030-01-17", "excluded"),
        ("2030-01-24", "expected"),
        ("2030-01-31", "expected"),
        ("2030-02-07", "pending"),
    ]
    paged: list[tuple[str, str]] = []
    query: dict[str, Any] = {"toDay": "2030-03-01", "limit": 2}
    while True:
        page = made(await alice.get(f"/api/tasks/{task['id']}/occurrences", params=query), 200)
        paged += [(one["start"], one["status"]) for one in page["items"]]
        if page["nextCursor"] is None:
            break
        query["cursor"] = page["nextCursor"]
    assert paged == whole
    inside = await occurrences(alice, task, fromDay="2030-01-10", toDay="2030-01-17")
    assert inside == whole[1:3]
    assert await occurrences(alice, task, fromDay="9999-12-31") == []
    assert len(await occurrences(alice, task, limit=200)) == 53


async def test_an_old_occurrence_no_longer_matches_a_changed_rule(alice: Person) -> None:
    task = await alice.task(dueDate="2030-01-03", recurrence=WEEKLY)
    following = await finish(alice, task)
    monday = {"dueDate": "2030-01-14", "recurrence": {"rule": "FREQ=WEEKLY;BYDAY=MO"}}
    await alice.patch(f"/api/tasks/{following['id']}?scope=all", monday)
    listing = made(await alice.get(f"/api/tasks/{task['id']}/occurrences?toDay=2030-01-21"), 200)["items"]
    assert [(one["start"], one["matches"]) for one in listing] == [
        ("2030-01-03", False),
        ("2030-01-14", True),
        ("2030-01-21", True),
    ]


async def test_another_users_series_looks_missing(alice: Person, bob: Person) -> None:
    task = await alice.task(dueDate="2030-01-03", recurrence=WEEKLY)
    path = f"/api/tasks/{task['id']}"
    answers = [
        await bob.get(f"{path}/occurrences"),
        await bob.post(f"{path}/occurrences", {"start": "2030-01-10"}),
        await bob.post(f"{path}/skip"),
        await bob.patch(f"{path}?scope=all", {"title": "mine"}),
        await bob.delete(f"{path}?scope=all"),
    ]
    assert {answer.status_code for answer in answers} == {404}
    assert made(await alice.get(path), 200) == task


# Races


async def test_twenty_racing_completions_create_one_occurrence(alice: Person) -> None:
    task = await alice.task(dueDate="2030-01-03", recurrence=WEEKLY)
    answers = await asyncio.gather(*(alice.post(f"/api/tasks/{task['id']}/complete") for _ in range(20)))
    assert {answer.status_code for answer in answers} == {200}
    assert (await one_open(alice))["dueDate"] == "2030-01-10"


async def test_twenty_racing_requests_create_one_occurrence(alice: Person) -> None:
    task = await alice.task(dueDate="2030-01-03", recurrence=WEEKLY)
    path = f"/api/tasks/{task['id']}/occurrences"
    answers = await asyncio.gather(*(alice.post(path, {"start": "2030-01-17"}) for _ in range(20)))
    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.json()["id"] for answer in answers}) == 1
    assert len(await listed(alice)) == 2


async def test_racing_commands_leave_at_most_one_next_occurrence(alice: Person) -> None:
    first = await alice.task(dueDate="2030-01-03", recurrence=WEEKLY)
    many = [first, *[await expected(alice, first, start) for start in ("2030-01-10", "2030-01-17")]]
    for n in range(12):
        paths = [f"/api/tasks/{one['id']}" for one in many]
        answers = await asyncio.gather(
            alice.post(f"{paths[n % 3]}/complete"),
            alice.patch(f"{paths[(n + 1) % 3]}?scope=all", {"title": f"{n}"}),
            alice.patch(f"{paths[(n + 2) % 3]}?scope=following", {"priority": "low"}),
            alice.post(f"{paths[(n + 1) % 3]}/complete"),
            alice.post(f"{paths[n % 3]}/reopen"),
            alice.patch(f"{paths[n % 3]}?scope=all", {"title": f"and {n}"}),
            *([alice.delete(paths[0])] if n == 11 else []),
        )
        assert {answer.status_code for answer in answers} <= {200, 204, 404, 409}, [one.text for one in answers]
    for one in await listed(alice, status="pending"):
        await alice.post(f"/api/tasks/{one['id']}/complete")
    left = await listed(alice)
    places = [one["occurrence"] for one in left]
    assert len(places) == len(set(places))
    assert len([one for one in left if one["status"] == "pending"]) == 1


async def test_a_subject_is_deleted_while_its_occurrence_is_completed(alice: Person) -> None:
    for n in range(5):
        subject = (await alice.subject())["id"]
        task = await alice.task(dueDate="2030-01-03", subjectId=subject, recurrence=WEEKLY)
        finished, deleted = await asyncio.gather(
            alice.post(f"/api/tasks/{task['id']}/complete"), alice.delete(f"/api/subjects/{subject}")
        )
        assert (finished.status_code, deleted.status_code) == (200, 204)
        pending = await listed(alice, status="pending")
        assert [one["subjectId"] for one in pending] == [None] * (n + 1)


async def test_batches_of_the_same_tasks_in_another_order_do_not_deadlock(alice: Person) -> None:
    ids = [(await alice.task(recurrence=WEEKLY))["id"], (await alice.task())["id"]]
    ops = ("complete", "reopen")
    for _ in range(3):
        orders = [ids, ids[::-1]] * 5
        answers = await asyncio.gather(
            *(
                alice.post("/api/tasks/batch", {"commands": [{"op": op, "id": id} for op in ops for id in order]})
                for order in orders
            )
        )
        assert [answer.status_code for answer in answers] == [200] * len(orders)


async def test_a_long_series_advances_with_as_few_statements_as_a_short_one(alice: Person) -> None:
    task = await alice.task(dueDate="2020-01-01", recurrence={"rule": "FREQ=DAILY", "missed": "keep"})
    counts = []
    for _ in range(200):
        before = statements()
        task = await finish(alice, task)
        counts.append(statements() - before)
    assert task["dueDate"] == "2020-07-19"
    assert min(counts[-10:]) == min(counts[:10])


def statements() -> float:
    """Return the number of statements that transactions have run in this process."""
    return REGISTRY.get_sample_value("studyteddy_query_seconds_count", {"access": "transaction"}) or 0.0


# What clients are told.


async def shown(someone: Person) -> dict[str, dict[str, Any]]:
    """Return the tasks that a client has which has only listened to the events."""
    tasks: dict[str, dict[str, Any]] = {}
    for event in await someone.changes():
        if event["type"] == "task.deleted":
            del tasks[event["data"]["id"]]
        elif event["type"].startswith("task."):
            tasks[event["data"]["id"]] = event["data"]
    return tasks


COMMANDS: dict[str, tuple[str, str, dict[str, Any]]] = {
    "change all": ("PATCH", "{open}?scope=all", {"title": "new", "labels": ["a"]}),
    "change all again": ("PATCH", "{open}?scope=all", {"title": "old"}),
    "change following": ("PATCH", "{open}?scope=following", {"title": "new", "startDate": "2030-01-08"}),
    "change only this": ("PATCH", "{open}", {"title": "new", "recurrence": WEEKLY, "startDate": "2030-01-01"}),
    "stop here": ("PATCH", "{open}?scope=following", {"recurrence": None}),
    "stop altogether": ("PATCH", "{open}?scope=all", {"recurrence": None, "title": "plain"}),
    "delete following": ("DELETE", "{open}?scope=following", {}),
    "delete all": ("DELETE", "{open}?scope=all", {}),
    "delete this": ("DELETE", "{open}", {}),
    "skip": ("POST", "{open}/skip", {}),
    "complete": ("POST", "{open}/complete", {}),
    "reopen": ("POST", "{done}/reopen", {}),
}


@pytest.mark.parametrize("command", COMMANDS)
async def test_the_events_of_a_series_say_everything_that_changed(alice: Person, command: str) -> None:
    """Finished, open and requested occurrences, with subtasks: what a client has heard is what it would read."""
    first = await alice.task("old", dueDate="2030-01-03", startDate="2030-01-01", recurrence=WEEKLY)
    made(await alice.post(f"/api/tasks/{first['id']}/subtasks", {"title": "step", "dueDate": "2030-01-02"}))
    second = await finish(alice, first)
    later = [await expected(alice, second, start) for start in ("2030-01-17", "2030-01-24", "2030-01-31")]
    await alice.post(f"/api/tasks/{later[1]['id']}/complete")
    await alice.patch(f"/api/tasks/{later[2]['id']}", {"labels": ["own"]})
    paths = {"open": f"/api/tasks/{second['id']}", "done": f"/api/tasks/{first['id']}"}
    method, path, body = COMMANDS[command]
    answer = await alice.http.request(method, path.format(**paths), json=body or None)
    assert answer.status_code < 300, answer.text
    found = await shown(alice)
    listed_now = {task["id"]: task for task in await listed(alice, limit=100)}
    assert found == listed_now
    if command == "stop altogether":
        assert [task["status"] for task in listed_now.values() if task["id"] == second["id"]] == ["pending"]
        assert await listed(alice, status="pending") == [found[second["id"]]]


@pytest.mark.parametrize(("interval", "count"), [(366, 2), (367, 1)])
async def test_occurrences_are_listed_for_a_year_unless_asked_for_more(
    alice: Person, interval: int, count: int
) -> None:
    """A year and a day, so that the same day of the next year is included."""
    task = await alice.task(dueDate="2031-01-03", recurrence={"rule": f"FREQ=DAILY;INTERVAL={interval}"})
    assert len(await occurrences(alice, task)) == count


async def test_a_task_shows_two_hundred_of_its_exclusions(system: System, alice: Person) -> None:
    """A series can have more, one for each occurrence that was deleted; a list of tasks stays small."""
    task = await alice.task(dueDate="2030-01-03", recurrence={"rule": "FREQ=DAILY"})
    admin = await system.admin()
    days = [(date(2031, 1, 1) + timedelta(days=n)).isoformat() for n in range(250)]
    await admin.execute("UPDATE task_series SET exdates = $2 WHERE id = $1", UUID(task["seriesId"]), days)
    await admin.close()
    assert (await finish(alice, task))["recurrence"]["exdates"] == days[:200]


async def test_a_series_has_at_most_a_thousand_exclusions(system: System, alice: Person) -> None:
    task = await alice.task(dueDate="2030-01-03", recurrence={"rule": "FREQ=DAILY"})
    admin = await system.admin()
    for count, after in ((999, 1000), (1000, 1000)):
        days = [(date(2031, 1, 1) + timedelta(days=n)).isoformat() for n in range(count)]
        await admin.execute("UPDATE task_series SET exdates = $2 WHERE id = $1", UUID(task["seriesId"]), days)
        await alice.delete(f"/api/tasks/{(await one_open(alice))['id']}")
        sql = "SELECT cardinality(exdates) FROM task_series WHERE id = $1"
        assert await admin.fetchval(sql, UUID(task["seriesId"])) == after
    await admin.close()


async def test_the_last_of_a_counted_series_stays_the_last_after_a_split(alice: Person) -> None:
    task = await alice.task(dueDate="2030-01-03", recurrence={"rule": "FREQ=DAILY;COUNT=3"})
    last = await finish(alice, await finish(alice, task))
    changed = made(await alice.patch(f"/api/tasks/{last['id']}?scope=following", {"title": "new"}), 200)
    assert changed["recurrence"]["rule"].endswith("COUNT=1")
    await alice.post(f"/api/tasks/{last['id']}/complete")
    assert await listed(alice, status="pending") == []


@pytest.mark.parametrize(("missed", "status"), [("skip", "missed"), ("keep", "expected")])
async def test_what_was_not_done_is_missed_or_still_expected(
    system: System, alice: Person, missed: str, status: str
) -> None:
    today = await local_today(system, alice)
    first = today - timedelta(days=2)
    rule = {"rule": "FREQ=DAILY", "missed": missed}
    task = await alice.task(dueDate=first.isoformat(), recurrence=rule)
    days = {"fromDay": first.isoformat(), "toDay": (today + timedelta(days=1)).isoformat()}
    found = [one for _, one in await occurrences(alice, task, **days)]
    assert found == ["pending", status, "expected", "expected"]


async def test_every_day_matches_a_series_that_follows_completions(alice: Person) -> None:
    rule = {"rule": "FREQ=DAILY;INTERVAL=3", "mode": "after_completion"}
    task = await finish(alice, await alice.task(dueDate="2030-01-03", recurrence=rule))
    days = {"fromDay": "2020-01-01", "toDay": "2031-01-01"}
    answer = made(await alice.get(f"/api/tasks/{task['id']}/occurrences", params=days), 200)
    assert [one["matches"] for one in answer["items"]] == [True, True]


async def test_the_first_occurrence_and_the_following_ones_are_the_whole_series(alice: Person) -> None:
    """Nothing comes before it, so that no other series begins there."""
    task = await alice.task("old", dueDate="2030-01-03", recurrence=WEEKLY)
    changed = made(await alice.patch(f"/api/tasks/{task['id']}?scope=following", {"title": "new"}), 200)
    assert (changed["seriesId"], changed["title"]) == (task["seriesId"], "new")
    second = await finish(alice, task)
    changed = made(await alice.patch(f"/api/tasks/{second['id']}?scope=all", {"title": "newer"}), 200)
    assert (changed["seriesId"], changed["title"]) == (task["seriesId"], "newer")


@pytest.mark.parametrize("how", ["complete", "skip"])
async def test_a_change_of_a_finished_occurrence_keeps_the_next_one(alice: Person, how: str) -> None:
    task = await alice.task("old", dueDate="2030-01-03", recurrence=WEEKLY)
    made(await alice.post(f"/api/tasks/{task['id']}/{how}"), 200)
    following = await one_open(alice)
    assert made(await alice.patch(f"/api/tasks/{task['id']}", {"title": "new"}), 200)["title"] == "new"
    assert await one_open(alice) == following


async def test_a_change_of_an_open_occurrence_creates_no_other(alice: Person) -> None:
    task = await alice.task("old", dueDate="2030-01-03", recurrence=WEEKLY)
    made(await alice.patch(f"/api/tasks/{task['id']}", {"status": "in_progress"}), 200)
    assert [one["id"] for one in await listed(alice)] == [task["id"]]


async def test_a_series_keeps_its_zone_when_an_occurrence_has_no_due_date_of_its_own(alice: Person) -> None:
    """The student is in Berlin."""
    due = {"dueAt": "2030-01-03T15:00:00Z", "dueZone": "Asia/Tokyo"}
    task = await alice.task(**due, recurrence={"rule": "FREQ=WEEKLY"})
    plain = made(await alice.patch(f"/api/tasks/{task['id']}", {"dueAt": None}), 200)
    assert (plain["dueAt"], plain["dueZone"]) == (None, None)
    changed = made(await alice.patch(f"/api/tasks/{task['id']}?scope=all", {"recurrence": {"rule": "FREQ=DAILY"}}), 200)
    assert (changed["dueAt"], changed["dueZone"]) == (due["dueAt"], due["dueZone"])
    assert (await finish(alice, changed))["dueAt"] == "2030-01-04T15:00:00Z"


async def test_a_series_ends_with_the_last_year_of_the_calendar(alice: Person) -> None:
    task = await alice.task(dueDate="2999-12-30", recurrence={"rule": "FREQ=DAILY"})
    assert await occurrences(alice, task, limit=200) == [("2999-12-30", "pending"), ("2999-12-31", "expected")]
    last = await finish(alice, task)
    assert last["dueDate"] == "2999-12-31"
    made(await alice.post(f"/api/tasks/{last['id']}/complete"), 200)
    assert await listed(alice, status="pending") == []
    never = {"title": "x", "dueDate": "2999-12-31", "recurrence": {"rule": "FREQ=DAILY;BYMONTH=1"}}
    answer = await alice.post("/api/tasks", never)
    assert [(one["pointer"], one["code"]) for one in answer.json()["errors"]] == [("/recurrence/rule", "no_occurrence")]


async def test_an_occurrence_takes_another_id_if_a_moved_one_has_its_own(alice: Person) -> None:
    """The id that its place has is that of the occurrence that was there before the series moved."""
    task = await alice.task(dueDate="2030-01-03", recurrence={"rule": "FREQ=DAILY"})
    second = await finish(alice, task)
    assert second["id"] == str(uuid5(UUID(task["seriesId"]), "2030-01-04"))
    moved = made(await alice.patch(f"/api/tasks/{second['id']}?scope=all", {"dueDate": "2030-01-06"}), 200)
    assert (moved["id"], moved["occurrence"]) == (second["id"], "2030-01-06")
    made(await alice.patch(f"/api/tasks/{second['id']}?scope=all", {"dueDate": "2030-01-02"}), 200)
    made(await alice.post(f"/api/tasks/{second['id']}/complete"), 200)
    following = await one_open(alice)
    assert following["occurrence"] == "2030-01-04"
    assert following["id"] not in (second["id"], task["id"])
    for _ in range(2):  # and it is still created only once
        again = made(await alice.post(f"/api/tasks/{second['id']}/occurrences", {"start": "2030-01-04"}))
        assert again == await one_open(alice)
        await alice.post(f"/api/tasks/{second['id']}/reopen")
        await alice.post(f"/api/tasks/{second['id']}/complete")
    assert len(await listed(alice)) == 3


async def test_a_completion_waits_for_a_change_of_its_series(system: System, alice: Person) -> None:
    """It then sees where the series ends."""
    task = await alice.task(dueDate="2030-01-03", recurrence=WEEKLY)
    admin = await system.admin()
    async with admin.transaction():
        sql = "UPDATE task_series SET ends_before = '2030-01-10' WHERE id = $1"
        assert await admin.execute(sql, UUID(task["seriesId"])) == "UPDATE 1"
        waiting = asyncio.ensure_future(alice.post(f"/api/tasks/{task['id']}/complete"))
        await asyncio.sleep(0.4)
    assert made(await waiting, 200)["status"] == "completed"
    assert await listed(alice, status="pending") == []
    await admin.close()


async def test_an_occurrence_that_somebody_works_on_is_not_withdrawn(system: System, alice: Person) -> None:
    task = await alice.task(dueDate="2030-01-03", recurrence=WEEKLY)
    second = await finish(alice, task)
    plain = await alice.task()
    user_id = UUID(alice.user["id"])
    async with system.running.db.transaction(Identity(user_id, user_id)) as tx:
        for one in (second, plain):
            locked = await tasks_service.lock_for_work(tx, UUID(one["id"]))
            assert locked is not None
            assert str(locked.id) == one["id"]
        assert await tasks_service.lock_for_work(tx, UUID(int=1)) is None
        assert await tasks_service.lock_if_exists(tx, UUID(int=1)) is None
    made(await alice.post(f"/api/tasks/{task['id']}/reopen"), 200)
    assert {one["id"] for one in await listed(alice)} == {task["id"], second["id"], plain["id"]}
