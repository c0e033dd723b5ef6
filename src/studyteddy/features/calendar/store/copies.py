"""SQL statements for focus sessions in calendars of others, and for the conflicts of both sides."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from studyteddy.features.calendar.schemas.conflicts import CalendarConflict, Copy, Kind, Planned
from studyteddy.platform.db.statements import Nothing, Reader, Statement
from studyteddy.platform.db.transaction import Tx
from studyteddy.platform.privacy.data_export import exported
from studyteddy.platform.privacy.retention import expiring
from studyteddy.platform.web.pagination import Position

_CONFLICT = "id, account_id, session_id, kind, title, here, there, kept, at, reversed_at"

_OF_CALENDAR = Statement(
    Copy,
    """
SELECT c.session_id, c.ref, c.etag, c.title, c.starts_at, c.ends_at, c.own_title, s.status
  FROM calendar_copies AS c LEFT JOIN focus_sessions AS s ON s.user_id = c.user_id AND s.id = c.session_id
 WHERE c.user_id = $1 AND c.calendar_id = $2 ORDER BY c.starts_at, c.session_id""",
)

_PUT = Statement(
    Nothing,
    """
INSERT INTO calendar_copies (user_id, calendar_id, session_id, ref, etag, title, starts_at, ends_at, own_title)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
ON CONFLICT (user_id, calendar_id, session_id) DO UPDATE
   SET ref = EXCLUDED.ref, etag = EXCLUDED.etag, title = EXCLUDED.title, starts_at = EXCLUDED.starts_at,
       ends_at = EXCLUDED.ends_at""",
)

_SET_OWN_TITLE = Statement(
    Nothing,
    """
UPDATE calendar_copies SET own_title = $4
 WHERE user_id = $1 AND session_id = $3
   AND calendar_id IN (SELECT id FROM account_calendars WHERE user_id = $1 AND account_id = $2)""",
)

_OWN_TITLE = Statement(
    str, "SELECT own_title FROM calendar_copies WHERE user_id = $1 AND calendar_id = $2 AND session_id = $3"
)

_ACCEPT_TITLE = Statement(
    Nothing, "UPDATE calendar_copies SET own_title = $4 WHERE user_id = $1 AND calendar_id = $2 AND session_id = $3"
)

_HAD_CONFLICT = Statement(
    bool,
    """
SELECT EXISTS (SELECT FROM calendar_conflicts
                WHERE user_id = $1 AND session_id = $2 AND kind = $3 AND here = $4 AND there = $5)""",
)

_ELSEWHERE = Statement(
    str,
    """
SELECT c.ref FROM calendar_copies AS c
 WHERE c.user_id = $1 AND c.calendar_id <> $2
   AND c.ref IN (SELECT ref FROM calendar_copies WHERE user_id = $1 AND calendar_id = $2)""",
)

_DELETE = Statement(Nothing, "DELETE FROM calendar_copies WHERE user_id = $1 AND calendar_id = $2 AND session_id = $3")

_FORGET = Statement(Nothing, "DELETE FROM calendar_copies WHERE user_id = $1 AND calendar_id = $2 AND ends_at < $3")

_PLANNED = Statement(
    Planned,
    """
SELECT s.id, t.title, s.begins_at AS starts_at, s.planned_minutes::int AS minutes
  FROM focus_sessions AS s LEFT JOIN tasks AS t ON t.user_id = s.user_id AND t.id = s.task_id
 WHERE s.user_id = $1 AND s.status = 'scheduled' AND s.begins_at >= $2 AND s.begins_at < $3
 ORDER BY s.begins_at, s.id LIMIT $4""",
)

_PLANNED_SESSION = Statement(
    Planned,
    """
SELECT s.id, t.title, s.begins_at AS starts_at, s.planned_minutes::int AS minutes
  FROM focus_sessions AS s LEFT JOIN tasks AS t ON t.user_id = s.user_id AND t.id = s.task_id
 WHERE s.user_id = $1 AND s.id = $2 AND s.status = 'scheduled'""",
)

_IS_SHOWN = Statement(
    bool,
    """
SELECT EXISTS (SELECT FROM focus_sessions WHERE user_id = $1 AND id = $2 AND status = 'scheduled')
    OR EXISTS (SELECT FROM calendar_copies AS c
                LEFT JOIN focus_sessions AS s ON s.user_id = c.user_id AND s.id = c.session_id
                WHERE c.user_id = $1 AND c.session_id = $2 AND (s.id IS NULL OR s.status = 'cancelled'))""",
)

_ADD_CONFLICT = Statement(
    CalendarConflict,
    f"""
INSERT INTO calendar_conflicts (user_id, id, account_id, session_id, kind, title, here, there, kept, at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) RETURNING {_CONFLICT}""",
)

_CONFLICTS = Statement(
    CalendarConflict,
    f"""
SELECT {_CONFLICT}, id::text AS sort_key FROM calendar_conflicts
 WHERE user_id = $1 AND ($3::uuid IS NULL OR id < $3) ORDER BY id DESC LIMIT $2""",
)

_LOCK_CONFLICT = Statement(
    CalendarConflict, f"SELECT {_CONFLICT} FROM calendar_conflicts WHERE user_id = $1 AND id = $2 FOR UPDATE"
)

_REVERSED = Statement(
    CalendarConflict,
    f"UPDATE calendar_conflicts SET reversed_at = $3 WHERE user_id = $1 AND id = $2 RETURNING {_CONFLICT}",
)

_FORGET_CONFLICTS = Statement(Nothing, "DELETE FROM calendar_conflicts WHERE user_id = $1 AND account_id = $2")

DATA_EXPORTS = [
    exported("calendar_copies", "calendar_id, session_id, title, starts_at, ends_at, own_title", order="session_id"),
    exported("calendar_conflicts", _CONFLICT),
]
RETENTION = [expiring("calendar_conflicts", "(user_id, id)", "at < now() - interval '90 days'")]


async def of_calendar(reader: Reader, user_id: UUID, calendar_id: UUID) -> list[Copy]:
    """Return what was written into a calendar, with the status that each session has now."""
    return await reader.all(_OF_CALENDAR, user_id, calendar_id)


async def put(tx: Tx, user_id: UUID, calendar_id: UUID, copy: Copy) -> None:
    """Keep how a session is in a calendar."""
    await tx.do(
        _PUT,
        user_id,
        calendar_id,
        copy.session_id,
        copy.ref,
        copy.etag,
        copy.title,
        copy.starts_at,
        copy.ends_at,
        copy.own_title,
    )


async def set_own_title(tx: Tx, user_id: UUID, account_id: UUID, session_id: UUID, title: str | None) -> None:
    """Set the title that a session has in the calendar of an account instead of its own."""
    await tx.do(_SET_OWN_TITLE, user_id, account_id, session_id, title)


async def own_title(tx: Tx, user_id: UUID, calendar_id: UUID, session_id: UUID) -> str | None:
    """Return the title that the student gave a session in a calendar, if that is kept."""
    return await tx.one(_OWN_TITLE, user_id, calendar_id, session_id)


async def accept_title(tx: Tx, user_id: UUID, calendar_id: UUID, session_id: UUID, title: str) -> None:
    """Let a session have another title in a calendar."""
    await tx.do(_ACCEPT_TITLE, user_id, calendar_id, session_id, title)


async def had_conflict(tx: Tx, user_id: UUID, session_id: UUID, kind: Kind, here: str, there: str) -> bool:
    """Return whether the same conflict was found before."""
    return await tx.one(_HAD_CONFLICT, user_id, session_id, kind, here, there) or False


async def elsewhere(reader: Reader, user_id: UUID, calendar_id: UUID) -> set[str]:
    """Return the refs that another account's calendar of ours has too: they are the same calendar."""
    return set(await reader.all(_ELSEWHERE, user_id, calendar_id))


async def delete(tx: Tx, user_id: UUID, calendar_id: UUID, session_id: UUID) -> None:
    await tx.do(_DELETE, user_id, calendar_id, session_id)


async def forget(tx: Tx, user_id: UUID, calendar_id: UUID, *, before: datetime) -> None:
    """Forget what is long past; it stays in the calendar."""
    await tx.do(_FORGET, user_id, calendar_id, before)


async def planned(reader: Reader, user_id: UUID, *, start: datetime, end: datetime, limit: int) -> list[Planned]:
    """Return the scheduled sessions of a time, the earliest first."""
    return await reader.all(_PLANNED, user_id, start, end, limit)


async def planned_session(reader: Reader, user_id: UUID, session_id: UUID) -> Planned | None:
    """Return a session if it is scheduled."""
    return await reader.one(_PLANNED_SESSION, user_id, session_id)


async def is_shown(tx: Tx, user_id: UUID, session_id: UUID) -> bool:
    """Return whether a session should be in calendars, or is in one and shouldn't be."""
    return await tx.one(_IS_SHOWN, user_id, session_id) or False


async def add_conflict(tx: Tx, user_id: UUID, conflict: CalendarConflict) -> CalendarConflict:
    added = await tx.one(
        _ADD_CONFLICT,
        user_id,
        conflict.id,
        conflict.account_id,
        conflict.session_id,
        conflict.kind,
        conflict.title,
        conflict.here,
        conflict.there,
        conflict.kept,
        conflict.at,
    )
    assert added is not None
    return added


async def conflicts(
    reader: Reader, user_id: UUID, *, after: Position | None, limit: int
) -> list[tuple[CalendarConflict, str]]:
    """Return the conflicts, the latest first, each with its sort key."""
    return await reader.keyed(_CONFLICTS, user_id, limit, after.id if after else None)


async def forget_conflicts(tx: Tx, user_id: UUID, account_id: UUID) -> None:
    await tx.do(_FORGET_CONFLICTS, user_id, account_id)


async def lock_conflict(tx: Tx, user_id: UUID, conflict_id: UUID) -> CalendarConflict | None:
    return await tx.one(_LOCK_CONFLICT, user_id, conflict_id)


async def reversed_(tx: Tx, user_id: UUID, conflict_id: UUID) -> CalendarConflict:
    """Record that the other change was chosen."""
    found = await tx.one(_REVERSED, user_id, conflict_id, tx.now)
    assert found is not None
    return found
