"""Subtasks: their order is a permutation, and their progress is that of the task."""

from __future__ import annotations

import asyncio
import random
from typing import Any

from tests.cast import Person, made
from tests.conftest import System


async def steps(person: Person, task: dict[str, Any], *titles: str) -> list[dict[str, Any]]:
    return [made(await person.post(f"/api/tasks/{task['id']}/subtasks", {"title": title})) for title in titles]


async def listed(person: Person, task: dict[str, Any]) -> list[dict[str, Any]]:
    items: list[dict[str, Any]] = (await person.get(f"/api/tasks/{task['id']}/subtasks")).json()["items"]
    return items


async def test_subtasks_are_added_at_the_end(alice: Person) -> None:
    task = await alice.task()
    await steps(alice, task, "one", "two", "three")
    assert [(step["title"], step["order"]) for step in await listed(alice, task)] == [
        ("one", 0),
        ("two", 1),
        ("three", 2),
    ]


async def test_progress_rolls_up_but_does_not_complete_the_task(alice: Person) -> None:
    task = await alice.task()
    one, two = await steps(alice, task, "one", "two")
    for step in (one, two):
        done = made(await alice.patch(f"/api/tasks/{task['id']}/subtasks/{step['id']}", {"completed": True}), 200)
        assert done["completedAt"] is not None
    parent = (await alice.get(f"/api/tasks/{task['id']}")).json()
    assert (parent["subtaskCount"], parent["subtasksCompleted"], parent["status"]) == (2, 2, "pending")


async def test_the_last_subtask_completes_the_task_if_requested(system: System, alice: Person) -> None:
    task = await alice.task()
    one, two = await steps(alice, task, "one", "two")
    path = f"/api/tasks/{task['id']}/subtasks"
    await alice.patch(f"{path}/{one['id']}", {"completed": True, "completeParent": True})
    assert (await alice.get(f"/api/tasks/{task['id']}")).json()["status"] == "pending"
    await alice.patch(f"{path}/{two['id']}", {"completed": True, "completeParent": True})
    assert (await alice.get(f"/api/tasks/{task['id']}")).json()["status"] == "completed"
    await system.work()
    assert (await alice.get("/api/gamification/points")).json()["total"] == 10


async def test_deleting_a_subtask_closes_the_gap(alice: Person) -> None:
    task = await alice.task()
    _, two, _ = await steps(alice, task, "one", "two", "three")
    assert (await alice.delete(f"/api/tasks/{task['id']}/subtasks/{two['id']}")).status_code == 204
    assert [(step["title"], step["order"]) for step in await listed(alice, task)] == [("one", 0), ("three", 1)]
    assert (await alice.get(f"/api/tasks/{task['id']}")).json()["subtaskCount"] == 2


async def test_a_new_order_lists_every_subtask_once(alice: Person, bob: Person) -> None:
    task = await alice.task()
    ids = [step["id"] for step in await steps(alice, task, "one", "two", "three")]
    path = f"/api/tasks/{task['id']}/subtasks/order"
    foreign = (await steps(bob, await bob.task(), "theirs"))[0]["id"]
    for wrong in (ids[:2], [*ids, ids[0]], [ids[0], ids[0], ids[1]], [*ids[:2], foreign]):
        answer = await alice.put(path, {"ids": wrong})
        assert (answer.status_code, answer.json()["errors"][0]["code"]) == (422, "not_a_permutation")
    ordered = made(await alice.put(path, {"ids": ids[::-1]}), 200)
    assert [step["title"] for step in ordered["items"]] == ["three", "two", "one"]


async def test_the_order_is_a_permutation_after_races(alice: Person) -> None:
    task = await alice.task()
    ids = [step["id"] for step in await steps(alice, task, *"abcdef")]
    path = f"/api/tasks/{task['id']}/subtasks"
    shuffles = [random.Random(n).sample(ids, len(ids)) for n in range(12)]
    answers = await asyncio.gather(
        *(alice.put(f"{path}/order", {"ids": one}) for one in shuffles),
        *(alice.post(path, {"title": f"late {n}"}) for n in range(4)),
        alice.delete(f"{path}/{ids[0]}"),
    )
    assert {answer.status_code for answer in answers} <= {200, 201, 204, 422}
    assert [step["order"] for step in await listed(alice, task)] == list(range(9))


async def test_the_order_is_a_permutation_when_a_subtask_is_restored_in_a_race(alice: Person) -> None:
    task = await alice.task()
    ids = [step["id"] for step in await steps(alice, task, *"abcdef")]
    path = f"/api/tasks/{task['id']}"
    for n in range(4):
        assert (await alice.delete(f"{path}/subtasks/{ids[n]}")).status_code == 204
        removed = (await alice.get(f"{path}/history")).json()["items"][0]
        left = [step["id"] for step in await listed(alice, task)]
        shuffles = [random.Random(m).sample(left, len(left)) for m in range(4)]
        answers = await asyncio.gather(
            *(alice.put(f"{path}/subtasks/order", {"ids": one}) for one in shuffles),
            alice.post(f"{path}/history/{removed['id']}/undo"),
            alice.delete(f"{path}/subtasks/{left[-1]}"),
            alice.post(f"{path}/subtasks", {"title": "late"}),
        )
        assert {answer.status_code for answer in answers} <= {200, 201, 204, 422}
        found = await listed(alice, task)
        assert [step["order"] for step in found] == list(range(6))
        assert ids[n] in [step["id"] for step in found]
        assert (await alice.get(path)).json()["subtaskCount"] == 6
        ids = [step["id"] for step in found]


async def test_a_task_has_at_most_two_hundred_subtasks(alice: Person) -> None:
    task = await alice.task()
    await steps(alice, task, *(f"step {n}" for n in range(200)))
    answer = await alice.post(f"/api/tasks/{task['id']}/subtasks", {"title": "one too many"})
    assert (answer.status_code, answer.json()["code"]) == (409, "too_many_subtasks")
