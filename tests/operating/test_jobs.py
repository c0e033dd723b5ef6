"""Operator commands: dead jobs."""

from __future__ import annotations

import asyncio

from tests.cast import Person
from tests.conftest import System
from typer.testing import CliRunner

from studyteddy.cli import app


async def test_dead_jobs_are_listed_and_retried(system: System, alice: Person) -> None:
    admin = await system.admin()
    environ = {
        "DATABASE_URL": system.engines.database_url,
        **{name.upper(): value for name, value in _given(system).items()},
    }
    await admin.execute(
        "INSERT INTO jobs_dead (id, user_id, kind, lane, payload, attempt, request_id, last_error, created_at)"
        " VALUES (900001, $1, 'platform.tidy', 'outside', '{}', 8, 'r-1', 'it broke', now())",
        alice.user["id"],
    )
    runner = CliRunner()
    listed = await asyncio.to_thread(runner.invoke, app, ["jobs", "list"], env=environ)
    assert listed.exit_code == 0, listed.output
    assert "900001" in listed.output
    assert "platform.tidy" in listed.output
    retried = await asyncio.to_thread(runner.invoke, app, ["jobs", "retry", "900001"], env=environ)
    assert retried.exit_code == 0, retried.output
    assert await admin.fetchval("SELECT count(*) FROM jobs_dead WHERE id = 900001") == 0
    # Deleted, not run: no program knows this kind any more.
    assert await admin.execute("DELETE FROM jobs WHERE kind = 'platform.tidy'") == "DELETE 1"
    await admin.close()


def _given(system: System) -> dict[str, str]:
    settings = system.running.settings
    return {name: str(getattr(settings, name)) for name in settings.__struct_fields__ if name != "database_url"}
