"""SQL statements for the published calendar, which read but never write tasks and focus sessions."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from studyteddy.features.calendar.schemas.published_feed import DueTask, NewPublishedFeed, PlannedSession, StoredFeed
from studyteddy.platform.db.statements import Nothing, Reader, Statement
from studyteddy.platform.db.transaction import Tx
from studyteddy.platform.privacy.data_export import exported

_FEED = "generation, subject_id, titles_hidden, alarm_minutes, created_at, read_at"

_PUT = Statement(
    StoredFeed,
    f"""
INSERT INTO published_feeds (user_id, generation, subject_id, titles_hidden, alarm_minutes, created_at)
VALUES ($1, $2, $3, $4, $5, $6)
ON CONFLICT (user_id) DO UPDATE
   SET generation = EXCLUDED.generation, subject_id = EXCLUDED.subject_id, titles_hidden = EXCLUDED.titles_hidden,
       alarm_minutes = EXCLUDED.alarm_minutes, created_at = EXCLUDED.created_at, read_at = NULL
RETURNING {_FEED}""",
)

_GET = Statement(StoredFeed, f"SELECT {_FEED} FROM published_feeds WHERE user_id = $1")

_READ = Statement(
    StoredFeed,
    """
SELECT f.generation, f.subject_id, f.titles_hidden, f.alarm_minutes, f.created_at, f.read_at
  FROM published_feeds AS f JOIN users AS u ON u.id = f.user_id
 WHERE f.user_id = $1 AND f.generation = $2 AND u.id = $1 AND u.disabled_at IS NULL""",
)

_RECORD_READ = Statement(
    Nothing,
    """
UPDATE published_feeds SET read_at = $2
 WHERE user_id = $1 AND (read_at IS NULL OR read_at < $2::timestamptz - interval '1 hour')""",
)

_DELETE = Statement(Nothing, "DELETE FROM published_feeds WHERE user_id = $1")

_SESSIONS = Statement(
    PlannedSession,
    """
SELECT s.id, t.title, j.name AS subject, s.begins_at AS starts_at,
       s.planned_minutes::int AS minutes, greatest(s.updated_at, t.updated_at, j.updated_at) AS updated_at
  FROM focus_sessions AS s
  LEFT JOIN tasks AS t ON t.user_id = s.user_id AND t.id = s.task_id
  LEFT JOIN subjects AS j ON j.user_id = s.user_id AND j.id = coalesce(s.subject_id, t.subject_id)
 WHERE s.user_id = $1 AND s.begins_at >= $2 AND s.begins_at < $3 AND s.status <> 'cancelled'
   AND ($4::uuid IS NULL OR coalesce(s.subject_id, t.subject_id) = $4)
 ORDER BY s.begins_at, s.id LIMIT $5""",
)

_TASKS = Statement(
    DueTask,
    """
SELECT t.id, t.title, t.description, j.name AS subject, t.due_date, t.due_at,
       greatest(t.updated_at, j.updated_at) AS updated_at
  FROM tasks AS t LEFT JOIN subjects AS j ON j.user_id = t.user_id AND j.id = t.subject_id
 WHERE t.user_id = $1 AND t.due_sort >= $2 AND t.due_sort < $3 AND t.status IN ('pending', 'in_progress')
   AND ($4::uuid IS NULL OR t.subject_id = $4)
 ORDER BY t.due_sort, t.id LIMIT $5""",
)

DATA_EXPORTS = [
    exported("published_feeds", "subject_id, titles_hidden, alarm_minutes, created_at, read_at", order="user_id")
]


async def put(tx: Tx, user_id: UUID, new: NewPublishedFeed, *, generation: bytes, at: datetime) -> StoredFeed:
    """Publish the calendar, or replace its address and what it shows."""
    put = await tx.one(_PUT, user_id, generation, new.subject_id, new.titles_hidden, new.alarm_minutes, at)
    assert put is not None
    return put


async def get(reader: Reader, user_id: UUID) -> StoredFeed | None:
    return await reader.one(_GET, user_id)


async def read(tx: Tx, user_id: UUID, generation: bytes) -> StoredFeed | None:
    """Return the published calendar of an account that isn't disabled, and record that it was read."""
    found = await tx.one(_READ, user_id, generation)
    if found is not None:
        await tx.do(_RECORD_READ, user_id, tx.now)
    return found


async def delete(tx: Tx, user_id: UUID) -> bool:
    return await tx.do(_DELETE, user_id) == 1


async def sessions(
    reader: Reader, user_id: UUID, *, start: datetime, end: datetime, subject_id: UUID | None, limit: int
) -> list[PlannedSession]:
    """Return the focus sessions of a time, the earliest first."""
    return await reader.all(_SESSIONS, user_id, start, end, subject_id, limit)


async def tasks(
    reader: Reader, user_id: UUID, *, start: datetime, end: datetime, subject_id: UUID | None, limit: int
) -> list[DueTask]:
    """Return the open tasks that are due in a time, the earliest first."""
    return await reader.all(_TASKS, user_id, start, end, subject_id, limit)
