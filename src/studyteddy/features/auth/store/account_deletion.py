"""SQL statements for account deletion."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from studyteddy.platform.db.statements import Nothing, Statement
from studyteddy.platform.db.transaction import Tx

_SCHEDULE = Statement(Nothing, "UPDATE users SET deletion_at = $2 WHERE id = $1")

_DUE = Statement(
    UUID,
    """
SELECT id FROM users
 WHERE deletion_at < now() AND disabled_at IS NULL LIMIT $1""",
)

_IS_DUE = Statement(bool, "SELECT deletion_at < now() FROM users WHERE id = $1")

_ERASABLE = Statement(UUID, "SELECT id FROM users WHERE deletion_at < now() - interval '20 minutes' LIMIT $1")

_ERASE = Statement(Nothing, "DELETE FROM users WHERE id = $1")


async def schedule(tx: Tx, user_id: UUID, *, at: datetime | None) -> None:
    """Schedule the deletion of the account, or cancel it if `at` is None."""
    await tx.do(_SCHEDULE, user_id, at)


async def due(tx: Tx, limit: int) -> list[UUID]:
    """Return accounts whose grace period has ended and that aren't disabled yet, in a retention transaction."""
    return await tx.all(_DUE, limit)


async def is_due(tx: Tx, user_id: UUID) -> bool:
    """Return whether the grace period of the account has ended."""
    return await tx.one(_IS_DUE, user_id) or False


async def erasable(tx: Tx, limit: int) -> list[UUID]:
    """Return accounts due for deletion whose last access token has expired, in a retention transaction."""
    return await tx.all(_ERASABLE, limit)


async def erase(tx: Tx, user_id: UUID) -> None:
    """Delete the account and, by cascade, all its rows."""
    await tx.do(_ERASE, user_id)
