"""Random histories of focus commands that are sent late: as if they had been punctual, and never too much."""

from __future__ import annotations

import os
import random
from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any
from uuid import UUID

import httpx2
import pytest
from tests.cast import Person, join, made
from tests.conftest import System

from studyteddy.features.focus.service import lifecycle
from studyteddy.features.gamification.service import FOCUS_DAILY

SEEDS = range(40 if os.environ.get("SOAK") else 4)
HOURS = 11
VERBS = ["pause", "pause", "resume", "resume", "resume", "extend", "interruptions", "complete", "complete", "cancel"]
Json = dict[str, Any]


@pytest.fixture
async def carol(system: System) -> AsyncIterator[Person]:
    """Another student in Berlin."""
    person = await join(system.url, "Carol", timeZone="Europe/Berlin")
    yield person
    await person.http.aclose()


def history(chance: random.Random) -> list[tuple[int, str, Json]]:
    """Return commands on whichever session is the latest, each with its second."""
    at, found = 0, []
    while (at := at + chance.choice([20, 300, 900, 1500, 2400, 4800])) < HOURS * 3600:
        new = {"type": "custom", "plannedMinutes": chance.choice([5, 25, 60])}
        if chance.random() < 0.3:
            found.append((at, "begin", new))
        else:
            verb = chance.choice(VERBS)
            found.append((at, verb, {"minutes": 5} if verb == "extend" else {}))
    return [(60, "begin", {"type": "pomodoro", "plannedMinutes": 50}), *found]


async def send(person: Person, sessions: list[str], verb: str, body: Json) -> httpx2.Response:
    """Send a command; a new session becomes the latest."""
    if verb != "begin":
        return await person.post(f"/api/focus-sessions/{sessions[-1]}/{verb}", body)
    answer = await person.post("/api/focus-sessions", body)
    if answer.status_code == 201:
        sessions.append(answer.json()["id"])
    return answer


@pytest.mark.parametrize("seed", SEEDS)
async def test_late_commands_have_the_outcome_of_punctual_ones(
    system: System, alice: Person, carol: Person, seed: int
) -> None:
    """Alice sends hers when they happen, Carol all of them later; meanwhile the server ends some of her sessions."""
    chance, before = random.Random(seed), system.clock.ahead
    begun = system.clock().replace(microsecond=0)
    mine, theirs, sent = list[str](), list[str](), []
    try:
        for second, verb, body in history(chance):
            at = begun + timedelta(seconds=second)
            system.clock.ahead += at - system.clock()
            answer = await send(alice, mine, verb, body)
            # The second in which the server took it: it may have been a little slow.
            taken = max(answer.json().get("lastCommandAt") or "", f"{at:%Y-%m-%dT%H:%M:%SZ}")
            sent.append((taken, verb, body, answer.status_code))
        for taken, verb, body, status in sent:
            late = await send(carol, theirs, verb, body | {"at": taken})
            assert late.status_code == status, (taken, verb, body, late.text)
            if chance.random() < 0.3:
                await lifecycle.end_all_forgotten(system.running.db)
            if chance.random() < 0.3:
                await system.work()
        await lifecycle.end_all_forgotten(system.running.db)
        await system.work()
        assert await outcome(carol) == await outcome(alice)
        await check_events(carol)
    finally:
        system.clock.ahead = before


@pytest.mark.parametrize("seed", SEEDS)
async def test_whatever_is_sent_sessions_never_overlap_and_points_stay_within_their_limits(
    system: System, alice: Person, seed: int
) -> None:
    """Commands on any session at any time of the last twelve hours; the clock and the time zone move as well."""
    chance, before = random.Random(seed), system.clock.ahead
    sessions: list[str] = []
    try:
        for _ in range(150):
            at = system.clock() - timedelta(minutes=chance.choice([0, 1, 10, 30, 60, 120, 240, 480, 719]))
            at += timedelta(minutes=chance.randint(0, 60))
            verb = chance.choice(["begin", "begin", "begin", *VERBS, "complete", "complete", "past"])
            await anything(alice, sessions, verb, at, chance)
            if chance.random() < 0.2:
                system.clock.ahead += timedelta(minutes=chance.choice([5, 45, 300]))
                await lifecycle.end_all_forgotten(system.running.db)
                await system.work()
            if chance.random() < 0.1:
                zone = chance.choice(["Pacific/Kiritimati", "Etc/GMT+12", "Europe/Berlin"])
                made(await alice.patch("/api/users/me", {"timeZone": zone}), 200)
        system.clock.ahead += timedelta(days=1)
        await lifecycle.end_all_forgotten(system.running.db)
        await system.work()
        await check_limits(system, alice)
        await check_events(alice)
    finally:
        system.clock.ahead = before


async def anything(person: Person, sessions: list[str], verb: str, at: datetime, chance: random.Random) -> None:
    """Send a command on any session; it may be refused, but never fail."""
    if verb == "past":
        answer = await person.post("/api/focus-sessions/past", {"startedAt": at.isoformat(), "minutes": 30})
    elif verb == "begin":
        new = {"type": "custom", "plannedMinutes": chance.choice([5, 25, 60, 240]), "at": at.isoformat()}
        answer = await send(person, sessions, verb, new)
    else:
        any_one = [chance.choice(sessions)] if sessions else [str(UUID(int=0))]
        body = {"minutes": 60} if verb == "extend" else {}
        answer = await send(person, any_one, verb, body | ({"at": at.isoformat()} if chance.random() < 0.9 else {}))
    assert answer.status_code in (200, 201, 404, 409, 422), answer.text


async def check_limits(system: System, person: Person) -> None:
    """Sessions don't overlap or count more than they took, all of them are counted, and points have their limits."""
    taken = sorted((one["startedAt"], one["endedAt"], one) for one in await finished(person))
    assert len(taken) > 2
    assert all(earlier[1] <= later[0] for earlier, later in pairwise(taken))
    for begin, end, session in taken:
        length = datetime.fromisoformat(end) - datetime.fromisoformat(begin)
        assert timedelta(minutes=session["effectiveMinutes"]) <= length <= timedelta(hours=24)
    overview = made(await person.get("/api/analytics/overview?range=year"), 200)
    assert overview["focusedMinutes"] == sum(one["effectiveMinutes"] for *_, one in taken)
    admin = await system.admin()
    rows = await admin.fetch(
        "SELECT at, local_date, points FROM points_ledger WHERE user_id = $1 AND points > 0", UUID(person.user["id"])
    )
    await admin.close()
    for row in rows:
        assert sum(one["points"] for one in rows if one["local_date"] == row["local_date"]) <= FOCUS_DAILY
        window = [one for one in rows if timedelta() <= one["at"] - row["at"] < timedelta(hours=20)]
        assert sum(one["points"] for one in window) <= FOCUS_DAILY


async def check_events(person: Person) -> None:
    """A copy that follows the events has the sessions that are read."""
    told = {one["data"]["id"]: one["data"] for one in await person.changes() if one["type"].startswith("focus.")}
    read = made(await person.get("/api/focus-sessions", params={"limit": 200}), 200)["items"]
    assert told == {one["id"]: one for one in read}


async def finished(person: Person) -> list[Json]:
    items = made(await person.get("/api/focus-sessions", params={"limit": 200, "status": "completed"}), 200)["items"]
    return list(items)


async def outcome(person: Person) -> Json:
    """Return everything that the commands of a student led to."""
    items = made(await person.get("/api/focus-sessions", params={"limit": 200}), 200)["items"]
    unlike = {"id", "version", "createdAt", "updatedAt"}
    notices = made(await person.get("/api/notifications", params={"limit": 200}), 200)["items"]
    overview = made(await person.get("/api/analytics/overview?range=year"), 200)
    return {
        "sessions": [{name: value for name, value in one.items() if name not in unlike} for one in items],
        "points": made(await person.get("/api/gamification/points"), 200)["total"],
        "minutes": overview["focusedMinutes"],
        "days": overview["days"],
        "notices": sorted(one["title"] for one in notices if one["type"] == "focus_forgotten"),
    }
