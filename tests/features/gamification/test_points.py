"""Points cannot be farmed."""

from __future__ import annotations

from datetime import timedelta

from tests.cast import Person
from tests.conftest import System


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
