"""What is held of a person: every table with a student's rows says how it is exported and erased, or why not.

A table that is not named here fails the build (tests/contracts). Rows go with their owner: each foreign key to the
account cascades, which the same test checks, so the eraser of a table is the deletion of the account.
"""

from __future__ import annotations

import msgspec

from studyteddy.platform.db import Statement


class Holding(msgspec.Struct, frozen=True):
    """One table. `export` gives each of the owner's (`$1`) rows as JSON text; `why_not` says why there is none."""

    table: str
    export: Statement[str] | None = None
    why_not: str = ""


def exported(table: str, columns: str, *, order: str = "id") -> Holding:
    """A table whose rows are given to their owner, in these columns."""
    select = f"SELECT {columns} FROM {table} WHERE user_id = $1 ORDER BY {order}"  # noqa: S608 - constants of stores
    return Holding(table, Statement(str, f"SELECT row_to_json(r)::text FROM ({select}) AS r"))  # noqa: S608


def withheld(table: str, why_not: str) -> Holding:
    """A table that holds nothing of the student's own, or a secret."""
    return Holding(table, why_not=why_not)
