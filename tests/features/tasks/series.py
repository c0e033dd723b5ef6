"""Helpers for the tests of recurring tasks."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from tests.cast import Person, made
from tests.conftest import System

WEEKLY = {"rule": "FREQ=WEEKLY;BYDAY=TH"}


async def listed(someone: Person, **params: Any) -> list[dict[str, Any]]:
    items: list[dict[str, Any]] = (await someone.get("/api/tasks", params=params)).json()["items"]
    return items


async def occurrences(someone: Person, task: dict[str, Any], **params: Any) -> list[tuple[str, str]]:
    answer = made(await someone.get(f"/api/tasks/{task['id']}/occurrences", params=params), 200)
    return [(one["start"], one["status"]) for one in answer["items"]]


async def one_open(someone: Person) -> dict[str, Any]:
    (task,) = await listed(someone, status="pending")
    return task


async def finish(someone: Person, task: dict[str, Any]) -> dict[str, Any]:
    """Complete an occurrence and return the next one."""
    made(await someone.post(f"/api/tasks/{task['id']}/complete"), 200)
    return await one_open(someone)


async def expected(someone: Person, task: dict[str, Any], start: str) -> dict[str, Any]:
    return made(await someone.post(f"/api/tasks/{task['id']}/occurrences", {"start": start}))


async def local_today(system: System, someone: Person) -> date:
    """Return the student's local date, by their time zone and day start."""
    user = made(await someone.get("/api/auth/me"), 200)
    hour, minute = map(int, user["dayStart"].split(":"))
    here = system.clock().astimezone(ZoneInfo(user["timeZone"]))
    return (here - timedelta(hours=hour, minutes=minute)).date()
