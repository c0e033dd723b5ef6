"""Behind a proxy: whose word counts on who the client is."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from uuid import uuid4

import httpx2
import pytest
from tests.conftest import System, serving, settings_for

from studyteddy.bootstrap.runtime import runtime


@asynccontextmanager
async def behind(system: System, proxies: str, **settings: str) -> AsyncIterator[httpx2.AsyncClient]:
    """A server that trusts `proxies`, asked from 127.0.0.1."""
    async with (
        runtime(settings_for(system.engines, trusted_proxies=proxies, **settings)) as running,
        serving(running) as url,
        httpx2.AsyncClient(base_url=url, trust_env=False) as client,
    ):
        yield client


async def client_of(system: System, proxies: str, *hops: str) -> str:
    """The address under which a device signed up that came by these `X-Forwarded-For` headers."""
    async with behind(system, proxies) as client:
        account = {"email": f"proxied-{uuid4()}@example.org", "password": "correct horse battery"}
        headers = [("x-forwarded-for", hop) for hop in hops]
        made = await client.post("/api/auth/register", json=account | {"name": "Alice"}, headers=headers)
        assert made.status_code == 201, made.text
        token = {"authorization": f"Bearer {made.json()['accessToken']}"}
        sessions = (await client.get("/api/auth/sessions", headers=token)).json()["items"]
    return str(sessions[0]["address"])


@pytest.mark.parametrize(
    ("proxies", "hops", "client"),
    [
        ("127.0.0.0/8", ("203.0.113.7",), "203.0.113.7"),
        ("127.0.0.1", ("203.0.113.7",), "203.0.113.7"),
        ("10.0.0.0/8, 127.0.0.0/8", ("203.0.113.7, 10.1.2.3",), "203.0.113.7"),
        ("127.0.0.0/8", ("203.0.113.7, 10.1.2.3",), "10.1.2.3"),
        ("127.0.0.0/8", ("6.6.6.6, 203.0.113.7",), "203.0.113.7"),
        ("127.0.0.0/8", ("6.6.6.6", "203.0.113.7"), "203.0.113.7"),
        ("127.0.0.0/8,2001:db8::/32", ("2001:db9::1, 2001:db8::5",), "2001:db9::1"),
        ("127.0.0.0/8", (), "127.0.0.1"),
        ("10.0.0.0/8", ("203.0.113.7",), "127.0.0.1"),
        ("", ("203.0.113.7",), "127.0.0.1"),
    ],
)
async def test_the_client_is_the_last_hop_before_the_trusted_ones(
    system: System, proxies: str, hops: tuple[str, ...], client: str
) -> None:
    assert await client_of(system, proxies, *hops) == client


@pytest.mark.parametrize(("proxies", "last"), [("127.0.0.0/8", 401), ("", 429)])
async def test_limits_count_for_the_client_and_not_for_what_it_claims(system: System, proxies: str, last: int) -> None:
    wrong = {"email": "nobody@example.org", "password": "not the right one"}
    # Without Redis, so that nobody else's requests from this machine are counted, nor these for anybody else.
    async with behind(system, proxies, limit_anonymous="2/3600:2", redis_url="redis://127.0.0.1:1/0") as client:
        found = [
            await client.post("/api/auth/login", json=wrong, headers={"x-forwarded-for": f"198.51.100.{n}"})
            for n in range(3)
        ]
    assert [answer.status_code for answer in found] == [401, 401, last]


async def test_a_hostile_hop_is_cut_and_harms_nothing(system: System) -> None:
    async with behind(system, "127.0.0.0/8") as client:
        for hop in (b"x" * 5000, b",,,", "é".encode(), b"\x80, 1.2.3.4"):
            assert (await client.get("/api/nowhere", headers={b"x-forwarded-for": hop})).status_code == 404
