"""Adding past sessions, within limits that leave little to invent."""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta
from typing import Any

import pytest
from tests.cast import Person, made
from tests.conftest import System
from tests.features.focus.conftest import begin, command, look, said


def ago(system: System, **time: float) -> str:
    return (system.clock() - timedelta(**time)).isoformat()


async def enter(system: System, person: Person, **fields: Any) -> dict[str, Any]:
    """Return a session of half an hour that started two hours ago."""
    past = {"startedAt": ago(system, hours=2), "minutes": 30} | fields
    return made(await person.post("/api/focus-sessions/past", past))


async def test_a_past_session_is_completed_and_marked(system: System, alice: Person) -> None:
    task = await alice.task()
    session = await enter(system, alice, taskId=task["id"], notes="In the library", focusRating=4)
    assert (session["status"], session["backfilled"], session["effectiveMinutes"]) == ("completed", True, 30)
    assert (session["notes"], session["focusRating"], session["taskId"]) == ("In the library", 4, task["id"])
    assert await look(alice, session) == session
    assert await said(alice) == ["focus.completed"]
    await system.work()
    assert made(await alice.get(f"/api/tasks/{task['id']}"), 200)["actualMinutes"] == 30
    assert made(await alice.get("/api/analytics/overview?range=year"), 200)["focusedMinutes"] == 30


async def test_an_end_is_equivalent_to_minutes(system: System, alice: Person) -> None:
    begun = datetime.fromisoformat(ago(system, hours=3)).replace(microsecond=0)
    past = {"startedAt": begun.isoformat(), "endedAt": (begun + timedelta(minutes=45)).isoformat()}
    session = made(await alice.post("/api/focus-sessions/past", past))
    assert (session["effectiveMinutes"], datetime.fromisoformat(session["endedAt"])) == (
        45,
        begun + timedelta(minutes=45),
    )


@pytest.mark.parametrize(
    ("fields", "pointer", "code"),
    [
        ({"startedAt": {"days": 7, "minutes": 1}}, "/startedAt", "too_long_ago"),
        ({"startedAt": {"minutes": -10}}, "/startedAt", "in_the_future"),
        ({"startedAt": {"minutes": 20}}, "/minutes", "in_the_future"),
        ({"endedAt": {"hours": 1}}, "/minutes", "one_of_two"),
        ({"minutes": None}, "/minutes", "one_of_two"),
        ({"minutes": None, "endedAt": {"minutes": 117}}, "/endedAt", "out_of_range"),
        ({"minutes": None, "endedAt": {"minutes": 130}}, "/endedAt", "out_of_range"),
        ({"minutes": None, "endedAt": {"minutes": -1}}, "/endedAt", "in_the_future"),
        ({"startedAt": {"hours": 6}, "minutes": None, "endedAt": {"minutes": 1}}, "/endedAt", "out_of_range"),
        ({"minutes": 241}, "/minutes", "out_of_range"),
        ({"minutes": 4}, "/minutes", "out_of_range"),
    ],
)
async def test_impossible_sessions_are_rejected(
    system: System, alice: Person, fields: dict[str, Any], pointer: str, code: str
) -> None:
    past: dict[str, Any] = {"startedAt": {"hours": 2}, "minutes": 30} | fields
    body = {name: ago(system, **one) if isinstance(one, dict) else one for name, one in past.items()}
    answer = await alice.post("/api/focus-sessions/past", body)
    assert answer.status_code == 422
    assert [(fault["pointer"], fault["code"]) for fault in answer.json()["errors"]] == [(pointer, code)]


async def test_all_errors_of_a_past_session_are_reported_at_once(system: System, alice: Person, bob: Person) -> None:
    past = {"startedAt": ago(system, days=8), "taskId": (await bob.task())["id"]}
    answer = await alice.post("/api/focus-sessions/past", past)
    assert {fault["code"] for fault in answer.json()["errors"]} == {"too_long_ago", "one_of_two", "no_such_task"}


async def test_sessions_never_overlap(system: System, alice: Person, bob: Person) -> None:
    await enter(system, alice, startedAt=ago(system, minutes=120), minutes=30)
    for start, minutes in ((120, 30), (130, 15), (110, 5), (95, 30)):
        past = {"startedAt": ago(system, minutes=start), "minutes": minutes}
        answer = await alice.post("/api/focus-sessions/past", past)
        assert (answer.status_code, answer.json()["code"]) == (409, "overlapping")
    await enter(system, alice, startedAt=ago(system, minutes=89), minutes=30)  # adjacent is not overlapping
    await enter(system, bob, startedAt=ago(system, minutes=120), minutes=30)


async def test_a_past_session_never_overlaps_the_running_one(system: System, alice: Person) -> None:
    system.clock.ahead -= timedelta(minutes=30)
    running = await begin(alice)
    system.clock.ahead += timedelta(minutes=30)
    past = {"startedAt": ago(system, minutes=20), "minutes": 10}
    assert (await alice.post("/api/focus-sessions/past", past)).status_code == 409
    await command(alice, running, "cancel")
    await enter(system, alice, **past)  # a cancelled session takes no time


async def test_concurrent_past_sessions_never_overlap(system: System, alice: Person) -> None:
    past = {"startedAt": ago(system, hours=2), "minutes": 30}
    answers = await asyncio.gather(*(alice.post("/api/focus-sessions/past", past) for _ in range(10)))
    assert sorted(answer.status_code for answer in answers) == [201] + [409] * 9


async def test_a_past_session_earns_no_points(system: System, alice: Person) -> None:
    await enter(system, alice)
    await system.work()
    assert made(await alice.get("/api/gamification/points"), 200)["total"] == 0


@pytest.mark.parametrize(("days", "late", "streak"), [(0, False, 1), (1, False, 1), (2, True, 0), (6, True, 0)])
async def test_a_streak_counts_sessions_added_by_the_next_day(
    system: System, alice: Person, days: int, late: bool, streak: int
) -> None:
    """Alice's day starts at 04:00 in Berlin; noon there is far from its boundaries."""
    noon = system.clock().replace(hour=11, minute=0, second=0, microsecond=0)
    before = system.clock.ahead
    system.clock.ahead += noon - system.clock()
    try:
        session = await enter(system, alice, startedAt=ago(system, days=days, hours=1))
        await system.work()
        overview = made(await alice.get("/api/analytics/overview?range=year"), 200)
    finally:
        system.clock.ahead = before
    assert (session["late"], overview["streak"]["longest"], overview["focusedMinutes"]) == (late, streak, 30)


async def test_deleting_a_past_session_subtracts_its_minutes(system: System, alice: Person) -> None:
    for hours in (30, 60, 90):
        session = await enter(system, alice, startedAt=ago(system, hours=hours))
        await system.work()
        assert (await alice.delete(f"/api/focus-sessions/{session['id']}")).status_code == 204
        await system.work()
    assert made(await alice.get("/api/analytics/overview?range=year"), 200)["focusedMinutes"] == 0
    admin = await system.admin()
    left = await admin.fetchval(
        "SELECT sum(late_minutes)::int FROM daily_progress WHERE user_id = $1", alice.user["id"]
    )
    await admin.close()
    assert left == 0


async def test_its_task_and_subject_can_be_deleted_concurrently(system: System, alice: Person) -> None:
    for n in range(5):
        subject = await alice.subject()
        task = await alice.task(subjectId=subject["id"])
        past = [{"startedAt": ago(system, hours=20 * n + m + 1), "minutes": 5, "taskId": task["id"]} for m in range(4)]
        answers = await asyncio.gather(
            *(alice.post("/api/focus-sessions/past", one) for one in past),
            alice.post("/api/focus-sessions", {"type": "custom", "taskId": task["id"], "subjectId": subject["id"]}),
            alice.delete(f"/api/subjects/{subject['id']}"),
            alice.post("/api/tasks/batch", {"commands": [{"op": "update", "id": task["id"], "body": {"title": "x"}}]}),
            alice.delete(f"/api/tasks/{task['id']}"),
        )
        assert {answer.status_code for answer in answers} <= {200, 201, 204, 409, 422}
