"""Random commands on series: no server errors, no duplicates, and the events are complete."""

from __future__ import annotations

import random
from typing import Any

import httpx2
import pytest
from tests.cast import Person

Json = dict[str, Any]

RULES = [
    "FREQ=DAILY",
    "FREQ=WEEKLY",
    "FREQ=WEEKLY;BYDAY=TH",
    "FREQ=MONTHLY;BYDAY=-1FR",
    "FREQ=DAILY;COUNT=4",
    "FREQ=YEARLY",
    "FREQ=DAILY;INTERVAL=3;UNTIL=20300301",
    "FREQ=DAILY;BYHOUR=9,15",
    "FREQ=HOURLY;INTERVAL=7",
]
ZONES = ["Asia/Tokyo", "Europe/Berlin", "Australia/Lord_Howe"]
COMMANDS = ["complete", "complete", "reopen", "reopen", "skip"]


class Whim:
    """Choose the next command, deterministically for a seed."""

    def __init__(self, seed: int) -> None:
        self.chance = random.Random(seed)

    def due(self) -> Json:
        day = f"2030-0{self.chance.randint(1, 3)}-{self.chance.randint(1, 28):02}"
        at = f"{day}T{self.chance.randint(0, 23):02}:30:00Z"
        return self.chance.choice([{"dueDate": day}, {"dueAt": at}, {"dueDate": None}, {"dueAt": None}])

    def recurrence(self) -> Json:
        exdates = [f"2030-01-{day:02}" for day in self.chance.sample(range(3, 28), self.chance.randint(0, 3))]
        mode = self.chance.choice(["schedule", "schedule", "after_completion"])
        missed = self.chance.choice(["skip", "keep"])
        return {"rule": self.chance.choice(RULES), "mode": mode, "missed": missed, "exdates": exdates}

    def changes(self) -> Json:
        possible: list[Json] = [
            {"title": self.chance.choice("abc")},
            self.due(),
            {"dueZone": self.chance.choice(ZONES)},
            {"recurrence": self.chance.choice([self.recurrence(), None])},
            {"startDate": "2030-01-01"},
            {"status": self.chance.choice(["pending", "in_progress", "cancelled"])},
        ]
        return {name: value for one in possible if self.chance.random() < 0.25 for name, value in one.items()}

    async def do(self, alice: Person, path: str) -> httpx2.Response:
        """Run a random command on a task."""
        scope = self.chance.choice(["this", "following", "all"])
        what = self.chance.randint(0, 9)
        if what < 3:
            return await alice.patch(f"{path}?scope={scope}", self.changes())
        if what < 6:
            return await alice.post(f"{path}/{self.chance.choice(COMMANDS)}")
        if what == 6:
            return await alice.post(f"{path}/subtasks", {"title": "step", "dueDate": "2030-01-05"})
        if what == 7:
            listed = (await alice.get(f"{path}/occurrences?limit=5")).json()["items"]
            start = self.chance.choice(listed)["start"] if listed else "2030-01-10"
            return await alice.post(f"{path}/occurrences", {"start": start})
        if what == 8 and self.chance.random() < 0.3:
            return await alice.delete(f"{path}?scope={scope}")
        lines = (await alice.get(f"{path}/history")).json()["items"]
        return await alice.post(f"{path}/history/{self.chance.choice(lines)['id']}/undo" if lines else f"{path}/skip")


async def everything(alice: Person) -> dict[str, Json]:
    """Return all tasks and subtasks as they are now."""
    tasks = (await alice.get("/api/tasks?limit=200")).json()["items"]
    found: dict[str, Json] = {task["id"]: task for task in tasks}
    for task in tasks:
        steps = (await alice.get(f"/api/tasks/{task['id']}/subtasks")).json()["items"]
        assert [step["order"] for step in steps] == list(range(task["subtaskCount"]))
        found |= {step["id"]: step for step in steps}
    return found


async def told(alice: Person) -> dict[str, Json]:
    """Return all tasks and subtasks as reconstructed from the events alone."""
    known: dict[str, Json] = {}
    for event in await alice.changes():
        kind, data = event["type"], event["data"]
        if kind.endswith(".deleted"):
            known = {key: one for key, one in known.items() if data["id"] not in (key, one.get("taskId"))}
        else:
            known |= {one["id"]: one for one in data.get("items", [data])}
    return known


@pytest.mark.parametrize("seed", [1, 2])
async def test_series_stay_consistent_under_random_commands(alice: Person, seed: int) -> None:
    whim = Whim(seed)
    for _ in range(120):
        tasks = (await alice.get("/api/tasks?limit=200")).json()["items"]
        if not tasks or whim.chance.random() < 0.05:
            due = {name: value for name, value in whim.due().items() if value}
            answer = await alice.post("/api/tasks", {"title": "x", **due, "recurrence": whim.recurrence()})
        else:
            answer = await whim.do(alice, f"/api/tasks/{whim.chance.choice(tasks)['id']}")
        assert answer.status_code < 500, (answer.request.url, answer.request.content, answer.text)
    now = await everything(alice)
    places = [(one["seriesId"], one["occurrence"]) for one in now.values() if one.get("seriesId")]
    assert len(places) == len(set(places))
    assert await told(alice) == now
