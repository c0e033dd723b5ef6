"""Fixtures for failure tests: engines that tests can stop, separate databases, and processes that tests can kill."""

from __future__ import annotations

import asyncio
import dataclasses
import itertools
import os
import signal
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from pathlib import Path
from urllib.request import ProxyHandler, build_opener

import asyncpg
import msgspec

from studyteddy.embedded import Engines
from studyteddy.embedded.engine import free_port
from studyteddy.embedded.folder import DataFolder
from studyteddy.embedded.postgres import ADMIN, APP, OWNER, Postgres
from studyteddy.embedded.process import Child
from studyteddy.embedded.valkey import Valkey
from studyteddy.platform.db import migrations
from studyteddy.platform.settings import Settings

ROOT = Path(__file__).resolve().parents[2]
SOAK = os.environ.get("SOAK") == "1"
_numbers = itertools.count(1)
_open = build_opener(ProxyHandler({})).open


@dataclasses.dataclass
class EngineHandles:
    """Engines with their process handles, so that a test can kill and restart them."""

    engines: Engines
    postgres: Postgres
    valkey: Valkey


@contextmanager
def running_engines(folder: Path, *, durable: bool = True) -> Iterator[EngineHandles]:
    """Run engines in `folder` until the block ends, whatever a test does to them; the database isn't migrated."""
    data = DataFolder.at(folder)
    with data.locked():
        postgres, valkey = Postgres(data, durable=durable), Valkey(data, durable=durable)
        try:
            postgres.start()
            valkey.start()
            found = Engines(
                postgres.url(APP), postgres.url(OWNER), postgres.url(ADMIN), valkey.url(), postgres.pid, valkey.pid
            )
            yield EngineHandles(found, postgres, valkey)
        finally:
            valkey.stop()
            postgres.stop()


async def database(found: Engines) -> Engines:
    """Create a migrated database on the same engines, isolated from the jobs of other tests."""
    name = f"chaos_{next(_numbers)}"
    admin = await asyncpg.connect(_named(found.admin_database_url, "postgres"))
    await admin.execute(f"CREATE DATABASE {name} OWNER {OWNER}")
    await admin.close()
    found = dataclasses.replace(
        found,
        database_url=_named(found.database_url, name),
        migration_database_url=_named(found.migration_database_url, name),
        admin_database_url=_named(found.admin_database_url, name),
    )
    await asyncio.to_thread(migrations.upgrade, found.migration_database_url)
    return found


def _named(url: str, database: str) -> str:
    return f"{url.rpartition('/')[0]}/{database}"


def environment(settings: Settings, **more: str) -> dict[str, str]:
    """Return the environment variables that give a process these settings."""
    values = msgspec.structs.asdict(settings).items()
    given = {name.upper(): str(value).lower() if isinstance(value, bool) else str(value) for name, value in values}
    return given | {"PATH": os.defpath, "PYTHONPATH": f"{ROOT / 'src'}:{ROOT}", "PYTHONUNBUFFERED": "1"} | more


class Process:
    """A process of the program that a test can kill, freeze and restart; it can't outlive the test run."""

    def __init__(self, *command: str, environment: dict[str, str], log: Path) -> None:
        self._command = [sys.executable, "-m", *command]
        self._environment = environment
        self._log = log
        self._child: Child | None = None

    @property
    def pid(self) -> int:
        return self._child.pid if self._child else 0

    @property
    def alive(self) -> bool:
        return self._child is not None and self._child.alive

    def start(self) -> None:
        with self._log.open("ab") as output:
            self._child = Child(self._command, environment=self._environment, output=output)

    def signal(self, number: signal.Signals) -> None:
        if self._child:
            self._child.ask_to_stop(number)

    def kill(self) -> None:
        """Send SIGKILL."""
        if self._child:
            self._child.kill()

    def terminate(self) -> int:
        """Send SIGTERM and return the exit code, or -9 if the process doesn't exit within 20 seconds."""
        if self._child is None:
            return 0
        with suppress(ProcessLookupError):
            self._child.ask_to_stop(signal.SIGCONT)
        self._child.stop(timeout=20)
        return self._child.wait()

    def output(self) -> str:
        return self._log.read_text(errors="replace") if self._log.exists() else ""


class Api(Process):
    """A `python -m studyteddy serve` process on its own port."""

    def __init__(self, settings: Settings, log: Path) -> None:
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        super().__init__("studyteddy", "serve", environment=environment(settings, PORT=str(self.port)), log=log)

    def ready(self) -> bool:
        try:
            with _open(f"{self.url}/health/ready", timeout=1.0) as answer:
                return bool(answer.status == 200)
        except OSError:
            return False


@asynccontextmanager
async def fleet(settings: Settings, folder: Path, count: int = 3) -> AsyncIterator[list[str]]:
    """Start `count` API processes with these settings and yield their URLs once all are ready."""
    apis = [Api(settings, folder / f"api-{n}.log") for n in range(count)]
    try:
        for api in apis:
            api.start()
        for api in apis:
            await until(api.ready, within=30, every=0.1)
        yield [api.url for api in apis]
    finally:
        for api in apis:
            api.kill()


async def until(condition: Callable[[], bool | Awaitable[bool]], *, within: float, every: float = 0.02) -> float:
    """Wait until `condition` holds and return the seconds it took; fail after `within` seconds."""
    started = time.monotonic()
    while True:
        found = condition()
        if found if isinstance(found, bool) else await found:
            return time.monotonic() - started
        assert time.monotonic() - started < within, f"not within {within} s"
        await asyncio.sleep(every)


@asynccontextmanager
async def admin(found: Engines) -> AsyncIterator[asyncpg.Connection[asyncpg.Record]]:
    """Open an administrator connection, which bypasses row-level security."""
    connection = await asyncpg.connect(found.admin_database_url)
    try:
        yield connection
    finally:
        await connection.close()


def soak_row(promise: str, *, trials: int, failures: int, figure: str) -> None:
    """Write a row of docs/soak.md, or write it anew, in a full run only."""
    if not SOAK:
        return
    page = ROOT / "docs" / "soak.md"
    empty = "# Soak\n\n| promise | trials | failures | figure |\n|---|---|---|---|\n"
    lines = (page.read_text() if page.exists() else empty).splitlines()
    row = f"| {promise} | {trials} | {failures} | {figure} |"
    place = next((number for number, line in enumerate(lines) if line.startswith(f"| {promise} |")), len(lines))
    lines[place : place + 1] = [row]
    page.write_text("\n".join(lines) + "\n")
