"""The schema: one command creates it, its snapshot matches, and every table follows the rules."""

from __future__ import annotations

import asyncio
import inspect
import re
import subprocess
import sys
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any, TypeVar

import asyncpg
import pytest
from alembic.operations import Operations
from alembic.script import ScriptDirectory
from tests.contracts import snapshot
from tests.contracts.conftest import Connection
from tests.contracts.test_owner_in_statements import USER_TABLES

from studyteddy.embedded import Engines
from studyteddy.embedded.postgres import Postgres
from studyteddy.platform.db import migrations, schema

T = TypeVar("T")
FRESH = "fresh"
REVISIONS = list(ScriptDirectory(str(schema.MIGRATIONS)).walk_revisions())

NOT_LINTED = {
    "prefer-bigint-over-int": "counters of one task or one day never reach two billion",
    "prefer-bigint-over-smallint": "a minute of a day, a day of a week and a status code fit",
    "require-lock-timeout": "migrations/env.py sets it for every revision",
    "require-statement-timeout": "migrations/env.py sets it for every revision",
}
"""Linter rules that don't apply here, with reasons."""

SNAPSHOT_OF = 18
"""The PostgreSQL version whose `pg_dump` wrote the snapshot."""


@pytest.fixture(scope="module")
def fresh(engine: Engines) -> Iterator[str]:
    """A database of the schema's owner, migrated from empty by one command."""
    with _database(engine) as url:
        migrations.upgrade(url)
        yield url


class _database:
    """An empty database that exists while the block runs."""

    def __init__(self, engine: Engines) -> None:
        self._admin, self._owner = engine.admin_database_url, engine.migration_database_url

    def __enter__(self) -> str:
        _on(self._admin, lambda one: one.execute(f"CREATE DATABASE {FRESH} OWNER study_owner"))
        return self._owner.rpartition("/")[0] + f"/{FRESH}"

    def __exit__(self, *_: object) -> None:
        _on(self._admin, lambda one: one.execute(f"DROP DATABASE {FRESH} WITH (FORCE)"))


def test_one_command_migrates_an_empty_database_to_the_latest_revision(fresh: str) -> None:
    assert asyncio.run(schema.current(fresh)) == schema.latest()


def test_file_names_match_revisions() -> None:
    assert REVISIONS[0].revision == schema.latest()
    assert [one for one in REVISIONS if not schema.known(one.revision)] == []
    assert not schema.known("9999")


def test_the_schema_matches_its_snapshot(fresh: str) -> None:
    if (
        _on(fresh, lambda one: one.fetchval("SELECT current_setting('server_version_num')::int")) // 10_000
        != SNAPSHOT_OF
    ):
        pytest.skip(f"the snapshot is in the words of PostgreSQL {SNAPSHOT_OF}")
    snapshot.check("migrations/schema.sql", _dump(fresh))


def test_migrating_twice_changes_nothing(fresh: str) -> None:
    before = _dump(fresh)
    migrations.upgrade(fresh)
    assert _dump(fresh) == before


def test_every_foreign_key_has_an_index(fresh: str) -> None:
    assert _on(fresh, lambda one: one.fetch(_UNINDEXED)) == []


def test_a_foreign_key_without_an_index_is_detected(fresh: str) -> None:
    async def look(one: Connection) -> list[Any]:
        async with one.transaction():
            await one.execute("CREATE TABLE x (y uuid REFERENCES users); CREATE INDEX ON x (y) WHERE y IS NULL")
            found = await one.fetch(_UNINDEXED)
            await one.execute("DROP TABLE x")
        return found

    assert [row["key"] for row in _on(fresh, look)] == ["x_y_fkey"]


def test_every_table_of_users_has_an_index_on_its_user(fresh: str) -> None:
    rows = _on(fresh, lambda one: one.fetch(_LED_BY_USER))
    led = {row["name"] for row in rows}
    assert USER_TABLES - led - {"users"} == set()


def test_every_timestamp_has_a_time_zone(fresh: str) -> None:
    found = _on(
        fresh,
        lambda one: one.fetch(
            "SELECT table_name, column_name FROM information_schema.columns"
            " WHERE table_schema = 'public' AND data_type IN ('timestamp without time zone', 'time with time zone')"
        ),
    )
    assert found == []


def test_every_text_has_a_maximum_length_or_is_written_by_the_program(fresh: str) -> None:
    rows = _on(fresh, lambda one: one.fetch(_UNBOUNDED))
    assert {f"{row['name']}.{row['attname']}" for row in rows} == WRITTEN_BY_PROGRAM


@pytest.mark.parametrize("revision", REVISIONS, ids=lambda revision: str(revision.revision))
def test_the_linter_finds_no_problems(revision: Any, tmp_path: Path) -> None:
    file = tmp_path / f"{revision.revision}.sql"
    file.write_text(_sql_of(revision.module))
    done = _squawk(file)
    assert done.returncode == 0, done.stdout


def test_every_revision_sets_its_timeouts() -> None:
    text = (schema.MIGRATIONS / "env.py").read_text()
    assert re.search(r"SET lock_timeout = '\d+s'", text)
    assert re.search(r"SET statement_timeout = '\d+s'", text)


def test_the_linter_receives_the_sql(tmp_path: Path) -> None:
    file = tmp_path / "bad.sql"
    file.write_text("ALTER TABLE tasks ALTER COLUMN title TYPE varchar(10);")
    assert "changing-column-type" in _squawk(file).stdout


def _squawk(file: Path) -> subprocess.CompletedProcess[str]:
    program = Path(sys.executable).with_name("squawk")
    rules = [f"--exclude={rule}" for rule in NOT_LINTED]
    command = [str(program), "--assume-in-transaction", "--pg-version=15.0", *rules, str(file)]
    return subprocess.run(command, capture_output=True, text=True, timeout=60)


def _sql_of(revision: Any) -> str:
    """Return the SQL that a revision would run."""
    recorder = _Recorder()
    with Operations.context(recorder):  # type: ignore[arg-type]  # it stands for a migration that is under way
        revision.upgrade()
    return ";\n".join(recorder.ran)


class _Recorder:
    """A migration that records its SQL instead of running it."""

    def __init__(self) -> None:
        self.ran: list[str] = []
        self.config = self.impl = self.bind = self.connection = self.dbapi_connection = self
        self.attributes = {"app_role": "study_app"}
        self.opts: dict[str, Any] = {}

    def run_async(self, work: Callable[[_Recorder], Any]) -> None:
        if not inspect.iscoroutinefunction(work):  # async work changes rows, not the schema
            work(self)

    def exec_driver_sql(self, sql: str) -> None:
        """Ignore the statement that would begin the transaction."""

    def execute(self, sql: str) -> None:
        self.ran.append(sql)


def _dump(url: str) -> str:
    """Return the output of `pg_dump` without the parts that differ between runs or versions."""
    program = Postgres.find().folder / "pg_dump"
    command = [str(program), "--schema-only", "--no-comments", url]
    text = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True).stdout
    lines = [line for line in text.splitlines() if not re.match(r"--|SET |SELECT pg_catalog|\\(un)?restrict", line)]
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip() + "\n"


def _on(url: str, work: Callable[[Connection], Awaitable[T]]) -> T:
    async def run() -> T:
        connection = await asyncpg.connect(url)
        try:
            return await work(connection)
        finally:
            await connection.close()

    return asyncio.run(run())


WRITTEN_BY_PROGRAM = {
    "alembic_version.version_num",
    "events.data",
    "events.type",
    "idempotency_keys.key",
    "idempotency_keys.scope",
    "jobs.kind",
    "jobs.lane",
    "jobs.last_error",
    "jobs.payload",
    "jobs.request_id",
    "jobs.unique_key",
    "jobs_dead.kind",
    "jobs_dead.lane",
    "jobs_dead.last_error",
    "jobs_dead.payload",
    "jobs_dead.request_id",
    "notifications.source",
    "notifications.type",
    "points_ledger.rule",
    "schedules.name",
    "tasks.due_zone",
    "users.locale",
    "users.password_hash",
    "users.time_zone",
}
"""Text columns without a CHECK: the program generates each value or checks it against a list."""

_UNINDEXED = """
SELECT conname AS key FROM pg_constraint AS k
 WHERE contype = 'f' AND connamespace = 'public'::regnamespace AND NOT EXISTS (
    SELECT FROM pg_index AS i
     WHERE i.indrelid = k.conrelid
       -- A row that points somewhere has the column: an index of such rows finds all that the key looks for.
       AND (i.indpred IS NULL OR pg_get_expr(i.indpred, i.indrelid) IN (
            SELECT format('(%I IS NOT NULL)', attname) FROM pg_attribute
             WHERE attrelid = k.conrelid AND attnum = ANY(k.conkey)))
       AND (i.indkey::int2[])[0:cardinality(k.conkey) - 1] @> k.conkey)
 ORDER BY 1"""

_LED_BY_USER = """
SELECT DISTINCT i.indrelid::regclass::text AS name FROM pg_index AS i
  JOIN pg_attribute AS a ON a.attrelid = i.indrelid AND a.attnum = i.indkey[0]
 WHERE a.attname = 'user_id' AND i.indpred IS NULL"""

_UNBOUNDED = """
SELECT c.relname AS name, a.attname FROM pg_attribute AS a JOIN pg_class AS c ON c.oid = a.attrelid
 WHERE c.relnamespace = 'public'::regnamespace AND c.relkind = 'r' AND a.attnum > 0 AND NOT a.attisdropped
   AND a.atttypid IN ('text'::regtype, 'varchar'::regtype)
   AND NOT EXISTS (
    SELECT FROM pg_constraint AS k WHERE k.conrelid = c.oid AND k.contype = 'c' AND k.conkey @> ARRAY[a.attnum])
 ORDER BY 1, 2"""
