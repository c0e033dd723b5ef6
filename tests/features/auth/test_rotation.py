"""Concurrent refreshes on several processes: no family forks, no user is logged out, and old tokens end the family."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack

import httpx2
import pytest
from tests.cast import Person
from tests.chaos.harness import fleet
from tests.conftest import System, settings_for

FAMILIES, AT_ONCE, PROCESSES = 20, 20, 3


@pytest.fixture(scope="module")
async def servers(system: System, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[list[httpx2.AsyncClient]]:
    """Clients of several API processes on one database."""
    async with AsyncExitStack() as stack:
        folder = tmp_path_factory.mktemp("servers")
        urls = await stack.enter_async_context(fleet(settings_for(system.engines), folder, PROCESSES))
        clients = [httpx2.AsyncClient(base_url=url, trust_env=False, timeout=30) for url in urls]
        yield [await stack.enter_async_context(client) for client in clients]


async def test_concurrent_refreshes_neither_fork_nor_log_out(servers: list[httpx2.AsyncClient]) -> None:
    """Twenty concurrent refreshes on three processes, twenty times: all get the same successor, which is valid."""
    outcomes = [await _race(servers, await _begin(servers[0], family)) for family in range(FAMILIES)]
    assert [(statuses, len(successors)) for statuses, successors in outcomes] == [({200}, 1)] * FAMILIES
    for number, (_, successors) in enumerate(outcomes):
        (token,) = successors
        assert (await _refresh(servers[number % PROCESSES], token)).status_code == 200


async def test_a_token_older_than_the_previous_one_ends_the_family_everywhere(
    servers: list[httpx2.AsyncClient], alice: Person
) -> None:
    tokens = [alice.refresh_token]
    for server in servers:
        tokens.append((await _refresh(server, tokens[-1])).json()["refreshToken"])
    assert (await _refresh(servers[0], tokens[0])).json()["code"] == "session_ended"
    assert {(await _refresh(server, tokens[-1])).status_code for server in servers} == {401}
    await asyncio.sleep(1)
    bearer = {"authorization": f"Bearer {alice.access_token}"}
    assert {(await server.get("/api/auth/me", headers=bearer)).status_code for server in servers} == {401}


async def _begin(server: httpx2.AsyncClient, number: int) -> str:
    new = {"email": f"racer-{number}@example.org", "password": "correct horse battery staple", "name": "Racer"}
    token: str = (await server.post("/api/auth/register", json=new)).json()["refreshToken"]
    return token


async def _race(servers: list[httpx2.AsyncClient], token: str) -> tuple[set[int], set[str]]:
    """Return the statuses and successor tokens of concurrent refreshes."""
    answers = await asyncio.gather(*(_refresh(servers[n % len(servers)], token) for n in range(AT_ONCE)))
    return {one.status_code for one in answers}, {one.json().get("refreshToken", "") for one in answers}


async def _refresh(server: httpx2.AsyncClient, token: str) -> httpx2.Response:
    return await server.post("/api/auth/refresh", json={"refreshToken": token})
