"""Every statement on focus sessions."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

import asyncpg
import msgspec

from studyteddy.features.focus.schemas import FocusQuery, FocusSession, Interruption
from studyteddy.platform.db import Reader, Statement, Tx
from studyteddy.platform.pages import Position
from studyteddy.platform.personal import exported

_notes = msgspec.json.Decoder(list[Interruption])
_FIELDS = FocusSession.__struct_fields__
_COLUMNS = ", ".join(_FIELDS)
_NOTES = _FIELDS.index("interruption_notes")


def _session(*columns: Any) -> FocusSession:
    values = list(columns)
    values[_NOTES] = _notes.decode(values[_NOTES])
    return FocusSession(*values)


_GET = Statement(FocusSession, f"SELECT {_COLUMNS} FROM focus_sessions WHERE user_id = $1 AND id = $2", _session)

_LOCK = Statement(FocusSession, f"{_GET.sql} FOR UPDATE", _session)

_RUNNING = Statement(
    FocusSession,
    f"SELECT {_COLUMNS} FROM focus_sessions WHERE user_id = $1 AND status IN ('active', 'paused')",
    _session,
)

# What is overdue at `$2` counts as completed, whether its end was written down yet or not.
_PAGE = Statement(
    FocusSession,
    f"""
SELECT {_COLUMNS}, begins_at::text AS sort_key FROM focus_sessions
 WHERE user_id = $1
   AND (cardinality($3::text[]) = 0 OR CASE WHEN overdue_at <= $2 THEN 'completed' ELSE status END = ANY($3::text[]))
   AND ($4::uuid IS NULL OR task_id = $4) AND ($5::uuid IS NULL OR subject_id = $5)
   AND ($6::date IS NULL OR day >= $6) AND ($7::date IS NULL OR day <= $7)
   AND ($8::text IS NULL OR (begins_at, id) < ($8::text::timestamptz, $9::uuid))
 ORDER BY begins_at DESC, id DESC LIMIT $10""",
    _session,
)

# No session is longer than a day, so that only a short piece of the index is looked at.
_OVERLAPS = Statement(
    int,
    """
SELECT count(*)::int FROM focus_sessions
 WHERE user_id = $1 AND status IN ('active', 'paused', 'completed') AND begins_at < $3
   AND begins_at > $2::timestamptz - interval '25 hours' AND coalesce(ended_at, 'infinity') > $2""",
)

# A second one that runs is refused by the unique index: then nothing is added.
_ADD = Statement(
    FocusSession,
    f"""
INSERT INTO focus_sessions (user_id, {_COLUMNS}, counted_under)
VALUES ($1, {", ".join(f"${n + 2}" for n in range(len(_FIELDS)))},
        CASE WHEN ${_FIELDS.index("status") + 2} = 'completed' THEN ${_FIELDS.index("subject_id") + 2}::uuid END)
ON CONFLICT (user_id) WHERE status IN ('active', 'paused') DO NOTHING RETURNING {_COLUMNS}""",
    _session,
)

_UPDATE = Statement(
    FocusSession,
    f"""
UPDATE focus_sessions SET status = $3, version = $4, planned_minutes = $5, started_at = $6, paused_at = $7,
       paused_seconds = $8, ends_at = $9, overdue_at = $10, ended_at = $11, ended_by = $12, effective_minutes = $13,
       day = $14, productivity_rating = $15, focus_rating = $16, notes = $17, interruptions = $18,
       interruption_notes = $19, updated_at = $20,
       counted_under = CASE WHEN $3 = 'completed' AND status <> 'completed' THEN subject_id ELSE counted_under END
 WHERE user_id = $1 AND id = $2 RETURNING {_COLUMNS}""".replace("$3", "$3::text"),
    _session,
)

_DELETE = Statement(UUID, "DELETE FROM focus_sessions WHERE user_id = $1 AND id = $2 RETURNING counted_under")

_OVERDUE = Statement(
    UUID, "SELECT user_id FROM focus_sessions WHERE overdue_at <= $1 ORDER BY overdue_at, user_id LIMIT $2"
)

HOLDINGS = [exported("focus_sessions", _COLUMNS, order="begins_at, id")]


async def get(reader: Reader, user_id: UUID, session_id: UUID) -> FocusSession | None:
    return await reader.one(_GET, user_id, session_id)


async def lock(tx: Tx, user_id: UUID, session_id: UUID) -> FocusSession | None:
    return await tx.one(_LOCK, user_id, session_id)


async def running(reader: Reader, user_id: UUID) -> FocusSession | None:
    """The one that is active or paused."""
    return await reader.one(_RUNNING, user_id)


async def page(
    reader: Reader, user_id: UUID, query: FocusQuery, *, after: Position | None, limit: int, now: datetime
) -> list[tuple[FocusSession, str]]:
    """Sessions by their begin, the latest first, each with its sort key."""
    position = (after.key, after.id) if after else (None, None)
    wanted = (query.status, query.task_id, query.subject_id, query.first, query.last)
    return await reader.keyed(_PAGE, user_id, now, *wanted, *position, limit)


async def overlaps(tx: Tx, user_id: UUID, *, begin: datetime, end: datetime) -> bool:
    """Whether there is a session with some of that time."""
    found = await tx.one(_OVERLAPS, user_id, begin, end)
    return bool(found)


async def add(tx: Tx, user_id: UUID, new: FocusSession) -> FocusSession | None:
    """The new session, or nothing when it would be the second one that runs."""
    values = [getattr(new, name) for name in _FIELDS]
    values[_NOTES] = _written(new)
    return await tx.one(_ADD, user_id, *values)


async def update(tx: Tx, user_id: UUID, changed: FocusSession) -> FocusSession | None:
    """The session as changed, or nothing when it would be the second one that runs."""
    try:
        return await tx.one(
            _UPDATE, user_id, changed.id, changed.status, changed.version, changed.planned_minutes,
            changed.started_at, changed.paused_at, changed.paused_seconds, changed.ends_at, changed.overdue_at,
            changed.ended_at, changed.ended_by, changed.effective_minutes, changed.day, changed.productivity_rating,
            changed.focus_rating, changed.notes, changed.interruptions, _written(changed), changed.updated_at,
        )  # fmt: skip
    except asyncpg.UniqueViolationError:
        return None


async def delete(tx: Tx, user_id: UUID, session_id: UUID) -> UUID | None:
    """Deletes a session; gives the subject that it was counted for."""
    return await tx.one(_DELETE, user_id, session_id)


async def overdue(tx: Tx, *, at: datetime, most: int) -> list[UUID]:
    """The students who forgot a session, in a transaction for tidying."""
    return await tx.all(_OVERDUE, at, most)


def _written(session: FocusSession) -> str:
    return msgspec.json.encode(session.interruption_notes).decode()
