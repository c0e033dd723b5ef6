"""SQL statements for sessions."""

from __future__ import annotations

from uuid import UUID

from studyteddy.features.auth.schemas.accounts import LockedAccount
from studyteddy.features.auth.schemas.sessions import Device, Session
from studyteddy.platform.db.statements import Nothing, Reader, Statement
from studyteddy.platform.db.transaction import Tx
from studyteddy.platform.privacy.data_export import exported
from studyteddy.platform.privacy.retention import expiring

_ADD = Statement(
    Nothing,
    """
INSERT INTO sessions (user_id, id, client, address, expires_at, absolute_expires_at)
VALUES ($1, $2, $3, $4, now() + interval '7 days', now() + interval '30 days')""",
)

_OWNER_OF = Statement(UUID, "SELECT user_id FROM sessions WHERE id = $1")

_LOCK = Statement(
    Session,
    """
SELECT id, user_id, generation, revoked_at IS NULL AND now() < least(expires_at, absolute_expires_at),
       clock_timestamp() - rotated_at < interval '30 seconds'
  FROM sessions WHERE user_id = $1 AND id = $2 FOR UPDATE""",
)

_ROTATE = Statement(
    Nothing,
    """
UPDATE sessions SET generation = generation + 1, rotated_at = clock_timestamp(), expires_at = now() + interval '7 days'
 WHERE user_id = $1 AND id = $2""",
)

_REVOKE = Statement(
    Nothing, "UPDATE sessions SET revoked_at = now() WHERE user_id = $1 AND id = $2 AND revoked_at IS NULL"
)

_REVOKE_OTHERS = Statement(
    UUID,
    "UPDATE sessions SET revoked_at = now()"
    " WHERE user_id = $1 AND revoked_at IS NULL AND ($2::uuid IS NULL OR id <> $2) RETURNING id",
)

_DEVICES = Statement(
    Device,
    """
SELECT id, client, address, created_at, rotated_at, least(expires_at, absolute_expires_at), id = $2
  FROM sessions
 WHERE user_id = $1 AND revoked_at IS NULL AND now() < least(expires_at, absolute_expires_at)
 ORDER BY rotated_at DESC, id LIMIT 200""",
)

_RECENTLY_REVOKED = Statement(UUID, "SELECT id FROM sessions WHERE revoked_at > now() - $1 * interval '1 second'")

_LOCK_ACTIVE = Statement(
    UUID,
    """
SELECT id FROM sessions
 WHERE user_id = $1 AND id = $2 AND revoked_at IS NULL AND now() < least(expires_at, absolute_expires_at) FOR SHARE""",
)

_IS_ACTIVE = Statement(bool, "SELECT revoked_at IS NULL FROM sessions WHERE user_id = $1 AND id = $2")

_SECONDS_LEFT = Statement(
    float,
    """
SELECT extract(epoch FROM least(expires_at, absolute_expires_at) - now())::float8
  FROM sessions WHERE user_id = $1 AND id = $2 AND revoked_at IS NULL""",
)

DATA_EXPORTS = [exported("sessions", "id, client, address, created_at, rotated_at, expires_at, revoked_at")]

RETENTION = [expiring("sessions", "id", "absolute_expires_at < now() - interval '1 day'")]


async def add(tx: Tx, account: LockedAccount, session_id: UUID) -> None:
    """Add a session of the transaction's client."""
    await tx.do(_ADD, account.id, session_id, tx.client, tx.address)


async def owner_of(tx: Tx, session_id: UUID) -> UUID | None:
    """Return the user of a session, in a sign-in transaction."""
    return await tx.one(_OWNER_OF, session_id)


async def lock(tx: Tx, user_id: UUID, session_id: UUID) -> Session | None:
    return await tx.one(_LOCK, user_id, session_id)


async def lock_active(tx: Tx, user_id: UUID, session_id: UUID) -> bool:
    """Return whether the session is active; if so, it can't be revoked until the transaction ends."""
    return await tx.one(_LOCK_ACTIVE, user_id, session_id) is not None


async def rotate(tx: Tx, user_id: UUID, session_id: UUID) -> None:
    """Invalidate the current refresh token: only the next generation is valid."""
    await tx.do(_ROTATE, user_id, session_id)


async def revoke(tx: Tx, user_id: UUID, session_id: UUID) -> bool:
    """Revoke a session; return False if it doesn't exist or is already revoked."""
    return await tx.do(_REVOKE, user_id, session_id) == 1


async def revoke_others(tx: Tx, user_id: UUID, *, exclude: UUID | None) -> list[UUID]:
    """Revoke all sessions of the user except `exclude`; return their ids."""
    return await tx.all(_REVOKE_OTHERS, user_id, exclude)


async def devices(reader: Reader, user_id: UUID, *, current: UUID) -> list[Device]:
    """Return the active sessions, most recently used first."""
    return await reader.all(_DEVICES, user_id, current)


async def recently_revoked(tx: Tx, seconds: float) -> list[UUID]:
    """Return the sessions revoked in the last `seconds`, in a relay transaction."""
    return await tx.all(_RECENTLY_REVOKED, seconds)


async def is_active(reader: Reader, user_id: UUID, session_id: UUID) -> bool:
    """Return whether the session exists and isn't revoked."""
    return await reader.one(_IS_ACTIVE, user_id, session_id) or False


async def seconds_left(reader: Reader, user_id: UUID, session_id: UUID) -> float:
    """Return how long the session lasts unless it is extended; 0 or less if it has ended."""
    return await reader.one(_SECONDS_LEFT, user_id, session_id) or 0.0
