"""SQL statements for mail tokens."""

from __future__ import annotations

from uuid import UUID

from studyteddy.features.auth.schemas.one_time_tokens import TokenOwner
from studyteddy.platform.db.statements import Nothing, Statement
from studyteddy.platform.db.transaction import Tx
from studyteddy.platform.privacy.data_export import withheld
from studyteddy.platform.privacy.retention import expiring

_ADD = Statement(
    Nothing,
    """
INSERT INTO mail_tokens (user_id, hash, purpose, email, expires_at)
VALUES ($1, $2, $3, $4, now() + $5 * interval '1 hour')""",
)

_FIND = Statement(
    TokenOwner, "SELECT user_id, email FROM mail_tokens WHERE hash = $1 AND purpose = $2 AND expires_at > now()"
)

_CONSUME = Statement(
    TokenOwner,
    "DELETE FROM mail_tokens WHERE user_id = $1 AND hash = $2 AND purpose = $3 AND expires_at > now()"
    " RETURNING user_id, email",
)

_DELETE_ALL = Statement(Nothing, "DELETE FROM mail_tokens WHERE user_id = $1")

DATA_EXPORTS = [withheld("mail_tokens", "hashes of pending links")]

RETENTION = [expiring("mail_tokens", "hash", "expires_at < now()")]


async def add(tx: Tx, user_id: UUID, *, hash: bytes, purpose: str, email: str, hours: int) -> None:
    await tx.do(_ADD, user_id, hash, purpose, email, hours)


async def find(tx: Tx, *, hash: bytes, purpose: str) -> TokenOwner | None:
    """Return the user and address of a valid token, in a sign-in transaction."""
    return await tx.one(_FIND, hash, purpose)


async def consume(tx: Tx, user_id: UUID, *, hash: bytes, purpose: str) -> TokenOwner | None:
    """Delete a valid token and return its user and address. Only one of two concurrent callers gets it."""
    return await tx.one(_CONSUME, user_id, hash, purpose)


async def delete_all(tx: Tx, user_id: UUID) -> None:
    """Invalidate all pending links of the user."""
    await tx.do(_DELETE_ALL, user_id)
