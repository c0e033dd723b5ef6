"""SQL statements for connections of calendar accounts that were begun."""

from __future__ import annotations

from uuid import UUID

from studyteddy.features.calendar.schemas.accounts import BegunConnection
from studyteddy.platform.db.statements import Nothing, Statement
from studyteddy.platform.db.transaction import Tx
from studyteddy.platform.privacy.data_export import withheld
from studyteddy.platform.privacy.retention import expiring

_ADD = Statement(
    Nothing,
    """
INSERT INTO calendar_connections (user_id, hash, provider, verifier, expires_at)
VALUES ($1, $2, $3, $4, $5::timestamptz + interval '10 minutes')""",
)

_GET = Statement(
    BegunConnection,
    "SELECT user_id, verifier FROM calendar_connections WHERE hash = $1 AND provider = $2 AND expires_at > now()",
)

_TAKE = Statement(Nothing, "DELETE FROM calendar_connections WHERE user_id = $1 AND hash = $2")

DATA_EXPORTS = [withheld("calendar_connections", "hashes of connections that were begun")]
RETENTION = [expiring("calendar_connections", "hash", "expires_at < now()")]


async def add(tx: Tx, user_id: UUID, *, hash: bytes, provider: str, verifier: str) -> None:
    """Keep a connection that was begun, for ten minutes."""
    await tx.do(_ADD, user_id, hash, provider, verifier, tx.now)


async def get(tx: Tx, *, hash: bytes, provider: str) -> BegunConnection | None:
    """Return a connection that was begun, of any student; needs the system purpose `sign_in`."""
    return await tx.one(_GET, hash, provider)


async def take(tx: Tx, user_id: UUID, *, hash: bytes) -> bool:
    """Delete a connection that was begun; return False if it is gone already."""
    return await tx.do(_TAKE, user_id, hash) == 1
