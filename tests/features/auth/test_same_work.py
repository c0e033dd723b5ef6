"""An unknown account and a wrong password take the same work; a reused token ends its family everywhere."""

from __future__ import annotations

import asyncio
import time
from typing import Any

import httpx2
from tests.cast import join, made
from tests.conftest import System, serving, settings_for

from studyteddy.bootstrap import runtime


async def test_an_unknown_account_runs_the_statements_of_a_wrong_password(system: System) -> None:
    settings = settings_for(system.engines, database_pool="1")
    async with runtime.runtime(settings) as running, serving(running) as url:
        person = await join(url, "Watched")
        log: list[str] = []
        connection: Any = await running.db.pool.acquire()
        connection.add_query_logger(lambda record: log.append(record.query))
        running.db.pool.release(connection)
        run: list[list[str]] = []
        for email in (person.email, "unknown-to-everybody@example.org"):
            wrong = {"email": email, "password": "not the password"}
            assert (await person.post("/api/auth/login", wrong)).status_code == 401
            run.append([sql for transaction in transactions(log) if not is_relay(transaction) for sql in transaction])
            log.clear()
        await person.http.aclose()
    known, unknown = run
    assert known == unknown
    assert len(known) > 3


def transactions(log: list[str]) -> list[list[str]]:
    """Divide the statements of one connection."""
    found: list[list[str]] = []
    for sql in log:
        if sql.startswith("BEGIN") or not found:
            found.append([])
        found[-1].append(sql)
    return found


def is_relay(transaction: list[str]) -> bool:
    """Whether the process polls in the background what other processes have revoked, once a second."""
    return "'relay'" in transaction[0]


async def test_a_reused_token_ends_its_family_on_another_instance_within_a_second(system: System) -> None:
    person = await join(system.url, "Robbed")
    second = made(await person.post("/api/auth/refresh", {"refreshToken": person.refresh_token}), 200)
    await person.post("/api/auth/refresh", {"refreshToken": second["refreshToken"]})
    bearer = {"authorization": f"Bearer {second['accessToken']}"}
    async with (
        runtime.runtime(settings_for(system.engines)) as other,
        serving(other) as url,
        httpx2.AsyncClient(base_url=url, trust_env=False, headers=bearer) as elsewhere,
    ):
        assert (await elsewhere.get("/api/auth/me")).status_code == 200
        stolen = await person.post("/api/auth/refresh", {"refreshToken": person.refresh_token})
        ended = time.monotonic()
        assert stolen.status_code == 401
        while (await elsewhere.get("/api/auth/me")).status_code == 200:
            assert time.monotonic() - ended < 1.0
            await asyncio.sleep(0.02)
    await person.http.aclose()
