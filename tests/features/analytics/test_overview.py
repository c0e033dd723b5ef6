"""Statistics over HTTP."""

from __future__ import annotations

from datetime import timedelta

from tests.cast import Person
from tests.conftest import System


async def complete(person: Person, **fields: object) -> None:
    task = await person.task(**fields)  # type: ignore[arg-type]
    await person.post(f"/api/tasks/{task['id']}/complete")


async def test_an_empty_range_has_no_rate(alice: Person) -> None:
    overview = (await alice.get("/api/analytics/overview")).json()
    assert (overview["tasksCompleted"], overview["onTimeRate"], overview["subjectMix"]) == (0, None, [])
    assert overview["asOf"].endswith("Z")


async def test_late_and_timely_tasks_make_the_rate(system: System, alice: Person) -> None:
    subject = await alice.subject("Physics")
    await complete(alice, dueDate="2999-01-01", subjectId=subject["id"])
    await complete(alice, dueDate="2020-01-01")
    await complete(alice)
    await system.work()
    overview = (await alice.get("/api/analytics/overview", params={"range": "day"})).json()
    assert (overview["tasksCompleted"], overview["onTimeRate"]) == (3, 0.5)
    mix = {share["name"]: share["tasksCompleted"] for share in overview["subjectMix"]}
    assert mix == {"Physics": 1, None: 2}


async def test_days_in_a_row_are_a_streak(system: System, alice: Person) -> None:
    try:
        for day in (-4, -2, -1, 0):
            system.clock.ahead = timedelta(days=day)
            await complete(alice)
            await system.work()
    finally:
        system.clock.ahead = timedelta()
    streak = (await alice.get("/api/analytics/overview")).json()["streak"]
    assert streak == {"current": 3, "longest": 3}


async def test_a_subject_counts_its_open_completed_and_overdue_tasks(
    system: System, alice: Person, bob: Person
) -> None:
    subject = await alice.subject("Physics")
    await alice.task(subjectId=subject["id"], dueDate="2020-01-01")
    await alice.task(subjectId=subject["id"])
    await complete(alice, subjectId=subject["id"], dueDate="2999-01-01")
    await system.work()
    stats = (await alice.get(f"/api/subjects/{subject['id']}/stats")).json()
    assert (stats["openTasks"], stats["overdueTasks"], stats["completedTasks"], stats["onTimeRate"]) == (2, 1, 1, 1.0)
    assert (await bob.get(f"/api/subjects/{subject['id']}/stats")).status_code == 404
