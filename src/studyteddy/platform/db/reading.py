"""Single reads outside a transaction."""

from __future__ import annotations

import time
from typing import Any, TypeVar
from uuid import UUID

from studyteddy.platform.db.driver_errors import DRIVER, as_problem
from studyteddy.platform.db.source import Source
from studyteddy.platform.db.statements import Statement
from studyteddy.platform.identity import Identity
from studyteddy.platform.telemetry import QUERY_TIME

R = TypeVar("R")
_READ_TIME = QUERY_TIME.labels("read")


class Reading:
    """Reads outside a transaction: one statement and one round trip, with the owner filter and row-level security."""

    __slots__ = ("_db", "_identity")

    def __init__(self, db: Source, identity: Identity) -> None:
        self._db = db
        self._identity = identity

    async def one(self, statement: Statement[R], user_id: UUID, *args: object) -> R | None:
        found = await self.all(statement, user_id, *args)
        return found[0] if found else None

    async def all(self, statement: Statement[R], user_id: UUID, *args: object) -> list[R]:
        return statement.rows(await self._fetch(statement, user_id, *args))

    async def keyed(self, statement: Statement[R], user_id: UUID, *args: object) -> list[tuple[R, str]]:
        return statement.keyed(await self._fetch(statement, user_id, *args))

    async def _fetch(self, statement: Statement[Any], *args: object) -> list[Any]:
        connection = await self._db.acquire(self._identity.user_id, self._identity.traffic_class)
        try:
            started = time.perf_counter()
            records: list[Any] = await connection.fetch(statement.guarded, *args)
            _READ_TIME.observe(time.perf_counter() - started)
            return records
        except DRIVER as fault:
            raise as_problem(fault) from fault
        finally:
            self._db.release(connection)
