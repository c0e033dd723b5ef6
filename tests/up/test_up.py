"""`teddy up`: one command, everything alive, nothing lost, nothing left behind."""

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
from studyteddy.embedded.place import addresses, environment_of, is_set
from studyteddy.embedded.services import Watch

BACK = 5.0
"""Seconds after which whatever died is at work again."""


@pytest.fixture
def data_dir(open_folder: Path) -> Path:
    return open_folder / "data"


async def note(data_dir: Path, *, write: bool) -> list[int]:
    """What is in a table of the owner's, with one row more if asked."""
    connection = await asyncpg.connect(addresses(DataFolder.at(data_dir))["MIGRATION_DATABASE_URL"], timeout=5)
    try:
        if write:
            await connection.execute("CREATE TABLE IF NOT EXISTS noted (n integer)")
            await connection.execute("INSERT INTO noted SELECT count(*) FROM noted")
        return [row["n"] for row in await connection.fetch("SELECT n FROM noted ORDER BY n")]
    finally:
        await connection.close()


@pytest.mark.slow
def test_one_command_brings_everything_up_and_a_signal_brings_it_down(teddy: Teddy, data_dir: Path) -> None:
    up = teddy.up(data_dir)
    up.wait_until_up()
    eventually(lambda: "/api/auth/register" in up.said(), within=10)
    parts = up.parts()
    up.process.send_signal(signal.SIGINT)
    assert up.process.wait(60) == 0
    assert not any(is_running(pid) for pid in parts.values())
    assert "stopping" in up.said()


@pytest.mark.slow
def test_secrets_are_made_once_and_readable_by_their_owner_only(teddy: Teddy, data_dir: Path) -> None:
    up = teddy.up(data_dir)
    up.wait_until_up()
    made = (data_dir / "secrets.json").read_text()
    assert (data_dir / "secrets.json").stat().st_mode & 0o777 == 0o600
    up.stop()
    again = teddy.up(data_dir)
    again.wait_until_up()
    assert (data_dir / "secrets.json").read_text() == made


@pytest.mark.slow
async def test_data_survives_the_death_of_everything_and_the_next_up_works_at_once(
    teddy: Teddy, data_dir: Path
) -> None:
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
async def test_whatever_dies_is_back_in_seconds_at_the_same_address(teddy: Teddy, data_dir: Path) -> None:
    up = teddy.up(data_dir)
    up.wait_until_up()
    await note(data_dir, write=True)
    before = addresses(DataFolder.at(data_dir))
    for name in PARTS:
        victim = up.parts()[name]
        os.kill(victim, signal.SIGKILL)
        eventually(lambda name=name, victim=victim: is_replaced(up, name, victim), within=BACK)  # type: ignore[misc]
        assert f"{name} was ended by SIGKILL" in up.said()
    assert addresses(DataFolder.at(data_dir)) == before
    assert await note(data_dir, write=False) == [0]


def is_replaced(up: Running, name: str, victim: int) -> bool:
    return up.parts().get(name, victim) != victim and up.answers()


@pytest.mark.slow
def test_a_second_up_in_the_same_folder_is_refused(teddy: Teddy, data_dir: Path) -> None:
    with DataFolder.at(data_dir).locked():
        refused = teddy.run("up", f"--data-dir={data_dir}", f"--port={free_port()}")
    assert refused.returncode == 2
    assert "another `teddy up`" in refused.stderr
    assert str(data_dir) in refused.stderr


@pytest.mark.slow
def test_a_port_in_use_is_refused_with_a_way_out(teddy: Teddy, data_dir: Path) -> None:
    with socket.create_server((HOST, 0)) as other:
        port = other.getsockname()[1]
        refused = teddy.run("up", f"--data-dir={data_dir}", f"--port={port}")
    assert refused.returncode == 2
    assert f"port {port} is in use" in refused.stderr
    assert "--port" in refused.stderr


def test_an_address_that_is_not_ours_is_not_called_in_use(teddy: Teddy, data_dir: Path) -> None:
    refused = teddy.run("up", f"--data-dir={data_dir}", "--host=192.0.2.1")
    assert refused.returncode == 2
    assert "nobody may listen on 192.0.2.1" in refused.stderr


@pytest.mark.parametrize("place", ["/proc", "/proc/teddy"])
@pytest.mark.slow
def test_a_folder_that_cannot_be_written_is_refused_with_a_way_out(teddy: Teddy, place: str) -> None:
    refused = teddy.run("up", f"--data-dir={place}", f"--port={free_port()}")
    assert refused.returncode == 2
    assert "--data-dir" in refused.stderr
    assert "Traceback" not in refused.stderr


@pytest.mark.slow
def test_a_private_folder_is_used_when_it_is_asked_for(teddy: Teddy, private_folder: Path) -> None:
    up = teddy.up(private_folder)
    up.wait_until_up()
    assert (private_folder / "postgres" / "data" / "PG_VERSION").exists()
    assert private_folder.parent.stat().st_mode & 0o777 == 0o700


@pytest.mark.slow
def test_engines_named_by_the_environment_are_used_instead(teddy: Teddy, open_folder: Path) -> None:
    theirs = teddy.up(open_folder / "theirs")
    theirs.wait_until_up()
    folder = DataFolder.at(open_folder / "theirs")
    # Whoever shares a database shares the keys that seal its secrets.
    shared = addresses(folder) | {"SEALING_KEYS": folder.read(SECRETS)["SEALING_KEYS"]}
    ours = teddy.up(open_folder / "ours", environment=shared)
    eventually(lambda: ours.answers() and len(ours.parts()) == 2, within=60)
    assert set(ours.parts()) == {"API", "worker"}
    assert not (open_folder / "ours" / "postgres").exists()


@pytest.mark.slow
def test_a_change_of_the_source_restarts_the_services_only(teddy: Teddy, data_dir: Path) -> None:
    up = teddy.up(data_dir, "--dev")
    up.wait_until_up()
    eventually(lambda: "Study Teddy is up" in up.said(), within=10)
    before = up.parts()
    os.utime(Path(__file__).parents[2] / "src/studyteddy/__main__.py")
    eventually(lambda: is_replaced(up, "API", before["API"]), within=15)
    eventually(lambda: is_replaced(up, "worker", before["worker"]), within=15)
    assert up.parts()["postgres"] == before["postgres"]
    assert up.parts()["valkey"] == before["valkey"]


class Fragile:
    """Something that never lives."""

    name = "glass"
    alive = False
    starts = 0

    def how_it_ended(self) -> str:
        return "broke"

    def restart(self) -> None:
        self.starts += 1


def test_what_keeps_dying_is_started_ever_less_often(capsys: pytest.CaptureFixture[str]) -> None:
    fragile = Fragile()
    watch = Watch(fragile)
    for _ in range(1000):
        watch.look()
    assert (fragile.starts, watch.falls) == (1, 2)
    assert "glass broke; starting it again in 1 s" in capsys.readouterr().out


def test_secrets_of_the_environment_win_over_those_of_the_folder(data_dir: Path) -> None:
    folder = DataFolder.at(data_dir)
    made = make_secrets(folder)
    chosen = environment_of(folder, {"CURSOR_KEY": "mine"})
    assert chosen["CURSOR_KEY"] == "mine"
    assert chosen["SIGNING_KEY"] == made["SIGNING_KEY"]


def test_a_database_of_the_environment_is_never_migrated_through_ours() -> None:
    assert is_set({"DATABASE_URL": "postgresql://theirs"}, "MIGRATION_DATABASE_URL")
    assert not is_set({"MIGRATION_DATABASE_URL": "postgresql://theirs"}, "MIGRATION_DATABASE_URL")
