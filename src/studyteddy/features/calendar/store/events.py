"""SQL statements for the events of calendars, and for the focus sessions that take time beside them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from uuid import UUID

import msgspec

from studyteddy.features.calendar.schemas.events import Slot
from studyteddy.features.calendar.schemas.feeds import CalendarEvent, ResourceEvent, ResourceTag, StoredEvent
from studyteddy.platform.db.statements import Nothing, Reader, Statement
from studyteddy.platform.db.transaction import Tx
from studyteddy.platform.privacy.data_export import exported
from studyteddy.platform.privacy.retention import expiring

_BATCH = 1000
"""Events that one statement writes."""

_OF_FEED = Statement(
    StoredEvent,
    """
SELECT id, uid, recurrence_id, title, description, location, url, starts_at, ends_at, start_date, end_date, busy,
       deadline, task_id, had_task, removed_at IS NOT NULL AS is_removed, course, subject_id
  FROM calendar_events WHERE user_id = $1 AND feed_id = $2""",
)

_PUT = Statement(
    Nothing,
    """
INSERT INTO calendar_events (user_id, feed_id, id, uid, recurrence_id, title, description, location, url, starts_at,
       ends_at, start_date, end_date, busy, deadline, task_id, had_task, course, subject_id)
SELECT $1, $2, e.id, e.uid, e.recurrence_id, e.title, e.description, e.location, e.url, e.starts_at, e.ends_at,
       e.start_date, e.end_date, e.busy, e.deadline, e.task_id, e.had_task, e.course, e.subject_id
  FROM jsonb_to_recordset($3::text::jsonb) AS e(id uuid, uid text, recurrence_id text, title text, description text,
       location text, url text, starts_at timestamptz, ends_at timestamptz, start_date date, end_date date,
       busy boolean, deadline boolean, task_id uuid, had_task boolean, course text, subject_id uuid)
ON CONFLICT (user_id, id) DO UPDATE
   SET recurrence_id = EXCLUDED.recurrence_id, title = EXCLUDED.title, description = EXCLUDED.description,
       location = EXCLUDED.location, url = EXCLUDED.url,
       starts_at = EXCLUDED.starts_at, ends_at = EXCLUDED.ends_at, start_date = EXCLUDED.start_date,
       end_date = EXCLUDED.end_date, busy = EXCLUDED.busy, deadline = EXCLUDED.deadline, task_id = EXCLUDED.task_id,
       had_task = EXCLUDED.had_task, course = EXCLUDED.course, subject_id = EXCLUDED.subject_id,
       removed_at = NULL""",
)

_REMOVE = Statement(
    Nothing, "UPDATE calendar_events SET removed_at = $4 WHERE user_id = $1 AND feed_id = $2 AND id = ANY($3::uuid[])"
)

# The latest of those that were removed are known again if they come back.
_FORGET = Statement(
    Nothing,
    """
DELETE FROM calendar_events
 WHERE user_id = $1 AND feed_id = $2
   AND (ends_at < $3 OR end_date < $4 OR id IN (
        SELECT r.id FROM calendar_events AS r
         WHERE r.user_id = $1 AND r.feed_id = $2 AND r.removed_at IS NOT NULL
         ORDER BY r.removed_at DESC, r.id OFFSET $5))""",
)

# What a resource doesn't contain any more goes first: an occurrence may have taken the place of another.
_DROP = Statement(
    Nothing,
    """
DELETE FROM calendar_events AS e
 WHERE e.user_id = $1 AND e.calendar_id = $2 AND e.ref = ANY($3::text[])
   AND NOT EXISTS (SELECT FROM jsonb_to_recordset($4::text::jsonb) AS n(ref text, recurrence_id text)
                    WHERE n.ref = e.ref AND n.recurrence_id = e.recurrence_id)""",
)

_PUT_RESOURCES = Statement(
    Nothing,
    """
INSERT INTO calendar_events (user_id, calendar_id, id, ref, etag, uid, recurrence_id, title, description, location, url,
       starts_at, ends_at, start_date, end_date, busy, deadline)
SELECT $1, $2, gen_random_uuid(), e.ref, e.etag, e.uid, e.recurrence_id, e.title, e.description, e.location, e.url,
       e.starts_at, e.ends_at, e.start_date, e.end_date, e.is_busy, false
  FROM jsonb_to_recordset($3::text::jsonb) AS e(ref text, etag text, uid text, recurrence_id text, title text,
       description text, location text, url text, starts_at timestamptz, ends_at timestamptz, start_date date,
       end_date date, is_busy boolean)
ON CONFLICT (user_id, calendar_id, ref, recurrence_id) WHERE calendar_id IS NOT NULL DO UPDATE
   SET uid = EXCLUDED.uid, etag = EXCLUDED.etag, title = EXCLUDED.title, description = EXCLUDED.description,
       location = EXCLUDED.location, url = EXCLUDED.url, starts_at = EXCLUDED.starts_at, ends_at = EXCLUDED.ends_at,
       start_date = EXCLUDED.start_date, end_date = EXCLUDED.end_date, busy = EXCLUDED.busy""",
)

_SWEEP = Statement(
    Nothing,
    """
DELETE FROM calendar_events AS e
 WHERE e.user_id = $1 AND e.calendar_id = $2
   AND NOT EXISTS (SELECT FROM unnest($3::text[]) AS s(ref) WHERE s.ref = e.ref)""",
)

_TAGS = Statement(ResourceTag, "SELECT DISTINCT ref, etag FROM calendar_events WHERE user_id = $1 AND calendar_id = $2")

_COUNT_OF_CALENDAR = Statement(int, "SELECT count(*)::int FROM calendar_events WHERE user_id = $1 AND calendar_id = $2")

_BETWEEN = Statement(
    CalendarEvent,
    """
SELECT e.id, e.feed_id, e.calendar_id, e.title, e.description, e.location, e.url, e.starts_at, e.ends_at,
       e.start_date, e.end_date, e.busy, e.deadline, e.task_id
  FROM calendar_events AS e
 WHERE e.user_id = $1 AND e.removed_at IS NULL AND (NOT $6 OR e.busy)
   AND ((e.starts_at < $3 AND e.starts_at >= $2::timestamptz - interval '366 days'
         AND (e.ends_at > $2 OR e.starts_at >= $2))
        OR (e.start_date < $5 AND e.start_date >= $4::date - 366 AND e.end_date > $4))
 ORDER BY coalesce(e.starts_at, e.start_date::timestamptz), e.id LIMIT $7""",
)

# No session is planned for longer than a day.
_SESSIONS = Statement(
    Slot,
    """
SELECT s.begins_at AS starts_at,
       greatest(s.ends_at, s.begins_at + s.planned_minutes * interval '1 minute',
                CASE WHEN s.status <> 'scheduled' THEN $4::timestamptz END) AS ends_at
  FROM focus_sessions AS s
 WHERE s.user_id = $1 AND s.status IN ('scheduled', 'active', 'paused') AND s.begins_at < $3
   AND s.begins_at > $2::timestamptz - interval '25 hours' ORDER BY s.begins_at LIMIT 2000""",
)

DATA_EXPORTS = [
    exported(
        "calendar_events",
        "id, feed_id, calendar_id, title, description, location, url, starts_at, ends_at, start_date, end_date, busy,"
        " deadline, task_id, course",
    )
]
RETENTION = [expiring("calendar_events", "(user_id, id)", "removed_at < now() - interval '90 days'")]


async def of_feed(tx: Tx, user_id: UUID, feed_id: UUID) -> list[StoredEvent]:
    """Return all events of a calendar that were ever read, with those that were removed since."""
    return await tx.all(_OF_FEED, user_id, feed_id)


async def put(tx: Tx, user_id: UUID, feed_id: UUID, events: Sequence[StoredEvent]) -> None:
    """Add events, or replace what is kept of them."""
    for first in range(0, len(events), _BATCH):
        await tx.do(_PUT, user_id, feed_id, msgspec.json.encode(events[first : first + _BATCH]).decode())


async def remove(tx: Tx, user_id: UUID, feed_id: UUID, ids: Sequence[UUID]) -> None:
    """Mark events as removed: they are known again if they come back."""
    await tx.do(_REMOVE, user_id, feed_id, list(ids), tx.now)


async def forget(tx: Tx, user_id: UUID, feed_id: UUID, *, before: datetime, first: date, removed: int) -> None:
    """Delete events that ended before an instant, or before the day `first`, and all but the latest `removed` ones."""
    await tx.do(_FORGET, user_id, feed_id, before, first, removed)


async def replace(
    tx: Tx, user_id: UUID, calendar_id: UUID, refs: Sequence[str], events: Sequence[ResourceEvent]
) -> None:
    """Keep what resources of a calendar contain now; of those without an event, nothing is kept."""
    rows = msgspec.json.encode(events).decode()
    await tx.do(_DROP, user_id, calendar_id, list(refs), rows)
    await tx.do(_PUT_RESOURCES, user_id, calendar_id, rows)


async def sweep(tx: Tx, user_id: UUID, calendar_id: UUID, refs: Sequence[str]) -> None:
    """Delete the events of a calendar whose resources aren't among these."""
    await tx.do(_SWEEP, user_id, calendar_id, list(refs))


async def tags(reader: Reader, user_id: UUID, calendar_id: UUID) -> dict[str, str]:
    """Return the entity tag of each resource of a calendar that has events."""
    return {one.ref: one.etag for one in await reader.all(_TAGS, user_id, calendar_id)}


async def count_of_calendar(reader: Reader, user_id: UUID, calendar_id: UUID) -> int:
    return await reader.one(_COUNT_OF_CALENDAR, user_id, calendar_id) or 0


async def between(
    reader: Reader,
    user_id: UUID,
    *,
    start: datetime,
    end: datetime,
    first: date,
    last: date,
    only_busy: bool,
    limit: int,
) -> list[CalendarEvent]:
    """Return the events from `start` to `end`, and those of whole days from `first` to before `last`."""
    return await reader.all(_BETWEEN, user_id, start, end, first, last, only_busy, limit)


async def sessions(reader: Reader, user_id: UUID, *, start: datetime, end: datetime, now: datetime) -> list[Slot]:
    """Return when focus sessions that aren't finished take place; one that is running takes until now at least."""
    return await reader.all(_SESSIONS, user_id, start, end, now)
