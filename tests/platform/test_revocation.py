"""A session that was ended is over within a second on every process, with or without Redis."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from uuid import UUID, uuid4

import asyncpg
import httpx2
import pytest
import websockets
from tests.cast import Person, join
from tests.chaos.place import fleet, until
from tests.conftest import System, serving, settings_for
from websockets.asyncio.client import ClientConnection

from studyteddy import bootstrap
from studyteddy.bootstrap import Runtime
from studyteddy.platform.errors import Unavailable
from studyteddy.platform.identity import Identity
from studyteddy.platform.revocation import Revocations

NOWHERE = "redis://127.0.0.1:1/0"


@asynccontextmanager
async def process(system: System, *, watching: bool = True, **settings: str) -> AsyncIterator[tuple[str, Runtime]]:
    """Another API process; one that is not `watching` never reads the revoked sessions."""
    async with AsyncExitStack() as stack:
        running = await stack.enter_async_context(bootstrap.runtime(settings_for(system.engines, **settings)))
        if watching:
            await stack.enter_async_context(bootstrap.background(running))
        yield await stack.enter_async_context(serving(running)), running


def status_at(url: str, person: Person, wanted: int) -> Callable[[], Awaitable[bool]]:
    async def asked() -> bool:
        return (await person.get(f"{url}/api/auth/me")).status_code == wanted

    return asked


@pytest.fixture(scope="module", params=["up", "down"])
async def three(
    system: System, request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[list[str]]:
    """The addresses of three API processes, with Redis and without."""
    address = NOWHERE if request.param == "down" else system.engines.redis_url
    async with fleet(settings_for(system.engines, redis_url=address), tmp_path_factory.mktemp("three")) as urls:
        yield urls


async def opened(url: str, person: Person, stack: AsyncExitStack) -> ClientConnection:
    """A socket that has been greeted; it does not outlast the stack."""
    ticket = (await person.post(f"{url}/api/realtime/ticket")).json()["ticket"]
    opening = websockets.connect(f"{url.replace('http', 'ws')}/ws?ticket={ticket}", proxy=None)
    socket = await stack.enter_async_context(opening)
    assert json.loads(await socket.recv())["type"] == "hello"
    return socket


async def ended(person: Person, urls: list[str], end: Awaitable[httpx2.Response]) -> None:
    """By `end`: no process lets them in a second later, and two seconds later each has closed their socket."""
    async with AsyncExitStack() as stack:
        stack.push_async_callback(person.http.aclose)
        sockets = [await opened(url, person, stack) for url in urls]
        assert (await end).status_code == 200
        since = time.monotonic()
        assert (await person.get("/api/auth/me")).status_code == 401
        for url in urls:
            await until(status_at(url, person, 401), within=1.0, every=0.01)
        assert time.monotonic() - since < 1.0
        async with asyncio.timeout(since + 2.0 - time.monotonic()):
            for socket in sockets:
                await socket.wait_closed()
        assert [socket.close_code for socket in sockets] == [4403] * len(urls)


async def test_logging_out_bites_on_every_process_within_a_second(three: list[str]) -> None:
    for _ in range(4):
        person = await join(three[0], "Eve")
        await ended(person, three, person.post("/api/auth/logout"))


async def test_shutting_an_account_bites_on_every_process_within_a_second(system: System, three: list[str]) -> None:
    operator = await join(three[0], "Olga")
    await asyncio.to_thread(bootstrap.set_role, settings_for(system.engines), operator.email, "operator")
    for _ in range(4):
        person = await join(three[0], "Eve")
        await ended(person, three, operator.post(f"/api/operator/users/{person.user['id']}/disable"))
    await operator.http.aclose()


async def test_logging_out_everywhere_ends_every_session(system: System, alice: Person) -> None:
    async with process(system) as (there, _):
        again = await alice.post("/api/auth/login", {"email": alice.email, "password": "correct horse battery staple"})
        other = {"authorization": f"Bearer {again.json()['accessToken']}"}
        assert (await alice.post("/api/auth/logout-all")).status_code == 200

        async def both_out() -> bool:
            found = await alice.get(f"{there}/api/auth/me"), await alice.get(f"{there}/api/auth/me", headers=other)
            return [answer.status_code for answer in found] == [401, 401]

        await until(both_out, within=1.0, every=0.01)


async def test_a_stolen_refresh_token_ends_the_session_on_every_process(system: System, alice: Person) -> None:
    async with process(system) as (there, _):
        tokens = [alice.refresh_token]
        for _ in range(2):
            answer = await alice.post("/api/auth/refresh", {"refreshToken": tokens[-1]})
            tokens.append(answer.json()["refreshToken"])
        assert (await alice.post("/api/auth/refresh", {"refreshToken": tokens[0]})).status_code == 401
        await until(status_at(there, alice, 401), within=1.0, every=0.01)


async def test_a_process_that_does_not_hear_of_revocations_asks_each_time(system: System, alice: Person) -> None:
    async with process(system, watching=False) as (deaf, _):
        assert (await alice.get(f"{deaf}/api/auth/me")).status_code == 200
        await alice.post("/api/auth/logout")
        assert (await alice.get(f"{deaf}/api/auth/me")).status_code == 401


async def test_a_process_that_can_neither_hear_nor_ask_lets_nobody_in(system: System, alice: Person) -> None:
    async with process(system, watching=False) as (_, running):
        identity = Identity(UUID(alice.user["id"]), uuid4())
        await running.db.pool.close()
        with pytest.raises(Unavailable):
            await running.revocations.check(identity)


async def test_a_session_that_never_was_is_refused(system: System, alice: Person) -> None:
    async with process(system, watching=False) as (deaf, running):
        token = running.resources["access_tokens"].issue(UUID(alice.user["id"]), uuid4())
        answer = await alice.get(f"{deaf}/api/auth/me", headers={"authorization": f"Bearer {token}"})
        assert answer.status_code == 401


async def test_a_revocation_that_commits_late_is_not_missed(system: System, alice: Person) -> None:
    """Its `revoked_at` lies behind readings that could not see it yet."""
    sql: asyncpg.Connection[asyncpg.Record] = await system.admin()
    try:
        async with sql.transaction():
            await sql.execute("UPDATE sessions SET revoked_at = now() WHERE user_id = $1", UUID(alice.user["id"]))
            await asyncio.sleep(1.5)
            assert (await alice.get("/api/auth/me")).status_code == 200
        await until(status_at(system.url, alice, 401), within=1.0, every=0.01)
    finally:
        await sql.close()


async def test_each_revocation_is_told_once(system: System, alice: Person) -> None:
    told: list[UUID] = []
    revocations = Revocations(system.running.db, every=0.05)
    revocations.on_revoked.append(told.append)
    reading = asyncio.ensure_future(revocations.run())
    try:
        await alice.post("/api/auth/logout")
        claims = system.running.resources["access_tokens"].verify(alice.access_token)
        await until(lambda: claims.session_id in told, within=1.0)
        await asyncio.sleep(0.3)
        assert told.count(claims.session_id) == 1
    finally:
        reading.cancel()
        await asyncio.gather(reading, return_exceptions=True)
