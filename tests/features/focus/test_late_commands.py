"""Commands that are sent later than they happened have the outcome that they would have had then."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from tests.cast import Person, made
from tests.conftest import System
from tests.features.focus.conftest import Later, begin, command, look, said

from studyteddy.features.focus.service import lifecycle


def ago(system: System, minutes: float) -> str:
    return (system.clock() - timedelta(minutes=minutes)).replace(microsecond=0).isoformat().replace("+00:00", "Z")


def before(system: System) -> Callable[[float], str]:
    """Return `ago` with a clock that stands still, to compare instants."""
    now = system.clock()
    return lambda minutes: (now - timedelta(minutes=minutes)).replace(microsecond=0).isoformat().replace("+00:00", "Z")


async def refused(person: Person, session: dict[str, Any], verb: str, status: int, **body: Any) -> str:
    """Return the code of the problem, or of its only fault at `/at`."""
    problem = await command(person, session, verb, status, **body)
    if status == 409:
        return str(problem["code"])
    (fault,) = problem["errors"]
    assert fault["pointer"] == "/at"
    return str(fault["code"])


async def total(person: Person) -> int:
    return int(made(await person.get("/api/gamification/points"), 200)["total"])


async def minutes(person: Person) -> int:
    return int(made(await person.get("/api/analytics/overview?range=year"), 200)["focusedMinutes"])


async def notices(person: Person) -> list[str]:
    items = made(await person.get("/api/notifications"), 200)["items"]
    return [one["type"] for one in items if one["type"] == "focus_forgotten"]


async def test_a_whole_session_is_sent_later(system: System, alice: Person) -> None:
    task = await alice.task()
    then = before(system)
    session = await begin(alice, at=then(200), taskId=task["id"])
    assert (session["startedAt"], session["lastCommandAt"], session["status"]) == (then(200),) * 2 + ("active",)
    assert (await look(alice, session))["endedBy"] == "forgotten"  # as far as is known by now
    paused = await command(alice, session, "pause", at=then(190))
    assert (paused["pausedAt"], paused["status"]) == (then(190), "paused")
    resumed = await command(alice, session, "resume", at=then(180))
    assert (resumed["pausedSeconds"], resumed["endsAt"]) == (600, then(140))
    noted = await command(alice, session, "interruptions", at=then(170), reason="phone")
    assert noted["interruptionNotes"] == [{"at": then(170), "reason": "phone"}]
    extended = await command(alice, session, "extend", at=then(145), minutes=5)
    assert extended["endsAt"] == then(135)
    done = await command(alice, session, "complete", at=then(130), focusRating=4)
    assert (done["endedAt"], done["endedBy"], done["effectiveMinutes"], done["version"]) == (then(130), "user", 60, 6)
    await system.work()
    assert (await total(alice), await minutes(alice), await notices(alice)) == (12, 60, [])
    assert made(await alice.get(f"/api/tasks/{task['id']}"), 200)["actualMinutes"] == 60
    assert await command(alice, session, "complete", at=then(130)) == done


async def test_a_session_that_counted_as_forgotten_is_completed_after_all(
    system: System, alice: Person, later: Later
) -> None:
    """It began online, ended offline, and the server learned of its end an hour later."""
    subject = await alice.subject()
    task = await alice.task(subjectId=subject["id"])
    session = await begin(alice, taskId=task["id"])
    later(120)
    then = before(system)
    await lifecycle.end_all_forgotten(system.running.db)
    await system.work()
    assert (await total(alice), await minutes(alice), await notices(alice)) == (0, 50, ["focus_forgotten"])
    done = await command(alice, session, "complete", at=then(80))
    assert (done["endedBy"], done["endedAt"], done["effectiveMinutes"]) == ("user", then(80), 40)
    await system.work()
    assert (await total(alice), await minutes(alice), await notices(alice)) == (8, 40, [])
    assert made(await alice.get(f"/api/tasks/{task['id']}"), 200)["actualMinutes"] == 40
    overview = made(await alice.get("/api/analytics/overview?range=year"), 200)
    assert [(one["subjectId"], one["minutes"]) for one in overview["subjectMix"]] == [(subject["id"], 40)]
    assert await said(alice) == ["focus.started", "focus.completed", "focus.completed"]
    assert (await alice.changes())[-1]["type"] != "focus.completed"
    assert (await alice.delete(f"/api/focus-sessions/{session['id']}")).status_code == 204
    await system.work()
    assert (await total(alice), await minutes(alice)) == (0, 0)


async def test_what_it_counted_for_a_deleted_subject_is_taken_back_there(
    system: System, alice: Person, later: Later
) -> None:
    subject = await alice.subject()
    session = await begin(alice, subjectId=subject["id"])
    later(120)
    await lifecycle.end_all_forgotten(system.running.db)
    await system.work()
    assert (await alice.delete(f"/api/subjects/{subject['id']}")).status_code == 204
    await command(alice, session, "complete", at=ago(system, 80))
    await system.work()
    assert await minutes(alice) == 40
    assert (await alice.delete(f"/api/focus-sessions/{session['id']}")).status_code == 204
    await system.work()
    assert await minutes(alice) == 0
    admin = await system.admin()
    rows = await admin.fetch("SELECT focused_minutes FROM daily_progress WHERE user_id = $1", alice.user["id"])
    await admin.close()
    assert {row["focused_minutes"] for row in rows} == {0}


@pytest.mark.parametrize("running", [False, True])
async def test_another_session_began_in_the_meantime(
    system: System, alice: Person, later: Later, running: bool
) -> None:
    """On another device, after the first one counted as forgotten."""
    first = await begin(alice)
    later(70)
    second = await begin(alice)
    later(20)
    if not running:
        await command(alice, second, "complete")
    for verb, body in (("pause", {}), ("extend", {"minutes": 60})):  # both would take the time of the second one
        assert await refused(alice, first, verb, 409, at=ago(system, 60), **body) == "overlapping"
    if running:
        assert await refused(alice, first, "interruptions", 409, at=ago(system, 60)) == "already_running"
    assert (await look(alice, first))["endedBy"] == "forgotten"
    done = await command(alice, first, "complete", at=ago(system, 60))
    assert (done["endedBy"], done["effectiveMinutes"]) == ("user", 30)
    assert (await look(alice, second))["status"] == ("active" if running else "completed")
    await system.work()
    assert await minutes(alice) == 30 + (0 if running else 20)


async def test_a_command_is_at_most_twelve_hours_late(system: System, alice: Person, later: Later) -> None:
    new = {"type": "custom", "at": ago(system, 12 * 60 + 1)}
    answer = await alice.post("/api/focus-sessions", new)
    faults = [(fault["pointer"], fault["code"]) for fault in answer.json()["errors"]]
    assert (answer.status_code, faults) == (422, [("/at", "too_long_ago")])
    session = await begin(alice, at=ago(system, 12 * 60 - 1), plannedMinutes=240)
    for verb, body in VERBS:
        assert await refused(alice, session, verb, 422, at=ago(system, 12 * 60 + 1), **body) == "too_long_ago"
        assert await refused(alice, session, verb, 422, at=ago(system, -2), **body) == "in_the_future"
    for at in (datetime(1, 1, 1, tzinfo=UTC), datetime(9999, 12, 31, tzinfo=UTC)):
        assert (await alice.post("/api/focus-sessions", {"type": "custom", "at": at.isoformat()})).status_code == 422
        await refused(alice, session, "complete", 422, at=at.isoformat())


@pytest.mark.parametrize("day", ["0001-01-01", "1970-01-01", "2999-12-31", "9999-12-31"])
@pytest.mark.parametrize("zone", ["Z", "-14:00", "+14:00"])
async def test_a_session_scheduled_late_is_refused_at_the_ends_of_the_calendar(
    alice: Person, day: str, zone: str
) -> None:
    new = {"type": "custom", "at": f"{day}T00:00:00{zone}", "startAt": f"{day}T12:00:00{zone}"}
    assert (await alice.post("/api/focus-sessions", new)).status_code == 422


VERBS: list[tuple[str, dict[str, Any]]] = [
    ("start", {}),
    ("pause", {}),
    ("resume", {}),
    ("extend", {"minutes": 5}),
    ("interruptions", {}),
    ("complete", {}),
    ("cancel", {}),
]


async def test_a_clock_that_is_a_little_ahead_means_now(system: System, alice: Person) -> None:
    session = await begin(alice, at=ago(system, -0.5))
    assert session["startedAt"] <= ago(system, 0)
    done = await command(alice, session, "complete", at=ago(system, -0.9))
    assert session["startedAt"] <= done["endedAt"] <= ago(system, 0)


@pytest.mark.parametrize(("verb", "body"), VERBS[1:2] + VERBS[3:])
async def test_commands_take_effect_in_order(system: System, alice: Person, verb: str, body: dict[str, Any]) -> None:
    session = await begin(alice, at=ago(system, 60), plannedMinutes=90)
    await command(alice, session, "pause", at=ago(system, 50))
    session = await command(alice, session, "resume", at=ago(system, 40))
    for minute in (70, 55, 45, 41):
        assert await refused(alice, session, verb, 409, at=ago(system, minute), **body) == "before_last_command"
    assert await look(alice, session) == session
    await command(alice, session, verb, at=ago(system, 39), **body)


async def test_a_forgotten_session_takes_no_command_from_before_its_last_one(
    system: System, alice: Person, later: Later
) -> None:
    session = await begin(alice)
    later(20)
    await command(alice, session, "extend", minutes=5)
    later(100)
    await lifecycle.end_all_forgotten(system.running.db)
    before = await look(alice, session)
    assert await refused(alice, session, "complete", 409, at=ago(system, 110)) == "before_last_command"
    assert await look(alice, session) == before
    await system.work()
    assert await minutes(alice) == 55


async def test_a_pause_that_counted_as_forgotten_stays_ended(system: System, alice: Person, later: Later) -> None:
    session = await begin(alice)
    later(10)
    await command(alice, session, "pause")
    later(12 * 60 + 30)
    await lifecycle.end_all_forgotten(system.running.db)
    assert await refused(alice, session, "resume", 409, at=ago(system, 60)) == "wrong_state"
    assert (await command(alice, session, "complete", at=ago(system, 60)))["endedBy"] == "forgotten"


async def test_a_session_can_be_cancelled_after_it_counted_as_forgotten(
    system: System, alice: Person, later: Later
) -> None:
    session = await begin(alice)
    later(90)
    then = before(system)
    await lifecycle.end_all_forgotten(system.running.db)
    gone = await command(alice, session, "cancel", at=then(60))
    assert (gone["status"], gone["effectiveMinutes"], gone["endedAt"]) == ("cancelled", 0, then(60))
    await system.work()
    assert (await minutes(alice), await notices(alice)) == (0, [])


async def test_a_late_session_does_not_overlap_another(system: System, alice: Person) -> None:
    past = {"startedAt": ago(system, 300), "minutes": 30}
    made(await alice.post("/api/focus-sessions/past", past))
    for at in (300, 299, 271, 330):
        answer = await alice.post("/api/focus-sessions", {"type": "custom", "at": ago(system, at)})
        assert (answer.status_code, answer.json()["code"]) == (409, "overlapping")
    session = await begin(alice, at=ago(system, 270), plannedMinutes=25)
    for minute in (260, 240):
        past = {"startedAt": ago(system, minute), "minutes": 10}
        assert (await alice.post("/api/focus-sessions/past", past)).json()["code"] == "overlapping"
    made(await alice.post("/api/focus-sessions/past", {"startedAt": ago(system, 230), "minutes": 10}))
    assert await refused(alice, session, "pause", 409, at=ago(system, 250)) == "overlapping"
    done = await command(alice, session, "complete", at=ago(system, 235))
    assert (done["endedBy"], done["effectiveMinutes"]) == ("user", 35)


async def test_a_late_session_does_not_begin_beside_a_running_one(system: System, alice: Person, later: Later) -> None:
    running = await begin(alice)
    later(10)
    for at in (5, 60):
        answer = await alice.post("/api/focus-sessions", {"type": "custom", "at": ago(system, at)})
        assert answer.status_code == 409
        assert answer.json()["code"] in ("overlapping", "already_running")
    assert (await look(alice, running))["status"] == "active"


async def test_a_scheduled_session_started_late(system: System, alice: Person, later: Later) -> None:
    """It was even scheduled without a connection."""
    begun = system.clock()
    later(180)
    answer = await alice.post(
        "/api/focus-sessions",
        {"type": "custom", "at": begun.isoformat(), "startAt": (begun + timedelta(hours=1)).isoformat()},
    )
    planned = made(answer)
    assert planned["status"] == "scheduled"
    at = (begun + timedelta(minutes=70)).replace(microsecond=0)
    assert await refused(alice, planned, "start", 409, at=(begun - timedelta(minutes=1)).isoformat()) == (
        "before_last_command"
    )
    started = await command(alice, planned, "start", at=at.isoformat())
    assert datetime.fromisoformat(started["startedAt"]) == at
    done = await command(alice, planned, "complete", at=(at + timedelta(minutes=30)).isoformat())
    assert (done["effectiveMinutes"], done["endedBy"]) == (30, "user")


async def test_the_day_is_the_one_when_it_began(system: System, alice: Person, later: Later) -> None:
    """A session from before 04:00 in Berlin, sent after, belongs to the day before."""
    berlin = ZoneInfo("Europe/Berlin")
    morning = (system.clock().astimezone(berlin) + timedelta(days=1)).replace(hour=4, minute=30)
    later((morning.astimezone(UTC) - system.clock()).total_seconds() / 60)
    session = await begin(alice, at=ago(system, 60))
    done = await command(alice, session, "complete", at=ago(system, 20))
    assert done["day"] == (morning - timedelta(days=1)).date().isoformat()


async def test_points_are_limited_however_late_the_commands_are(system: System, alice: Person) -> None:
    """Eleven hours of work at once."""
    for hour in (11, 8, 5, 3):
        session = await begin(alice, at=ago(system, hour * 60), plannedMinutes=100)
        await command(alice, session, "complete", at=ago(system, hour * 60 - 100))
    await system.work()
    assert (await total(alice), await minutes(alice)) == (48, 400)
