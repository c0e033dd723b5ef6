"""SQL statements for avatars."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from studyteddy.platform.db.statements import Nothing, Reader, Statement
from studyteddy.platform.db.transaction import Tx

_GET = Statement(str, "SELECT avatar FROM users WHERE id = $1 AND avatar IS NOT NULL")

# The row is locked whether it has an avatar or not: otherwise two first ones could replace each other unnoticed.
_LOCK = Statement(str, "SELECT coalesce(avatar, '') FROM users WHERE id = $1 FOR UPDATE")

_SET = Statement(Nothing, "UPDATE users SET avatar = $2, updated_at = $3 WHERE id = $1")


async def get(reader: Reader, user_id: UUID) -> str | None:
    """Return the name of the current avatar."""
    return await reader.one(_GET, user_id)


async def lock(tx: Tx, user_id: UUID) -> str | None:
    """Return the name of the current avatar, and lock the account until the transaction ends."""
    return await tx.one(_LOCK, user_id) or None


async def set_name(tx: Tx, user_id: UUID, name: str | None, *, at: datetime) -> None:
    """Set the name of the current avatar, or remove it if `name` is None."""
    await tx.do(_SET, user_id, name, at)
