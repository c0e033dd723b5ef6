"""Listing sessions page by page, and rating them afterwards."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from tests.cast import Person, made
from tests.conftest import System
from tests.features.auth.test_data_export import archive, table
from tests.features.focus.conftest import Later, begin, command, look, said


async def listed(person: Person, **query: Any) -> list[str]:
    """Return the ids of a list, in pages of two."""
    ids: list[str] = []
    while True:
        page = made(await person.get("/api/focus-sessions", params={"limit": 2, **query}), 200)
        ids += [one["id"] for one in page["items"]]
        if page["nextCursor"] is None:
            return ids
        query["cursor"] = page["nextCursor"]


async def test_the_latest_begin_comes_first(system: System, alice: Person, later: Later) -> None:
    planned = await begin(alice, startAt=(system.clock() + timedelta(days=3)).isoformat())
    done = []
    for _ in range(4):
        session = await begin(alice)
        later(10)
        done.append(await command(alice, session, "complete"))
    assert await listed(alice) == [planned["id"], *(one["id"] for one in reversed(done))]


async def test_filters_are_combined(system: System, alice: Person, bob: Person, later: Later) -> None:
    subject = await alice.subject()
    task = await alice.task(subjectId=subject["id"])
    made_of: dict[str, str] = {}
    for name, fields, end in (
        ("task", {"taskId": task["id"]}, "complete"),
        ("subject", {"subjectId": subject["id"]}, "cancel"),
        ("plain", {}, "complete"),
        ("running", {}, "pause"),
    ):
        session = await begin(alice, **fields)
        later(5)
        made_of[name] = (await command(alice, session, end))["id"]
    await begin(bob)
    task_, subject_, plain, running = (made_of[name] for name in ("task", "subject", "plain", "running"))
    assert await listed(alice, taskId=task["id"]) == [task_]
    assert await listed(alice, subjectId=subject["id"]) == [subject_, task_]
    assert await listed(alice, subjectId=subject["id"], status="completed") == [task_]
    assert await listed(alice, status="completed") == [plain, task_]
    assert await listed(alice, status="cancelled,paused") == [running, subject_]


async def test_dates_are_local_and_both_included(system: System, alice: Person) -> None:
    days: dict[str, str] = {}
    for n in (1, 2, 3, 4):
        past = {"startedAt": (system.clock() - timedelta(days=n)).isoformat(), "minutes": 10}
        session = made(await alice.post("/api/focus-sessions/past", past))
        days[session["day"]] = session["id"]
    last, third, second, first = sorted(days)[::-1]
    assert await listed(alice, **{"from": second, "to": third}) == [days[third], days[second]]
    assert await listed(alice, **{"from": third}) == [days[last], days[third]]
    assert await listed(alice, to=first) == [days[first]]


async def test_a_session_is_rated_afterwards(alice: Person) -> None:
    session = await command(alice, await begin(alice), "complete", notes="Tired", focusRating=2)
    path = f"/api/focus-sessions/{session['id']}"
    changes = {"productivityRating": 4, "focusRating": None, "notes": "Not bad", "interruptions": 3}
    tag = (await alice.get(path)).headers["etag"]
    rated = made(await alice.patch(path, changes, headers={"if-match": tag}), 200)
    assert {name: rated[name] for name in changes} == changes
    assert rated["version"] == session["version"] + 1
    assert await look(alice, session) == rated
    assert (await alice.patch(path, {"notes": "Late"}, headers={"if-match": tag})).status_code == 412
    assert made(await alice.patch(path, {"notes": "Not bad"}), 200) == rated
    assert await said(alice) == ["focus.started", "focus.completed", "focus.updated"]


async def test_a_stale_deletion_is_rejected(alice: Person) -> None:
    session = await command(alice, await begin(alice), "complete")
    path = f"/api/focus-sessions/{session['id']}"
    tag = (await alice.get(path)).headers["etag"]
    await alice.patch(path, {"notes": "More"})
    assert (await alice.delete(path, headers={"if-match": tag})).status_code == 412
    assert (await alice.delete(path)).status_code == 204


async def test_ratings_go_from_one_to_five(alice: Person) -> None:
    session = await command(alice, await begin(alice), "complete")
    for rating in (0, 6):
        answer = await alice.patch(f"/api/focus-sessions/{session['id']}", {"focusRating": rating})
        assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, "/focusRating")


async def test_sessions_are_in_the_data_export(system: System, alice: Person) -> None:
    session = await command(alice, await begin(alice), "complete", notes="Mine")
    found = await archive(system, alice)
    assert [(row["id"], row["notes"]) for row in table(found, "focus_sessions")] == [(session["id"], "Mine")]
    assert table(found, "focus_presets") == []
