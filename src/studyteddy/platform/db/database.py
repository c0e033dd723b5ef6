"""The database of one process: reads, transactions, and the pool behind them."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import asyncpg

from studyteddy.platform.db.reading import Reading
from studyteddy.platform.db.source import Source
from studyteddy.platform.db.transaction import Purpose, Tx
from studyteddy.platform.identity import Identity
from studyteddy.platform.pool import Pool


class Database(Source):
    """The pool of one process, and the two ways to use it: single reads, and transactions."""

    def transaction(self, identity: Identity) -> Tx:
        """A transaction of this user: `async with db.transaction(identity) as tx`."""
        return Tx(self, identity=identity)

    def system(self, purpose: Purpose) -> Tx:
        """A transaction that belongs to no user, for the short list of statements that need it."""
        return Tx(self, purpose=purpose)

    def reading(self, identity: Identity) -> Reading:
        """Single reads of this user, each its own snapshot and round trip."""
        return Reading(self)


@asynccontextmanager
async def connect(
    url: str,
    *,
    size: int = 10,
    statement_cache: bool = True,
    statement_timeout: float = 3.0,
    name: str = "studyteddy",
) -> AsyncIterator[Pool]:
    """A pool of at most `size` connections, with our timeouts (docs: promises, "Timeouts")."""
    settings = {
        "application_name": name,
        "statement_timeout": str(int(statement_timeout * 1000)),
        "lock_timeout": "1000",
        "idle_in_transaction_session_timeout": "10000",
        "jit": "off",
        "TimeZone": "UTC",
    }
    cached = 400 if statement_cache else 0
    pool = Pool(
        lambda: asyncpg.connect(url, timeout=1.0, statement_cache_size=cached, server_settings=settings), size=size
    )
    try:
        yield pool
    finally:
        await pool.close()
