"""`teddy doctor`: finds problems with an installation and explains how to fix them."""

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
import hiredis

from studyteddy.embedded import node, web_build
from studyteddy.embedded.account import choose_account
from studyteddy.embedded.engine import is_free
from studyteddy.embedded.folder import ANOTHER_FOLDER, CHECKOUT, SECRETS, DataFolder, InUse, Trouble, writable
from studyteddy.embedded.place import DEFAULT, WEB, addresses, command_environment, is_set, locate
from studyteddy.embedded.postgres import Postgres
from studyteddy.embedded.supervisor import SERVING, start_engines
from studyteddy.embedded.valkey import Valkey
from studyteddy.embedded.web_build import TITLES
from studyteddy.platform import cache
from studyteddy.platform.db import schema
from studyteddy.platform.settings import BadSettings, load
from studyteddy.platform.web import web_builds
from studyteddy.platform.web.web_builds import Fault

TIMEOUT = 3.0
MIN_FREE_BYTES = 1 << 30
MIN_PYTHON = (3, 11)
MAX_CLOCK_DRIFT = 5.0
RELEASED = datetime(2026, 11, 1, tzinfo=UTC)
"""The program was released after this date, so an earlier clock is wrong."""
PIN = re.compile(r"^([A-Za-z0-9._-]+)==([^\s;\\]+)( ;)?", re.MULTILINE)


class Finding(NamedTuple):
    """The result of one check. `remedy` says how to fix a problem; empty if there is none."""

    about: str
    found: str
    remedy: str = ""

    @property
    def ok(self) -> bool:
        return not self.remedy


def diagnose(environ: Mapping[str, str], requested: Path | None, host: str, port: int) -> list[Finding]:
    """Run all checks, in the order in which a start needs them."""
    place = data_folder(requested)
    folder = locate(requested) if place.ok and (requested or DEFAULT).exists() else None
    return [
        python(),
        packages(),
        clock(time.time()),
        space(requested or DEFAULT),
        place,
        port_to_use(host, port, folder),
        *([] if is_set(environ, "DATABASE_URL") else [programs("PostgreSQL", Postgres, folder)]),
        *([] if is_set(environ, "REDIS_URL") else [programs("Valkey", Valkey, folder)]),
        *([secrets_file(folder)] if folder else []),
        *web_app(environ, folder),
        *backends(folder, environ),
    ]


def python() -> Finding:
    found = ".".join(map(str, sys.version_info[:3]))
    ok = sys.version_info >= MIN_PYTHON
    return Finding("Python", found, "" if ok else "install Python 3.11 or later and remove .venv")


def packages() -> Finding:
    """Check that the installed packages match the lock file; additional development packages are allowed."""
    pins = PIN.findall((CHECKOUT / "requirements/lock.txt").read_text())
    mismatched = [name for name, wanted, conditional in pins if not matches(name, wanted, missing_ok=bool(conditional))]
    if not mismatched:
        return Finding("environment", f"{len(pins)} packages match the lock file")
    return Finding(
        "environment",
        f"packages don't match the lock file: {', '.join(mismatched[:5])}",
        "remove .venv; ./teddy recreates it",
    )


def matches(name: str, wanted: str, *, missing_ok: bool) -> bool:
    try:
        return version(name) == wanted
    except PackageNotFoundError:
        return missing_ok


def clock(seconds: float) -> Finding:
    now = datetime.fromtimestamp(seconds, UTC)
    return Finding("clock", f"{now:%Y-%m-%d %H:%M} UTC", "" if now > RELEASED else "set the system clock")


def space(path: Path) -> Finding:
    free = shutil.disk_usage(nearest(path)).free
    remedy = "" if free >= MIN_FREE_BYTES else f"free at least {MIN_FREE_BYTES >> 30} GiB, or {ANOTHER_FOLDER}"
    return Finding("disk space", f"{free / (1 << 30):.1f} GiB free", remedy)


def nearest(path: Path) -> Path:
    """Return the path, or its closest existing parent."""
    return next(place for place in (path.absolute(), *path.absolute().parents) if place.exists())


def data_folder(requested: Path | None) -> Finding:
    path = requested or DEFAULT
    if not path.exists():
        ok = writable(nearest(path))
        return Finding(
            "data folder", f"{path} doesn't exist yet", "" if ok else f"{ANOTHER_FOLDER}: it can't be created"
        )
    try:
        return Finding("data folder", str(locate(requested).path))
    except Trouble as trouble:
        return failed("data folder", trouble)


def failed(about: str, trouble: Trouble) -> Finding:
    """Split the message of an error at the colon: the problem comes first, then the remedy."""
    found, _, remedy = str(trouble).partition(": ")
    return Finding(about, found, remedy or "see the message")


def port_to_use(host: str, port: int, folder: DataFolder | None) -> Finding:
    about = f"port {port}"
    try:
        if is_free(host, port):
            return Finding(about, "free")
    except Trouble as trouble:
        return failed(about, trouble)
    if folder and is_busy(folder) and folder.read(SERVING).get("port") == str(port):
        return Finding(about, "in use by the `teddy up` of this folder")
    return Finding(about, "in use by another program", f"stop it, or run ./teddy up --port {port + 1}")


def is_busy(folder: DataFolder) -> bool:
    try:
        with folder.locked():
            return False
    except InUse:
        return True


def secrets_file(folder: DataFolder) -> Finding:
    path = folder.path / SECRETS
    if not path.exists():
        return Finding("secrets", "not created yet")
    if path.stat().st_mode & 0o077:
        return Finding("secrets", f"{path} is readable by other users", f"chmod 600 '{path}'")
    try:
        return Finding("secrets", f"{len(folder.read(SECRETS))} secrets, readable only by the owner")
    except Trouble as trouble:
        return failed("secrets", trouble)


def programs(about: str, engine: type[Postgres] | type[Valkey], folder: DataFolder | None) -> Finding:
    """Check that the engine is installed and that an account can run it."""
    try:
        found = engine.find()
        if folder:
            choose_account(folder.path, found)
    except Trouble as trouble:
        return failed(about, trouble)
    return Finding(about, str(found.folder))


def web_app(environ: Mapping[str, str], folder: DataFolder | None) -> list[Finding]:
    """Check what builds the web app, and the build that is served."""
    if environ.get("WEB") == "off":
        return [Finding("web app", "switched off")]
    if is_set(environ, "WEB_DIR"):
        return [built_elsewhere(Path(environ["WEB_DIR"]))]
    if not web_build.has_source():
        return [Finding("web app", "not part of this copy; only the API is served")]
    found = node.find(environ)
    where = f"{'.'.join(map(str, node.version(found / 'node')))} in {found}" if found else "a private copy is installed"
    return [Finding("Node.js", where), built(folder.path / WEB if folder else DEFAULT / WEB)]


def built(folder: Path) -> Finding:
    """Check the build in the data folder."""
    progress = web_builds.progress(folder)
    if web_build.is_current(folder):
        return Finding("web app", f"build {web_builds.current(folder).builds[0]}, current")
    if progress.fault:
        network = "connect to the internet and run " if progress.fault is Fault.no_network else ""
        return Finding("web app", f"{TITLES[progress.step]} failed", f"{network}./teddy web build")
    old = web_builds.current(folder).builds
    return Finding(
        "web app", f"{f'build {old[0]} is older than its source' if old else 'not built yet'}; `up` builds it"
    )


def built_elsewhere(folder: Path) -> Finding:
    """Check the folder that WEB_DIR names."""
    found = web_builds.current(folder).builds
    if found and web_build.is_built(folder, found[0]):
        return Finding("web app", f"build {found[0]} in {folder}")
    return Finding("web app", f"{folder} has no build", "./teddy web build --out that folder, or correct WEB_DIR")


def backends(folder: DataFolder | None, environ: Mapping[str, str]) -> list[Finding]:
    """Check the settings, the database and Redis, starting this folder's engines if they aren't running."""
    try:
        with engines_running(folder, environ):
            settings = load(command_environment(environ, folder.path if folder else None))
            return [
                Finding("settings", settings.environment),
                *database(settings.migration_database_url or settings.database_url),
                valkey(settings.redis_url),
            ]
    except BadSettings as bad:
        if environ.get("ENVIRONMENT") == "production" or (folder and addresses(folder)):
            return [Finding("settings", fault, "set it in the environment") for fault in bad.faults]
        return [Finding("settings", "not started yet")]
    except Trouble as trouble:
        return [failed("engines", trouble)]


@contextmanager
def engines_running(folder: DataFolder | None, environ: Mapping[str, str]) -> Iterator[None]:
    """Run the engines of this folder, unless they are already running or were never created."""
    with ExitStack() as running:
        if folder and addresses(folder) and not is_busy(folder):
            running.enter_context(folder.locked())
            start_engines(folder, environ, running)
        yield


def database(url: str) -> list[Finding]:
    try:
        database_time = asyncio.run(server_time(url))
        revision = asyncio.run(schema.current(url))
    except (OSError, TimeoutError, asyncpg.PostgresError) as fault:
        return [Finding("database", f"not reachable ({fault})", "start it, or correct DATABASE_URL")]
    drift = abs(database_time - time.time())
    remedy = "" if drift < MAX_CLOCK_DRIFT else "synchronize the clocks of both machines with NTP"
    return [Finding("database", f"reachable; its clock differs by {drift:.1f} s", remedy), schema_version(revision)]


async def server_time(url: str) -> float:
    connection = await asyncpg.connect(url, timeout=TIMEOUT, command_timeout=TIMEOUT)
    try:
        return float(await connection.fetchval("SELECT extract(epoch FROM clock_timestamp())"))
    finally:
        await connection.close()


def schema_version(revision: str | None) -> Finding:
    if revision == schema.latest():
        return Finding("schema", f"{revision}, current")
    if revision is None or schema.known(revision):
        return Finding("schema", f"{revision or 'empty'}, older than this program", "./teddy migrate")
    return Finding("schema", f"{revision}, newer than this program", "run the newer program, or restore a backup")


def valkey(url: str) -> Finding:
    try:
        asyncio.run(cache.probe(url))
    except (OSError, TimeoutError, cache.RedisUnavailable, hiredis.HiredisError) as fault:
        return Finding("Redis", f"not reachable ({fault})", "start it, or correct REDIS_URL")
    return Finding("Redis", "reachable")
