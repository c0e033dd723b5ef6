"""No statement of one user scans a whole table, however many users and tasks there are."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import asyncpg
import pytest
from tests.contracts import catalogue, plans
from tests.contracts.conftest import Connection

from studyteddy.embedded import Engines
from studyteddy.platform.db import migrations

LARGE_TABLES = {
    "users",
    "sessions",
    "subjects",
    "tasks",
    "subtasks",
    "event_counters",
    "events",
    "idempotency_keys",
    "realtime_tickets",
    "notifications",
    "daily_progress",
    "points_ledger",
    "api_keys",
    "mail_tokens",
    "second_factors",
    "recovery_codes",
    "identities",
    "sign_in_flows",
    "pending_sign_ins",
    "exports",
    "audit_heads",
    "audit_log",
    "attachments",
    "focus_sessions",
    "focus_presets",
    "task_series",
    "task_changes",
}
"""Tables that grow with the number of users; the job queue is short and is read as a queue."""


@pytest.fixture(scope="module")
async def populated(engine: Engines) -> AsyncIterator[Connection]:
    """The application's connection to a separate database with many users, signed in as one of them."""
    addresses = (engine.admin_database_url, engine.migration_database_url, engine.database_url)
    inside, owner, app = (address.rpartition("/")[0] + "/crowded" for address in addresses)
    admin = await asyncpg.connect(engine.admin_database_url)
    await admin.execute("CREATE DATABASE crowded OWNER study_owner")
    try:
        await asyncio.to_thread(migrations.upgrade, owner)
        await _fill(inside)
        connection = await asyncpg.connect(app, statement_cache_size=0)
        await connection.execute(f"SET app.user_id = {plans.VALUES['uuid']}")
        yield connection
        await connection.close()
    finally:
        await admin.execute("DROP DATABASE crowded WITH (FORCE)")
        await admin.close()


@pytest.fixture(scope="module")
async def leading_columns(populated: Connection) -> dict[str, str]:
    """The first column of each index."""
    found = await populated.fetch(
        "SELECT indexrelid::regclass::text AS index, pg_get_indexdef(indexrelid, 1, true) AS lead FROM pg_index"
        " JOIN pg_class ON pg_class.oid = indrelid WHERE relnamespace = 'public'::regnamespace"
    )
    return {one["index"]: one["lead"] for one in found}


async def test_the_database_has_many_users(populated: Connection) -> None:
    sizes = {table: await populated.fetchval(_SIZE, table) for table in LARGE_TABLES}
    assert {table for table, rows in sizes.items() if rows < 300} == set()
    assert sizes["tasks"] == 60_000
    assert await populated.fetchval("SELECT count(*) FROM tasks") == 200


@pytest.mark.parametrize("mode", plans.MODES)
async def test_no_read_scans_a_whole_table(
    populated: Connection, leading_columns: dict[str, str], mode: plans.Mode
) -> None:
    """Lists are read with every sort and every set of filters, with and without a cursor."""
    faults = [
        f"{one.place}: {fault}"
        for one in catalogue.reads()
        for fault in _scanned(await plans.plan(populated, one.statement.guarded, mode=mode), leading_columns)
    ]
    assert faults == []


@pytest.mark.parametrize("mode", plans.MODES)
async def test_no_statement_in_a_transaction_scans_a_whole_table(
    populated: Connection, leading_columns: dict[str, str], mode: plans.Mode
) -> None:
    faults = [
        f"{one.place}: {fault}"
        for one in catalogue.statements()
        if one.place not in catalogue.SYSTEM and ".pages[" not in one.place
        for fault in _scanned(await plans.plan(populated, one.statement.sql, mode=mode), leading_columns)
    ]
    assert faults == []


async def test_system_statements_scan_whole_tables_for_retention_only(
    populated: Connection, leading_columns: dict[str, str]
) -> None:
    faults = [
        f"{one.place}: {fault}"
        for one in catalogue.statements()
        if one.place in catalogue.SYSTEM and "retention" not in one.place
        for fault in _scanned(
            await plans.plan(populated, one.statement.sql, mode="force_generic_plan"), leading_columns
        )
    ]
    assert faults == []


@pytest.mark.parametrize("text", list(catalogue.raw().values()), ids=list(catalogue.raw()))
async def test_the_transactions_own_statements_scan_no_whole_table(
    populated: Connection, leading_columns: dict[str, str], text: str
) -> None:
    assert list(_scanned(await plans.plan(populated, text, mode="force_generic_plan"), leading_columns)) == []


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("SELECT count(*) FROM tasks WHERE title = 'Task 1'", "tasks"),
        ("SELECT title FROM points_ledger AS p, tasks AS t WHERE t.id = p.object_id", "points_ledger"),
        ("SELECT (SELECT count(*) FROM events WHERE type = 'x') FROM subjects WHERE user_id = $1", "events"),
        ("UPDATE notifications SET read = true WHERE id = $1", "notifications"),
    ],
)
@pytest.mark.usefixtures("populated")
async def test_a_scan_of_a_whole_table_is_detected(
    engine: Engines, leading_columns: dict[str, str], text: str, fault: str
) -> None:
    """The policies would add the owner even here, so the check runs as a role that bypasses them."""
    inside = await asyncpg.connect(engine.admin_database_url.rpartition("/")[0] + "/crowded", statement_cache_size=0)
    found = list(_scanned(await plans.plan(inside, text, mode="force_generic_plan"), leading_columns))
    await inside.close()
    assert fault in " ".join(found)


def _scanned(plan: dict[str, Any], leading_columns: dict[str, str]) -> Iterator[str]:
    """Yield large tables that a plan reads without an index, or through one whose first column isn't given."""
    table = ""
    for node in plans.nodes(plan):
        kind, index = node["Node Type"], node.get("Index Name", "")
        table = node.get("Relation Name", table)
        if table in LARGE_TABLES and kind == "Seq Scan":
            yield f"{table} is read from end to end"
        elif (
            table in LARGE_TABLES
            and index
            and leading_columns[index] not in re.findall(r"\w+", node.get("Index Cond", ""))
        ):
            yield f"{table} is read through the whole of {index}"


async def _fill(url: str) -> None:
    connection = await asyncpg.connect(url)
    await connection.execute((Path(__file__).parent / "volume.sql").read_text())
    await connection.close()


_SIZE = "SELECT reltuples::int FROM pg_class WHERE oid = $1::text::regclass"
