"""How the database fails, and what its clients are told then."""

from __future__ import annotations

from typing import Any

import asyncpg

from studyteddy.platform.errors import Unavailable

AWAY = (
    OSError,
    TimeoutError,
    asyncpg.PostgresConnectionError,
    asyncpg.InterfaceError,
    asyncpg.InternalClientError,  # a connection that was told of the server's end between two statements
    asyncpg.TooManyConnectionsError,
    asyncpg.CannotConnectNowError,
    asyncpg.AdminShutdownError,
    asyncpg.CrashShutdownError,
    asyncpg.ReadOnlySQLTransactionError,  # after a failover: this server is a standby now
)
"""There is no database to speak to, or none that takes what was asked."""
DRIVER = (asyncpg.PostgresError, *AWAY)
"""Everything that the driver raises."""
CONTENTION = (asyncpg.DeadlockDetectedError, asyncpg.LockNotAvailableError, asyncpg.SerializationError)
"""Faults of the moment: nobody did wrong, trying again helps, and no attempt is counted."""
_BUSY = (
    *CONTENTION,
    asyncpg.QueryCanceledError,
    asyncpg.InsufficientResourcesError,
    asyncpg.InFailedSQLTransactionError,  # one of these was caught inside, and its transaction went on
)


def passing(fault: BaseException) -> bool:
    """Whether it is a fault of the moment, by itself or as the problem that it became."""
    return isinstance(fault.__cause__ if isinstance(fault, Unavailable) else fault, (*_BUSY, *AWAY))


def as_problem(fault: BaseException) -> BaseException:
    """What a fault of the driver is to the client: 503 for those that pass, itself for any other."""
    if isinstance(fault, _BUSY):
        return Unavailable("The database is busy with this very thing: try again.", retry_after=1)
    if isinstance(fault, AWAY):
        return Unavailable("The database is away for the moment: try again shortly.", retry_after=1)
    return fault


async def run(call: Any) -> Any:
    """What `call` gives; its faults as problems."""
    try:
        return await call
    except DRIVER as fault:
        raise as_problem(fault) from fault
