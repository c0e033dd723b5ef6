"""No statement of one user looks at a whole table, however many users and tasks there are."""

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
from studyteddy.platform import migrations

GREAT = {
    "users", "sessions", "subjects", "tasks", "subtasks", "event_counters", "events", "idempotency_keys",
    "realtime_tickets", "notifications", "daily_progress", "points_ledger", "api_keys", "mail_tokens",
    "second_factors", "recovery_codes", "identities", "sign_in_flows", "exports", "audit_heads", "audit_log",
    "attachments", "focus_sessions", "focus_presets", "task_series", "task_changes",
}  # fmt: skip
"""Tables that grow with the number of users; the queue is short, and looked at as a queue."""


@pytest.fixture(scope="module")
async def crowded(engine: Engines) -> AsyncIterator[Connection]:
    """The application's connection to a database of its own with many users, signed in as one of them."""
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
async def leads(crowded: Connection) -> dict[str, str]:
    """The first column of each index."""
    found = await crowded.fetch(
        "SELECT indexrelid::regclass::text AS index, pg_get_indexdef(indexrelid, 1, true) AS lead FROM pg_index"
        " JOIN pg_class ON pg_class.oid = indrelid WHERE relnamespace = 'public'::regnamespace"
    )
    return {one["index"]: one["lead"] for one in found}


async def test_there_is_a_crowd(crowded: Connection) -> None:
    sizes = {table: await crowded.fetchval(_SIZE, table) for table in GREAT}
    assert {table for table, rows in sizes.items() if rows < 300} == set()
    assert sizes["tasks"] == 60_000
    assert await crowded.fetchval("SELECT count(*) FROM tasks") == 200


@pytest.mark.parametrize("mode", plans.MODES)
async def test_no_read_looks_at_a_whole_table(crowded: Connection, leads: dict[str, str], mode: plans.Mode) -> None:
    """Of lists: every sort, every set of filters, with and without a cursor."""
    faults = [
        f"{one.place}: {fault}"
        for one in catalogue.reads()
        for fault in _whole(await plans.plan(crowded, one.statement.guarded, mode=mode), leads)
    ]
    assert faults == []


@pytest.mark.parametrize("mode", plans.MODES)
async def test_nor_does_a_statement_inside_a_transaction(
    crowded: Connection, leads: dict[str, str], mode: plans.Mode
) -> None:
    faults = [
        f"{one.place}: {fault}"
        for one in catalogue.statements()
        if one.place not in catalogue.SYSTEM and ".pages[" not in one.place
        for fault in _whole(await plans.plan(crowded, one.statement.sql, mode=mode), leads)
    ]
    assert faults == []


async def test_nor_does_a_statement_of_the_system_but_to_tidy(crowded: Connection, leads: dict[str, str]) -> None:
    faults = [
        f"{one.place}: {fault}"
        for one in catalogue.statements()
        if one.place in catalogue.SYSTEM and "tidy" not in one.place
        for fault in _whole(await plans.plan(crowded, one.statement.sql, mode="force_generic_plan"), leads)
    ]
    assert faults == []


@pytest.mark.parametrize("text", list(catalogue.raw().values()), ids=list(catalogue.raw()))
async def test_nor_does_the_transaction_itself(crowded: Connection, leads: dict[str, str], text: str) -> None:
    assert list(_whole(await plans.plan(crowded, text, mode="force_generic_plan"), leads)) == []


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("SELECT count(*) FROM tasks WHERE title = 'Task 1'", "tasks"),
        ("SELECT title FROM points_ledger AS p, tasks AS t WHERE t.id = p.object_id", "points_ledger"),
        ("SELECT (SELECT count(*) FROM events WHERE type = 'x') FROM subjects WHERE user_id = $1", "events"),
        ("UPDATE notifications SET read = true WHERE id = $1", "notifications"),
    ],
)
@pytest.mark.usefixtures("crowded")
async def test_a_look_at_a_whole_table_is_found(engine: Engines, leads: dict[str, str], text: str, fault: str) -> None:
    """The policies would add the owner even here: the checker is tried on a role that they do not stop."""
    inside = await asyncpg.connect(engine.admin_database_url.rpartition("/")[0] + "/crowded", statement_cache_size=0)
    found = list(_whole(await plans.plan(inside, text, mode="force_generic_plan"), leads))
    await inside.close()
    assert fault in " ".join(found)


def _whole(plan: dict[str, Any], leads: dict[str, str]) -> Iterator[str]:
    """Great tables that a plan reads without an index, or through one whose first column is not given."""
    table = ""
    for node in plans.nodes(plan):
        kind, index = node["Node Type"], node.get("Index Name", "")
        table = node.get("Relation Name", table)
        if table in GREAT and kind == "Seq Scan":
            yield f"{table} is read from end to end"
        elif table in GREAT and index and leads[index] not in re.findall(r"\w+", node.get("Index Cond", "")):
            yield f"{table} is read through the whole of {index}"


async def _fill(url: str) -> None:
    connection = await asyncpg.connect(url)
    await connection.execute((Path(__file__).parent / "volume.sql").read_text())
    await connection.close()


_SIZE = "SELECT reltuples::int FROM pg_class WHERE oid = $1::text::regclass"
