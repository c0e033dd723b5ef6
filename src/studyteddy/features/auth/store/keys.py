"""Every statement on API keys."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from studyteddy.features.auth.schemas import ApiKey, KeyHolder, NewApiKey
from studyteddy.platform.db import Nothing, Reader, Statement, Tx
from studyteddy.platform.personal import exported

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

_REVOKE_KEYS = Statement(Nothing, "UPDATE api_keys SET revoked_at = now() WHERE user_id = $1 AND revoked_at IS NULL")

_HOLDER = Statement(
    KeyHolder,
    """
SELECT k.id, k.user_id, k.scopes, coalesce(k.last_used_at < now() - interval '1 minute', true)
  FROM api_keys AS k JOIN users AS u ON u.id = k.user_id
 WHERE k.hash = $1 AND k.revoked_at IS NULL AND (k.expires_at IS NULL OR now() < k.expires_at)
   AND u.disabled_at IS NULL""",
)

_USED = Statement(Nothing, "UPDATE api_keys SET last_used_at = now() WHERE user_id = $1 AND id = $2")

HOLDINGS = [exported("api_keys", "id, name, prefix, scopes, expires_at, last_used_at, revoked_at, created_at")]


async def add_key(
    tx: Tx, user_id: UUID, key_id: UUID, new: NewApiKey, *, prefix: str, hash: bytes, most: int, at: datetime
) -> ApiKey | None:
    """The new key, or nothing when the account has its most."""
    return await tx.one(_ADD_KEY, user_id, key_id, new.name, prefix, hash, new.scopes, new.expires_at, at, most)


async def keys(reader: Reader, user_id: UUID) -> list[ApiKey]:
    return await reader.all(_KEYS, user_id)


async def revoke_key(tx: Tx, user_id: UUID, key_id: UUID) -> bool:
    return await tx.do(_REVOKE_KEY, user_id, key_id) == 1


async def revoke_keys(tx: Tx, user_id: UUID) -> int:
    """Ends every key of the user, and says how many there were."""
    return await tx.do(_REVOKE_KEYS, user_id)


async def holder(tx: Tx, *, hash: bytes) -> KeyHolder | None:
    """Whom a key lets in, in a system transaction for signing in."""
    return await tx.one(_HOLDER, hash)


async def note_use(tx: Tx, user_id: UUID, key_id: UUID) -> None:
    await tx.do(_USED, user_id, key_id)
