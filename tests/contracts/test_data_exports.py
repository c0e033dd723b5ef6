"""Every table with a student's rows declares its export and its erasure."""

from __future__ import annotations

from tests.conftest import System

from studyteddy.bootstrap import catalogue

# Every foreign key that links a table to an account, and its ON DELETE action.
_REFERENCES = """
SELECT c.conrelid::regclass::text AS table, c.confdeltype AS rule
  FROM pg_constraint AS c
 WHERE c.contype = 'f' AND c.confrelid = 'users'::regclass"""


async def test_every_table_with_an_owner_is_exported_or_states_why_not(system: System) -> None:
    admin = await system.admin()
    rows = await admin.fetch(
        "SELECT DISTINCT table_name FROM information_schema.columns"
        " WHERE table_schema = 'public' AND column_name = 'user_id'"
    )
    await admin.close()
    named = [holding.table for holding in catalogue.DATA_EXPORTS]
    assert sorted(named) == sorted({row["table_name"] for row in rows} | {"users"})
    assert all((holding.export is None) == bool(holding.why_not) for holding in catalogue.DATA_EXPORTS)


async def test_every_row_is_deleted_with_its_owner(system: System) -> None:
    admin = await system.admin()
    ties = {row["table"]: row["rule"] for row in await admin.fetch(_REFERENCES)}
    await admin.close()
    assert set(ties.values()) == {b"c"}
    assert {holding.table for holding in catalogue.DATA_EXPORTS} - {"users"} == set(ties)
