"""SQL statements for focus sessions."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

import asyncpg
import msgspec

from studyteddy.features.focus.schemas.sessions import FocusQuery, FocusSession, Interruption
from studyteddy.platform.db.statements import Reader, Statement
from studyteddy.platform.db.transaction import Tx
from studyteddy.platform.privacy.data_export import exported
from studyteddy.platform.web.pagination import Position

_notes = msgspec.json.Decoder(list[Interruption])
_FIELDS = FocusSession.__struct_fields__
_COLUMNS = ", ".join(_FIELDS)
_NOTES = _FIELDS.index("interruption_notes")


def _session(*columns: Any) -> FocusSession:
    values = list(columns)
    values[_NOTES] = _notes.decode(values[_NOTES])
    return FocusSession(*values)


_GET = Statement(FocusSession, f"SELECT {_COLUMNS} FROM focus_sessions WHERE user_id = $1 AND id = $2", _session)

_GET_CREATED = Statement(FocusSession, f"{_GET.sql} AND fingerprint = $3", _session)

_LOCK = Statement(FocusSession, f"{_GET.sql} FOR UPDATE", _session)

_RUNNING = Statement(
    FocusSession,
    f"SELECT {_COLUMNS} FROM focus_sessions WHERE user_id = $1 AND status IN ('active', 'paused')",
    _session,
)

# A session that is overdue at `$2` counts as completed, even if its end is not stored yet.
_PAGE = Statement(
    FocusSession,
    f"""
SELECT {_COLUMNS}, begins_at::text AS sort_key FROM focus_sessions
 WHERE user_id = $1
   AND (cardinality($3::text[]) = 0 OR CASE WHEN overdue_at <= $2 THEN 'completed' ELSE status END = ANY($3::text[]))
   AND ($4::uuid IS NULL OR task_id = $4) AND ($5::uuid IS NULL OR subject_id = $5)
   AND ($6::date IS NULL OR day >= $6) AND ($7::date IS NULL OR day <= $7)
   AND ($8::timestamptz IS NULL OR CASE WHEN overdue_at <= $2 THEN overdue_at ELSE updated_at END >= $8)
   AND ($9::text IS NULL OR (begins_at, id) < ($9::text::timestamptz, $10::uuid))
 ORDER BY begins_at DESC, id DESC LIMIT $11""",
    _session,
)

# A running session takes the time until it would be forgotten. No session is longer than a day, so only a short range
# of the index is scanned.
_OVERLAPS = Statement(
    int,
    """
SELECT count(*)::int FROM focus_sessions
 WHERE user_id = $1 AND status IN ('active', 'paused', 'completed') AND begins_at < $3
   AND begins_at > $2::timestamptz - interval '25 hours' AND coalesce(ended_at, overdue_at) > $2 AND id <> $4""",
)

# The unique indexes reject a second running session and a second one with this id; then no row is added.
_ADD = Statement(
    FocusSession,
    f"""
INSERT INTO focus_sessions (user_id, {_COLUMNS}, fingerprint, counted_under)
VALUES ($1, {", ".join(f"${n + 2}" for n in range(len(_FIELDS) + 1))},
        CASE WHEN ${_FIELDS.index("status") + 2} = 'completed' THEN ${_FIELDS.index("subject_id") + 2}::uuid END)
ON CONFLICT DO NOTHING RETURNING {_COLUMNS}""",
    _session,
)

_UPDATE = Statement(
    FocusSession,
    f"""
UPDATE focus_sessions SET status = $3, planned_minutes = $4, started_at = $5, paused_at = $6, paused_seconds = $7,
       ends_at = $8, overdue_at = $9, ended_at = $10, ended_by = $11, effective_minutes = $12, day = $13,
       productivity_rating = $14, focus_rating = $15, notes = $16, interruptions = $17, interruption_notes = $18,
       updated_at = $19, scheduled_at = $20, last_command_at = $21, version = version + 1,
       counted_under = CASE WHEN $3 <> 'completed' THEN NULL WHEN ended_by IS DISTINCT FROM $11 THEN subject_id
                            ELSE counted_under END
 WHERE user_id = $1 AND id = $2 RETURNING {_COLUMNS}""".replace("$3", "$3::text"),
    _session,
)

_DELETE = Statement(UUID, "DELETE FROM focus_sessions WHERE user_id = $1 AND id = $2 RETURNING counted_under")

_COUNTED_UNDER = Statement(UUID, "SELECT counted_under FROM focus_sessions WHERE user_id = $1 AND id = $2")

_OVERDUE = Statement(
    UUID, "SELECT user_id FROM focus_sessions WHERE overdue_at <= $1 ORDER BY overdue_at, user_id LIMIT $2"
)

DATA_EXPORTS = [exported("focus_sessions", _COLUMNS, order="begins_at, id")]


async def get(reader: Reader, user_id: UUID, session_id: UUID) -> FocusSession | None:
    return await reader.one(_GET, user_id, session_id)


async def get_created(reader: Reader, user_id: UUID, session_id: UUID, fingerprint: bytes) -> FocusSession | None:
    """Return a session if a request with this fingerprint created it."""
    return await reader.one(_GET_CREATED, user_id, session_id, fingerprint)


async def lock(tx: Tx, user_id: UUID, session_id: UUID) -> FocusSession | None:
    return await tx.one(_LOCK, user_id, session_id)


async def running(reader: Reader, user_id: UUID) -> FocusSession | None:
    """Return the session that is active or paused."""
    return await reader.one(_RUNNING, user_id)


async def page(
    reader: Reader, user_id: UUID, query: FocusQuery, *, after: Position | None, limit: int, now: datetime
) -> list[tuple[FocusSession, str]]:
    """Return sessions by start, latest first, each with its sort key."""
    position = (after.key, after.id) if after else (None, None)
    filters = (query.status, query.task_id, query.subject_id, query.first, query.last, query.updated_from)
    return await reader.keyed(_PAGE, user_id, now, *filters, *position, limit)


async def overlaps(tx: Tx, user_id: UUID, session_id: UUID, *, begin: datetime, end: datetime) -> bool:
    """Return whether another session overlaps that time."""
    found = await tx.one(_OVERLAPS, user_id, begin, end, session_id)
    return bool(found)


async def add(tx: Tx, user_id: UUID, new: FocusSession, fingerprint: bytes | None) -> FocusSession | None:
    """Add a session; return None if its id is taken, or if another one is already running."""
    values = [getattr(new, name) for name in _FIELDS]
    values[_NOTES] = _encoded_notes(new)
    return await tx.one(_ADD, user_id, *values, fingerprint)


async def update(tx: Tx, user_id: UUID, changed: FocusSession) -> FocusSession | None:
    """Update a session; return None if another one is already running."""
    try:
        return await tx.one(
            _UPDATE,
            user_id,
            changed.id,
            changed.status,
            changed.planned_minutes,
            changed.started_at,
            changed.paused_at,
            changed.paused_seconds,
            changed.ends_at,
            changed.overdue_at,
            changed.ended_at,
            changed.ended_by,
            changed.effective_minutes,
            changed.day,
            changed.productivity_rating,
            changed.focus_rating,
            changed.notes,
            changed.interruptions,
            _encoded_notes(changed),
            changed.updated_at,
            changed.scheduled_at,
            changed.last_command_at,
        )
    except asyncpg.UniqueViolationError:
        return None


async def delete(tx: Tx, user_id: UUID, session_id: UUID) -> UUID | None:
    """Delete a session; return the subject that it was counted for."""
    return await tx.one(_DELETE, user_id, session_id)


async def counted_under(tx: Tx, user_id: UUID, session_id: UUID) -> UUID | None:
    """Return the subject that a completed session was counted for."""
    return await tx.one(_COUNTED_UNDER, user_id, session_id)


async def overdue(tx: Tx, *, at: datetime, limit: int) -> list[UUID]:
    """Return the students who forgot a session; needs the system purpose `tidy`."""
    return await tx.all(_OVERDUE, at, limit)


def _encoded_notes(session: FocusSession) -> str:
    return msgspec.json.encode(session.interruption_notes).decode()
