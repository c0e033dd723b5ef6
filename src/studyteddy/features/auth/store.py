"""Every statement on users and sessions."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from studyteddy.features.auth.schemas import Account, Session, User
from studyteddy.platform.db import Nothing, Reader, Statement, Tx
from studyteddy.platform.moments import Clockwork

_USER = """
       id, email, name, time_zone, to_char(make_interval(mins => day_start), 'HH24:MI'), locale, week_start::int, role,
       email_verified_at IS NOT NULL, created_at, updated_at"""

_GET = Statement(User, f"SELECT {_USER} FROM users WHERE id = $1")

_CLOCKWORK = Statement(Clockwork, "SELECT time_zone, day_start::int FROM users WHERE id = $1")

_ADD = Statement(
    User,
    f"""
WITH added AS (
    INSERT INTO users (id, email, name, password_hash, time_zone, created_at, updated_at)
    VALUES ($1, $2, $3, $4, $5, $6, $6) ON CONFLICT DO NOTHING RETURNING *
), counted AS (
    INSERT INTO event_counters (user_id) SELECT id FROM added
)
SELECT {_USER} FROM added""",
)

_FIND = Statement(
    Account,
    "SELECT id, password_hash, role, disabled_at IS NOT NULL FROM users WHERE email = $1",
)

_BEGIN_SESSION = Statement(
    Nothing,
    """
INSERT INTO sessions (user_id, id, client, expires_at, absolute_expires_at)
VALUES ($1, $2, $3, now() + interval '7 days', now() + interval '30 days')""",
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

_REVOKE_ALL = Statement(
    UUID, "UPDATE sessions SET revoked_at = now() WHERE user_id = $1 AND revoked_at IS NULL RETURNING id"
)


async def get(reader: Reader, user_id: UUID) -> User | None:
    return await reader.one(_GET, user_id)


async def clockwork(reader: Reader, user_id: UUID) -> Clockwork | None:
    return await reader.one(_CLOCKWORK, user_id)


async def add(
    tx: Tx, user_id: UUID, *, email: str, name: str, password_hash: str, time_zone: str, at: datetime
) -> User | None:
    """The new account with its event counter, or nothing when the address is taken."""
    return await tx.one(_ADD, user_id, email, name, password_hash, time_zone, at)


async def find(tx: Tx, email: str) -> Account | None:
    """The account of an address, in a system transaction for signing in."""
    return await tx.one(_FIND, email.lower())


async def begin_session(tx: Tx, user_id: UUID, session_id: UUID, *, client: str) -> None:
    await tx.do(_BEGIN_SESSION, user_id, session_id, client[:300])


async def owner_of(tx: Tx, session_id: UUID) -> UUID | None:
    """Whose session it is, in a system transaction for signing in."""
    return await tx.one(_OWNER, session_id)


async def lock_session(tx: Tx, user_id: UUID, session_id: UUID) -> Session | None:
    return await tx.one(_LOCK_SESSION, user_id, session_id)


async def rotate(tx: Tx, user_id: UUID, session_id: UUID) -> None:
    """Ends the present refresh token: the next generation is the only good one now."""
    await tx.do(_ROTATE, user_id, session_id)


async def revoke(tx: Tx, user_id: UUID, session_id: UUID) -> None:
    await tx.do(_REVOKE, user_id, session_id)


async def revoke_all(tx: Tx, user_id: UUID) -> list[UUID]:
    """Ends every session of the user and gives their ids."""
    return await tx.all(_REVOKE_ALL, user_id)
