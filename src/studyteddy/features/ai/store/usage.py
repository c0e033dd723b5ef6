"""SQL statements for the tokens of a day, and the ledger of calls."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any
from uuid import UUID

import msgspec

from studyteddy.features.ai.schemas.usage import DayUse, FeatureUse, OpenCall, SentCall, SentMessage, Settled, Taken
from studyteddy.platform.db.statements import Nothing, Reader, Statement
from studyteddy.platform.db.transaction import Tx
from studyteddy.platform.privacy.data_export import exported
from studyteddy.platform.privacy.retention import expiring
from studyteddy.platform.web.pagination import Position

_RESERVE = Statement(
    Nothing,
    """
INSERT INTO ai_days AS d (user_id, day, reserved) SELECT $1, $2::date, $3::integer WHERE $3::integer <= $4::integer
ON CONFLICT (user_id, day) DO UPDATE SET reserved = d.reserved + EXCLUDED.reserved
 WHERE d.used + d.reserved + EXCLUDED.reserved <= $4""",
)

_RESERVE_TOTAL = Statement(
    Nothing,
    """
INSERT INTO ai_totals AS d (day, reserved) SELECT $1::date, $2::bigint WHERE $2::bigint <= $3::bigint
ON CONFLICT (day) DO UPDATE SET reserved = d.reserved + EXCLUDED.reserved
 WHERE d.used + d.reserved + EXCLUDED.reserved <= $3""",
)

_ADD_CALL = Statement(
    Nothing,
    """
INSERT INTO ai_calls (user_id, id, day, feature, kinds, messages, provider, model, own_key, reserved, created_at)
VALUES ($1, $2, $3, $4, $5, $6::text::jsonb, $7, $8, $9, $10, $11)""",
)

_CALLS = Statement(
    int,
    """
SELECT count(*)::int AS count FROM (
    SELECT 1 FROM ai_calls AS c WHERE c.user_id = $1 AND c.day = $2 LIMIT $3) AS found""",
)

_SETTLE_CALL = Statement(
    Settled,
    """
UPDATE ai_calls SET tokens = coalesce($3, reserved), outcome = $4, provider = coalesce($5, provider),
       model = coalesce($6, model), settled_at = $7
 WHERE user_id = $1 AND id = $2 AND settled_at IS NULL RETURNING day, reserved, feature, own_key""",
)

_SETTLE = Statement(
    Nothing, "UPDATE ai_days SET used = used + $3, reserved = reserved - $4 WHERE user_id = $1 AND day = $2"
)

_SETTLE_TOTAL = Statement(Nothing, "UPDATE ai_totals SET used = used + $2, reserved = reserved - $3 WHERE day = $1")

_OF_DAY = Statement(DayUse, "SELECT used, reserved FROM ai_days WHERE user_id = $1 AND day = $2")

_TAKEN = Statement(
    Taken,
    """
SELECT coalesce((SELECT d.used + d.reserved FROM ai_days AS d WHERE d.user_id = $1 AND d.day = $2::date), 0) AS own,
       coalesce((SELECT t.used + t.reserved FROM ai_totals AS t WHERE t.day = $2::date), 0) AS total""",
)

_BY_FEATURE = Statement(
    FeatureUse,
    """
SELECT feature, coalesce(sum(tokens) FILTER (WHERE NOT own_key), 0)::int,
       coalesce(sum(tokens) FILTER (WHERE own_key), 0)::int
  FROM ai_calls WHERE user_id = $1 AND day = $2 AND tokens IS NOT NULL
 GROUP BY feature ORDER BY feature""",
)


def _sent(*values: Any) -> SentCall:
    id, feature, kinds, messages, *rest = values
    return SentCall(id, feature, kinds, msgspec.json.decode(messages, type=list[SentMessage]), *rest)


_SENT_PAGE = Statement(
    SentCall,
    """
SELECT c.id, c.feature, c.kinds, c.messages, c.provider, c.model, c.own_key, c.tokens, c.outcome, c.created_at,
       c.id::text AS sort_key
  FROM ai_calls AS c WHERE c.user_id = $1 AND ($3::uuid IS NULL OR c.id < $3) ORDER BY c.id DESC LIMIT $2""",
    _sent,
)

_OPEN_CALLS = Statement(
    OpenCall,
    "SELECT user_id, id FROM ai_calls WHERE settled_at IS NULL AND created_at < now() - interval '2 minutes' LIMIT $1",
)

DATA_EXPORTS = [
    exported(
        "ai_calls",
        "id, day, feature, kinds, messages, provider, model, own_key, tokens, outcome, created_at, settled_at",
    ),
    exported("ai_days", "day, used", order="day"),
]
RETENTION = [
    expiring("ai_calls", "(user_id, id)", "created_at < now() - interval '90 days'"),
    expiring("ai_days", "(user_id, day)", "day < now() - interval '90 days'"),
]


async def reserve(tx: Tx, user_id: UUID, day: date, tokens: int, *, limit: int) -> bool:
    """Reserve tokens of the student's day; return False if fewer are left."""
    return await tx.do(_RESERVE, user_id, day, tokens, limit) == 1


async def reserve_total(tx: Tx, day: date, tokens: int, *, limit: int) -> bool:
    """Reserve tokens of the day of all students; return False if fewer are left."""
    return await tx.do(_RESERVE_TOTAL, day, tokens, limit) == 1


async def add_call(
    tx: Tx,
    user_id: UUID,
    call_id: UUID,
    *,
    day: date,
    feature: str,
    kinds: list[str],
    messages: list[SentMessage],
    provider: str,
    model: str,
    own_key: bool,
    reserved: int,
    at: datetime,
) -> None:
    """Add a call to the ledger, before it is made."""
    storable = [SentMessage(one.role, one.content.replace("\0", "")) for one in messages]
    sent = msgspec.json.encode(storable).decode()
    await tx.do(_ADD_CALL, user_id, call_id, day, feature, kinds, sent, provider, model, own_key, reserved, at)


async def calls(tx: Tx, user_id: UUID, day: date, *, limit: int) -> int:
    """Return how many calls of a day the ledger has, counted up to `limit`."""
    return await tx.one(_CALLS, user_id, day, limit) or 0


async def settle_call(
    tx: Tx,
    user_id: UUID,
    call_id: UUID,
    *,
    tokens: int | None,
    outcome: str,
    provider: str | None,
    model: str | None,
    at: datetime,
) -> Settled | None:
    """Record what a call used, all that it reserved if `tokens` is None; return None if that was done before."""
    return await tx.one(_SETTLE_CALL, user_id, call_id, tokens, outcome, provider, model, at)


async def settle(tx: Tx, user_id: UUID, settled: Settled, tokens: int) -> None:
    """Turn what a call reserved into what it used, for the student and for all."""
    await tx.do(_SETTLE, user_id, settled.day, tokens, settled.reserved)
    await tx.do(_SETTLE_TOTAL, settled.day, tokens, settled.reserved)


async def of_day(reader: Reader, user_id: UUID, day: date) -> DayUse:
    """Return the tokens of a day."""
    return await reader.one(_OF_DAY, user_id, day) or DayUse(0, 0)


async def taken(reader: Reader, user_id: UUID, day: date) -> Taken:
    """Return the tokens of a day that are used or reserved."""
    return await reader.one(_TAKEN, user_id, day) or Taken(0, 0)


async def by_feature(reader: Reader, user_id: UUID, day: date) -> list[FeatureUse]:
    """Return the used tokens of a day by feature."""
    return await reader.all(_BY_FEATURE, user_id, day)


async def sent_page(reader: Reader, user_id: UUID, *, after: Position | None, limit: int) -> list[tuple[SentCall, str]]:
    """Return calls, the latest first, each with its sort key."""
    return await reader.keyed(_SENT_PAGE, user_id, limit, after.id if after else None)


async def open_calls(tx: Tx, *, limit: int) -> list[OpenCall]:
    """Return calls of all students that were made two minutes ago and never settled."""
    return await tx.all(_OPEN_CALLS, limit)
