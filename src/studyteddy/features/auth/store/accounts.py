"""Every statement on accounts."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

import msgspec

from studyteddy.features.auth.schemas import Account, Preferences, User
from studyteddy.platform.db import Nothing, Reader, Statement, Tx
from studyteddy.platform.moments import Clockwork
from studyteddy.platform.personal import Holding

_USER = """
       id, email, name, time_zone, to_char(make_interval(mins => day_start), 'HH24:MI'), locale, week_start::int, role,
       email_verified_at IS NOT NULL, '/api/users/me/avatar?v=' || left(avatar, 12), deletion_at,
       created_at, updated_at"""

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

_UPDATE = Statement(
    User,
    f"""
UPDATE users SET name = $2, time_zone = $3, day_start = $4, locale = $5, week_start = $6, updated_at = $7
 WHERE id = $1 RETURNING {_USER}""",
)

_LOCK = Statement(User, f"{_GET.sql} FOR UPDATE")

_PREFERENCES = Statement(
    Preferences, "SELECT preferences FROM users WHERE id = $1", msgspec.json.Decoder(Preferences).decode
)

_SET_PREFERENCES = Statement(Nothing, "UPDATE users SET preferences = $2 WHERE id = $1")

_PASSWORD = Statement(str, "SELECT coalesce(password_hash, '') FROM users WHERE id = $1")

_SET_PASSWORD = Statement(Nothing, "UPDATE users SET password_hash = $2, updated_at = $3 WHERE id = $1")

_MARK_VERIFIED = Statement(
    User,
    f"""
UPDATE users SET email_verified_at = coalesce(email_verified_at, $3), updated_at = $3
 WHERE id = $1 AND email = $2 RETURNING {_USER}""",
)

_DISARM = Statement(
    Nothing,
    """
WITH keys AS (UPDATE api_keys SET revoked_at = now() WHERE user_id = $1 AND revoked_at IS NULL),
     factor AS (DELETE FROM second_factors WHERE user_id = $1),
     codes AS (DELETE FROM recovery_codes WHERE user_id = $1),
     letters AS (DELETE FROM mail_tokens WHERE user_id = $1),
     sessions AS (UPDATE sessions SET revoked_at = now() WHERE user_id = $1 AND revoked_at IS NULL)
UPDATE users SET password_hash = NULL WHERE id = $1""",
)

_SET_AVATAR = Statement(Nothing, "UPDATE users SET avatar = $2, updated_at = $3 WHERE id = $1")

_EXPORT_USER = Statement(
    str,
    "SELECT row_to_json(r)::text FROM (SELECT id, email, name, role, time_zone, day_start, locale, week_start,"
    " preferences, email_verified_at, created_at, updated_at FROM users WHERE id = $1) AS r",
)

HOLDINGS = [Holding("users", _EXPORT_USER)]


async def get(reader: Reader, user_id: UUID) -> User | None:
    return await reader.one(_GET, user_id)


async def clockwork(reader: Reader, user_id: UUID) -> Clockwork | None:
    return await reader.one(_CLOCKWORK, user_id)


async def add(
    tx: Tx, user_id: UUID, *, email: str, name: str, password_hash: str | None, time_zone: str, at: datetime
) -> User | None:
    """The new account with its event counter, or nothing when the address is taken."""
    return await tx.one(_ADD, user_id, email.lower(), name, password_hash, time_zone, at)


async def find(tx: Tx, email: str) -> Account | None:
    """The account of an address, in a system transaction for signing in."""
    return await tx.one(_FIND, email.lower())


async def lock(tx: Tx, user_id: UUID) -> User | None:
    return await tx.one(_LOCK, user_id)


async def update(tx: Tx, user_id: UUID, changed: User, *, at: datetime) -> User | None:
    hours, _, minutes = changed.day_start.partition(":")
    start = int(hours) * 60 + int(minutes)
    return await tx.one(
        _UPDATE, user_id, changed.name, changed.time_zone, start, changed.locale, changed.week_start, at
    )


async def preferences(reader: Reader, user_id: UUID) -> Preferences | None:
    return await reader.one(_PREFERENCES, user_id)


async def set_preferences(tx: Tx, user_id: UUID, wanted: Preferences) -> None:
    await tx.do(_SET_PREFERENCES, user_id, msgspec.json.encode(wanted).decode())


async def password_hash(reader: Reader, user_id: UUID) -> str | None:
    """The hash of the password; nothing for an account that has none."""
    return await reader.one(_PASSWORD, user_id) or None


async def set_password(tx: Tx, user_id: UUID, hashed: str, *, at: datetime) -> None:
    await tx.do(_SET_PASSWORD, user_id, hashed, at)


async def mark_verified(tx: Tx, user_id: UUID, email: str, *, at: datetime) -> User | None:
    """The account with its address proved; nothing when it has another address by now."""
    return await tx.one(_MARK_VERIFIED, user_id, email, at)


async def disarm(tx: Tx, user_id: UUID) -> None:
    """Ends all that opened the account: password, sessions, keys, second factor."""
    await tx.do(_DISARM, user_id)


async def set_avatar(tx: Tx, user_id: UUID, digest: str | None, *, at: datetime) -> None:
    """Remembers which picture is theirs, by its hash."""
    await tx.do(_SET_AVATAR, user_id, digest, at)
