"""One private PostgreSQL and Redis, one server and one worker for each process of the test run."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import os
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import asyncpg
import httpx2
import pytest
import uvicorn
import uvloop
from hypothesis import HealthCheck
from hypothesis import settings as hypothesis_settings
from starlette.types import ASGIApp

from studyteddy.bootstrap import runtime
from studyteddy.bootstrap.processes import server_config
from studyteddy.bootstrap.runtime import Runtime
from studyteddy.embedded import Engines, engines
from studyteddy.platform.db import migrations
from studyteddy.platform.jobs.worker import Worker
from studyteddy.platform.mail import Message, Outbox
from studyteddy.platform.settings import Settings, load
from studyteddy.platform.telemetry import configure_logs
from tests.cast import Person, join

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # as the command line does, before numpy is loaded
configure_logs("error")
# Tests are never timed.
hypothesis_settings.register_profile("untimed", deadline=None, suppress_health_check=[HealthCheck.too_slow])
hypothesis_settings.load_profile("untimed")


class Clock:
    """The process clock of the tests: real time, moved by as much as a test says."""

    def __init__(self) -> None:
        self.ahead = timedelta()

    def __call__(self) -> datetime:
        return datetime.now(UTC) + self.ahead


@dataclass
class System:
    """The whole program in this process, on real PostgreSQL and Redis."""

    url: str
    running: Runtime
    worker: Worker
    clock: Clock
    engines: Engines
    connections: list[asyncpg.Connection[asyncpg.Record]] = field(default_factory=list)

    async def work(self) -> int:
        """Runs every job that is due; gives their number."""
        return await self.worker.run_due()

    def mails(self, address: str) -> list[Message]:
        """What was mailed to `address`, the oldest first."""
        outbox = self.running.mailer
        assert isinstance(outbox, Outbox)
        return outbox.to(address)

    async def admin(self) -> asyncpg.Connection[asyncpg.Record]:
        """A connection that no wall stops."""
        connection = await asyncpg.connect(self.engines.admin_database_url.rsplit("/", 1)[0] + "/study")
        self.connections.append(connection)
        return connection

    def end(self) -> None:
        """End the connections that failed tests have left open: the loop can't be closed while there is one."""
        for connection in self.connections:
            connection.terminate()


def key(name: str) -> str:
    """A secret for tests: 32 bytes that look random, the same in each run."""
    return base64.urlsafe_b64encode(hashlib.sha256(name.encode()).digest()).decode().rstrip("=")


def settings_for(found: Engines, **changed: str) -> Settings:
    environ = {
        "DATABASE_URL": found.database_url,
        "MIGRATION_DATABASE_URL": found.migration_database_url,
        "REDIS_URL": found.redis_url,
        "SIGNING_KEY": key("signing"),
        "REFRESH_KEY": key("refresh"),
        "CURSOR_KEY": key("cursor"),
        "PASSWORD_PEPPER": key("pepper"),
        "SEALING_KEYS": f"k1:{key('sealing')}",
        "MAIL_URL": "outbox:",
        "BCRYPT_COST": "4",
        "JOB_LEASE": "2",
        "JOB_BEAT": "0.5",
        "JOB_BACKOFF": "0.05",
        "EGRESS_ALLOW": "127.0.0.0/8",
        "LIMIT_GENERAL": "100000/60:100000",
        "LIMIT_ANONYMOUS": "100000/60:100000",
        "LIMIT_REGISTER": "100000/60:100000",
        "LIMIT_LOGIN_ADDRESS": "100000/60:100000",
        "LIMIT_FEED_SYNC": "100000/60:100000",
        "LIMIT_CALENDAR_NOTICES": "100000/60:100000",
        "LIMIT_AI_TASKIFY": "100000/60:100000",
        "LIMIT_AI_BREAKDOWN": "100000/60:100000",
        "LIMIT_AI_QUESTIONS": "100000/60:100000",
        "LIMIT_AI_ESTIMATE": "100000/60:100000",
        "LIMIT_AI_PLAN": "100000/60:100000",
        "LIMIT_AI_TUTOR": "100000/60:100000",
        "AI_URL": "scripted:",
        "AI_OWN_KEYS": "on",
        "AI_DAILY_TOKENS": "1000000",
        "AI_TOTAL_DAILY_TOKENS": "1000000000",
    }
    return load(environ | {name.upper(): value for name, value in changed.items()})


@asynccontextmanager
async def serving(running: Runtime, app: ASGIApp | None = None) -> AsyncIterator[str]:
    """The application of these resources, or `app`, on a free port of this machine, as it is served in production."""
    app = app or runtime.application(running)
    server = uvicorn.Server(server_config(app, running.settings, port=0, host="127.0.0.1"))
    server.config.load()
    task = asyncio.ensure_future(server._serve())
    while not server.started:  # noqa: ASYNC110 - uvicorn has no event for it
        await asyncio.sleep(0.01)
    port = server.servers[0].sockets[0].getsockname()[1]
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        server.should_exit = True
        await task


def pytest_asyncio_loop_factories() -> Mapping[str, Callable[[], asyncio.AbstractEventLoop]]:
    """The loop that the program runs on."""
    return {"uvloop": uvloop.new_event_loop}


@pytest.fixture(scope="session")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engines]:
    """Private engines with a migrated database."""
    folder: Path = tmp_path_factory.mktemp("engines")
    with engines(folder, durable=False) as found:
        migrations.upgrade(found.migration_database_url)
        yield found


@pytest.fixture(scope="session")
async def system(engine: Engines) -> AsyncIterator[System]:
    clock = Clock()
    async with runtime.runtime(settings_for(engine), clock=clock) as running, serving(running) as url:
        found = System(url, running, runtime.worker(running), clock, engine)
        yield found
        found.end()


@pytest.fixture
async def guest(system: System) -> AsyncIterator[httpx2.AsyncClient]:
    """Somebody who has not signed in."""
    async with httpx2.AsyncClient(base_url=system.url, trust_env=False, timeout=20) as client:
        yield client


@pytest.fixture
async def alice(system: System) -> AsyncIterator[Person]:
    """A student in Berlin."""
    person = await join(system.url, "Alice", timeZone="Europe/Berlin")
    yield person
    await person.http.aclose()


@pytest.fixture
async def bob(system: System) -> AsyncIterator[Person]:
    """Another student, who owns none of Alice's things."""
    person = await join(system.url, "Bob")
    yield person
    await person.http.aclose()
