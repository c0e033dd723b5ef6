"""More than one occurrence of a series, through HTTP: deleted, changed, listed, and raced for."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid5

import pytest
from prometheus_client import REGISTRY
from tests.cast import Person, made
from tests.conftest import System
from tests.features.tasks.series import WEEKLY, expected, finish, listed, local_today, occurrences, one_open

# Deleting


async def test_deleting_one_leaves_it_out_for_good(alice: Person) -> None:
    task = await alice.task(dueDate="2030-01-03", recurrence=WEEKLY)
    assert (await alice.delete(f"/api/tasks/{task['id']}")).status_code == 204
    following = await one_open(alice)
    assert (following["dueDate"], following["recurrence"]["exdates"]) == ("2030-01-10", ["2030-01-03"])
    assert (await occurrences(alice, following, toDay="2030-01-10"))[0] == ("2030-01-03", "excluded")
    again = await alice.post(f"/api/tasks/{following['id']}/occurrences", {"start": "2030-01-03"})
    assert again.json()["errors"][0]["code"] == "no_such_occurrence"


@pytest.mark.parametrize(("scope", "left"), [("following", ["2030-01-03", "2030-01-10"]), ("all", ["2030-01-03"])])
async def test_deleting_more_keeps_the_finished_ones(alice: Person, scope: str, left: list[str]) -> None:
    first = await alice.task(dueDate="2030-01-03", recurrence=WEEKLY)
    second = await finish(alice, first)
    third = await expected(alice, second, "2030-01-17")
    await expected(alice, second, "2030-01-24")
    assert (await alice.delete(f"/api/tasks/{third['id']}?scope={scope}")).status_code == 204
    assert [one["dueDate"] for one in await listed(alice, sort="due")] == left
    if scope == "following":
        await alice.post(f"/api/tasks/{second['id']}/complete")
    assert await listed(alice, status="pending") == []
    # Deleting a finished one and what follows does not bring back what was ended before.
    made_up = await alice.post(f"/api/tasks/{first['id']}/occurrences", {"start": "2030-01-24"})
    assert made_up.status_code == 422


# Editing


@pytest.mark.parametrize("scope", ["following", "all"])
async def test_a_change_of_more_than_one_needs_a_scope(alice: Person, scope: str) -> None:
    task = await alice.task(dueDate="2030-01-03", recurrence=WEEKLY)
    new = {"rule": "FREQ=DAILY"}
    refused = await alice.patch(f"/api/tasks/{task['id']}", {"recurrence": new})
    assert refused.json()["errors"][0]["code"] == "scope_needed"
    changed = made(await alice.patch(f"/api/tasks/{task['id']}?scope={scope}", {"recurrence": new, "title": "y"}), 200)
    assert (changed["recurrence"]["rule"], changed["title"], changed["dueDate"]) == ("FREQ=DAILY", "y", "2030-01-03")
    await alice.post(f"/api/tasks/{task['id']}/complete")
    (following,) = await listed(alice, status="pending")
    assert (following["dueDate"], following["title"]) == ("2030-01-04", "y")


async def test_a_change_of_this_and_the_following_leaves_the_earlier(alice: Person) -> None:
    first = await alice.task("old", dueDate="2030-01-03", recurrence=WEEKLY)
    second = await finish(alice, first)
    third = await expected(alice, second, "2030-01-17")
    changed = made(await alice.patch(f"/api/tasks/{third['id']}?scope=following", {"title": "new"}), 200)
    assert changed["seriesId"] != first["seriesId"]
    assert (await alice.get(f"/api/tasks/{second['id']}")).json()["title"] == "old"
    await alice.post(f"/api/tasks/{second['id']}/complete")
    assert [one["id"] for one in await listed(alice, status="pending")] == [third["id"]]
    assert ((following := await finish(alice, third))["title"], following["dueDate"]) == ("new", "2030-01-24")


async def test_an_occurrence_finished_early_does_not_come_again_after_a_split(alice: Person) -> None:
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
    # What was left out of the series stays out of it.
    assert changed["recurrence"]["exdates"] == ["2030-01-10T16:30:00"]
    following = await finish(alice, changed)
    assert (following["dueAt"], following["startDate"]) == ("2030-01-17T16:30:00Z", "2030-01-16")


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
async def test_what_was_left_out_stays_out_of_a_series_that_moves(
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
async def test_the_same_days_stay_out_at_another_time(
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


async def test_what_repeats_after_its_completion_moves_too(alice: Person) -> None:
    rule = {"rule": "FREQ=DAILY;INTERVAL=3", "mode": "after_completion", "exdates": ["2030-01-17"]}
    task = await alice.task(dueDate="2030-01-03", recurrence=rule)
    path = f"/api/tasks/{task['id']}?scope=all"
    moved = made(await alice.patch(path, {"dueAt": "2030-01-04T15:00:00Z", "dueZone": "UTC"}), 200)
    assert (moved["occurrence"], moved["recurrence"]["exdates"]) == ("2030-01-04T15:00:00", ["2030-01-17T15:00:00"])
    assert (await finish(alice, moved))["dueAt"].endswith("T15:00:00Z")


async def test_what_one_has_for_itself_does_not_move_the_series(alice: Person) -> None:
    """A new zone or rule goes by the place of this one in its series, wherever it was put since."""
    for own in ("2030-01-04", None):
        task = await alice.task(dueDate="2030-01-03", recurrence={**WEEKLY, "exdates": ["2030-01-17"]})
        path = f"/api/tasks/{task['id']}"
        made(await alice.patch(path, {"dueDate": own}), 200)
        changed = made(await alice.patch(f"{path}?scope=all", {"dueZone": "Asia/Tokyo"}), 200)
        assert (changed["occurrence"], changed["dueDate"], changed["dueZone"]) == (
            "2030-01-03", "2030-01-03", "Asia/Tokyo",
        )  # fmt: skip
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


async def test_a_series_moved_to_an_earlier_day_goes_on(alice: Person) -> None:
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


async def test_what_is_left_of_a_count_is_divided(alice: Person) -> None:
    first = await alice.task("old", dueDate="2030-01-03", recurrence={"rule": "FREQ=WEEKLY;COUNT=4"})
    second = await finish(alice, first)
    changed = made(await alice.patch(f"/api/tasks/{second['id']}?scope=following", {"title": "new"}), 200)
    assert changed["recurrence"]["rule"] == "FREQ=WEEKLY;COUNT=3"
    last = await finish(alice, await finish(alice, second))
    assert last["dueDate"] == "2030-01-24"
    await alice.post(f"/api/tasks/{last['id']}/complete")
    assert await listed(alice, status="pending") == []


async def test_a_change_of_all_keeps_what_one_has_for_itself(alice: Person) -> None:
    task = await alice.task("old", dueDate="2030-01-03", recurrence=WEEKLY)
    other = await expected(alice, task, "2030-01-10")
    plain = await expected(alice, task, "2030-01-17")
    await alice.patch(f"/api/tasks/{other['id']}", {"title": "own"})
    made(await alice.patch(f"/api/tasks/{task['id']}?scope=all", {"title": "new", "priority": "low"}), 200)
    found = {one["id"]: (one["title"], one["priority"]) for one in await listed(alice)}
    assert found == {task["id"]: ("new", "low"), other["id"]: ("own", "low"), plain["id"]: ("new", "low")}


async def test_a_change_of_all_leaves_finished_ones(alice: Person) -> None:
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


async def test_a_place_that_is_taken_stays_taken(alice: Person) -> None:
    task = await alice.task(dueDate="2030-01-03", recurrence=WEEKLY)
    await expected(alice, task, "2030-01-10")
    moved = await alice.patch(f"/api/tasks/{task['id']}?scope=all", {"dueDate": "2030-01-10"})
    assert (moved.status_code, moved.json()["code"]) == (409, "occurrence_taken")


# Several at once, and the list of them


async def test_occurrences_that_were_asked_for_take_their_turn(alice: Person) -> None:
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
async def test_what_the_rule_does_not_give_cannot_be_asked_for(alice: Person, start: str) -> None:
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
        ("2030-01-03", "completed"), ("2030-01-10", "pending"), ("2030-01-17", "excluded"), ("2030-01-24", "expected"),
        ("2030-01-31", "expected"), ("2030-02-07", "pending"),
    ]  # fmt: skip
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


async def test_an_old_occurrence_shows_that_the_rule_has_changed(alice: Person) -> None:
    task = await alice.task(dueDate="2030-01-03", recurrence=WEEKLY)
    following = await finish(alice, task)
    monday = {"dueDate": "2030-01-14", "recurrence": {"rule": "FREQ=WEEKLY;BYDAY=MO"}}
    await alice.patch(f"/api/tasks/{following['id']}?scope=all", monday)
    listing = made(await alice.get(f"/api/tasks/{task['id']}/occurrences?toDay=2030-01-21"), 200)["items"]
    assert [(one["start"], one["matches"]) for one in listing] == [
        ("2030-01-03", False), ("2030-01-14", True), ("2030-01-21", True),
    ]  # fmt: skip


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


async def test_twenty_racing_completions_bring_one(alice: Person) -> None:
    task = await alice.task(dueDate="2030-01-03", recurrence=WEEKLY)
    answers = await asyncio.gather(*(alice.post(f"/api/tasks/{task['id']}/complete") for _ in range(20)))
    assert {answer.status_code for answer in answers} == {200}
    assert (await one_open(alice))["dueDate"] == "2030-01-10"


async def test_twenty_racing_wishes_make_one(alice: Person) -> None:
    task = await alice.task(dueDate="2030-01-03", recurrence=WEEKLY)
    path = f"/api/tasks/{task['id']}/occurrences"
    answers = await asyncio.gather(*(alice.post(path, {"start": "2030-01-17"}) for _ in range(20)))
    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.json()["id"] for answer in answers}) == 1
    assert len(await listed(alice)) == 2


async def test_everything_at_once_leaves_at_most_one_that_follows(alice: Person) -> None:
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


async def test_a_subject_goes_while_its_occurrence_is_finished(alice: Person) -> None:
    for n in range(5):
        subject = (await alice.subject())["id"]
        task = await alice.task(dueDate="2030-01-03", subjectId=subject, recurrence=WEEKLY)
        finished, deleted = await asyncio.gather(
            alice.post(f"/api/tasks/{task['id']}/complete"), alice.delete(f"/api/subjects/{subject}")
        )
        assert (finished.status_code, deleted.status_code) == (200, 204)
        pending = await listed(alice, status="pending")
        assert [one["subjectId"] for one in pending] == [None] * (n + 1)


async def test_batches_of_the_same_tasks_in_another_order_do_not_wait_for_each_other(alice: Person) -> None:
    ids = [(await alice.task(recurrence=WEEKLY))["id"], (await alice.task())["id"]]
    ops = ("complete", "reopen")
    for _ in range(3):
        orders = [ids, ids[::-1]] * 5
        answers = await asyncio.gather(
            *(alice.post("/api/tasks/batch", {"commands": [{"op": op, "id": id} for op in ops for id in order]})
              for order in orders)
        )  # fmt: skip
        assert [answer.status_code for answer in answers] == [200] * len(orders)


async def test_a_long_series_goes_on_with_as_few_statements_as_a_short_one(alice: Person) -> None:
    task = await alice.task(dueDate="2020-01-01", recurrence={"rule": "FREQ=DAILY", "missed": "keep"})
    counts = []
    for _ in range(200):
        before = statements()
        task = await finish(alice, task)
        counts.append(statements() - before)
    assert task["dueDate"] == "2020-07-19"
    assert min(counts[-10:]) == min(counts[:10])


def statements() -> float:
    """How many statements transactions have made in this process."""
    return REGISTRY.get_sample_value("studyteddy_query_seconds_count", {"access": "transaction"}) or 0.0
