"""Driver errors and the problems they become."""

from __future__ import annotations

from typing import Any

import asyncpg

from studyteddy.platform.errors import Unavailable

UNAVAILABLE = (
    OSError,
    TimeoutError,
    asyncpg.PostgresConnectionError,
    asyncpg.InterfaceError,
    asyncpg.InternalClientError,  # the server shut down between two statements of a connection
    asyncpg.TooManyConnectionsError,
    asyncpg.CannotConnectNowError,
    asyncpg.AdminShutdownError,
    asyncpg.CrashShutdownError,
    asyncpg.ReadOnlySQLTransactionError,  # after a failover, this server is a standby
)
"""The database can't be reached or doesn't accept writes."""
DRIVER = (asyncpg.PostgresError, *UNAVAILABLE)
"""Every exception that the driver raises."""
CONTENTION = (asyncpg.DeadlockDetectedError, asyncpg.LockNotAvailableError, asyncpg.SerializationError)
"""Transient conflicts between transactions: a retry helps and isn't counted as an attempt."""
_BUSY = (
    *CONTENTION,
    asyncpg.QueryCanceledError,
    asyncpg.InsufficientResourcesError,
    asyncpg.InFailedSQLTransactionError,  # one of these was caught, but the transaction continued
)


def passing(fault: BaseException) -> bool:
    """Return whether an error is transient, either itself or as the cause of an `Unavailable`."""
    return isinstance(fault.__cause__ if isinstance(fault, Unavailable) else fault, (*_BUSY, *UNAVAILABLE))


def as_problem(fault: BaseException) -> BaseException:
    """Convert transient driver errors to a 503 problem; return any other error unchanged."""
    if isinstance(fault, _BUSY):
        return Unavailable("The request conflicts with a concurrent one. Try again.", retry_after=1)
    if isinstance(fault, UNAVAILABLE):
        return Unavailable("The database is temporarily unavailable. Try again shortly.", retry_after=1)
    return fault


async def run(call: Any) -> Any:
    """Await `call` and convert driver errors to problems."""
    try:
        return await call
    except DRIVER as fault:
        raise as_problem(fault) from fault
