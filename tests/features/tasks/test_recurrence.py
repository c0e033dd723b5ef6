"""Tasks that repeat, through HTTP."""

from __future__ import annotations

from typing import Any

import pytest
from tests.cast import Person, made

WEEKLY = {"rule": "FREQ=WEEKLY;BYDAY=TH"}


async def listed(someone: Person, **params: Any) -> list[dict[str, Any]]:
    items: list[dict[str, Any]] = (await someone.get("/api/tasks", params=params)).json()["items"]
    return items


async def occurrences(someone: Person, task: dict[str, Any], **params: Any) -> list[tuple[str, str]]:
    answer = made(await someone.get(f"/api/tasks/{task['id']}/occurrences", params=params), 200)
    return [(one["start"], one["status"]) for one in answer["items"]]


async def test_a_series_begins_with_the_first_date_of_its_rule(alice: Person) -> None:
    task = await alice.task("Problem set", dueDate="2030-01-01", recurrence=WEEKLY)
    assert (task["dueDate"], task["occurrence"]) == ("2030-01-03", "2030-01-03")
    assert task["recurrence"] == {"rule": "FREQ=WEEKLY;BYDAY=TH", "mode": "schedule", "missed": "skip", "exdates": []}
    assert (await alice.get(f"/api/tasks/{task['id']}")).json() == task


async def test_finishing_one_occurrence_brings_the_next_and_keeps_its_own_history(alice: Person) -> None:
    task = await alice.task("Problem set", dueDate="2030-01-03", recurrence=WEEKLY)
    done = made(await alice.post(f"/api/tasks/{task['id']}/complete"), 200)
    (following,) = await listed(alice, status="pending")
    assert (done["status"], done["dueDate"]) == ("completed", "2030-01-03")
    assert (following["dueDate"], following["seriesId"]) == ("2030-01-10", task["seriesId"])
    assert following["id"] != task["id"]
    assert await occurrences(alice, task, toDay="2030-01-20") == [
        ("2030-01-03", "completed"), ("2030-01-10", "pending"), ("2030-01-17", "expected"),
    ]  # fmt: skip


async def test_finishing_twice_brings_one(alice: Person) -> None:
    task = await alice.task(dueDate="2030-01-03", recurrence=WEEKLY)
    for _ in range(3):
        await alice.post(f"/api/tasks/{task['id']}/complete")
    assert len(await listed(alice)) == 2


async def test_reopening_takes_the_next_one_back_unless_it_was_touched(alice: Person) -> None:
    task = await alice.task(dueDate="2030-01-03", recurrence=WEEKLY)
    await alice.post(f"/api/tasks/{task['id']}/complete")
    await alice.post(f"/api/tasks/{task['id']}/reopen")
    assert [one["id"] for one in await listed(alice)] == [task["id"]]
    await alice.post(f"/api/tasks/{task['id']}/complete")
    (following,) = await listed(alice, status="pending")
    await alice.patch(f"/api/tasks/{following['id']}", {"title": "touched"})
    await alice.post(f"/api/tasks/{task['id']}/reopen")
    assert len(await listed(alice, status="pending")) == 2


@pytest.mark.parametrize("scope", ["following", "all"])
async def test_a_change_of_more_than_one_needs_a_scope(alice: Person, scope: str) -> None:
    task = await alice.task(dueDate="2030-01-03", recurrence=WEEKLY)
    new = {"rule": "FREQ=DAILY"}
    refused = await alice.patch(f"/api/tasks/{task['id']}", {"recurrence": new})
    assert refused.json()["errors"][0]["code"] == "scope_needed"
    changed = made(await alice.patch(f"/api/tasks/{task['id']}?scope={scope}", {"recurrence": new, "title": "y"}), 200)
    assert (changed["recurrence"]["rule"], changed["title"], changed["dueDate"]) == ("FREQ=DAILY", "y", "2030-01-03")
    await alice.post(f"/api/tasks/{task['id']}/complete")
    (following,) = await listed(alice, status="pending")
    assert (following["dueDate"], following["title"]) == ("2030-01-04", "y")
