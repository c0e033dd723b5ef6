"""The server-side timer: one running session, its commands and its version."""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta
from typing import Any

import pytest
from tests.cast import Person, made
from tests.conftest import System
from tests.features.focus.conftest import Later, begin, command, look, said

CLASSIC = {"workMinutes": 25, "shortBreakMinutes": 5, "longBreakMinutes": 15, "cycles": 4}


def instant(text: str) -> datetime:
    return datetime.fromisoformat(text)


async def current(person: Person) -> dict[str, Any]:
    return made(await person.get("/api/focus-sessions/current"), 200)


async def test_a_session_starts_now(alice: Person) -> None:
    session = await begin(alice)
    assert (session["status"], session["version"], session["plannedMinutes"]) == ("active", 1, 50)
    assert instant(session["endsAt"]) - instant(session["startedAt"]) == timedelta(minutes=50)
    assert instant(session["overdueAt"]) - instant(session["endsAt"]) == timedelta(minutes=15)
    assert await look(alice, session) == session
    assert (await current(alice))["session"] == session
    assert (await alice.changes())[-1]["data"] == session
    assert await said(alice) == ["focus.started"]


async def test_no_running_session_is_not_an_error(alice: Person) -> None:
    found = await current(alice)
    assert (found["session"], found["phase"]) == (None, None)
    assert found["asOf"].endswith("Z")


@pytest.mark.parametrize(
    ("type", "minutes", "rhythm"), [("pomodoro", 25, CLASSIC), ("deep_work", 90, None), ("custom", 25, None)]
)
async def test_a_type_has_default_minutes_and_breaks(
    alice: Person, type: str, minutes: int, rhythm: dict[str, int] | None
) -> None:
    session = made(await alice.post("/api/focus-sessions", {"type": type}))
    assert session["plannedMinutes"] == minutes
    assert {name: session[name] for name in CLASSIC} == (rhythm or dict.fromkeys(CLASSIC))


@pytest.mark.parametrize("minutes", [4, 241, 0, -5])
async def test_five_to_240_minutes_are_planned(alice: Person, minutes: int) -> None:
    answer = await alice.post("/api/focus-sessions", {"type": "custom", "plannedMinutes": minutes})
    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, "/plannedMinutes")


async def test_the_phase_is_returned(alice: Person, later: Later) -> None:
    await begin(alice, type="pomodoro", plannedMinutes=100)
    later(26)
    phase = (await current(alice))["phase"]
    assert (phase["kind"], phase["number"]) == ("short_break", 1)
    assert 200 < phase["remainingSeconds"] <= 241
    later(5)
    assert (await current(alice))["phase"]["kind"] == "work"


async def test_only_one_session_runs(alice: Person, bob: Person) -> None:
    session = await begin(alice)
    await begin(bob)
    for _ in range(2):
        answer = await alice.post("/api/focus-sessions", {"type": "custom"})
        assert (answer.status_code, answer.json()["code"]) == (409, "already_running")
        session = await command(alice, session, "pause")  # a paused one runs too
    await command(alice, session, "cancel")
    await begin(alice)


async def test_pauses_do_not_count(alice: Person, later: Later) -> None:
    session = await begin(alice)
    later(10)
    paused = await command(alice, session, "pause")
    assert (paused["status"], paused["version"], paused["endsAt"]) == ("paused", 2, None)
    later(30)
    resumed = await command(alice, session, "resume")
    assert (resumed["status"], resumed["version"], resumed["pausedAt"]) == ("active", 3, None)
    assert abs(resumed["pausedSeconds"] - 1800) <= 2
    later(15)
    done = await command(alice, session, "complete", productivityRating=4, focusRating=5, notes="Good", interruptions=2)
    assert (done["status"], done["version"], done["effectiveMinutes"], done["endedBy"]) == ("completed", 4, 25, "user")
    assert (done["productivityRating"], done["focusRating"], done["notes"], done["interruptions"]) == (4, 5, "Good", 2)
    assert await said(alice) == ["focus.started", "focus.updated", "focus.updated", "focus.completed"]


async def test_a_session_can_be_completed_in_its_pause(alice: Person, later: Later) -> None:
    session = await begin(alice)
    later(20)
    await command(alice, session, "pause")
    later(60)
    done = await command(alice, session, "complete")
    assert (done["effectiveMinutes"], done["pausedAt"]) == (20, None)
    assert abs(done["pausedSeconds"] - 3600) <= 2


async def test_breaks_do_not_count(alice: Person, later: Later) -> None:
    session = await begin(alice, type="pomodoro", plannedMinutes=50)
    later(40)
    assert (await command(alice, session, "complete"))["effectiveMinutes"] == 35


@pytest.mark.parametrize(
    ("before", "verb"),
    [([], "start"), ([], "resume"), (["pause"], "pause"), (["complete"], "complete"), (["cancel"], "cancel")],
)
async def test_a_repeated_command_has_no_effect(alice: Person, before: list[str], verb: str) -> None:
    session = await begin(alice)
    for one in before:
        session = await command(alice, session, one)
    last = await alice.changes()
    assert await command(alice, session, verb, version=99) == session
    assert await alice.changes() == last


@pytest.mark.parametrize(
    ("before", "verb"),
    [
        ([], "nothing"),
        (["pause"], "start"),
        (["complete"], "start"),
        (["complete"], "pause"),
        (["complete"], "resume"),
        (["complete"], "extend"),
        (["complete"], "cancel"),
        (["complete"], "interruptions"),
        (["cancel"], "start"),
        (["cancel"], "pause"),
        (["cancel"], "resume"),
        (["cancel"], "complete"),
        (["cancel"], "extend"),
    ],
)
async def test_a_command_in_the_wrong_state_is_rejected(alice: Person, before: list[str], verb: str) -> None:
    session = await begin(alice)
    for one in before:
        session = await command(alice, session, one)
    body = {"minutes": 5} if verb == "extend" else {}
    answer = await alice.post(f"/api/focus-sessions/{session['id']}/{verb}", body)
    expected = (404, "not_found") if verb == "nothing" else (409, "wrong_state")
    assert (answer.status_code, answer.json()["code"]) == expected
    assert await look(alice, session) == session


@pytest.mark.parametrize("verb", ["pause", "resume", "extend", "complete"])
async def test_a_planned_session_must_start_first(system: System, alice: Person, verb: str) -> None:
    session = await begin(alice, startAt=(system.clock() + timedelta(days=1)).isoformat())
    body = {"minutes": 5} if verb == "extend" else {}
    answer = await alice.post(f"/api/focus-sessions/{session['id']}/{verb}", body)
    assert (answer.status_code, answer.json()["code"]) == (409, "wrong_state")


@pytest.mark.parametrize("verb", ["pause", "extend", "complete", "cancel", "interruptions"])
async def test_a_stale_version_is_rejected_with_the_current_one(alice: Person, verb: str) -> None:
    session = await begin(alice)
    await command(alice, session, "extend", minutes=5)
    body = {"version": 1} | ({"minutes": 5} if verb == "extend" else {})
    answer = await alice.post(f"/api/focus-sessions/{session['id']}/{verb}", body)
    assert (answer.status_code, answer.json()["code"]) == (409, "stale_session")
    assert "version 2" in answer.json()["detail"]
    await command(alice, session, verb, **body | {"version": 2})


async def test_extending_moves_the_end(alice: Person) -> None:
    session = await begin(alice)
    longer = await command(alice, session, "extend", minutes=10)
    assert (longer["plannedMinutes"], longer["version"]) == (60, 2)
    assert instant(longer["endsAt"]) - instant(session["endsAt"]) == timedelta(minutes=10)
    assert instant(longer["overdueAt"]) - instant(session["overdueAt"]) == timedelta(minutes=10)


@pytest.mark.parametrize("minutes", [4, 61])
async def test_a_session_is_extended_by_five_to_sixty_minutes(alice: Person, minutes: int) -> None:
    session = await begin(alice)
    assert (await command(alice, session, "extend", 422, minutes=minutes))["code"] == "invalid"


async def test_a_session_is_not_extended_for_ever(alice: Person) -> None:
    session = await begin(alice, plannedMinutes=240)
    for _ in range(4):
        session = await command(alice, session, "extend", minutes=60)
    assert session["plannedMinutes"] == 480
    assert (await command(alice, session, "extend", 409, minutes=5))["code"] == "wrong_state"


async def test_interruptions_are_recorded_with_their_reason(alice: Person) -> None:
    session = await begin(alice)
    for reason in ("phone", "doorbell"):
        session = await command(alice, session, "interruptions", reason=reason)
    assert [one["reason"] for one in session["interruptionNotes"]] == ["phone", "doorbell"]
    assert (session["interruptions"], session["version"]) == (2, 3)
    assert (await command(alice, session, "complete", interruptions=1))["interruptions"] == 2


async def test_at_most_a_hundred_interruptions_are_recorded(alice: Person) -> None:
    session = await begin(alice)
    for _ in range(100):
        await command(alice, session, "interruptions")
    assert (await command(alice, session, "interruptions", 409))["code"] == "too_many_interruptions"


async def test_a_scheduled_session_starts_on_command(system: System, alice: Person, later: Later) -> None:
    at = system.clock() + timedelta(hours=2)
    planned = await begin(alice, startAt=at.isoformat())
    assert (planned["status"], planned["startedAt"], planned["version"]) == ("scheduled", None, 1)
    assert (await current(alice))["session"] is None
    later(130)
    started = await command(alice, planned, "start")
    assert (started["status"], started["version"]) == ("active", 2)
    assert instant(started["startedAt"]) > at
    assert instant(started["scheduledAt"]) == at
    assert await said(alice) == ["focus.scheduled", "focus.started"]


async def test_a_scheduled_session_does_not_start_beside_another(system: System, alice: Person) -> None:
    planned = await begin(alice, startAt=(system.clock() + timedelta(hours=2)).isoformat())
    await begin(alice)
    assert (await command(alice, planned, "start", 409))["code"] == "already_running"
    assert (await command(alice, planned, "cancel"))["status"] == "cancelled"


@pytest.mark.parametrize("ahead", [timedelta(minutes=-1), timedelta(days=367)])
async def test_a_plan_lies_within_the_next_year(system: System, alice: Person, ahead: timedelta) -> None:
    at = (system.clock() + ahead).isoformat()
    answer = await alice.post("/api/focus-sessions", {"type": "custom", "startAt": at})
    assert [fault["pointer"] for fault in answer.json()["errors"]] == ["/startAt"]


async def test_all_errors_are_reported_at_once(alice: Person, bob: Person) -> None:
    wanted = {
        "type": "custom",
        "taskId": (await bob.task())["id"],
        "subjectId": (await bob.subject())["id"],
        "presetId": "00000000-0000-7000-8000-000000000099",
        "startAt": "2001-01-01T00:00:00Z",
    }
    answer = await alice.post("/api/focus-sessions", wanted)
    found = {fault["pointer"]: fault["code"] for fault in answer.json()["errors"]}
    assert found == {
        "/startAt": "out_of_range",
        "/taskId": "no_such_task",
        "/subjectId": "no_such_subject",
        "/presetId": "no_such_preset",
    }


async def test_a_session_has_the_subject_of_its_task(alice: Person) -> None:
    subject, other = await alice.subject(), await alice.subject()
    task = await alice.task(subjectId=subject["id"])
    session = await begin(alice, taskId=task["id"])
    assert (session["taskId"], session["subjectId"]) == (task["id"], subject["id"])
    await command(alice, session, "cancel")
    assert (await begin(alice, taskId=task["id"], subjectId=other["id"]))["subjectId"] == other["id"]


# Races.


async def test_one_of_many_concurrent_starts_wins(alice: Person) -> None:
    wanted = {"type": "custom"}
    answers = await asyncio.gather(*(alice.post("/api/focus-sessions", wanted) for _ in range(20)))
    assert sorted(answer.status_code for answer in answers) == [201] + [409] * 19
    assert await said(alice) == ["focus.started"]


async def test_one_of_many_scheduled_sessions_starts(system: System, alice: Person) -> None:
    at = (system.clock() + timedelta(hours=2)).isoformat()
    planned = [await begin(alice, startAt=at) for _ in range(20)]
    answers = await asyncio.gather(*(alice.post(f"/api/focus-sessions/{one['id']}/start") for one in planned))
    assert sorted(answer.status_code for answer in answers) == [200] + [409] * 19


async def test_many_completions_count_once(system: System, alice: Person, later: Later) -> None:
    task = await alice.task()
    session = await begin(alice, taskId=task["id"])
    later(30)
    path = f"/api/focus-sessions/{session['id']}/complete"
    answers = await asyncio.gather(*(alice.post(path, {"focusRating": 1 + n % 5}) for n in range(20)))
    assert {answer.status_code for answer in answers} == {200}
    assert len({answer.text for answer in answers}) == 1
    await system.work()
    assert (await alice.get(f"/api/tasks/{task['id']}")).json()["actualMinutes"] == 30
    assert (await alice.get("/api/analytics/overview")).json()["focusedMinutes"] == 30
    assert (await alice.get("/api/gamification/points")).json()["total"] == 6
    assert (await said(alice)).count("focus.completed") == 1


async def test_concurrent_commands_keep_the_session_consistent(alice: Person) -> None:
    session = await begin(alice)
    verbs = ["pause", "resume", "extend", "interruptions"] * 5
    answers = await asyncio.gather(
        *(
            alice.post(f"/api/focus-sessions/{session['id']}/{verb}", {"minutes": 5} if verb == "extend" else {})
            for verb in verbs
        )
    )
    assert {answer.status_code for answer in answers} == {200}
    told = [event["data"] for event in await alice.changes() if event["type"] == "focus.updated"]
    assert [one["version"] for one in told] == list(range(2, len(told) + 2))
    end = await look(alice, session)
    assert (end["plannedMinutes"], end["interruptions"], end["version"]) == (75, 5, told[-1]["version"])
    assert (end["status"] == "paused") == (end["pausedAt"] is not None) == (end["endsAt"] is None)


async def test_completing_and_cancelling_concurrently_does_one_of_them(
    system: System, alice: Person, later: Later
) -> None:
    task = await alice.task()
    for _ in range(5):
        session = await begin(alice, taskId=task["id"])
        later(10)
        before = (await alice.get(f"/api/tasks/{task['id']}")).json()["actualMinutes"]
        path = f"/api/focus-sessions/{session['id']}"
        answers = await asyncio.gather(*(alice.post(f"{path}/{verb}") for verb in ("complete", "cancel") * 5))
        assert {answer.status_code for answer in answers} == {200, 409}
        end = await look(alice, session)
        after = (await alice.get(f"/api/tasks/{task['id']}")).json()["actualMinutes"]
        assert after - before == (10 if end["status"] == "completed" else 0)


async def test_completing_a_session_while_its_task_is_deleted_succeeds(alice: Person, later: Later) -> None:
    for _ in range(5):
        task = await alice.task()
        session = await begin(alice, taskId=task["id"])
        later(10)
        path = f"/api/focus-sessions/{session['id']}/complete"
        done, gone = await asyncio.gather(alice.post(path), alice.delete(f"/api/tasks/{task['id']}"))
        assert (done.status_code, gone.status_code) == (200, 204)
        assert ((await look(alice, session))["taskId"], done.json()["effectiveMinutes"]) == (None, 10)
