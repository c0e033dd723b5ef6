"""`teddy doctor`: every way in which a set-up is known to break is named, with what to do."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Mapping
from pathlib import Path

import asyncpg
import pytest
from tests.up.conftest import Teddy

from studyteddy.embedded.doctor import Finding, clock, examine, matches
from studyteddy.embedded.engine import HOST, free_port
from studyteddy.embedded.folder import DataFolder, make_secrets
from studyteddy.embedded.place import addresses
from studyteddy.embedded.postgres import Postgres
from studyteddy.embedded.valkey import Valkey
from studyteddy.platform import migrations, schema

NOBODY_THERE = f"{HOST}:1"


def findings(folder: Path, environ: Mapping[str, str] | None = None, port: int = 0) -> dict[str, Finding]:
    return {finding.about: finding for finding in examine(environ or {}, folder, HOST, port or free_port())}


@pytest.fixture(scope="module")
def lived_in(tmp_path_factory: pytest.TempPathFactory) -> DataFolder:
    """A folder as an ended `teddy up` leaves it."""
    folder = DataFolder.at(tmp_path_factory.mktemp("doctor"))
    make_secrets(folder)
    postgres, valkey = Postgres(folder), Valkey(folder)
    try:
        postgres.start()
        valkey.start()
        migrations.upgrade(addresses(folder)["MIGRATION_DATABASE_URL"])
    finally:
        postgres.stop()
        valkey.stop()
    return folder


def change(folder: DataFolder, sql: str) -> None:
    """Run a statement as the owner, in engines that sleep."""

    async def run() -> None:
        connection = await asyncpg.connect(addresses(folder)["MIGRATION_DATABASE_URL"])
        try:
            await connection.execute(sql)
        finally:
            await connection.close()

    postgres = Postgres(folder)
    try:
        postgres.start()
        asyncio.run(run())
    finally:
        postgres.stop()


def test_nothing_is_wrong_before_the_first_start(tmp_path: Path) -> None:
    found = findings(tmp_path / "new")
    assert all(finding.fine for finding in found.values()), found
    assert "not there yet" in found["data folder"].found
    assert not (tmp_path / "new").exists()


def test_a_set_up_that_sleeps_is_woken_for_the_examination(lived_in: DataFolder) -> None:
    found = findings(lived_in.path)
    assert all(finding.fine for finding in found.values()), found
    assert found["schema"].found.endswith("current")
    assert {"database", "Redis", "secrets", "settings"} <= set(found)


def test_an_unfinished_schema_is_to_be_migrated(lived_in: DataFolder) -> None:
    change(lived_in, "ALTER TABLE alembic_version RENAME TO hidden")
    try:
        assert findings(lived_in.path)["schema"].remedy == "./teddy migrate"
    finally:
        change(lived_in, "ALTER TABLE hidden RENAME TO alembic_version")


def test_a_schema_from_the_future_is_told_from_an_old_one(lived_in: DataFolder) -> None:
    change(lived_in, "UPDATE alembic_version SET version_num = 'from-tomorrow'")
    try:
        verdict = findings(lived_in.path)["schema"]
    finally:
        change(lived_in, f"UPDATE alembic_version SET version_num = '{schema.latest()}'")
    assert "newer than this program" in verdict.found
    assert "migrate" not in verdict.remedy


def test_a_database_that_does_not_answer_is_named(lived_in: DataFolder) -> None:
    found = findings(lived_in.path, {"DATABASE_URL": f"postgresql://study_app@{NOBODY_THERE}/study"})
    assert "DATABASE_URL" in found["database"].remedy
    assert found["Redis"].fine


def test_a_redis_that_does_not_answer_is_named(lived_in: DataFolder) -> None:
    found = findings(lived_in.path, {"REDIS_URL": f"redis://{NOBODY_THERE}/0"})
    assert "REDIS_URL" in found["Redis"].remedy
    assert found["database"].fine


def test_a_port_in_use_by_something_else_is_named(tmp_path: Path) -> None:
    with socket.create_server((HOST, 0)) as other:
        port = other.getsockname()[1]
        assert "--port" in findings(tmp_path, port=port)[f"port {port}"].remedy


def test_the_port_of_our_own_up_is_fine(tmp_path: Path) -> None:
    folder = DataFolder.at(tmp_path)
    with socket.create_server((HOST, 0)) as ours, folder.locked():
        port = ours.getsockname()[1]
        folder.write("serving.json", {"port": str(port)})
        assert findings(tmp_path, port=port)[f"port {port}"].fine


def test_secrets_that_others_can_read_are_named(tmp_path: Path) -> None:
    folder = DataFolder.at(tmp_path)
    make_secrets(folder)
    (tmp_path / "secrets.json").chmod(0o644)
    assert findings(tmp_path)["secrets"].remedy.startswith("chmod 600")


def test_damaged_secrets_are_named(tmp_path: Path) -> None:
    (tmp_path / "secrets.json").write_text("{half")
    assert "damaged" in findings(tmp_path)["secrets"].found


def test_weak_secrets_in_production_are_named(tmp_path: Path) -> None:
    weak = "A" * 43
    names = ("SIGNING_KEY", "REFRESH_KEY", "CURSOR_KEY", "PASSWORD_PEPPER")
    environ = dict.fromkeys(names, weak) | {
        "ENVIRONMENT": "production",
        "SEALING_KEYS": f"k1:{weak}",
        "DATABASE_URL": f"postgresql://study_app@{NOBODY_THERE}/study",
        "REDIS_URL": f"redis://{NOBODY_THERE}/0",
    }
    wrong = [finding for finding in examine(environ, tmp_path / "none", HOST, free_port()) if not finding.fine]
    assert any("too simple" in finding.found for finding in wrong)
    assert any("MIGRATION_DATABASE_URL" in finding.found for finding in wrong)


def test_a_folder_that_cannot_be_written_is_named() -> None:
    assert "--data-dir" in findings(Path("/proc"))["data folder"].remedy
    assert "--data-dir" in findings(Path("/proc/teddy"))["data folder"].remedy


def test_a_clock_before_this_program_was_written_is_named() -> None:
    assert not clock(0).fine
    assert clock(2_000_000_000).fine


def test_packages_other_than_the_locked_ones_are_named() -> None:
    assert not matches("asyncpg", "0.0.1", missing_is_fine=False)
    assert not matches("no-such-package", "1", missing_is_fine=False)
    assert matches("no-such-package", "1", missing_is_fine=True)


def test_the_exit_code_says_whether_something_is_wrong(teddy: Teddy, tmp_path: Path) -> None:
    well = teddy.run("doctor", f"--data-dir={tmp_path / 'new'}", f"--port={free_port()}")
    assert well.returncode == 0, well.stdout + well.stderr
    ill = teddy.run("doctor", "--data-dir=/proc", f"--port={free_port()}")
    assert ill.returncode == 1
    assert "problem" in ill.stdout
