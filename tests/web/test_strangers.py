"""Strangers: what nobody has signed in for is limited by address, before any work is done."""

from __future__ import annotations

import asyncio
import re
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import httpx2
import pytest
import websockets
from tests.cast import Person, join, made
from tests.conftest import System, serving, settings_for

from studyteddy.bootstrap import runtime
from studyteddy.bootstrap.runtime import Runtime
from studyteddy.platform.cache import Redis
from studyteddy.platform.web import health
from studyteddy.platform.web.addresses import UNKNOWN, address_principal, client_address
from studyteddy.platform.web.rate_limits import Limit, Limiter

NOWHERE = "redis://127.0.0.1:1/0"
"""Without Redis, so that requests of other tests from this machine aren't counted."""
BUDGET = 5


@dataclass
class Guarded:
    """A server with a small anonymous limit that doesn't recover during a test."""

    url: str
    running: Runtime
    http: httpx2.AsyncClient

    async def statuses(self, method: str, path: str, count: int = BUDGET + 5, **options: Any) -> dict[int, int]:
        found = [await self.http.request(method, path, **options) for _ in range(count)]
        return dict(Counter(answer.status_code for answer in found))

    async def use_up(self) -> None:
        """Use up the anonymous limit of this machine."""
        assert (await self.statuses("GET", "/api/nowhere", BUDGET + 1)).keys() <= {404, 429}


@asynccontextmanager
async def guarded(system: System, **settings: str) -> AsyncIterator[Guarded]:
    changed = settings_for(system.engines, limit_anonymous=f"{BUDGET}/3600:{BUDGET}", redis_url=NOWHERE, **settings)
    async with (
        runtime.runtime(changed) as running,
        serving(running, runtime.application(running, watching=False)) as url,
        httpx2.AsyncClient(base_url=url, trust_env=False, timeout=20) as http,
    ):
        yield Guarded(url, running, http)


def uses(running: Runtime) -> int:
    """How often this server, which has no background tasks, has used a database connection."""
    return running.db.pool.returned


@pytest.mark.parametrize(
    ("method", "path", "headers", "before"),
    [
        ("GET", "/api/nowhere", {}, 404),
        ("PUT", "/api/tasks", {}, 405),
        ("GET", "/api/tasks", {}, 401),
        ("GET", "/api/tasks", {"authorization": "Bearer a.b.c"}, 401),
        ("GET", "/api/tasks", {"authorization": "Bearer st_" + "a" * 43}, 401),
        ("GET", "/health", {}, 200),
        ("GET", "/metrics", {}, 200),
        ("GET", "/api/docs", {}, 200),
    ],
)
async def test_a_stranger_is_refused_when_the_limit_is_used_up(
    system: System, method: str, path: str, headers: dict[str, str], before: int
) -> None:
    async with guarded(system) as server:
        assert await server.statuses(method, path, headers=headers) == {before: BUDGET, 429: 5}


@pytest.mark.parametrize("token", ["Bearer st_" + "a" * 43, "Bearer a.b.c", ""])
async def test_a_refused_credential_costs_no_query(system: System, token: str) -> None:
    async with guarded(system) as server:
        await server.use_up()
        before = uses(server.running)
        assert await server.statuses("GET", "/api/tasks", 20, headers={"authorization": token}) == {429: 20}
        assert uses(server.running) == before


async def test_wrong_tickets_are_refused_without_a_query(system: System) -> None:
    async def status(url: str) -> int:
        try:
            async with websockets.connect(f"{url.replace('http', 'ws')}/ws?ticket=wrong", proxy=None):
                return 101
        except websockets.InvalidStatus as refusal:
            return refusal.response.status_code

    async with guarded(system) as server:
        assert [await status(server.url) for _ in range(BUDGET)] == [403] * BUDGET
        before = uses(server.running)
        assert [await status(server.url) for _ in range(20)] == [429] * 20
        assert uses(server.running) == before


async def test_whoever_has_signed_in_is_still_served_from_that_address(system: System) -> None:
    async with guarded(system) as server:
        person = await join(server.url, "Alice")
        key = made(await person.post("/api/auth/api-keys", {"name": "script", "scopes": ["read"]}))["key"]
        with_key = {"authorization": f"Bearer {key}"}
        assert (await server.http.get("/api/tasks", headers=with_key)).status_code == 200
        await server.use_up()
        for _ in range(10):
            answer = await person.get("/api/tasks")
            assert answer.status_code == 200
            assert answer.headers["ratelimit"].startswith('"general"')
            assert (await server.http.get("/api/tasks", headers=with_key)).status_code == 200
        assert (await server.http.get("/api/tasks")).status_code == 429
        await person.http.aclose()


async def test_a_revoked_session_counts_as_a_stranger(system: System) -> None:
    async with guarded(system) as server:
        person = await join(server.url, "Alice")
        assert (await person.post("/api/auth/logout")).status_code == 200
        found = [await person.get("/api/tasks") for _ in range(BUDGET + 3)]
        assert {answer.status_code for answer in found} == {401, 429}
        assert all(answer.headers["ratelimit"].startswith('"anonymous"') for answer in found)
        await person.http.aclose()


async def test_a_revoked_key_does_not_use_up_the_limit_of_its_owner(system: System) -> None:
    async with guarded(system, limit_general="20/3600:20") as server:
        person = await join(server.url, "Alice")
        created = made(await person.post("/api/auth/api-keys", {"name": "script", "scopes": ["read"]}))
        with_key = {"authorization": f"Bearer {created['key']}"}
        assert (await server.http.get("/api/tasks", headers=with_key)).status_code == 200
        (listed,) = (await person.get("/api/auth/api-keys")).json()["items"]
        assert (await person.delete(f"/api/auth/api-keys/{listed['id']}")).status_code == 204
        assert set(await server.statuses("GET", "/api/tasks", 30, headers=with_key)) == {401, 429}
        assert (await person.get("/api/tasks")).status_code == 200
        await person.http.aclose()


async def test_a_signed_in_request_asks_redis_once(system: System, alice: Person) -> None:
    async with Redis(system.engines.redis_url) as redis:

        async def scripts() -> int:
            text: str = (await redis.call("INFO", "commandstats")).decode()
            return sum(int(calls) for calls in re.findall(r"cmdstat_evalsha:calls=(\d+)", text))

        before = await scripts()
        for _ in range(50):
            assert (await alice.get("/api/tasks")).status_code == 200
        assert await scripts() - before == 50


# Health.


@pytest.mark.parametrize("path", ["/health", "/health/ready", "/metrics"])
async def test_many_looks_at_the_health_are_one(system: System, monkeypatch: pytest.MonkeyPatch, path: str) -> None:
    monkeypatch.setattr(health, "_HELD", 60.0)  # so that a slow machine doesn't look twice
    async with runtime.runtime(settings_for(system.engines)) as running:
        app = runtime.application(running, watching=False)
        async with serving(running, app) as url, httpx2.AsyncClient(base_url=url, trust_env=False, timeout=60) as guest:
            before = uses(running)
            found = await asyncio.gather(*(guest.get(path) for _ in range(100)))
            assert {answer.status_code for answer in found} == {200}
            assert uses(running) - before <= 2


async def test_a_signed_token_of_another_process_is_served_from_a_flooded_address(system: System) -> None:
    person = await join(system.url, "Alice")
    async with guarded(system) as server:
        await server.use_up()
        bearer = {"authorization": f"Bearer {person.access_token}"}
        assert await server.statuses("GET", "/api/tasks", 5, headers=bearer) == {200: 5}
        forged = {"authorization": f"Bearer {person.access_token[:-8]}AAAAAAAA"}
        assert await server.statuses("GET", "/api/tasks", 5, headers=forged) == {429: 5}
    await person.http.aclose()


# Addresses.


@pytest.mark.parametrize("text", ["x17", "", "1.2.3.4:80x", "999.1.1.1", "<script>"])
def test_what_is_no_address_is_one_client(text: str) -> None:
    assert client_address(text) == UNKNOWN


@pytest.mark.parametrize(
    ("address", "principal"),
    [
        ("203.0.113.7", "203.0.113.7"),
        ("::ffff:203.0.113.7", "203.0.113.7"),
        ("::FFFF:CB00:7107", "203.0.113.7"),
        ("2001:db8:0:1::5", "2001:db8:0:1::/64"),
        ("2001:DB8:0:1:ffff:ffff:ffff:ffff", "2001:db8:0:1::/64"),
        ("2001:0db8:0000:0001:0:0:0:5", "2001:db8:0:1::/64"),
        ("fe80::1%eth0", "fe80::/64"),
        ("unknown", "unknown"),
        ("", ""),
    ],
)
def test_one_site_is_one_principal(address: str, principal: str) -> None:
    assert address_principal(address) == principal


async def test_a_limit_counts_a_site_however_it_is_spelled(system: System) -> None:
    async with Redis(system.engines.redis_url) as redis:
        limiter, limit = Limiter(redis), Limit("spelled", 3, 3600, 3)
        spellings = ["2001:db8:7::1", "2001:db8:7::ffff", "2001:0DB8:7:0::2", "2001:db8:7:0:1:2:3:4"]
        assert [(await limiter.take(limit, one)).allowed for one in spellings] == [True, True, True, False]
        assert (await limiter.take(limit, "2001:db8:7:1::1")).allowed


async def test_a_refusal_is_repeated_without_redis(system: System) -> None:
    async with Redis(system.engines.redis_url) as redis:
        limiter, limit = Limiter(redis), Limit("repeated", 1, 3600, 1)
        assert (await limiter.take(limit, "eve")).allowed
        assert not (await limiter.take(limit, "eve")).allowed
        await redis.call("FLUSHDB")  # whoever asked now would be allowed
        assert not (await limiter.take(limit, "eve")).allowed
        await asyncio.sleep(1.1)
        assert (await limiter.take(limit, "eve")).allowed
