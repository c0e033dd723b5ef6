"""Every statement on sessions: signed-in devices."""

from __future__ import annotations

from uuid import UUID

from studyteddy.features.auth.schemas import Device, From, Session
from studyteddy.platform.db import Nothing, Reader, Statement, Tx
from studyteddy.platform.personal import exported

_BEGIN_SESSION = Statement(
    Nothing,
    """
INSERT INTO sessions (user_id, id, client, address, expires_at, absolute_expires_at)
VALUES ($1, $2, $3, $4, now() + interval '7 days', now() + interval '30 days')""",
)

_OWNER = Statement(UUID, "SELECT user_id FROM sessions WHERE id = $1")

_LOCK_SESSION = Statement(
    Session,
    """
SELECT id, user_id, generation, revoked_at IS NULL AND now() < least(expires_at, absolute_expires_at),
       clock_timestamp() - rotated_at < interval '10 seconds'
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

HOLDINGS = [exported("sessions", "id, client, address, created_at, rotated_at, expires_at, revoked_at")]


async def begin_session(tx: Tx, user_id: UUID, session_id: UUID, device: From) -> None:
    await tx.do(_BEGIN_SESSION, user_id, session_id, device.client[:300], device.address[:45])


async def owner_of(tx: Tx, session_id: UUID) -> UUID | None:
    """Whose session it is, in a system transaction for signing in."""
    return await tx.one(_OWNER, session_id)


async def lock_session(tx: Tx, user_id: UUID, session_id: UUID) -> Session | None:
    return await tx.one(_LOCK_SESSION, user_id, session_id)


async def rotate(tx: Tx, user_id: UUID, session_id: UUID) -> None:
    """Ends the present refresh token: the next generation is the only good one now."""
    await tx.do(_ROTATE, user_id, session_id)


async def revoke(tx: Tx, user_id: UUID, session_id: UUID) -> bool:
    """Ends a session; false when there is none that goes on."""
    return await tx.do(_REVOKE, user_id, session_id) == 1


async def revoke_others(tx: Tx, user_id: UUID, *, but: UUID | None) -> list[UUID]:
    """Ends every session of the user, except one, and gives their ids."""
    return await tx.all(_REVOKE_OTHERS, user_id, but)


async def devices(reader: Reader, user_id: UUID, *, current: UUID) -> list[Device]:
    """The sessions that go on, the latest used first."""
    return await reader.all(_DEVICES, user_id, current)
