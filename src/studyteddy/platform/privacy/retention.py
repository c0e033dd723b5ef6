"""Retention: each store declares how long its rows are kept; an hourly job deletes expired rows."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from studyteddy.platform.db.database import Database
from studyteddy.platform.db.statements import Nothing, Statement
from studyteddy.platform.jobs.registry import Jobs

jobs = Jobs("platform")
_BATCH = 5000


class Retention(msgspec.Struct, frozen=True):
    """A table. `delete` deletes at most `$1` expired rows in a system transaction with the purpose `tidy`."""

    table: str
    delete: Statement[Nothing]


def expiring(table: str, key: str, condition: str, *, order: str = "") -> Retention:
    """Declare that rows expire when `condition` is true; `key` is their key column, or several in parentheses."""
    columns = key.strip("()")
    expired = f"SELECT {columns} FROM {table} WHERE {condition}{f' ORDER BY {order}' if order else ''} LIMIT $1"
    return Retention(table, Statement(Nothing, f"DELETE FROM {table} WHERE {key} IN ({expired})"))


@jobs.every(hours=1)
async def delete_expired(db: Database, retention: Sequence[Retention]) -> None:
    """Delete expired rows in batches, each in its own short transaction."""
    for table in retention:
        while True:
            async with db.system("tidy") as tx:
                if await tx.do(table.delete, _BATCH) < _BATCH:
                    break
