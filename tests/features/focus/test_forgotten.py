"""A session that is left running ends automatically, notifies the student, and blocks nothing."""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
from tests.cast import Person, made
from tests.conftest import System
from tests.features.focus.conftest import Later, begin, command, look, said

from studyteddy.bootstrap.catalogue import JOBS
from studyteddy.features.focus.service import lifecycle
from studyteddy.platform.db.outbox import NewJob
from studyteddy.platform.identity import Identity
from studyteddy.platform.jobs.registry import Registry


async def test_a_forgotten_session_ends_a_quarter_of_an_hour_after_its_plan(
    system: System, alice: Person, later: Later
) -> None:
    task = await alice.task()
    session = await begin(alice, taskId=task["id"])
    later(64)
    await lifecycle.end_all_forgotten(system.running.db)
    assert (await look(alice, session))["status"] == "active"
    later(2)
    assert await lifecycle.end_all_forgotten(system.running.db) >= 1
    done = await look(alice, session)
    assert (done["status"], done["endedBy"], done["endedAt"]) == ("completed", "forgotten", session["overdueAt"])
    assert done["effectiveMinutes"] == 50  # what was planned, not the overtime
    assert await said(alice) == ["focus.started", "focus.completed"]
    await system.work()
    assert made(await alice.get(f"/api/tasks/{task['id']}"), 200)["actualMinutes"] == 50
    assert made(await alice.get("/api/analytics/overview"), 200)["focusedMinutes"] == 50


async def test_a_job_ends_them_every_minute(system: System, alice: Person, later: Later) -> None:
    job = Registry(JOBS).jobs["focus.end_forgotten"]
    assert job.every == timedelta(minutes=1)
    session = await begin(alice)
    later(66)
    async with system.running.db.transaction(Identity(UUID(alice.user["id"]), UUID(int=0))) as tx:
        tx.enqueue(NewJob(job.kind, job.lane, "{}"))
    await system.work()
    told = [event["data"] for event in await alice.changes() if event["type"] == "focus.completed"]
    assert [one["id"] for one in told] == [session["id"]]


async def test_several_workers_end_it_once(system: System, alice: Person, bob: Person, later: Later) -> None:
    for person in (alice, bob):
        await begin(person)
    later(66)
    await asyncio.gather(*(lifecycle.end_all_forgotten(system.running.db) for _ in range(5)))
    assert [(await said(person)).count("focus.completed") for person in (alice, bob)] == [1, 1]


async def test_the_notification_says_when_it_ended(system: System, alice: Person, later: Later) -> None:
    session = await begin(alice)
    later(70)
    await lifecycle.end_all_forgotten(system.running.db)
    await lifecycle.end_all_forgotten(system.running.db)
    await system.work()
    notes = made(await alice.get("/api/notifications"), 200)["items"]
    (note,) = [one for one in notes if one["type"] == "focus_forgotten"]
    at = datetime.fromisoformat(session["overdueAt"]) + _berlin(session["overdueAt"])
    assert note["title"] == f"We ended your focus session at {at:%H:%M}"
    assert "50 minutes" in note["body"]
    assert note["data"] == {"focusSessionId": session["id"]}


async def test_a_forgotten_session_earns_no_points(system: System, alice: Person, later: Later) -> None:
    await begin(alice)
    later(70)
    await lifecycle.end_all_forgotten(system.running.db)
    await system.work()
    assert made(await alice.get("/api/gamification/points"), 200)["total"] == 0


async def test_a_forgotten_pause_ends_after_twelve_hours(system: System, alice: Person, later: Later) -> None:
    session = await begin(alice)
    later(20)
    await command(alice, session, "pause")
    later(12 * 60 - 1)
    assert (await look(alice, session))["status"] == "paused"
    later(2)
    await lifecycle.end_all_forgotten(system.running.db)
    done = await look(alice, session)
    assert (done["endedBy"], done["effectiveMinutes"]) == ("forgotten", 20)
    assert abs(done["pausedSeconds"] - 12 * 3600) <= 1


async def test_a_session_never_lasts_longer_than_a_day(alice: Person, later: Later) -> None:
    session = await begin(alice, plannedMinutes=240)
    for _ in range(2):
        later(1)
        await command(alice, session, "pause")
        later(11.9 * 60)
        paused = await command(alice, session, "resume")
    assert datetime.fromisoformat(paused["overdueAt"]) - datetime.fromisoformat(session["startedAt"]) == timedelta(
        days=1
    )
    later(20)
    assert (await look(alice, session))["endedBy"] == "forgotten"


async def test_it_reads_as_ended_before_that_is_stored(system: System, alice: Person, later: Later) -> None:
    session = await begin(alice)
    path = f"/api/focus-sessions/{session['id']}"
    later(66)
    read = await alice.get(path)
    listed = made(await alice.get("/api/focus-sessions", params={"status": "completed"}), 200)["items"]
    running = made(await alice.get("/api/focus-sessions", params={"status": "active,paused"}), 200)["items"]
    now = made(await alice.get("/api/focus-sessions/current"), 200)
    assert (read.json()["endedBy"], listed, running, now["session"]) == ("forgotten", [read.json()], [], None)
    await lifecycle.end_all_forgotten(system.running.db)
    written = await alice.get(path)
    assert (written.json(), written.headers["etag"]) == (read.json(), read.headers["etag"])


@pytest.mark.parametrize("how", ["now", "planned", "entered"])
async def test_it_does_not_block_the_next_session(system: System, alice: Person, later: Later, how: str) -> None:
    planned = await begin(alice, startAt=(system.clock() + timedelta(hours=3)).isoformat())
    session = await begin(alice)
    later(100)
    if how == "now":
        await begin(alice)
    elif how == "planned":
        await command(alice, planned, "start")
    else:
        past = {"startedAt": (system.clock() - timedelta(minutes=20)).isoformat(), "minutes": 10}
        made(await alice.post("/api/focus-sessions/past", past))
    assert (await look(alice, session))["endedBy"] == "forgotten"
    told = await said(alice)
    assert told.index("focus.completed") == 2
    await system.work()
    assert [one["type"] for one in await _notes(alice)].count("focus_forgotten") == 1


async def test_completing_it_finds_it_completed(system: System, alice: Person, later: Later) -> None:
    session = await begin(alice)
    later(66)
    done = await command(alice, session, "complete", focusRating=5)
    assert (done["endedBy"], done["effectiveMinutes"], done["focusRating"]) == ("forgotten", 50, None)
    assert await lifecycle.end_all_forgotten(system.running.db) == 0
    assert (await said(alice)).count("focus.completed") == 1


@pytest.mark.parametrize("verb", ["pause", "resume", "extend", "cancel", "interruptions"])
async def test_every_other_command_is_too_late(alice: Person, later: Later, verb: str) -> None:
    session = await begin(alice)
    later(66)
    body = {"minutes": 5} if verb == "extend" else {}
    assert (await command(alice, session, verb, 409, **body))["code"] == "wrong_state"
    assert (await look(alice, session))["status"] == "completed"


async def test_it_can_be_rated_and_deleted(system: System, alice: Person, later: Later) -> None:
    session = await begin(alice)
    path = f"/api/focus-sessions/{session['id']}"
    later(66)
    tag = (await alice.get(path)).headers["etag"]
    rated = made(await alice.patch(path, {"focusRating": 2}, headers={"if-match": tag}), 200)
    assert (rated["endedBy"], rated["focusRating"], rated["version"]) == ("forgotten", 2, 3)
    assert (await alice.delete(path)).status_code == 204
    await system.work()
    assert made(await alice.get("/api/analytics/overview"), 200)["focusedMinutes"] == 0


async def test_an_overtime_that_is_ended_in_time_counts(alice: Person, later: Later) -> None:
    session = await begin(alice)
    later(60)
    phase = made(await alice.get("/api/focus-sessions/current"), 200)["phase"]
    assert phase["kind"] == "overtime"
    assert (await command(alice, session, "complete"))["effectiveMinutes"] == 60


async def _notes(person: Person) -> list[dict[str, Any]]:
    items: list[dict[str, Any]] = made(await person.get("/api/notifications"), 200)["items"]
    return items


def _berlin(at: str) -> timedelta:
    """Return the UTC offset of Alice's time zone."""
    return datetime.fromisoformat(at).astimezone(ZoneInfo("Europe/Berlin")).utcoffset() or timedelta()
