"""Data export: every table with rows of users declares how it is exported, or why it isn't.

A contract test fails for an undeclared table. Rows are erased with their owner: every foreign key to the account
cascades, which the same test checks, so deleting the account erases its rows in every table.
"""

from __future__ import annotations

import msgspec

from studyteddy.platform.db.statements import Statement


class TableExport(msgspec.Struct, frozen=True):
    """A table. `export` returns each row of the owner (`$1`) as JSON text; `why_not` explains why there is none."""

    table: str
    export: Statement[str] | None = None
    why_not: str = ""


def exported(table: str, columns: str, *, order: str = "id") -> TableExport:
    """Declare a table whose rows are exported with these columns."""
    select = f"SELECT {columns} FROM {table} WHERE user_id = $1 ORDER BY {order}"
    return TableExport(table, Statement(str, f"SELECT row_to_json(r)::text FROM ({select}) AS r"))


def withheld(table: str, why_not: str) -> TableExport:
    """Declare a table that isn't exported: it contains secrets, or no data of the user's own."""
    return TableExport(table, why_not=why_not)
