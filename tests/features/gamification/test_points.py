"""Points over HTTP, and the limits that prevent farming."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from uuid import UUID

from tests.cast import Person, made
from tests.conftest import System

from studyteddy.features.gamification import service
from studyteddy.features.gamification.service import ALWAYS, DAILY, FOCUS_DAILY, POINTS
from studyteddy.platform.identity import Identity
from studyteddy.platform.ids import new_id


async def total(person: Person) -> int:
    points: int = (await person.get("/api/gamification/points")).json()["total"]
    return points


async def complete(person: Person, times: int) -> None:
    for _ in range(times):
        await person.post(f"/api/tasks/{(await person.task())['id']}/complete")


async def test_the_first_ten_of_a_day_count_and_the_hour_is_capped(system: System, alice: Person) -> None:
    await complete(alice, 14)
    await system.work()
    assert await total(alice) == 100
    points = (await alice.get("/api/gamification/points")).json()
    assert (points["level"], points["nextLevelAt"]) == (2, 300)
    assert len(points["recent"]) == 14


async def test_toggling_one_task_gives_its_points_once(system: System, alice: Person) -> None:
    task = await alice.task()
    for _ in range(4):
        await alice.post(f"/api/tasks/{task['id']}/complete")
        await alice.post(f"/api/tasks/{task['id']}/reopen")
    await system.work()
    assert await total(alice) == 0
    await alice.post(f"/api/tasks/{task['id']}/complete")
    await system.work()
    assert await total(alice) == 10


async def test_a_new_day_counts_again(system: System, alice: Person) -> None:
    await complete(alice, 12)
    await system.work()
    try:
        system.clock.ahead = timedelta(days=1)
        await complete(alice, 2)
        await system.work()
    finally:
        system.clock.ahead = timedelta()
    assert await total(alice) == 120


FLIPS = ("Pacific/Kiritimati", "Etc/GMT+12", "Europe/Berlin")


async def test_changing_the_zone_gives_no_second_day(system: System, alice: Person) -> None:
    """Three local dates at a time exist on earth; their points and their streak are those of one."""
    try:
        for number in range(60):
            system.clock.ahead = timedelta(minutes=number * 15)
            zone, start = FLIPS[number % 3], f"{number % 24:02}:{number % 60:02}"
            assert (await alice.patch("/api/users/me", {"timeZone": zone, "dayStart": start})).status_code == 200
            await complete(alice, 1)
        await system.work()
        assert await total(alice) <= POINTS * DAILY
        streak = (await alice.get("/api/analytics/overview")).json()["streak"]
        assert streak["longest"] <= 2
    finally:
        system.clock.ahead = timedelta()


async def test_changing_the_zone_gives_no_more_points_for_focus(system: System, alice: Person) -> None:
    try:
        for number, zone in enumerate(FLIPS):
            assert (await alice.patch("/api/users/me", {"timeZone": zone})).status_code == 200
            session = made(await alice.post("/api/focus-sessions", {"type": "custom", "plannedMinutes": 240}))
            system.clock.ahead = timedelta(minutes=240 * (number + 1))
            made(await alice.post(f"/api/focus-sessions/{session['id']}/complete"), 200)
        await system.work()
        assert await total(alice) == FOCUS_DAILY
    finally:
        system.clock.ahead = timedelta()


async def test_the_limits_hold_when_many_are_awarded_at_once(system: System, alice: Person) -> None:
    """Each award reads what the others have earned: they wait for each other."""
    identity, now = Identity(UUID(alice.user["id"]), UUID(alice.user["id"])), system.clock()

    async def award(number: int) -> None:
        async with system.running.db.transaction(identity) as tx:
            if number % 2:
                await service.award(tx, new_id(), version=1, day=now.date(), at=now)
            else:
                await service.award_focus(tx, new_id(), minutes=240, day=now.date(), at=now)

    await asyncio.gather(*(award(number) for number in range(40)))
    assert await total(alice) == POINTS * ALWAYS + FOCUS_DAILY
