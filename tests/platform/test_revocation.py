"""Revoking a session takes effect in every process within a second, with or without Redis."""

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
from tests.chaos.harness import fleet, until
from tests.conftest import System, serving, settings_for
from websockets.asyncio.client import ClientConnection

from studyteddy.bootstrap import operations, runtime
from studyteddy.bootstrap.runtime import Runtime
from studyteddy.features.auth.service import sessions
from studyteddy.platform.errors import SignInNeeded, Unavailable
from studyteddy.platform.identity import Identity
from studyteddy.platform.security.access_tokens import ACCESS_SECONDS
from studyteddy.platform.security.revocation import Revocations

NOWHERE = "redis://127.0.0.1:1/0"


@asynccontextmanager
async def process(system: System, *, watching: bool = True, **settings: str) -> AsyncIterator[tuple[str, Runtime]]:
    """Another API process; unless `watching`, it never polls revoked sessions."""
    async with AsyncExitStack() as stack:
        running = await stack.enter_async_context(runtime.runtime(settings_for(system.engines, **settings)))
        app = runtime.application(running, watching=watching)
        yield await stack.enter_async_context(serving(running, app)), running


def status_at(url: str, person: Person, wanted: int) -> Callable[[], Awaitable[bool]]:
    async def asked() -> bool:
        return (await person.get(f"{url}/api/auth/me")).status_code == wanted

    return asked


@pytest.fixture(scope="module", params=["up", "down"])
async def three(
    system: System, request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[list[str]]:
    """The URLs of three API processes, with and without Redis."""
    address = NOWHERE if request.param == "down" else system.engines.redis_url
    async with fleet(settings_for(system.engines, redis_url=address), tmp_path_factory.mktemp("three")) as urls:
        yield urls


async def opened(url: str, person: Person, stack: AsyncExitStack) -> ClientConnection:
    """Open a socket and receive its hello; the stack closes it."""
    ticket = (await person.post(f"{url}/api/realtime/ticket")).json()["ticket"]
    opening = websockets.connect(f"{url.replace('http', 'ws')}/ws?ticket={ticket}", proxy=None)
    socket = await stack.enter_async_context(opening)
    assert json.loads(await socket.recv())["type"] == "hello"
    return socket


async def ended(person: Person, urls: list[str], end: Awaitable[httpx2.Response]) -> None:
    """Check that after `end`, every process rejects the user within a second and closes their socket within two."""
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


async def test_logout_takes_effect_in_every_process_within_a_second(three: list[str]) -> None:
    for _ in range(4):
        person = await join(three[0], "Eve")
        await ended(person, three, person.post("/api/auth/logout"))


async def test_disabling_an_account_takes_effect_in_every_process_within_a_second(
    system: System, three: list[str]
) -> None:
    operator = await join(three[0], "Olga")
    await asyncio.to_thread(operations.set_role, settings_for(system.engines), operator.email, "operator")
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


async def test_a_reused_refresh_token_revokes_the_session_in_every_process(system: System, alice: Person) -> None:
    async with process(system) as (there, _):
        tokens = [alice.refresh_token]
        for _ in range(2):
            answer = await alice.post("/api/auth/refresh", {"refreshToken": tokens[-1]})
            tokens.append(answer.json()["refreshToken"])
        assert (await alice.post("/api/auth/refresh", {"refreshToken": tokens[0]})).status_code == 401
        await until(status_at(there, alice, 401), within=1.0, every=0.01)


async def test_a_process_without_polling_checks_each_request(system: System, alice: Person) -> None:
    async with process(system, watching=False) as (url, _):
        assert (await alice.get(f"{url}/api/auth/me")).status_code == 200
        await alice.post("/api/auth/logout")
        assert (await alice.get(f"{url}/api/auth/me")).status_code == 401


async def test_a_process_without_polling_or_database_rejects_requests(system: System, alice: Person) -> None:
    async with process(system, watching=False) as (_, running):
        identity = Identity(UUID(alice.user["id"]), uuid4())
        await running.db.pool.close()
        with pytest.raises(Unavailable):
            await running.revocations.check(identity)


async def test_an_unknown_session_is_rejected(system: System, alice: Person) -> None:
    async with process(system, watching=False) as (url, running):
        token = running.access_tokens.issue(UUID(alice.user["id"]), uuid4())
        answer = await alice.get(f"{url}/api/auth/me", headers={"authorization": f"Bearer {token}"})
        assert answer.status_code == 401


async def test_a_revocation_that_commits_late_is_not_missed(system: System, alice: Person) -> None:
    """Its `revoked_at` is older than polls that couldn't see it yet."""
    sql: asyncpg.Connection[asyncpg.Record] = await system.admin()
    try:
        async with sql.transaction():
            await sql.execute("UPDATE sessions SET revoked_at = now() WHERE user_id = $1", UUID(alice.user["id"]))
            await asyncio.sleep(1.5)
            assert (await alice.get("/api/auth/me")).status_code == 200
        await until(status_at(system.url, alice, 401), within=1.0, every=0.01)
    finally:
        await sql.close()


async def test_each_revocation_is_reported_once(system: System, alice: Person) -> None:
    reported: list[UUID] = []
    revocations = Revocations(system.running.db, sessions, on_revoked=reported.append, every=0.05)
    reading = asyncio.ensure_future(revocations.run())
    try:
        await alice.post("/api/auth/logout")
        claims = system.running.access_tokens.verify(alice.access_token)
        await until(lambda: claims.session_id in reported, within=1.0)
        await asyncio.sleep(0.3)
        assert reported.count(claims.session_id) == 1
    finally:
        reading.cancel()
        await asyncio.gather(reading, return_exceptions=True)


async def test_each_poll_covers_what_the_last_successful_one_may_have_missed(system: System) -> None:
    """The first one covers the lifetime of all tokens, also after failures; later ones half a minute more than the
    time since the last success."""
    windows: list[float] = []
    failing = iter([True, False, False, True, True, False])

    class Watched:
        async def recently_revoked(self, _: object, seconds: float) -> list[UUID]:
            windows.append(seconds)
            if next(failing, None):
                raise ConnectionError
            return []

    revocations = Revocations(system.running.db, Watched(), every=0.05)  # type: ignore[arg-type]
    polling = asyncio.ensure_future(revocations.run())
    try:
        await until(lambda: len(windows) >= 6, within=5.0)
    finally:
        polling.cancel()
        await asyncio.gather(polling, return_exceptions=True)
    assert windows[:2] == [ACCESS_SECONDS + 60] * 2
    assert 30 < windows[3] < windows[4] < windows[5]
    assert 30 < windows[2] < ACCESS_SECONDS


async def test_a_revocation_is_forgotten_when_no_token_of_the_session_is_valid(system: System) -> None:
    revocations = Revocations(system.running.db, sessions)
    old, new = uuid4(), uuid4()
    for one in (old, new):
        revocations.add(one)
    revocations._revoked[old] -= ACCESS_SECONDS + 61
    revocations._revoked[new] -= ACCESS_SECONDS + 1
    polling = asyncio.ensure_future(revocations.run())
    try:
        await until(lambda: not revocations.is_revoked(old), within=5.0)
    finally:
        polling.cancel()
        await asyncio.gather(polling, return_exceptions=True)
    assert revocations.is_revoked(new)


@pytest.mark.parametrize(("age", "asks"), [(0.7, False), (0.9, True)])
async def test_a_request_asks_postgresql_if_the_last_poll_is_older_than_800_ms(
    system: System, age: float, asks: bool
) -> None:
    """Two polls may fail before every request costs a read more."""
    revocations = Revocations(system.running.db, sessions)
    revocations._polled_at = time.monotonic() - age
    unknown = Identity(uuid4(), uuid4())
    if asks:
        with pytest.raises(SignInNeeded):
            await revocations.check(unknown)
    else:
        await revocations.check(unknown)
    revocations.add(unknown.session_id)
    with pytest.raises(SignInNeeded):
        await revocations.check(unknown)
