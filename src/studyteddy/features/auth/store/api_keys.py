"""SQL statements for API keys."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from studyteddy.features.auth.schemas.accounts import LockedAccount
from studyteddy.features.auth.schemas.api_keys import ApiKey, KeyHolder, NewApiKey
from studyteddy.platform.db.statements import Nothing, Reader, Statement
from studyteddy.platform.db.transaction import Tx
from studyteddy.platform.privacy.data_export import exported

_KEY = "id, name, prefix, scopes, expires_at, last_used_at, created_at"

_ADD = Statement(
    ApiKey,
    f"""
INSERT INTO api_keys (user_id, id, name, prefix, hash, scopes, expires_at, created_at)
SELECT $1, $2, $3, $4, $5, $6, $7, $8
 WHERE (SELECT count(*) FROM api_keys WHERE user_id = $1 AND revoked_at IS NULL) < $9
RETURNING {_KEY}""",
)

_PAGE = Statement(
    ApiKey,
    f"SELECT {_KEY} FROM api_keys WHERE user_id = $1 AND revoked_at IS NULL ORDER BY created_at DESC, id DESC LIMIT 50",
)

_REVOKE = Statement(
    Nothing, "UPDATE api_keys SET revoked_at = now() WHERE user_id = $1 AND id = $2 AND revoked_at IS NULL"
)

_REVOKE_ALL = Statement(Nothing, "UPDATE api_keys SET revoked_at = now() WHERE user_id = $1 AND revoked_at IS NULL")

_FIND_HOLDER = Statement(
    KeyHolder,
    """
SELECT k.id, k.user_id, k.scopes, coalesce(k.last_used_at < now() - interval '1 minute', true)
  FROM api_keys AS k JOIN users AS u ON u.id = k.user_id
 WHERE k.hash = $1 AND k.revoked_at IS NULL AND (k.expires_at IS NULL OR now() < k.expires_at)
   AND u.disabled_at IS NULL""",
)

_RECORD_USE = Statement(Nothing, "UPDATE api_keys SET last_used_at = now() WHERE user_id = $1 AND id = $2")

DATA_EXPORTS = [exported("api_keys", "id, name, prefix, scopes, expires_at, last_used_at, revoked_at, created_at")]


async def add(
    tx: Tx, account: LockedAccount, key_id: UUID, new: NewApiKey, *, prefix: str, hash: bytes, limit: int, at: datetime
) -> ApiKey | None:
    """Add a key; return None if the account already has `limit` keys."""
    return await tx.one(_ADD, account.id, key_id, new.name, prefix, hash, new.scopes, new.expires_at, at, limit)


async def page(reader: Reader, user_id: UUID) -> list[ApiKey]:
    return await reader.all(_PAGE, user_id)


async def revoke(tx: Tx, user_id: UUID, key_id: UUID) -> bool:
    return await tx.do(_REVOKE, user_id, key_id) == 1


async def revoke_all(tx: Tx, user_id: UUID) -> int:
    """Revoke all keys of the user; return how many were revoked."""
    return await tx.do(_REVOKE_ALL, user_id)


async def find_holder(tx: Tx, *, hash: bytes) -> KeyHolder | None:
    """Return the holder of a valid key, in a sign-in transaction."""
    return await tx.one(_FIND_HOLDER, hash)


async def record_use(tx: Tx, user_id: UUID, key_id: UUID) -> None:
    await tx.do(_RECORD_USE, user_id, key_id)
