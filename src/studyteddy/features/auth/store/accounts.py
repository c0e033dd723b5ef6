"""SQL statements for accounts."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from studyteddy.features.auth.schemas.accounts import Account, LockedAccount, User
from studyteddy.platform.db.statements import Nothing, Reader, Statement
from studyteddy.platform.db.transaction import Tx
from studyteddy.platform.privacy.data_export import TableExport

USER = """
       id, email, name, time_zone, to_char(make_interval(mins => day_start), 'HH24:MI'), locale, week_start::int, role,
       email_verified_at IS NOT NULL, '/api/users/me/avatar?v=' || left(avatar, 12), deletion_at,
       created_at, updated_at"""

_GET = Statement(User, f"SELECT {USER} FROM users WHERE id = $1")

_ADD = Statement(
    User,
    f"""
WITH added AS (
    INSERT INTO users (id, email, name, password_hash, time_zone, created_at, updated_at)
    VALUES ($1, $2, $3, $4, $5, $6, $6) ON CONFLICT DO NOTHING RETURNING *
), counted AS (
    INSERT INTO event_counters (user_id) SELECT id FROM added
)
SELECT {USER} FROM added""",
)

_FIND = Statement(Account, "SELECT id, password_hash, role, disabled_at IS NOT NULL FROM users WHERE email = $1")

_LOCK = Statement(User, f"{_GET.sql} FOR UPDATE")

# A change of credentials waits for this lock, but rows that reference the account don't.
_LOCK_CREDENTIALS = Statement(
    LockedAccount, "SELECT id, password_hash, disabled_at IS NOT NULL FROM users WHERE id = $1 FOR NO KEY UPDATE"
)

_MARK_VERIFIED = Statement(
    User,
    f"""
UPDATE users SET email_verified_at = coalesce(email_verified_at, $3), updated_at = $3
 WHERE id = $1 AND email = $2 RETURNING {USER}""",
)

_REVOKE_CREDENTIALS = Statement(
    Nothing,
    """
WITH keys AS (UPDATE api_keys SET revoked_at = now() WHERE user_id = $1 AND revoked_at IS NULL),
     factor AS (DELETE FROM second_factors WHERE user_id = $1),
     codes AS (DELETE FROM recovery_codes WHERE user_id = $1),
     tokens AS (DELETE FROM mail_tokens WHERE user_id = $1),
     identities AS (DELETE FROM identities WHERE user_id = $1),
     pending AS (DELETE FROM pending_sign_ins WHERE user_id = $1),
     sessions AS (UPDATE sessions SET revoked_at = now() WHERE user_id = $1 AND revoked_at IS NULL)
UPDATE users SET password_hash = NULL WHERE id = $1""",
)

_EXPORT_USER = Statement(
    str,
    "SELECT row_to_json(r)::text FROM (SELECT id, email, name, role, time_zone, day_start, locale, week_start,"
    " preferences, email_verified_at, created_at, updated_at FROM users WHERE id = $1) AS r",
)

DATA_EXPORTS = [TableExport("users", _EXPORT_USER)]


async def get(reader: Reader, user_id: UUID) -> User | None:
    return await reader.one(_GET, user_id)


async def add(
    tx: Tx, user_id: UUID, *, email: str, name: str, password_hash: str | None, time_zone: str, at: datetime
) -> User | None:
    """Add an account and its event counter; return None if the address is taken."""
    return await tx.one(_ADD, user_id, email.lower(), name, password_hash, time_zone, at)


async def find(tx: Tx, email: str) -> Account | None:
    """Return the account with this address, in a sign-in transaction."""
    return await tx.one(_FIND, email.lower())


async def lock(tx: Tx, user_id: UUID) -> User | None:
    return await tx.one(_LOCK, user_id)


async def lock_credentials(tx: Tx, user_id: UUID) -> LockedAccount | None:
    """Lock the account and return what sign-ins rest on.

    Lock it before anything else of the account, in a statement of its own: later statements then see every change of
    its credentials, and transactions that lock it never wait for each other in a circle.
    """
    return await tx.one(_LOCK_CREDENTIALS, user_id)


async def mark_verified(tx: Tx, user_id: UUID, email: str, *, at: datetime) -> User | None:
    """Mark the address as verified; return None if the account has another address now."""
    return await tx.one(_MARK_VERIFIED, user_id, email, at)


async def revoke_credentials(tx: Tx, account: LockedAccount) -> None:
    """Revoke all credentials of the account: whatever signs in to it, or is about to."""
    await tx.do(_REVOKE_CREDENTIALS, account.id)
