"""`teddy up`: it starts everything, restarts what crashes, loses no data and leaves no processes behind."""

from __future__ import annotations

import os
import signal
import socket
from pathlib import Path

import asyncpg
import pytest
from tests.up.conftest import PARTS, Running, Teddy, eventually, is_running

from studyteddy.embedded.engine import HOST, free_port
from studyteddy.embedded.folder import SECRETS, DataFolder, make_secrets
from studyteddy.embedded.place import addresses, folder_environment, is_set
from studyteddy.embedded.services import Monitor

BACK = 5.0
"""Seconds within which a killed process runs again."""


@pytest.fixture
def data_dir(open_folder: Path) -> Path:
    return open_folder / "data"


async def note(data_dir: Path, *, write: bool) -> list[int]:
    """Return the rows of a test table, after adding one if `write` is true."""
    connection = await asyncpg.connect(addresses(DataFolder.at(data_dir))["MIGRATION_DATABASE_URL"], timeout=5)
    try:
        if write:
            await connection.execute("CREATE TABLE IF NOT EXISTS noted (n integer)")
            await connection.execute("INSERT INTO noted SELECT count(*) FROM noted")
        return [row["n"] for row in await connection.fetch("SELECT n FROM noted ORDER BY n")]
    finally:
        await connection.close()


@pytest.mark.slow
def test_up_starts_everything_and_a_signal_stops_it(teddy: Teddy, data_dir: Path) -> None:
    up = teddy.up(data_dir)
    up.wait_until_up()
    eventually(lambda: "/api/auth/register" in up.output(), within=10)
    parts = up.parts()
    up.process.send_signal(signal.SIGINT)
    assert up.process.wait(60) == 0
    assert not any(is_running(pid) for pid in parts.values())
    assert "stopping" in up.output()


@pytest.mark.slow
def test_secrets_are_generated_once_and_readable_only_by_their_owner(teddy: Teddy, data_dir: Path) -> None:
    up = teddy.up(data_dir)
    up.wait_until_up()
    made = (data_dir / "secrets.json").read_text()
    assert (data_dir / "secrets.json").stat().st_mode & 0o777 == 0o600
    up.stop()
    again = teddy.up(data_dir)
    again.wait_until_up()
    assert (data_dir / "secrets.json").read_text() == made


@pytest.mark.slow
async def test_data_survives_a_kill_and_the_next_up_starts(teddy: Teddy, data_dir: Path) -> None:
    up = teddy.up(data_dir)
    up.wait_until_up()
    for n in range(3):
        assert await note(data_dir, write=True) == list(range(n + 1))
        parts = up.parts()
        up.kill()
        up = teddy.up(data_dir, port=up.port)
        up.wait_until_up(within=20)
        assert not any(is_running(pid) for pid in parts.values())
        assert await note(data_dir, write=False) == list(range(n + 1))


@pytest.mark.slow
async def test_a_killed_process_restarts_within_seconds_at_the_same_address(teddy: Teddy, data_dir: Path) -> None:
    up = teddy.up(data_dir)
    up.wait_until_up()
    await note(data_dir, write=True)
    before = addresses(DataFolder.at(data_dir))
    for name in PARTS:
        victim = up.parts()[name]
        os.kill(victim, signal.SIGKILL)
        eventually(lambda name=name, victim=victim: is_replaced(up, name, victim), within=BACK)  # type: ignore[misc]
        assert f"{name} was killed by SIGKILL" in up.output()
    assert addresses(DataFolder.at(data_dir)) == before
    assert await note(data_dir, write=False) == [0]


def is_replaced(up: Running, name: str, victim: int) -> bool:
    return up.parts().get(name, victim) != victim and up.answers()


@pytest.mark.slow
def test_a_second_up_in_the_same_folder_fails(teddy: Teddy, data_dir: Path) -> None:
    with DataFolder.at(data_dir).locked():
        refused = teddy.run("up", f"--data-dir={data_dir}", f"--port={free_port()}")
    assert refused.returncode == 2
    assert "another `teddy up`" in refused.stderr
    assert str(data_dir) in refused.stderr


@pytest.mark.slow
def test_a_port_in_use_is_reported_with_a_fix(teddy: Teddy, data_dir: Path) -> None:
    with socket.create_server((HOST, 0)) as other:
        port = other.getsockname()[1]
        refused = teddy.run("up", f"--data-dir={data_dir}", f"--port={port}")
    assert refused.returncode == 2
    assert f"port {port} is in use" in refused.stderr
    assert "--port" in refused.stderr


def test_a_foreign_address_is_not_reported_as_in_use(teddy: Teddy, data_dir: Path) -> None:
    refused = teddy.run("up", f"--data-dir={data_dir}", "--host=192.0.2.1")
    assert refused.returncode == 2
    assert "can't listen on 192.0.2.1" in refused.stderr


@pytest.mark.parametrize("place", ["/proc", "/proc/teddy"])
@pytest.mark.slow
def test_an_unwritable_folder_is_reported_with_a_fix(teddy: Teddy, place: str) -> None:
    refused = teddy.run("up", f"--data-dir={place}", f"--port={free_port()}")
    assert refused.returncode == 2
    assert "--data-dir" in refused.stderr
    assert "Traceback" not in refused.stderr


@pytest.mark.slow
def test_a_requested_private_folder_is_used(teddy: Teddy, private_folder: Path) -> None:
    up = teddy.up(private_folder)
    up.wait_until_up()
    assert (private_folder / "postgres" / "data" / "PG_VERSION").exists()
    assert private_folder.parent.stat().st_mode & 0o777 == 0o700


@pytest.mark.slow
def test_engines_set_in_the_environment_are_used(teddy: Teddy, open_folder: Path) -> None:
    other = teddy.up(open_folder / "other")
    other.wait_until_up()
    folder = DataFolder.at(open_folder / "other")
    # Installations that share a database share the keys that encrypt its secrets.
    shared = addresses(folder) | {"SEALING_KEYS": folder.read(SECRETS)["SEALING_KEYS"]}
    own = teddy.up(open_folder / "own", environment=shared)
    eventually(lambda: own.answers() and len(own.parts()) == 2, within=60)
    assert set(own.parts()) == {"API", "worker"}
    assert not (open_folder / "own" / "postgres").exists()


@pytest.mark.slow
def test_a_source_change_restarts_only_the_services(teddy: Teddy, data_dir: Path) -> None:
    up = teddy.up(data_dir, "--dev")
    up.wait_until_up()
    eventually(lambda: "Study Teddy is running" in up.output(), within=10)
    before = up.parts()
    os.utime(Path(__file__).parents[2] / "src/studyteddy/__main__.py")
    eventually(lambda: is_replaced(up, "API", before["API"]), within=15)
    eventually(lambda: is_replaced(up, "worker", before["worker"]), within=15)
    assert up.parts()["postgres"] == before["postgres"]
    assert up.parts()["valkey"] == before["valkey"]


class Fragile:
    """A process that never stays up."""

    name = "glass"
    alive = False
    starts = 0

    def exit_reason(self) -> str:
        return "broke"

    def restart(self) -> None:
        self.starts += 1


def test_repeated_crashes_increase_the_restart_delay(capsys: pytest.CaptureFixture[str]) -> None:
    fragile = Fragile()
    monitor = Monitor(fragile)
    for _ in range(1000):
        monitor.check()
    assert (fragile.starts, monitor.crashes) == (1, 2)
    assert "glass broke; restarting in 1 s" in capsys.readouterr().out


def test_a_process_that_is_killed_again_and_again_is_restarted_at_once(capsys: pytest.CaptureFixture[str]) -> None:
    """It has started each time, so it isn't in a crash loop."""
    seconds = iter(range(0, 10_000, 3))
    fragile = Fragile()
    monitor = Monitor(fragile, clock=lambda: float(next(seconds)))
    for _ in range(50):
        monitor.check()
    assert fragile.starts == 50
    assert capsys.readouterr().out.count("restarting now") == 50


def test_secrets_in_the_environment_override_the_folder(data_dir: Path) -> None:
    folder = DataFolder.at(data_dir)
    made = make_secrets(folder)
    chosen = folder_environment(folder, {"CURSOR_KEY": "mine"})
    assert chosen["CURSOR_KEY"] == "mine"
    assert chosen["SIGNING_KEY"] == made["SIGNING_KEY"]


def test_an_external_database_is_never_migrated_with_our_url() -> None:
    assert is_set({"DATABASE_URL": "postgresql://other"}, "MIGRATION_DATABASE_URL")
    assert not is_set({"MIGRATION_DATABASE_URL": "postgresql://other"}, "MIGRATION_DATABASE_URL")
