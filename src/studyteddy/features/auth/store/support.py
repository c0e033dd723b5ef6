"""Every statement that an operator's request runs."""

from __future__ import annotations

from uuid import UUID

from studyteddy.features.auth.schemas import SupportedUser
from studyteddy.platform.db import Nothing, Statement, Tx

_SUPPORTED = "id, email, role, email_verified_at IS NOT NULL, disabled_at IS NOT NULL, created_at"

_FIND_SUPPORTED = Statement(SupportedUser, f"SELECT {_SUPPORTED} FROM users WHERE email = $1")

_GET_SUPPORTED = Statement(SupportedUser, f"SELECT {_SUPPORTED} FROM users WHERE id = $1")

_DISABLE = Statement(
    SupportedUser,
    f"UPDATE users SET disabled_at = CASE WHEN $2 THEN coalesce(disabled_at, now()) END WHERE id = $1"
    f" RETURNING {_SUPPORTED}",
)

_SET_ROLE = Statement(Nothing, "UPDATE users SET role = $2 WHERE id = $1")


async def find_supported(tx: Tx, email: str) -> SupportedUser | None:
    """The account of an address, in a system transaction of an operator."""
    return await tx.one(_FIND_SUPPORTED, email.lower())


async def get_supported(tx: Tx, user_id: UUID) -> SupportedUser | None:
    return await tx.one(_GET_SUPPORTED, user_id)


async def disable(tx: Tx, user_id: UUID, *, disabled: bool) -> SupportedUser | None:
    """Shuts an account, or opens it again."""
    return await tx.one(_DISABLE, user_id, disabled)


async def set_role(tx: Tx, user_id: UUID, role: str) -> None:
    await tx.do(_SET_ROLE, user_id, role)
