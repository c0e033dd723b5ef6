"""Rate limits: exact across processes, reported in every response, and enforced without Redis."""

from __future__ import annotations

import asyncio
import os
import re
import time
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx2
import pytest
from tests.cast import Person, join
from tests.chaos.harness import fleet
from tests.conftest import System, serving, settings_for

from studyteddy.bootstrap import runtime
from studyteddy.embedded import Engines
from studyteddy.platform.cache import Redis
from studyteddy.platform.web.rate_limits import Limit, Limiter, parse

ROUNDS = 30 if os.environ.get("SOAK") == "1" else 3
NOWHERE = "redis://127.0.0.1:1/0"


@asynccontextmanager
async def process(engine: Engines, **settings: str) -> AsyncIterator[str]:
    """The URL of another API with other settings, in this process."""
    async with runtime.runtime(settings_for(engine, **settings)) as running, serving(running) as url:
        yield url


@asynccontextmanager
async def processes(engine: Engines, folder: Path, **settings: str) -> AsyncIterator[list[str]]:
    """The URLs of three API processes of one system, each an operating system process."""
    async with fleet(settings_for(engine, api_processes="3", **settings), folder) as urls:
        yield urls


async def answers(person: Person, urls: list[str], count: int) -> list[httpx2.Response]:
    """Send concurrent requests of one user, each on its own connection, spread over the processes."""
    paths = [f"{urls[n % len(urls)]}/api/auth/me" for n in range(count)]
    limits = httpx2.Limits(max_connections=None)
    async with httpx2.AsyncClient(headers=person.http.headers, trust_env=False, timeout=20, limits=limits) as http:
        return list(await asyncio.gather(*(http.get(path) for path in paths)))


def statuses(found: list[httpx2.Response]) -> dict[int, int]:
    return dict(Counter(answer.status_code for answer in found))


async def test_a_limit_is_exact_across_processes(system: System, tmp_path: Path) -> None:
    async with processes(system.engines, tmp_path, limit_general="20/3600:20") as urls:
        for _ in range(ROUNDS):
            person = await join(system.url, "Eve")
            assert statuses(await answers(person, urls, 300)) == {200: 20, 429: 280}
            await person.http.aclose()


async def test_without_redis_each_process_enforces_its_share(system: System, tmp_path: Path) -> None:
    async with processes(system.engines, tmp_path, limit_general="30/3600:30", redis_url=NOWHERE) as urls:
        person = await join(system.url, "Eve")
        assert statuses(await answers(person, urls, 150)) == {200: 30, 429: 120}
        assert statuses(await answers(person, urls[:1], 20)) == {429: 20}
        await person.http.aclose()


async def test_guessing_passwords_stays_slow_without_redis(system: System, alice: Person) -> None:
    async with process(system.engines, limit_login_account="3/900:3", redis_url=NOWHERE) as url:
        wrong = {"email": alice.email, "password": "not the right one"}
        found = [await alice.http.post(f"{url}/api/auth/login", json=wrong) for _ in range(6)]
        assert [answer.status_code for answer in found] == [401, 401, 401, 429, 429, 429]


async def test_the_limiter_works_after_a_script_flush(system: System) -> None:
    async with Redis(system.engines.redis_url) as redis:
        limiter, limit = Limiter(redis), Limit("forgetful", 5, 3600, 5)
        passed = 0
        for _ in range(10):
            await redis.call("SCRIPT", "FLUSH")
            passed += (await limiter.take(limit, "eve")).allowed
        assert passed == 5


async def test_a_stall_of_this_process_is_not_a_redis_timeout(system: System) -> None:
    async with Redis(system.engines.redis_url) as redis:
        for n in range(10):
            answer = redis.call("PING")
            await asyncio.sleep(0.002 * (n % 2))
            time.sleep(0.2)  # noqa: ASYNC251 - this is the stall
            assert await answer == b"PONG"


@pytest.mark.parametrize("reachable", [True, False])
async def test_what_is_given_back_can_be_taken_again_and_no_more(system: System, reachable: bool) -> None:
    async with Redis(system.engines.redis_url if reachable else "redis://127.0.0.1:1/0") as redis:
        limiter, limit = Limiter(redis), Limit(f"returned-{reachable}", 3, 3600, 3)
        for _ in range(5):
            assert (await limiter.take(limit, "eve")).allowed
            await limiter.give_back(limit, "eve")
        await limiter.give_back(limit, "eve")
        assert [(await limiter.take(limit, "eve")).allowed for _ in range(4)] == [True, True, True, False]
        await limiter.give_back(limit, "eve")
        assert [(await limiter.take(limit, "eve")).allowed for _ in range(2)] == [True, False]


async def test_limits_are_per_user(system: System) -> None:
    async with process(system.engines, limit_general="5/3600:5") as url:
        for _ in range(2):
            person = await join(system.url, "Eve")
            assert statuses(await answers(person, [url], 8)) == {200: 5, 429: 3}
            await person.http.aclose()


async def test_every_response_has_rate_limit_headers(system: System, alice: Person, guest: httpx2.AsyncClient) -> None:
    found = {
        "ok": await alice.get("/api/tasks"),
        "created": await alice.post("/api/tasks", {"title": "a"}),
        "missing": await alice.get("/api/tasks/01a206a7-c46c-7f69-9f48-479825c24f14"),
        "invalid": await alice.post("/api/tasks", {"title": ""}),
        "unknown address": await alice.get("/api/nothing"),
        "wrong method": await alice.delete("/api/tasks"),
        "not signed in": await guest.get("/api/tasks"),
        "bad login": await guest.post("/api/auth/login", json={"email": "a@example.org", "password": "x"}),
        "malformed login": await guest.post("/api/auth/login", json={}),
    }
    for name, answer in found.items():
        assert re.fullmatch(r'"\w+";q=\d+;w=\d+', answer.headers.get("ratelimit-policy", "")), name
        assert re.fullmatch(r'"\w+";r=\d+;t=\d+', answer.headers.get("ratelimit", "")), name


async def test_the_headers_count_down_and_a_429_has_retry_after(system: System) -> None:
    async with process(system.engines, limit_general="10/5:3") as url:
        person = await join(system.url, "Eve")
        left = []
        for _ in range(3):
            answer = await person.get(f"{url}/api/auth/me")
            left.append(answer.headers["ratelimit"])
            assert answer.headers["ratelimit-policy"] == '"general";q=10;w=5'
        assert [one.partition(";t=")[0] for one in left] == ['"general";r=2', '"general";r=1', '"general";r=0']
        refused = await person.get(f"{url}/api/auth/me")
        assert (refused.status_code, refused.json()["code"]) == (429, "too_many_requests")
        assert refused.headers["retry-after"] == "1"
        assert refused.headers["ratelimit"].startswith('"general";r=0')
        await asyncio.sleep(1.0)
        assert (await person.get(f"{url}/api/auth/me")).status_code == 200
        await person.http.aclose()


async def test_the_local_limiter_keeps_a_bounded_number_of_keys() -> None:
    limiter, limit = Limiter(Redis(NOWHERE), max_keys=100), Limit("local", 1, 3600, 1)
    for n in range(300):
        assert (await limiter.take(limit, f"{n}")).allowed
    assert not (await limiter.take(limit, "299")).allowed
    assert len(limiter._arrivals) == 100


def test_a_limit_is_written_count_seconds_burst() -> None:
    assert parse("a", "600/60:120") == Limit("a", 600, 60, 120)
    assert parse("a", "5/3600") == Limit("a", 5, 3600, 5)
    for wrong in ("", "5", "5/", "0/60:1", "5/60:0", "a/b:c", "-5/60:5"):
        with pytest.raises(ValueError, match=r".+"):
            parse("a", wrong)
