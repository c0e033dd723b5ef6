"""Every statement on users and sessions."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

import msgspec

from studyteddy.features.auth.schemas import (
    Account,
    ApiKey,
    Device,
    Export,
    FactorState,
    Flow,
    From,
    KeyHolder,
    NewApiKey,
    Preferences,
    Proof,
    Session,
    SupportedUser,
    User,
    Vouched,
)
from studyteddy.platform.db import Nothing, Reader, Statement, Tx
from studyteddy.platform.moments import Clockwork
from studyteddy.platform.personal import Holding, exported, withheld
from studyteddy.platform.sealing import SealedColumn

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

_DEVICES = Statement(
    Device,
    """
SELECT id, client, address, created_at, rotated_at, least(expires_at, absolute_expires_at), id = $2
  FROM sessions
 WHERE user_id = $1 AND revoked_at IS NULL AND now() < least(expires_at, absolute_expires_at)
 ORDER BY rotated_at DESC, id LIMIT 200""",
)

_KEY = "id, name, prefix, scopes, expires_at, last_used_at, created_at"

_ADD_KEY = Statement(
    ApiKey,
    f"""
INSERT INTO api_keys (user_id, id, name, prefix, hash, scopes, expires_at, created_at)
SELECT $1, $2, $3, $4, $5, $6, $7, $8
 WHERE (SELECT count(*) FROM api_keys WHERE user_id = $1 AND revoked_at IS NULL) < $9
RETURNING {_KEY}""",
)

_KEYS = Statement(
    ApiKey,
    f"SELECT {_KEY} FROM api_keys WHERE user_id = $1 AND revoked_at IS NULL ORDER BY created_at DESC, id DESC LIMIT 50",
)

_REVOKE_KEY = Statement(
    Nothing, "UPDATE api_keys SET revoked_at = now() WHERE user_id = $1 AND id = $2 AND revoked_at IS NULL"
)

_HOLDER = Statement(
    KeyHolder,
    """
SELECT k.id, k.user_id, k.scopes, coalesce(k.last_used_at < now() - interval '1 minute', true)
  FROM api_keys AS k JOIN users AS u ON u.id = k.user_id
 WHERE k.hash = $1 AND k.revoked_at IS NULL AND (k.expires_at IS NULL OR now() < k.expires_at)
   AND u.disabled_at IS NULL""",
)

_ADD_TOKEN = Statement(
    Nothing,
    """
INSERT INTO mail_tokens (user_id, hash, purpose, email, expires_at)
VALUES ($1, $2, $3, $4, now() + $5 * interval '1 hour')""",
)

_CONSUME_TOKEN = Statement(
    Proof,
    "DELETE FROM mail_tokens WHERE hash = $1 AND purpose = $2 AND expires_at > now() RETURNING user_id, email",
)

_FORGET_TOKENS = Statement(Nothing, "DELETE FROM mail_tokens WHERE user_id = $1")

_MARK_VERIFIED = Statement(
    User,
    f"""
UPDATE users SET email_verified_at = coalesce(email_verified_at, $3), updated_at = $3
 WHERE id = $1 AND email = $2 RETURNING {_USER}""",
)

_ADD_FLOW = Statement(
    Nothing,
    "INSERT INTO sign_in_flows (hash, verifier, nonce, expires_at) VALUES ($1, $2, $3, now() + interval '10 minutes')",
)

_CONSUME_FLOW = Statement(
    Flow, "DELETE FROM sign_in_flows WHERE hash = $1 AND expires_at > now() RETURNING verifier, nonce"
)

_FIND_LINKED = Statement(UUID, "SELECT user_id FROM identities WHERE issuer = $1 AND subject = $2")

_LINK = Statement(
    Nothing,
    "INSERT INTO identities (user_id, issuer, subject, email, created_at) VALUES ($1, $2, $3, $4, $5)",
)

_DISARM = Statement(
    Nothing,
    """
WITH keys AS (UPDATE api_keys SET revoked_at = now() WHERE user_id = $1 AND revoked_at IS NULL),
     factor AS (DELETE FROM second_factors WHERE user_id = $1),
     sessions AS (UPDATE sessions SET revoked_at = now() WHERE user_id = $1 AND revoked_at IS NULL)
UPDATE users SET password_hash = NULL WHERE id = $1""",
)

_EXPORT = "id, status, progress::int, size, created_at, finished_at"

_ADD_EXPORT = Statement(
    Export, f"INSERT INTO exports (user_id, id, created_at) VALUES ($1, $2, $3) RETURNING {_EXPORT}"
)

_EXPORTS = Statement(
    Export, f"SELECT {_EXPORT} FROM exports WHERE user_id = $1 ORDER BY created_at DESC, id DESC LIMIT 50"
)

_GET_EXPORT = Statement(Export, f"SELECT {_EXPORT} FROM exports WHERE user_id = $1 AND id = $2")

_PROGRESS_EXPORT = Statement(
    Export,
    f"UPDATE exports SET progress = $3 WHERE user_id = $1 AND id = $2 AND status = 'running' RETURNING {_EXPORT}",
)

_FINISH_EXPORT = Statement(
    Export,
    f"""
UPDATE exports SET status = 'ready', progress = 100, size = $3, finished_at = $4
 WHERE user_id = $1 AND id = $2 AND status = 'running' RETURNING {_EXPORT}""",
)

_DELETE_EXPORT = Statement(Nothing, "DELETE FROM exports WHERE user_id = $1 AND id = $2")

_SCHEDULE_DELETION = Statement(Nothing, "UPDATE users SET deletion_at = $2 WHERE id = $1")

_TO_END = Statement(
    UUID,
    """
SELECT id FROM users
 WHERE deletion_at < now() AND disabled_at IS NULL LIMIT $1""",
)

_TO_ERASE = Statement(UUID, "SELECT id FROM users WHERE deletion_at < now() - interval '20 minutes' LIMIT $1")

_ERASE = Statement(Nothing, "DELETE FROM users WHERE id = $1")

_BEGIN_FACTOR = Statement(
    Nothing,
    """
INSERT INTO second_factors (user_id, secret) VALUES ($1, $2)
ON CONFLICT (user_id) DO UPDATE SET secret = EXCLUDED.secret, last_step = 0
 WHERE second_factors.confirmed_at IS NULL""",
)

_FACTOR_BEGUN = Statement(bool, "SELECT confirmed_at IS NULL FROM second_factors WHERE user_id = $1")

_FACTOR_SECRET = Statement(bytes, "SELECT secret FROM second_factors WHERE user_id = $1")

_TAKE_STEP = Statement(Nothing, "UPDATE second_factors SET last_step = $2 WHERE user_id = $1 AND last_step < $2")

_CONFIRM_FACTOR = Statement(
    Nothing,
    """
WITH confirmed AS (UPDATE second_factors SET confirmed_at = $3 WHERE user_id = $1),
     gone AS (DELETE FROM recovery_codes WHERE user_id = $1)
INSERT INTO recovery_codes (user_id, hash) SELECT $1, unnest($2::bytea[])""",
)

_END_FACTOR = Statement(
    Nothing,
    """
WITH codes AS (DELETE FROM recovery_codes WHERE user_id = $1)
DELETE FROM second_factors WHERE user_id = $1""",
)

_FACTOR_STATE = Statement(
    FactorState,
    """
SELECT f.confirmed_at IS NOT NULL,
       (SELECT count(*)::int FROM recovery_codes AS c WHERE c.user_id = f.user_id AND c.used_at IS NULL)
  FROM second_factors AS f WHERE f.user_id = $1""",
)

_USE_RECOVERY_CODE = Statement(
    Nothing, "UPDATE recovery_codes SET used_at = now() WHERE user_id = $1 AND hash = $2 AND used_at IS NULL"
)

_SET_AVATAR = Statement(Nothing, "UPDATE users SET avatar = $2, updated_at = $3 WHERE id = $1")

_SUPPORTED = "id, email, role, email_verified_at IS NOT NULL, disabled_at IS NOT NULL, created_at"

_FIND_SUPPORTED = Statement(SupportedUser, f"SELECT {_SUPPORTED} FROM users WHERE lower(email) = lower($1)")

_GET_SUPPORTED = Statement(SupportedUser, f"SELECT {_SUPPORTED} FROM users WHERE id = $1")

_DISABLE = Statement(
    SupportedUser,
    f"UPDATE users SET disabled_at = CASE WHEN $2 THEN coalesce(disabled_at, now()) END WHERE id = $1"
    f" RETURNING {_SUPPORTED}",
)

_SET_ROLE = Statement(Nothing, "UPDATE users SET role = $2 WHERE id = $1")

_USED = Statement(Nothing, "UPDATE api_keys SET last_used_at = now() WHERE user_id = $1 AND id = $2")


SEALED = [SealedColumn("second_factors", "secret", row_column="user_id")]

HOLDINGS = [
    Holding(
        "users",
        Statement(
            str,
            "SELECT row_to_json(r)::text FROM (SELECT id, email, name, role, time_zone, day_start, locale, week_start,"
            " preferences, email_verified_at, created_at, updated_at FROM users WHERE id = $1) AS r",
        ),
    ),
    exported("sessions", "id, client, address, created_at, rotated_at, expires_at, revoked_at"),
    exported("api_keys", "id, name, prefix, scopes, expires_at, last_used_at, revoked_at, created_at"),
    exported("identities", "issuer, subject, email, created_at", order="issuer, subject"),
    exported("exports", "id, status, size, created_at, finished_at"),
    withheld("mail_tokens", "hashes of links on their way"),
    withheld("second_factors", "a secret of the sign-in"),
    withheld("recovery_codes", "hashes of secrets of the sign-in"),
]


async def get(reader: Reader, user_id: UUID) -> User | None:
    return await reader.one(_GET, user_id)


async def clockwork(reader: Reader, user_id: UUID) -> Clockwork | None:
    return await reader.one(_CLOCKWORK, user_id)


async def add(
    tx: Tx, user_id: UUID, *, email: str, name: str, password_hash: str | None, time_zone: str, at: datetime
) -> User | None:
    """The new account with its event counter, or nothing when the address is taken."""
    return await tx.one(_ADD, user_id, email, name, password_hash, time_zone, at)


async def find(tx: Tx, email: str) -> Account | None:
    """The account of an address, in a system transaction for signing in."""
    return await tx.one(_FIND, email.lower())


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


async def add_key(
    tx: Tx, user_id: UUID, key_id: UUID, new: NewApiKey, *, prefix: str, hash: bytes, most: int, at: datetime
) -> ApiKey | None:
    """The new key, or nothing when the account has its most."""
    return await tx.one(_ADD_KEY, user_id, key_id, new.name, prefix, hash, new.scopes, new.expires_at, at, most)


async def keys(reader: Reader, user_id: UUID) -> list[ApiKey]:
    return await reader.all(_KEYS, user_id)


async def revoke_key(tx: Tx, user_id: UUID, key_id: UUID) -> bool:
    return await tx.do(_REVOKE_KEY, user_id, key_id) == 1


async def holder(tx: Tx, *, hash: bytes) -> KeyHolder | None:
    """Whom a key lets in, in a system transaction for signing in."""
    return await tx.one(_HOLDER, hash)


async def add_token(tx: Tx, user_id: UUID, *, hash: bytes, purpose: str, email: str, hours: int) -> None:
    await tx.do(_ADD_TOKEN, user_id, hash, purpose, email, hours)


async def consume_token(tx: Tx, *, hash: bytes, purpose: str) -> Proof | None:
    """Takes a mail's token out for good; of two that try one gets it."""
    return await tx.one(_CONSUME_TOKEN, hash, purpose)


async def forget_tokens(tx: Tx, user_id: UUID) -> None:
    """Makes every mail on its way worthless."""
    await tx.do(_FORGET_TOKENS, user_id)


async def mark_verified(tx: Tx, user_id: UUID, email: str, *, at: datetime) -> User | None:
    """The account with its address proved; nothing when it has another address by now."""
    return await tx.one(_MARK_VERIFIED, user_id, email, at)


async def add_flow(tx: Tx, *, hash: bytes, verifier: str, nonce: str) -> None:
    """Remembers a sign-in elsewhere for ten minutes, in a system transaction for signing in."""
    await tx.do(_ADD_FLOW, hash, verifier, nonce)


async def consume_flow(tx: Tx, *, hash: bytes) -> Flow | None:
    """Takes a sign-in elsewhere out for good; of two that come back with it one gets it."""
    return await tx.one(_CONSUME_FLOW, hash)


async def find_linked(tx: Tx, vouched: Vouched) -> UUID | None:
    """Whose account is linked, in a system transaction for signing in."""
    return await tx.one(_FIND_LINKED, vouched.issuer, vouched.subject)


async def link(tx: Tx, user_id: UUID, vouched: Vouched, *, at: datetime) -> None:
    await tx.do(_LINK, user_id, vouched.issuer, vouched.subject, vouched.email, at)


async def disarm(tx: Tx, user_id: UUID) -> None:
    """Ends all that opened the account: password, sessions, keys, second factor."""
    await tx.do(_DISARM, user_id)


async def add_export(tx: Tx, user_id: UUID, export_id: UUID, *, at: datetime) -> Export:
    added = await tx.one(_ADD_EXPORT, user_id, export_id, at)
    assert added is not None
    return added


async def exports(reader: Reader, user_id: UUID) -> list[Export]:
    return await reader.all(_EXPORTS, user_id)


async def get_export(reader: Reader, user_id: UUID, export_id: UUID) -> Export | None:
    return await reader.one(_GET_EXPORT, user_id, export_id)


async def progress_export(tx: Tx, user_id: UUID, export_id: UUID, percent: int) -> Export | None:
    """The archive with its progress; nothing when it was cancelled or is finished."""
    return await tx.one(_PROGRESS_EXPORT, user_id, export_id, percent)


async def finish_export(tx: Tx, user_id: UUID, export_id: UUID, *, size: int, at: datetime) -> Export | None:
    return await tx.one(_FINISH_EXPORT, user_id, export_id, size, at)


async def delete_export(tx: Tx, user_id: UUID, export_id: UUID) -> bool:
    return await tx.do(_DELETE_EXPORT, user_id, export_id) == 1


async def schedule_deletion(tx: Tx, user_id: UUID, *, at: datetime | None) -> None:
    """Says when the account is to be erased, or that it stays."""
    await tx.do(_SCHEDULE_DELETION, user_id, at)


async def accounts_to_end(tx: Tx, most: int) -> list[UUID]:
    """Accounts whose grace is over and that can still be signed in to, in a transaction for tidying."""
    return await tx.all(_TO_END, most)


async def accounts_to_erase(tx: Tx, most: int) -> list[UUID]:
    """Accounts whose last access token has ended, in a transaction for tidying."""
    return await tx.all(_TO_ERASE, most)


async def erase(tx: Tx, user_id: UUID) -> None:
    """Deletes the account; every row of it goes along."""
    await tx.do(_ERASE, user_id)


async def begin_factor(tx: Tx, user_id: UUID, sealed: bytes) -> None:
    """Keeps a sealed secret that is still to be confirmed; one that counts already stays."""
    await tx.do(_BEGIN_FACTOR, user_id, sealed)


async def factor_begun(reader: Reader, user_id: UUID) -> bool:
    """Whether there is a secret to confirm."""
    return await reader.one(_FACTOR_BEGUN, user_id) or False


async def factor_secret(reader: Reader, user_id: UUID) -> bytes | None:
    """The sealed secret."""
    return await reader.one(_FACTOR_SECRET, user_id)


async def take_step(tx: Tx, user_id: UUID, step: int) -> bool:
    """Uses a time step up; false when it, or a later one, was used before."""
    return await tx.do(_TAKE_STEP, user_id, step) == 1


async def confirm_factor(tx: Tx, user_id: UUID, hashes: list[bytes], *, at: datetime) -> None:
    """Makes the secret count, with fresh recovery codes."""
    await tx.do(_CONFIRM_FACTOR, user_id, hashes, at)


async def end_factor(tx: Tx, user_id: UUID) -> bool:
    return await tx.do(_END_FACTOR, user_id) == 1


async def factor_state(reader: Reader, user_id: UUID) -> FactorState | None:
    return await reader.one(_FACTOR_STATE, user_id)


async def use_recovery_code(tx: Tx, user_id: UUID, hash: bytes) -> bool:
    """Uses a recovery code up; false when there is none such."""
    return await tx.do(_USE_RECOVERY_CODE, user_id, hash) == 1


async def set_avatar(tx: Tx, user_id: UUID, digest: str | None, *, at: datetime) -> None:
    """Remembers which picture is theirs, by its hash."""
    await tx.do(_SET_AVATAR, user_id, digest, at)


async def find_supported(tx: Tx, email: str) -> SupportedUser | None:
    """The account of an address, in a system transaction of an operator."""
    return await tx.one(_FIND_SUPPORTED, email)


async def get_supported(tx: Tx, user_id: UUID) -> SupportedUser | None:
    return await tx.one(_GET_SUPPORTED, user_id)


async def disable(tx: Tx, user_id: UUID, *, disabled: bool) -> SupportedUser | None:
    """Shuts an account, or opens it again."""
    return await tx.one(_DISABLE, user_id, disabled)


async def set_role(tx: Tx, user_id: UUID, role: str) -> None:
    await tx.do(_SET_ROLE, user_id, role)


async def note_use(tx: Tx, user_id: UUID, key_id: UUID) -> None:
    await tx.do(_USED, user_id, key_id)
