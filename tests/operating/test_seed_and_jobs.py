"""What an operator does from the command line: a believable term, and dead letters."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx2
from tests.cast import Person
from tests.conftest import System, settings_for
from typer.testing import CliRunner

from studyteddy import bootstrap
from studyteddy.bootstrap.seed import EMAIL, PASSWORD
from studyteddy.cli import app


@asynccontextmanager
async def signed_in(system: System) -> AsyncIterator[httpx2.AsyncClient]:
    async with httpx2.AsyncClient(base_url=system.url, trust_env=False, timeout=20) as client:
        answer = await client.post("/api/auth/login", json={"email": EMAIL, "password": PASSWORD})
        client.headers["authorization"] = f"Bearer {answer.json()['accessToken']}"
        yield client


async def test_a_seeded_term_is_believable(system: System) -> None:
    settings = settings_for(system.engines)
    steps: list[tuple[int, int]] = []
    await asyncio.to_thread(bootstrap.seed, settings, progress=lambda done, total: steps.append((done, total)))
    again = await asyncio.to_thread(bootstrap.seed, settings)
    assert EMAIL in again
    assert steps[-1] == (60, 60)
    async with signed_in(system) as ada:
        tasks = (await ada.get("/api/tasks", params={"limit": 200})).json()["items"]
        subjects = (await ada.get("/api/subjects")).json()["items"]
        points = (await ada.get("/api/gamification/points")).json()["total"]
        year = (await ada.get("/api/analytics/overview", params={"range": "year"})).json()
        sessions = (await ada.get("/api/focus-sessions", params={"limit": 200})).json()["items"]
    done = [task for task in tasks if task["completedAt"]]
    assert (len(tasks), len(subjects)) == (60, 5)
    assert year["tasksCompleted"] == len(done) > 30
    earned: Counter[str] = Counter()
    for one in sessions:
        earned[one["day"]] += one["effectiveMinutes"] // 5
    assert points == 10 * len(done) + sum(min(48, day) for day in earned.values())
    assert len(sessions) > 40
    assert {one["status"] for one in sessions} == {"completed"}
    assert year["focusedMinutes"] == sum(one["effectiveMinutes"] for one in sessions) > 1000
    assert sum(task["actualMinutes"] for task in tasks) == year["focusedMinutes"]
    assert all(share["minutes"] > 0 for share in year["subjectMix"])
    assert len({one["day"] for one in sessions}) > 20
    assert len({task["completedOn"] for task in done}) > 20
    assert 0.3 < year["onTimeRate"] < 1


async def test_dead_letters_are_listed_and_retried(system: System, alice: Person) -> None:
    admin = await system.admin()
    environ = {
        "DATABASE_URL": system.engines.database_url,
        **{name.upper(): value for name, value in _given(system).items()},
    }
    await admin.execute(
        "INSERT INTO jobs_dead (id, user_id, kind, lane, payload, attempt, request_id, last_error, created_at)"
        " VALUES (900001, $1, 'platform.tidy', 'outside', '{}', 8, 'r-1', 'it broke', now())", alice.user["id"],
    )  # fmt: skip
    runner = CliRunner()
    listed = await asyncio.to_thread(runner.invoke, app, ["jobs", "list"], env=environ)
    assert listed.exit_code == 0, listed.output
    assert "900001" in listed.output
    assert "platform.tidy" in listed.output
    retried = await asyncio.to_thread(runner.invoke, app, ["jobs", "retry", "900001"], env=environ)
    assert retried.exit_code == 0, retried.output
    assert await admin.fetchval("SELECT count(*) FROM jobs_dead WHERE id = 900001") == 0
    assert await admin.fetchval("SELECT count(*) FROM jobs WHERE kind = 'platform.tidy'") == 1
    await admin.close()
    await system.work()


def _given(system: System) -> dict[str, str]:
    settings = system.running.settings
    return {name: str(getattr(settings, name)) for name in settings.__struct_fields__ if name != "database_url"}
