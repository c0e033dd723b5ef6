"""SQL statements for the admin routes."""

from __future__ import annotations

from uuid import UUID

from studyteddy.features.auth.schemas.admin import SupportedUser
from studyteddy.platform.db.statements import Nothing, Statement
from studyteddy.platform.db.transaction import Tx

_COLUMNS = "id, email, role, email_verified_at IS NOT NULL, disabled_at IS NOT NULL, created_at"

_FIND = Statement(SupportedUser, f"SELECT {_COLUMNS} FROM users WHERE email = $1")

_SET_DISABLED = Statement(
    SupportedUser,
    f"UPDATE users SET disabled_at = CASE WHEN $2 THEN coalesce(disabled_at, now()) END WHERE id = $1"
    f" RETURNING {_COLUMNS}",
)

_SET_ROLE = Statement(Nothing, "UPDATE users SET role = $2 WHERE id = $1")

_USER_IDS = Statement(UUID, "SELECT id FROM users WHERE id > $1 ORDER BY id LIMIT $2")


async def find(tx: Tx, email: str) -> SupportedUser | None:
    """Return the account with this address, in an operator transaction."""
    return await tx.one(_FIND, email.lower())


async def set_disabled(tx: Tx, user_id: UUID, *, disabled: bool) -> SupportedUser | None:
    """Disable or enable an account."""
    return await tx.one(_SET_DISABLED, user_id, disabled)


async def set_role(tx: Tx, user_id: UUID, role: str) -> None:
    await tx.do(_SET_ROLE, user_id, role)


async def user_ids(tx: Tx, *, after: UUID, limit: int) -> list[UUID]:
    """Return the ids of accounts in order, in an operator's system transaction."""
    return await tx.all(_USER_IDS, after, limit)
