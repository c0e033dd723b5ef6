"""SQL statements for password hashes."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from studyteddy.features.auth.schemas.accounts import LockedAccount
from studyteddy.platform.db.statements import Nothing, Reader, Statement
from studyteddy.platform.db.transaction import Tx

_GET_HASH = Statement(str, "SELECT password_hash FROM users WHERE id = $1 AND password_hash IS NOT NULL")

_SET_HASH = Statement(Nothing, "UPDATE users SET password_hash = $2, updated_at = $3 WHERE id = $1")


async def get_hash(reader: Reader, user_id: UUID) -> str | None:
    """Return the password hash, or None if the account has no password."""
    return await reader.one(_GET_HASH, user_id)


async def set_hash(tx: Tx, account: LockedAccount, hashed: str, *, at: datetime) -> None:
    await tx.do(_SET_HASH, account.id, hashed, at)
