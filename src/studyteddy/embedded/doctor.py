"""`teddy doctor`: what is wrong with a set-up, and what to do about it."""

from __future__ import annotations

import asyncio
import re
import shutil
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import NamedTuple

import asyncpg
import redis

from studyteddy.embedded.account import settle
from studyteddy.embedded.engine import is_free
from studyteddy.embedded.folder import ANOTHER_FOLDER, CHECKOUT, SECRETS, DataFolder, InUse, Trouble, writable
from studyteddy.embedded.place import DEFAULT, addresses, environment_here, is_set, located
from studyteddy.embedded.postgres import Postgres
from studyteddy.embedded.supervisor import SERVING, start_engines
from studyteddy.embedded.valkey import Valkey
from studyteddy.platform import schema
from studyteddy.platform.settings import BadSettings, load

PATIENCE = 3.0
LEAST_SPACE = 1 << 30
LEAST_PYTHON = (3, 11)
DRIFT = 5.0
WRITTEN = datetime(2026, 11, 1, tzinfo=UTC)
"""This program is younger, so a clock that says otherwise is wrong."""
PIN = re.compile(r"^([A-Za-z0-9._-]+)==([^\s;\\]+)( ;)?", re.MULTILINE)


class Finding(NamedTuple):
    """One thing looked at. `remedy` says what to do, and is empty when nothing needs doing."""

    about: str
    found: str
    remedy: str = ""

    @property
    def fine(self) -> bool:
        return not self.remedy


def examine(environ: Mapping[str, str], asked: Path | None, host: str, port: int) -> list[Finding]:
    """Everything that is known to go wrong, looked at in the order in which it is needed."""
    place = data_folder(asked)
    folder = located(asked) if place.fine and (asked or DEFAULT).exists() else None
    return [
        python(),
        packages(),
        clock(time.time()),
        space(asked or DEFAULT),
        place,
        port_to_use(host, port, folder),
        *([] if is_set(environ, "DATABASE_URL") else [programs("PostgreSQL", Postgres, folder)]),
        *([] if is_set(environ, "REDIS_URL") else [programs("Valkey", Valkey, folder)]),
        *([secrets_file(folder)] if folder else []),
        *backends(folder, environ),
    ]


def python() -> Finding:
    found = ".".join(map(str, sys.version_info[:3]))
    fine = sys.version_info >= LEAST_PYTHON
    return Finding("Python", found, "" if fine else "install Python 3.11 or newer and remove .venv")


def packages() -> Finding:
    """Whether what is installed is what the lock says; more than that may be there, for development."""
    pins = PIN.findall((CHECKOUT / "requirements/lock.txt").read_text())
    wrong = [name for name, wanted, conditional in pins if not matches(name, wanted, missing_is_fine=bool(conditional))]
    if not wrong:
        return Finding("environment", f"{len(pins)} packages, as locked")
    return Finding("environment", f"not as locked: {', '.join(wrong[:5])}", "remove .venv; ./teddy makes it anew")


def matches(name: str, wanted: str, *, missing_is_fine: bool) -> bool:
    try:
        return version(name) == wanted
    except PackageNotFoundError:
        return missing_is_fine


def clock(seconds: float) -> Finding:
    now = datetime.fromtimestamp(seconds, UTC)
    return Finding("clock", f"{now:%Y-%m-%d %H:%M} UTC", "" if now > WRITTEN else "set the system's clock")


def space(path: Path) -> Finding:
    free = shutil.disk_usage(nearest(path)).free
    remedy = "" if free >= LEAST_SPACE else f"free at least {LEAST_SPACE >> 30} GiB, or {ANOTHER_FOLDER}"
    return Finding("disk space", f"{free / (1 << 30):.1f} GiB free", remedy)


def nearest(path: Path) -> Path:
    """The path, or the closest folder above it that exists."""
    return next(place for place in (path.absolute(), *path.absolute().parents) if place.exists())


def data_folder(asked: Path | None) -> Finding:
    path = asked or DEFAULT
    if not path.exists():
        fine = writable(nearest(path))
        return Finding(
            "data folder", f"{path} is not there yet", "" if fine else f"{ANOTHER_FOLDER}: it cannot be made"
        )
    try:
        return Finding("data folder", str(located(asked).path))
    except Trouble as trouble:
        return unwell("data folder", trouble)


def unwell(about: str, trouble: Trouble) -> Finding:
    """A trouble says what is wrong, then a colon, then what to do."""
    found, _, remedy = str(trouble).partition(": ")
    return Finding(about, found, remedy or "see the message")


def port_to_use(host: str, port: int, folder: DataFolder | None) -> Finding:
    about = f"port {port}"
    try:
        if is_free(host, port):
            return Finding(about, "free")
    except Trouble as trouble:
        return unwell(about, trouble)
    if folder and is_busy(folder) and folder.read(SERVING).get("port") == str(port):
        return Finding(about, "in use by this folder's `teddy up`")
    return Finding(about, "in use by another program", f"stop it, or ./teddy up --port {port + 1}")


def is_busy(folder: DataFolder) -> bool:
    try:
        with folder.locked():
            return False
    except InUse:
        return True


def secrets_file(folder: DataFolder) -> Finding:
    path = folder.path / SECRETS
    if not path.exists():
        return Finding("secrets", "not made yet")
    if path.stat().st_mode & 0o077:
        return Finding("secrets", f"{path} can be read by others", f"chmod 600 '{path}'")
    try:
        return Finding("secrets", f"{len(folder.read(SECRETS))}, for the owner's eyes only")
    except Trouble as trouble:
        return unwell("secrets", trouble)


def programs(about: str, engine: type[Postgres] | type[Valkey], folder: DataFolder | None) -> Finding:
    """Whether the engine is installed, and somebody is there who may run it."""
    try:
        found = engine.find()
        if folder:
            settle(folder.path, found)
    except Trouble as trouble:
        return unwell(about, trouble)
    return Finding(about, str(found.folder))


def backends(folder: DataFolder | None, environ: Mapping[str, str]) -> list[Finding]:
    """Settings, database and Redis, with this folder's engines started for the purpose if they sleep."""
    try:
        with awake(folder, environ):
            settings = load(environment_here(environ, folder.path if folder else None))
            return [
                Finding("settings", settings.environment),
                *database(settings.migration_database_url or settings.database_url),
                valkey(settings.redis_url),
            ]
    except BadSettings as bad:
        if environ.get("ENVIRONMENT") == "production" or (folder and addresses(folder)):
            return [Finding("settings", fault, "set it in the environment") for fault in bad.faults]
        return [Finding("settings", "nothing has been started here yet")]
    except Trouble as trouble:
        return [unwell("engines", trouble)]


@contextmanager
def awake(folder: DataFolder | None, environ: Mapping[str, str]) -> Iterator[None]:
    """The engines that live in this folder running, unless they run already or were never made."""
    with ExitStack() as running:
        if folder and addresses(folder) and not is_busy(folder):
            running.enter_context(folder.locked())
            start_engines(folder, environ, running)
        yield


def database(url: str) -> list[Finding]:
    try:
        theirs = asyncio.run(time_there(url))
        revision = asyncio.run(schema.current(url))
    except (OSError, TimeoutError, asyncpg.PostgresError) as fault:
        return [Finding("database", f"does not answer ({fault})", "start it, or correct DATABASE_URL")]
    drift = abs(theirs - time.time())
    remedy = "" if drift < DRIFT else "let both machines keep their clocks by NTP"
    return [Finding("database", f"answers; its clock differs by {drift:.1f} s", remedy), fitting(revision)]


async def time_there(url: str) -> float:
    connection = await asyncpg.connect(url, timeout=PATIENCE, command_timeout=PATIENCE)
    try:
        return float(await connection.fetchval("SELECT extract(epoch FROM clock_timestamp())"))
    finally:
        await connection.close()


def fitting(revision: str | None) -> Finding:
    if revision == schema.latest():
        return Finding("schema", f"{revision}, current")
    if revision is None or schema.known(revision):
        return Finding("schema", f"{revision or 'empty'}, older than this program", "./teddy migrate")
    return Finding("schema", f"{revision}, newer than this program", "run the newer program, or restore a copy")


def valkey(url: str) -> Finding:
    client = redis.Redis.from_url(url, socket_connect_timeout=PATIENCE, socket_timeout=PATIENCE)
    try:
        client.ping()
    except redis.RedisError as fault:
        return Finding("Redis", f"does not answer ({fault})", "start it, or correct REDIS_URL")
    finally:
        client.close()
    return Finding("Redis", "answers")
