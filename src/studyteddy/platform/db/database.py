"""The database of a process: reads, transactions, and the connection pool."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import asyncpg

from studyteddy.platform.db.pool import Pool
from studyteddy.platform.db.reading import Reading
from studyteddy.platform.db.source import Source
from studyteddy.platform.db.transaction import Purpose, Tx
from studyteddy.platform.identity import Identity

CONNECT_SECONDS = 1.0
"""How long the server may take to accept a connection."""
_CACHED_STATEMENTS = 400
"""The prepared statements of a connection: more than the program has."""


class Database(Source):
    """The pool of a process and the two ways to use it: single reads and transactions."""

    def transaction(self, identity: Identity) -> Tx:
        """Open a transaction for a user: `async with db.transaction(identity) as tx`."""
        return Tx(self, identity=identity)

    def system(self, purpose: Purpose) -> Tx:
        """Open a system transaction, which belongs to no user, for the few statements that need one."""
        return Tx(self, purpose=purpose)

    def reading(self, identity: Identity) -> Reading:
        """Return a reader for a user; each read has its own snapshot and round trip."""
        return Reading(self, identity)


@asynccontextmanager
async def connect(
    url: str, *, size: int, statement_cache: bool = True, statement_timeout: float = 3.0, name: str = "studyteddy"
) -> AsyncIterator[Pool]:
    """Open a pool of at most `size` connections with the timeouts of docs/promises.md."""
    settings = {
        "application_name": name,
        "statement_timeout": str(int(statement_timeout * 1000)),
        "lock_timeout": "1000",
        "idle_in_transaction_session_timeout": "10000",
        "jit": "off",
        "TimeZone": "UTC",
    }
    cached = _CACHED_STATEMENTS if statement_cache else 0
    pool = Pool(
        lambda: asyncpg.connect(url, timeout=CONNECT_SECONDS, statement_cache_size=cached, server_settings=settings),
        size=size,
    )
    try:
        yield pool
    finally:
        await pool.close()
