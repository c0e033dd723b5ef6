"""`teddy doctor`: it reports every known problem of an installation, with a fix."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Mapping
from pathlib import Path

import asyncpg
import pytest
from tests.up.conftest import Teddy

from studyteddy.embedded.doctor import Finding, built, clock, diagnose, matches, valkey, web_app
from studyteddy.embedded.engine import HOST, free_port
from studyteddy.embedded.folder import DataFolder, make_secrets
from studyteddy.embedded.place import WEB, addresses
from studyteddy.embedded.postgres import Postgres
from studyteddy.embedded.valkey import Valkey
from studyteddy.platform.db import migrations, schema
from studyteddy.platform.web import web_builds
from studyteddy.platform.web.web_builds import Current, Fault, Progress, Step

UNREACHABLE = f"{HOST}:1"


def findings(folder: Path, environ: Mapping[str, str] | None = None, port: int = 0) -> dict[str, Finding]:
    return {finding.about: finding for finding in diagnose(environ or {}, folder, HOST, port or free_port())}


@pytest.fixture(scope="module")
def stopped_folder(tmp_path_factory: pytest.TempPathFactory) -> DataFolder:
    """A folder as left by a stopped `teddy up`."""
    folder = DataFolder.at(tmp_path_factory.mktemp("doctor"))
    make_secrets(folder)
    postgres, redis = Postgres(folder), Valkey(folder)
    try:
        postgres.start()
        redis.start()
        migrations.upgrade(addresses(folder)["MIGRATION_DATABASE_URL"])
    finally:
        postgres.stop()
        redis.stop()
    return folder


def change(folder: DataFolder, sql: str) -> None:
    """Run a statement as the owner, starting the stopped engine."""

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


def test_no_problems_before_the_first_start(tmp_path: Path) -> None:
    found = findings(tmp_path / "new")
    assert all(finding.ok for finding in found.values()), found
    assert "doesn't exist yet" in found["data folder"].found
    assert not (tmp_path / "new").exists()


def test_stopped_engines_are_started_for_the_checks(stopped_folder: DataFolder) -> None:
    found = findings(stopped_folder.path)
    assert all(finding.ok for finding in found.values()), found
    assert found["schema"].found.endswith("current")
    assert {"database", "Redis", "secrets", "settings"} <= set(found)


def test_an_outdated_schema_is_reported(stopped_folder: DataFolder) -> None:
    change(stopped_folder, "ALTER TABLE alembic_version RENAME TO hidden")
    try:
        assert findings(stopped_folder.path)["schema"].remedy == "./teddy migrate"
    finally:
        change(stopped_folder, "ALTER TABLE hidden RENAME TO alembic_version")


def test_a_newer_schema_is_distinguished_from_an_older_one(stopped_folder: DataFolder) -> None:
    change(stopped_folder, "UPDATE alembic_version SET version_num = 'from-tomorrow'")
    try:
        verdict = findings(stopped_folder.path)["schema"]
    finally:
        change(stopped_folder, f"UPDATE alembic_version SET version_num = '{schema.latest()}'")
    assert "newer than this program" in verdict.found
    assert "migrate" not in verdict.remedy


def test_an_unreachable_database_is_reported(stopped_folder: DataFolder) -> None:
    found = findings(stopped_folder.path, {"DATABASE_URL": f"postgresql://study_app@{UNREACHABLE}/study"})
    assert "DATABASE_URL" in found["database"].remedy
    assert found["Redis"].ok


def test_an_unreachable_redis_is_reported(stopped_folder: DataFolder) -> None:
    found = findings(stopped_folder.path, {"REDIS_URL": f"redis://{UNREACHABLE}/0"})
    assert "REDIS_URL" in found["Redis"].remedy
    assert found["database"].ok


def test_a_rejected_redis_password_is_reported(stopped_folder: DataFolder) -> None:
    engine = Valkey(stopped_folder)
    try:
        engine.start()
        found = valkey(engine.url().replace("://:", "://:x"))
    finally:
        engine.stop()
    assert "WRONGPASS" in found.found
    assert "REDIS_URL" in found.remedy


def test_a_port_in_use_by_another_program_is_reported(tmp_path: Path) -> None:
    with socket.create_server((HOST, 0)) as other:
        port = other.getsockname()[1]
        assert "--port" in findings(tmp_path, port=port)[f"port {port}"].remedy


def test_the_port_of_our_own_up_is_ok(tmp_path: Path) -> None:
    folder = DataFolder.at(tmp_path)
    with socket.create_server((HOST, 0)) as own, folder.locked():
        port = own.getsockname()[1]
        folder.write("serving.json", {"port": str(port)})
        assert findings(tmp_path, port=port)[f"port {port}"].ok


def test_secrets_readable_by_others_are_reported(tmp_path: Path) -> None:
    folder = DataFolder.at(tmp_path)
    make_secrets(folder)
    (tmp_path / "secrets.json").chmod(0o644)
    assert findings(tmp_path)["secrets"].remedy.startswith("chmod 600")


def test_damaged_secrets_are_reported(tmp_path: Path) -> None:
    (tmp_path / "secrets.json").write_text("{half")
    assert "damaged" in findings(tmp_path)["secrets"].found


def test_weak_secrets_in_production_are_reported(tmp_path: Path) -> None:
    weak = "A" * 43
    names = ("SIGNING_KEY", "REFRESH_KEY", "CURSOR_KEY", "PASSWORD_PEPPER")
    environ = dict.fromkeys(names, weak) | {
        "ENVIRONMENT": "production",
        "SEALING_KEYS": f"k1:{weak}",
        "DATABASE_URL": f"postgresql://study_app@{UNREACHABLE}/study",
        "REDIS_URL": f"redis://{UNREACHABLE}/0",
    }
    wrong = [finding for finding in diagnose(environ, tmp_path / "none", HOST, free_port()) if not finding.ok]
    assert any("too weak" in finding.found for finding in wrong)
    assert any("MIGRATION_DATABASE_URL" in finding.found for finding in wrong)


def test_an_unwritable_folder_is_reported() -> None:
    assert "--data-dir" in findings(Path("/proc"))["data folder"].remedy
    assert "--data-dir" in findings(Path("/proc/teddy"))["data folder"].remedy


def test_a_clock_earlier_than_the_release_is_reported() -> None:
    assert not clock(0).ok
    assert clock(2_000_000_000).ok


def test_packages_that_differ_from_the_lock_are_reported() -> None:
    assert not matches("asyncpg", "0.0.1", missing_ok=False)
    assert not matches("no-such-package", "1", missing_ok=False)
    assert matches("no-such-package", "1", missing_ok=True)


def test_the_exit_code_reports_problems(teddy: Teddy, tmp_path: Path) -> None:
    healthy = teddy.run("doctor", f"--data-dir={tmp_path / 'new'}", f"--port={free_port()}")
    assert healthy.returncode == 0, healthy.stdout + healthy.stderr
    broken = teddy.run("doctor", "--data-dir=/proc", f"--port={free_port()}")
    assert broken.returncode == 1
    assert "problem" in broken.stdout


def test_the_web_app_is_reported_in_each_state(tmp_path: Path) -> None:
    folder = DataFolder.at(tmp_path / "data")
    found = built(folder.path / WEB)
    assert (found.ok, found.found) == (True, "not built yet; `up` builds it")
    (folder.path / WEB).mkdir()
    web_builds.write(folder.path / WEB / web_builds.PROGRESS, Progress(Step.packages, Fault.no_network))
    found = built(folder.path / WEB)
    assert (found.found, found.remedy) == (
        "installing packages failed",
        "connect to the internet and run ./teddy web build",
    )
    web_builds.write(folder.path / WEB / web_builds.CURRENT, Current(("0" * 16,)))
    (folder.path / WEB / web_builds.PROGRESS).unlink()
    assert "older than its source" in built(folder.path / WEB).found


def test_a_web_app_built_elsewhere_is_checked(tmp_path: Path) -> None:
    (missing,) = web_app({"WEB_DIR": str(tmp_path)}, None)
    assert "--out" in missing.remedy
    (tmp_path / ("0" * 16)).mkdir()
    (tmp_path / ("0" * 16) / "index.html").touch()
    web_builds.write(tmp_path / web_builds.CURRENT, Current(("0" * 16,)))
    (found,) = web_app({"WEB_DIR": str(tmp_path)}, None)
    assert (found.ok, found.found) == (True, f"build {'0' * 16} in {tmp_path}")
    assert [one.found for one in web_app({"WEB": "off"}, None)] == ["switched off"]
