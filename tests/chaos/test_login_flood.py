"""Sign-ins while one address floods the server with work for the password queue (see docs/promises.md).

The anonymous limit is that of production, which admits more than can be hashed; no other limit interferes. A normal run
signs in 30 times with cheap hashes; `SOAK=1` signs in 100 times at the cost of production and records the figures in
docs/soak.md. The students use a quarter of what this machine can hash; the flood asks for all of it and more.
"""

from __future__ import annotations

import asyncio
import itertools
import sys
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from statistics import median
from typing import Any

import httpx2
import pytest
from tests.cast import PASSWORD, made
from tests.chaos.harness import SOAK, fleet, soak_row
from tests.conftest import settings_for

from studyteddy.embedded import Engines

CONNECTIONS = 34 if SOAK else 17
LOGINS = 100 if SOAK else 30
WITHIN = 3.0
REFUSED = float("inf")
FLOOD = "127.0.0.2"
UNLIMITED = "100000/60:100000"

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="needs several loopback addresses")


@asynccontextmanager
async def client(url: str, address: str, **options: Any) -> AsyncIterator[httpx2.AsyncClient]:
    """A client whose connections come from `address`."""
    transport = httpx2.AsyncHTTPTransport(local_address=address, limits=httpx2.Limits(max_connections=None))
    async with httpx2.AsyncClient(base_url=url, transport=transport, trust_env=False, timeout=20, **options) as found:
        yield found


def hostile() -> Iterator[tuple[str, dict[str, Any]]]:
    """Requests that ask for a hash: each for another account, or with another token."""
    for n in itertools.count():
        email = f"nobody-{n}@example.org"
        yield "/api/auth/login", {"email": email, "password": "a guess at it"}
        yield "/api/auth/reset-password", {"token": f"forged-{n}", "newPassword": PASSWORD}
        yield "/api/auth/register", {"email": f"flood-{n}@example.org", "password": PASSWORD, "name": "Flood"}


@asynccontextmanager
async def flood(url: str, connections: int) -> AsyncIterator[None]:
    """Flood the server from one address until the block ends."""
    requests = hostile()

    async def send(http: httpx2.AsyncClient) -> None:
        while True:
            path, body = next(requests)
            answer = await http.post(path, json=body)
            if answer.status_code in (429, 503):
                assert answer.headers["retry-after"]
                await asyncio.sleep(0.1)  # which is sooner than it may

    async with client(url, FLOOD) as http:
        tasks = [asyncio.create_task(send(http)) for _ in range(connections)]
        try:
            yield
            assert not [task for task in tasks if task.done()]
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)


async def log_in(http: httpx2.AsyncClient, credentials: dict[str, Any]) -> float:
    """Sign in and return the seconds it took, or `REFUSED`."""
    started = time.monotonic()
    answer = await http.post("/api/auth/login", json=credentials)
    return time.monotonic() - started if answer.status_code == 200 else REFUSED


async def test_a_flood_from_one_address_keeps_nobody_from_signing_in(fresh: Engines, tmp_path: Path) -> None:
    """Nine of ten students are strangers to the server."""
    settings = settings_for(
        fresh,
        bcrypt_cost="12" if SOAK else "10",
        limit_anonymous="600/60:120",
        limit_login_account=UNLIMITED,
        limit_register=UNLIMITED,
        limit_login_address=UNLIMITED,
    )
    async with AsyncExitStack() as stack, fleet(settings, tmp_path, 1) as (url,):
        students = []
        for n in range(10):
            http = await stack.enter_async_context(client(url, f"127.0.1.{n + 1}"))
            account = {"email": f"student-{n}@example.org", "password": PASSWORD}
            registered = made(await http.post("/api/auth/register", json=account | {"name": "Student"}))
            known = {"deviceToken": registered["deviceToken"]} if n == 0 else {}
            students.append((http, account | known))
        pause = 4 * median([await log_in(*student) for student in students])
        async with flood(url, CONNECTIONS):
            await asyncio.sleep(1.0)
            logins = []
            for _, student in zip(range(LOGINS), itertools.cycle(students), strict=False):
                logins.append(asyncio.create_task(log_in(*student)))
                await asyncio.sleep(pause)
            took = await asyncio.gather(*logins)
    late = sum(seconds > (WITHIN if SOAK else 10.0) for seconds in took)
    quick = sorted(took)[int(len(took) * 0.95)]
    soak_row(
        f"logins while {CONNECTIONS} connections of one address flood them",
        trials=len(took),
        failures=late,
        figure=f"95 % within {quick:.1f} s, {took.count(REFUSED)} refused",
    )
    assert late <= len(took) * 0.05
