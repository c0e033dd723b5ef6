"""SQL statements for the exercises of assessed work that a student has met: their digests only."""

from __future__ import annotations

from collections.abc import Collection
from uuid import UUID

from studyteddy.platform.db.statements import Nothing, Reader, Statement
from studyteddy.platform.db.transaction import Tx
from studyteddy.platform.privacy.data_export import exported
from studyteddy.platform.privacy.retention import expiring

MAX_DIGESTS = 5000
"""Digests that are kept of a student."""

_ADD = Statement(
    Nothing,
    """
INSERT INTO ai_assessed_exercises (user_id, digest, created_at)
SELECT $1, new.digest, $3 FROM unnest($2::bytea[]) AS new (digest) ON CONFLICT (user_id, digest) DO NOTHING""",
)

_DELETE_OLDEST = Statement(
    Nothing,
    """
DELETE FROM ai_assessed_exercises WHERE user_id = $1 AND digest IN (
    SELECT e.digest FROM ai_assessed_exercises AS e WHERE e.user_id = $1
     ORDER BY e.created_at DESC, e.digest OFFSET $2)""",
)

_KNOWN = Statement(bytes, "SELECT digest FROM ai_assessed_exercises WHERE user_id = $1 AND digest = ANY($2)")

DATA_EXPORTS = [exported("ai_assessed_exercises", "encode(digest, 'hex') AS digest, created_at", order="created_at")]
RETENTION = [expiring("ai_assessed_exercises", "(user_id, digest)", "created_at < now() - interval '365 days'")]


async def add(tx: Tx, user_id: UUID, digests: Collection[bytes]) -> None:
    """Remember exercises of assessed work; the oldest ones are forgotten if there are too many."""
    if await tx.do(_ADD, user_id, sorted(digests), tx.now):
        await tx.do(_DELETE_OLDEST, user_id, MAX_DIGESTS)


async def known(reader: Reader, user_id: UUID, digests: Collection[bytes]) -> set[bytes]:
    """Return those of the digests whose exercises were part of assessed work."""
    return set(await reader.all(_KNOWN, user_id, sorted(digests)))
