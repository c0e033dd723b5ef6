"""SQL statements for the points ledger, which is append-only."""

from __future__ import annotations

from datetime import date, datetime
from uuid import UUID

from studyteddy.features.gamification.schemas import Earned, Entry
from studyteddy.platform.db.statements import Nothing, Reader, Statement
from studyteddy.platform.db.transaction import Tx
from studyteddy.platform.privacy.data_export import exported

_ADD = Statement(
    Nothing,
    """
INSERT INTO points_ledger (user_id, id, rule, object_id, version, points, local_date, at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT (user_id, rule, object_id, version) DO NOTHING""",
)

_POINTS_OF = Statement(
    int, "SELECT points FROM points_ledger WHERE user_id = $1 AND rule = $2 AND object_id = $3 AND version = $4"
)

# In both directions: several workers may award in another order than that of the instants.
_NEAR = "at > $4::timestamptz - interval '20 hours' AND at < $4::timestamptz + interval '20 hours'"

_EARNED = Statement(
    Earned,
    f"""
SELECT greatest(count(*) FILTER (WHERE local_date = $2), count(*) FILTER (WHERE {_NEAR}))::int,
       (count(*) FILTER (WHERE at > $4::timestamptz - interval '1 hour'))::int
  FROM points_ledger
 WHERE user_id = $1 AND (local_date = $2 OR {_NEAR}) AND rule = $3 AND points > 0""",
)

_SUM_OF_DAY = Statement(
    int,
    f"""
SELECT greatest(sum(points) FILTER (WHERE local_date = $2), sum(points) FILTER (WHERE {_NEAR}), 0)::int
  FROM points_ledger
 WHERE user_id = $1 AND (local_date = $2 OR {_NEAR}) AND rule = $3""",
)

_TOTAL = Statement(int, "SELECT coalesce(sum(points), 0)::int FROM points_ledger WHERE user_id = $1")

_RECENT = Statement(
    Entry,
    """
SELECT rule, points, at, CASE WHEN rule LIKE 'task.%' THEN object_id END,
       CASE WHEN rule LIKE 'focus.%' THEN object_id END
  FROM points_ledger WHERE user_id = $1 ORDER BY at DESC, id DESC LIMIT $2""",
)


DATA_EXPORTS = [exported("points_ledger", "id, rule, object_id, version, points, local_date, at", order="at, id")]


async def add(
    tx: Tx,
    user_id: UUID,
    entry_id: UUID,
    *,
    rule: str,
    object_id: UUID,
    version: int,
    points: int,
    day: date,
    at: datetime,
) -> bool:
    """Add an entry; return False if this rule was already applied to this version."""
    return await tx.do(_ADD, user_id, entry_id, rule, object_id, version, points, day, at) == 1


async def points_of(tx: Tx, user_id: UUID, *, rule: str, object_id: UUID, version: int) -> int | None:
    """Return the points of a rule for a version; None if it was never applied."""
    return await tx.one(_POINTS_OF, user_id, rule, object_id, version)


async def earned(tx: Tx, user_id: UUID, *, day: date, rule: str, at: datetime) -> Earned:
    """Return how often a rule gave points on a local day or in the 20 hours before `at`, and in the last hour."""
    return await tx.one(_EARNED, user_id, day, rule, at) or Earned(0, 0)


async def sum_of_day(tx: Tx, user_id: UUID, *, day: date, rule: str, at: datetime) -> int:
    """Return the points of a rule on a local day or in the 20 hours before `at`, whichever are more."""
    return await tx.one(_SUM_OF_DAY, user_id, day, rule, at) or 0


async def total(reader: Reader, user_id: UUID) -> int:
    return await reader.one(_TOTAL, user_id) or 0


async def recent(reader: Reader, user_id: UUID, *, limit: int) -> list[Entry]:
    """Return the latest ledger entries."""
    return await reader.all(_RECENT, user_id, limit)
