"""SQL statements for students' own keys."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from studyteddy.features.ai.schemas.own_keys import KeptKey
from studyteddy.platform.db.statements import Nothing, Reader, Statement
from studyteddy.platform.db.transaction import Tx
from studyteddy.platform.privacy.data_export import exported
from studyteddy.platform.security.encryption import SealedColumn

SEALED_COLUMNS = [SealedColumn("ai_keys", "secret", row_column="user_id")]

_GET = Statement(KeptKey, "SELECT last_four, created_at FROM ai_keys WHERE user_id = $1")

_SEALED = Statement(bytes, "SELECT secret FROM ai_keys WHERE user_id = $1")

_KEEP = Statement(
    Nothing,
    """
INSERT INTO ai_keys (user_id, secret, last_four, created_at) VALUES ($1, $2, $3, $4)
ON CONFLICT (user_id) DO UPDATE
   SET secret = EXCLUDED.secret, last_four = EXCLUDED.last_four, created_at = EXCLUDED.created_at""",
)

_DELETE = Statement(Nothing, "DELETE FROM ai_keys WHERE user_id = $1")

DATA_EXPORTS = [exported("ai_keys", "last_four, created_at", order="created_at")]


async def get(reader: Reader, user_id: UUID) -> KeptKey | None:
    """Return what is shown of the key, if one is kept."""
    return await reader.one(_GET, user_id)


async def sealed(tx: Tx, user_id: UUID) -> bytes | None:
    """Return the sealed key, if one is kept."""
    return await tx.one(_SEALED, user_id)


async def keep(tx: Tx, user_id: UUID, sealed_key: bytes, *, last_four: str, at: datetime) -> None:
    """Keep a key instead of the one before."""
    await tx.do(_KEEP, user_id, sealed_key, last_four, at)


async def delete(tx: Tx, user_id: UUID) -> bool:
    """Delete the key; return False if there is none."""
    return await tx.do(_DELETE, user_id) == 1
