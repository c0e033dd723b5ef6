"""The study plan: what is due first comes first, nothing is planned after its due date, and nothing is saved."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st
from tests.cast import Person, made

from studyteddy.features.ai.schemas.study_plan import PlannableTask
from studyteddy.features.ai.service.study_plan import MAX_PIECE, plan

TODAY = date(2030, 1, 31)
TASKS = st.lists(
    st.builds(
        PlannableTask,
        id=st.uuids(),
        title=st.just("Read"),
        due_date=st.none() | st.dates(TODAY - timedelta(3), TODAY + timedelta(20)),
        minutes=st.integers(15, 900),
        started=st.booleans(),
        start_date=st.none() | st.dates(TODAY - timedelta(3), TODAY + timedelta(20)),
    ),
    max_size=12,
    unique_by=lambda task: task.id,
).map(lambda tasks: sorted(tasks, key=lambda task: task.due_date or date.max))


async def planned(person: Person, **fields: Any) -> dict[str, Any]:
    return made(await person.post("/api/ai/study-plan", fields), 200)


async def test_what_is_due_first_comes_first_and_nothing_is_saved(alice: Person) -> None:
    first = (await planned(alice))["days"][0]["date"]
    soon, later = str(date.fromisoformat(first) + timedelta(1)), str(date.fromisoformat(first) + timedelta(5))
    essay = await alice.task("Essay", dueDate=later, estimatedMinutes=100)
    poster = await alice.task("Poster", dueDate=soon, estimatedMinutes=90)
    before = await alice.changes()
    found = await planned(alice, days=3, minutesPerDay=60)
    assert [[(one["taskId"], one["minutes"]) for one in day["items"]] for day in found["days"]] == [
        [(poster["id"], 60)],
        [(poster["id"], 30), (essay["id"], 30)],
        [(essay["id"], 60)],
    ]
    assert [(one["taskId"], one["minutes"]) for one in found["unplaced"]] == [(essay["id"], 10)]
    assert await alice.changes() == before


async def test_a_plan_has_only_open_tasks_of_the_subject(alice: Person, bob: Person) -> None:
    subject = await alice.subject()
    kept = await alice.task("Kept", subjectId=subject["id"])
    done = await alice.task("Done", subjectId=subject["id"])
    await alice.post(f"/api/tasks/{done['id']}/complete")
    await alice.task("Other")
    await bob.task("Bob's")
    found = await planned(alice, subjectId=subject["id"])
    assert {one["taskId"] for day in found["days"] for one in day["items"]} == {kept["id"]}


async def test_of_tasks_due_on_a_day_the_older_one_comes_first_whatever_its_id(alice: Person) -> None:
    """As in the lists of the app: the ids of occurrences say nothing about their age."""
    subject = await alice.subject()
    older = await alice.task("Older", subjectId=subject["id"])
    newer = await alice.task("Newer", subjectId=subject["id"], id="00000000-0000-7000-8000-000000000001")
    found = await planned(alice, subjectId=subject["id"])
    assert [one["taskId"] for day in found["days"] for one in day["items"]] == [older["id"], newer["id"]]


async def test_a_task_is_planned_from_the_day_on_which_it_starts(alice: Person) -> None:
    days = [date.fromisoformat(one["date"]) for one in (await planned(alice, days=3))["days"]]
    tomorrow = await alice.task("Tomorrow", startDate=str(days[1]), estimatedMinutes=30)
    await alice.task("Afterwards", startDate=str(days[2] + timedelta(1)), estimatedMinutes=30)
    found = await planned(alice, days=3)
    assert [[one["taskId"] for one in day["items"]] for day in found["days"]] == [[], [tomorrow["id"]], []]
    assert found["unplaced"] == []


@given(TASKS, st.integers(1, 14), st.integers(15, 720))
def test_a_plan_keeps_its_rules(tasks: list[PlannableTask], days: int, minutes: int) -> None:
    found = plan(tasks, today=TODAY, days=days, minutes_per_day=minutes)
    starts: dict[UUID, Any] = {task.id: task.start_date for task in tasks}
    placed: dict[UUID, int] = {}
    for day in found.days:
        assert day.minutes == sum(one.minutes for one in day.items) <= minutes
        for one in day.items:
            assert 0 < one.minutes <= MAX_PIECE
            assert one.due_date is None or day.date <= max(one.due_date, TODAY)
            assert starts[one.task_id] is None or day.date >= starts[one.task_id]
            placed[one.task_id] = placed.get(one.task_id, 0) + one.minutes
    left = {one.task_id: one.minutes for one in found.unplaced}
    assert all(placed.get(task.id, 0) + left.get(task.id, 0) == task.minutes for task in tasks)
