"""Moving and resizing a scheduled session."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from tests.cast import Person, made
from tests.conftest import System
from tests.features.focus.conftest import Later, begin, command, look, said


def ahead(system: System, **time: float) -> str:
    return (system.clock() + timedelta(**time)).isoformat()


def path(session: dict[str, Any]) -> str:
    return f"/api/focus-sessions/{session['id']}"


async def test_a_scheduled_session_is_moved_and_resized(system: System, alice: Person, later: Later) -> None:
    planned = await begin(alice, startAt=ahead(system, hours=2))
    at = ahead(system, days=3)
    moved = made(await alice.patch(path(planned), {"startAt": at, "plannedMinutes": 90}), 200)
    assert datetime.fromisoformat(moved["scheduledAt"]) == datetime.fromisoformat(at)
    assert (moved["plannedMinutes"], moved["status"], moved["version"]) == (90, "scheduled", 2)
    assert moved["day"] > planned["day"]
    assert await look(alice, planned) == moved
    assert await said(alice) == ["focus.scheduled", "focus.updated"]
    assert (await alice.changes())[-1]["data"] == moved
    assert made(await alice.patch(path(planned), {"startAt": at, "plannedMinutes": 90}), 200) == moved
    later(3 * 24 * 60)
    started = await command(alice, planned, "start")
    assert datetime.fromisoformat(started["endsAt"]) - datetime.fromisoformat(started["startedAt"]) == timedelta(
        minutes=90
    )


async def test_its_etag_protects_it(system: System, alice: Person) -> None:
    planned = await begin(alice, startAt=ahead(system, hours=2))
    tag = {"if-match": (await alice.get(path(planned))).headers["etag"]}
    made(await alice.patch(path(planned), {"plannedMinutes": 60}, headers=tag), 200)
    stale = await alice.patch(path(planned), {"startAt": ahead(system, hours=3)}, headers=tag)
    assert (stale.status_code, stale.json()["code"]) == (412, "stale_version")
    assert (await look(alice, planned))["scheduledAt"] == planned["scheduledAt"]


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        ({"startAt": {"minutes": -1}}, "/startAt"),
        ({"startAt": {"days": 367}}, "/startAt"),
        ({"plannedMinutes": 4}, "/plannedMinutes"),
        ({"plannedMinutes": 241}, "/plannedMinutes"),
        ({"startAt": None}, "/startAt"),
        ({"plannedMinutes": None}, "/plannedMinutes"),
    ],
)
async def test_the_limits_are_those_of_a_new_session(
    system: System, alice: Person, change: dict[str, Any], pointer: str
) -> None:
    planned = await begin(alice, startAt=ahead(system, hours=2))
    body = {name: ahead(system, **one) if isinstance(one, dict) else one for name, one in change.items()}
    answer = await alice.patch(path(planned), body)
    assert (answer.status_code, [fault["pointer"] for fault in answer.json()["errors"]]) == (422, [pointer])
    assert await look(alice, planned) == planned


@pytest.mark.parametrize("before", [["start"], ["start", "pause"], ["start", "complete"], ["cancel"]])
@pytest.mark.parametrize("change", [{"startAt": {"hours": 3}}, {"plannedMinutes": 60}])
async def test_not_once_it_has_started(
    system: System, alice: Person, before: list[str], change: dict[str, Any]
) -> None:
    session = await begin(alice, startAt=ahead(system, hours=2))
    for verb in before:
        session = await command(alice, session, verb)
    body = {name: ahead(system, **one) if isinstance(one, dict) else one for name, one in change.items()}
    answer = await alice.patch(path(session), body)
    assert (answer.status_code, answer.json()["code"]) == (409, "wrong_state")
    assert await look(alice, session) == session
    rated = made(await alice.patch(path(session), {"notes": "still possible", "plannedMinutes": 50}), 200)
    assert rated["notes"] == "still possible"


async def test_a_session_that_was_missed_can_be_resized_without_moving_it(
    system: System, alice: Person, later: Later
) -> None:
    planned = await begin(alice, startAt=ahead(system, hours=2))
    later(180)
    assert made(await alice.patch(path(planned), {"plannedMinutes": 30}), 200)["plannedMinutes"] == 30
    assert (await alice.patch(path(planned), {"startAt": ahead(system, hours=-1)})).status_code == 422
