"""Every table with a student's rows names its exporter and its eraser."""

from __future__ import annotations

from tests.conftest import System

from studyteddy import bootstrap

# Every foreign key by which a table is tied to an account, and what becomes of its rows with the account.
_TIES = """
SELECT c.conrelid::regclass::text AS table, c.confdeltype AS rule
  FROM pg_constraint AS c
 WHERE c.contype = 'f' AND c.confrelid = 'users'::regclass"""


async def test_every_table_with_an_owner_is_exported_or_says_why_not(system: System) -> None:
    admin = await system.admin()
    rows = await admin.fetch(
        "SELECT DISTINCT table_name FROM information_schema.columns"
        " WHERE table_schema = 'public' AND column_name = 'user_id'"
    )
    await admin.close()
    named = [holding.table for holding in bootstrap.HOLDINGS]
    assert sorted(named) == sorted({row["table_name"] for row in rows} | {"users"})
    assert all((holding.export is None) == bool(holding.why_not) for holding in bootstrap.HOLDINGS)


async def test_every_row_goes_with_its_owner(system: System) -> None:
    admin = await system.admin()
    ties = {row["table"]: row["rule"] for row in await admin.fetch(_TIES)}
    await admin.close()
    assert set(ties.values()) == {b"c"}
    assert {holding.table for holding in bootstrap.HOLDINGS} - {"users"} == set(ties)
