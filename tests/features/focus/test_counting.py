"""Counting sessions on task, day, subject, streak and points: once and reversibly."""

from __future__ import annotations

import asyncio
from datetime import date, timedelta
from typing import Any

import pytest
from tests.cast import Person, made
from tests.conftest import System
from tests.features.focus.conftest import Later, begin, command, look

DAY = 24 * 60


async def focus(person: Person, later: Later, minutes: float, **fields: Any) -> dict[str, Any]:
    """Complete a session of some minutes."""
    session = await begin(person, plannedMinutes=240, **fields)
    later(minutes)
    return await command(person, session, "complete")


async def worked_on(person: Person, task: dict[str, Any]) -> int:
    minutes: int = made(await person.get(f"/api/tasks/{task['id']}"), 200)["actualMinutes"]
    return minutes


async def overview(system: System, person: Person, range: str = "day") -> dict[str, Any]:
    await system.work()
    return made(await person.get("/api/analytics/overview", params={"range": range}), 200)


async def points(system: System, person: Person) -> int:
    await system.work()
    total: int = made(await person.get("/api/gamification/points"), 200)["total"]
    return total


async def test_the_minutes_of_all_sessions_are_those_of_the_task(alice: Person, later: Later) -> None:
    task = await alice.task()
    await focus(alice, later, 30, taskId=task["id"])
    await focus(alice, later, 12.5, taskId=task["id"])
    assert await worked_on(alice, task) == 42
    told = [event["data"]["actualMinutes"] for event in await alice.changes() if event["type"] == "task.updated"]
    assert told == [30, 42]


async def test_the_statistics_are_real(system: System, alice: Person, later: Later) -> None:
    subject = await alice.subject("Physics")
    await focus(alice, later, 40, subjectId=subject["id"])
    await focus(alice, later, 20)
    found = await overview(system, alice)
    assert found["focusedMinutes"] == 60
    assert {share["name"]: share["minutes"] for share in found["subjectMix"]} == {"Physics": 40, None: 20}
    assert (found["days"][0]["focusedMinutes"], found["streak"]["current"]) == (60, 1)
    stats = made(await alice.get(f"/api/subjects/{subject['id']}/stats"), 200)
    assert stats["focusedMinutesThisWeek"] == 40


@pytest.mark.parametrize(("minutes", "streak"), [(24.9, 0), (25, 1)])
async def test_25_focused_minutes_make_a_day_of_a_streak(
    system: System, alice: Person, later: Later, minutes: float, streak: int
) -> None:
    await focus(alice, later, minutes)
    assert (await overview(system, alice))["streak"]["current"] == streak


async def test_a_session_counts_on_the_day_of_its_begin(system: System, alice: Person, later: Later) -> None:
    """The day follows the student's time zone and day start at the start of the session; it is not split."""
    await alice.patch("/api/users/me", {"timeZone": "Pacific/Kiritimati"})
    session = await begin(alice, plannedMinutes=240)
    await alice.patch("/api/users/me", {"timeZone": "Pacific/Pago_Pago"})
    later(30)
    done = await command(alice, session, "complete")
    assert done["day"] == session["day"]
    assert (await overview(system, alice, "year"))["days"] == []  # that day has not started here
    await alice.patch("/api/users/me", {"timeZone": "Pacific/Kiritimati"})
    days = (await overview(system, alice, "year"))["days"]
    assert [(day["day"], day["focusedMinutes"]) for day in days] == [(session["day"], 30)]


async def test_a_cancelled_session_counts_for_nothing(system: System, alice: Person, later: Later) -> None:
    task = await alice.task()
    session = await begin(alice, taskId=task["id"])
    later(30)
    done = await command(alice, session, "cancel")
    assert (done["effectiveMinutes"], await worked_on(alice, task), await points(system, alice)) == (0, 0, 0)
    assert (await overview(system, alice))["focusedMinutes"] == 0


async def test_deleting_a_session_uncounts_everything(system: System, alice: Person, later: Later) -> None:
    subject = await alice.subject()
    task = await alice.task(subjectId=subject["id"])
    kept = await focus(alice, later, 10, taskId=task["id"])
    session = await focus(alice, later, 30, taskId=task["id"])
    assert await points(system, alice) == 8
    assert (await alice.delete(f"/api/focus-sessions/{session['id']}")).status_code == 204
    found = await overview(system, alice)
    assert (found["focusedMinutes"], await worked_on(alice, task), await points(system, alice)) == (10, 10, 2)
    assert (await alice.get(f"/api/focus-sessions/{session['id']}")).status_code == 404
    assert (await look(alice, kept))["effectiveMinutes"] == 10


async def test_a_session_deleted_before_it_was_counted_counts_nothing(
    system: System, alice: Person, later: Later
) -> None:
    session = await focus(alice, later, 30)
    await alice.delete(f"/api/focus-sessions/{session['id']}")
    for _ in range(10):
        await system.work()
        await asyncio.sleep(0.05)
    assert (await overview(system, alice))["focusedMinutes"] == 0
    assert await points(system, alice) == 0


async def test_many_deletions_uncount_once(system: System, alice: Person, later: Later) -> None:
    task = await alice.task()
    await focus(alice, later, 30, taskId=task["id"])
    session = await focus(alice, later, 30, taskId=task["id"])
    path = f"/api/focus-sessions/{session['id']}"
    answers = await asyncio.gather(*(alice.delete(path) for _ in range(10)))
    assert sorted(answer.status_code for answer in answers) == [204] + [404] * 9
    assert (await worked_on(alice, task), await points(system, alice)) == (30, 6)


@pytest.mark.parametrize("state", ["active", "paused", "scheduled"])
async def test_a_session_that_is_not_over_can_be_deleted_too(alice: Person, state: str) -> None:
    ahead = {"startAt": f"{date.today() + timedelta(days=2)}T09:00:00Z"} if state == "scheduled" else {}
    session = await begin(alice, **ahead)
    if state == "paused":
        await command(alice, session, "pause")
    assert (await alice.delete(f"/api/focus-sessions/{session['id']}")).status_code == 204
    await begin(alice)


@pytest.mark.parametrize("change", ["moved", "deleted"])
async def test_deleting_uncounts_from_the_subject_it_was_counted_for(
    system: System, alice: Person, later: Later, change: str
) -> None:
    subject = await alice.subject()
    task = await alice.task(subjectId=subject["id"])
    session = await focus(alice, later, 30, taskId=task["id"])
    await system.work()
    if change == "moved":
        await alice.patch(f"/api/tasks/{task['id']}", {"subjectId": None})
    else:
        await alice.delete(f"/api/subjects/{subject['id']}")
        assert (await look(alice, session))["subjectId"] is None
    await alice.delete(f"/api/focus-sessions/{session['id']}")
    assert (await overview(system, alice))["focusedMinutes"] == 0


async def test_a_session_outlives_its_task(system: System, alice: Person, later: Later) -> None:
    task = await alice.task()
    running = await begin(alice, taskId=task["id"])
    await alice.delete(f"/api/tasks/{task['id']}")
    later(30)
    done = await command(alice, running, "complete")
    assert (done["taskId"], done["effectiveMinutes"]) == (None, 30)
    assert (await overview(system, alice))["focusedMinutes"] == 30
    assert (await alice.delete(f"/api/focus-sessions/{done['id']}")).status_code == 204


async def test_five_minutes_are_a_point_up_to_48_a_day(system: System, alice: Person, later: Later) -> None:
    await focus(alice, later, 4)
    assert await points(system, alice) == 0
    session = await focus(alice, later, 29)
    assert await points(system, alice) == 5
    recent = made(await alice.get("/api/gamification/points"), 200)["recent"]
    assert [(one["rule"], one["points"], one["focusSessionId"], one["taskId"]) for one in recent] == [
        ("focus.completed", 5, session["id"], None),
        ("focus.completed", 0, recent[1]["focusSessionId"], None),
    ]


async def test_a_day_of_focus_gives_48_points_at_most(system: System, alice: Person, later: Later) -> None:
    """Also if the local day turns meanwhile: twenty hours count as a day too."""
    for _ in range(4):
        await focus(alice, later, 100)
    assert await points(system, alice) == 48
