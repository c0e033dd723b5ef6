"""`POST /api/tasks/{id}/complete` and everything that follows from it."""

from __future__ import annotations

import asyncio
import json

import websockets
from tests.cast import Person
from tests.conftest import System


async def test_a_completion_has_all_its_effects(system: System, alice: Person) -> None:
    await system.work()  # the welcome
    task = await alice.task(dueDate="2999-01-01")
    ticket = (await alice.post("/api/realtime/ticket")).json()["ticket"]
    async with websockets.connect(f"{system.url.replace('http', 'ws')}/ws?ticket={ticket}", proxy=None) as socket:
        assert json.loads(await socket.recv())["type"] == "hello"
        answer = await alice.post(f"/api/tasks/{task['id']}/complete")
        assert answer.status_code == 200
        done = answer.json()
        assert done["status"] == "completed"
        assert done["onTime"] is True
        await system.work()
        heard = [json.loads(await asyncio.wait_for(socket.recv(), 2)) for _ in range(4)]
    assert sorted(event["type"] for event in heard) == [
        "notification.created",
        "points.changed",
        "progress.updated",
        "task.completed",
    ]
    assert heard[0]["type"] == "task.completed"
    assert heard[0]["data"] == done
    assert [event["seq"] for event in heard] == list(range(heard[0]["seq"], heard[0]["seq"] + 4))
    told = (await alice.get("/api/notifications")).json()["items"]
    assert [note["data"] for note in told if note["type"] == "task_completed"] == [{"taskId": task["id"]}]
    points = (await alice.get("/api/gamification/points")).json()
    assert (points["total"], len(points["recent"])) == (10, 1)
    overview = (await alice.get("/api/analytics/overview")).json()
    assert (overview["tasksCompleted"], overview["onTimeRate"]) == (1, 1.0)
    assert overview["streak"] == {"current": 1, "longest": 1}


async def test_completing_twice_changes_nothing(system: System, alice: Person) -> None:
    task = await alice.task()
    first = await alice.post(f"/api/tasks/{task['id']}/complete", {})
    second = await alice.post(f"/api/tasks/{task['id']}/complete", {})
    assert first.json() == second.json()
    await system.work()
    types = [event["type"] for event in await alice.changes()]
    assert types.count("task.completed") == 1
    assert (await alice.get("/api/gamification/points")).json()["total"] == 10


async def test_twenty_racing_completions_are_one(system: System, alice: Person) -> None:
    task = await alice.task()
    answers = await asyncio.gather(*(alice.post(f"/api/tasks/{task['id']}/complete") for _ in range(20)))
    assert {answer.status_code for answer in answers} == {200}
    assert len({answer.text for answer in answers}) == 1
    await system.work()
    assert [event["type"] for event in await alice.changes()].count("task.completed") == 1
    assert (await alice.get("/api/analytics/overview")).json()["tasksCompleted"] == 1


async def test_another_users_task_looks_missing(alice: Person, bob: Person) -> None:
    task = await alice.task()
    foreign = await bob.post(f"/api/tasks/{task['id']}/complete")
    missing = await bob.post("/api/tasks/01a206a7-c46c-7f69-9f48-479825c24f14/complete")
    assert foreign.status_code == missing.status_code == 404
    assert {**foreign.json(), "requestId": ""} == {**missing.json(), "requestId": ""}


async def test_reopening_revokes_the_points(system: System, alice: Person) -> None:
    task = await alice.task()
    await alice.post(f"/api/tasks/{task['id']}/complete")
    await system.work()
    reopened = (await alice.post(f"/api/tasks/{task['id']}/reopen")).json()
    assert (reopened["status"], reopened["completedAt"]) == ("pending", None)
    await system.work()
    assert (await alice.get("/api/gamification/points")).json()["total"] == 0
    assert (await alice.get("/api/analytics/overview")).json()["tasksCompleted"] == 0
    await alice.post(f"/api/tasks/{task['id']}/complete")
    await system.work()
    assert (await alice.get("/api/gamification/points")).json()["total"] == 10
