"""SQL statements with typed rows."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, Generic, Protocol, TypeVar
from uuid import UUID

import msgspec

R = TypeVar("R")
_OWNER = "SELECT set_config('app.user_id', ($1::uuid)::text, true)::uuid AS id"


class Statement(Generic[R]):
    """An SQL statement and the type of its rows: a struct, built by position, or a single value.

    A `SELECT` lists its columns in the order of the struct's fields; a contract test compares them.
    """

    __slots__ = ("_guarded", "build", "row", "sql")

    def __init__(self, row: type[R], sql: str, build: Callable[..., R] | None = None) -> None:
        self.row = row
        self.sql = sql
        self._guarded = ""
        self.build = build or (row if issubclass(row, msgspec.Struct) else None)

    @property
    def guarded(self) -> str:
        """The query, extended to set the row-level security owner in the same statement.

        `OFFSET 0` prevents the planner from flattening the query into the join: it can only run once for each row
        of `owner`, after that row is computed.
        """
        if not self._guarded:
            inner, owners = re.subn(r"\$1(?!\d)", "owner.id", self.sql)
            if not owners:
                raise ValueError(f"a read must take its owner as $1: {self.sql}")
            self._guarded = f"SELECT found.* FROM ({_OWNER}) AS owner CROSS JOIN LATERAL (\n{inner}\nOFFSET 0) AS found"
        return self._guarded

    def rows(self, records: list[Any]) -> list[R]:
        build = self.build
        return [build(*record) for record in records] if build else [record[0] for record in records]

    def keyed(self, records: list[Any]) -> list[tuple[R, str]]:
        """Return rows whose last column, as text, is their sort key."""
        assert self.build is not None
        return [(self.build(*record[:-1]), str(record[-1])) for record in records]


class Nothing(msgspec.Struct, frozen=True):
    """The row type of statements that return no rows."""


class Reader(Protocol):
    """What read functions of stores accept: a single read or an open transaction."""

    async def one(self, statement: Statement[R], user_id: UUID, *args: object) -> R | None: ...
    async def all(self, statement: Statement[R], user_id: UUID, *args: object) -> list[R]: ...
    async def keyed(self, statement: Statement[R], user_id: UUID, *args: object) -> list[tuple[R, str]]: ...
