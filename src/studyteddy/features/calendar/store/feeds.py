"""SQL statements for the calendars that a student subscribes to."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

import msgspec

from studyteddy.features.calendar.schemas.feeds import DueFeed, Feed, FeedChange, StoredFeed
from studyteddy.platform.db.statements import Nothing, Reader, Statement
from studyteddy.platform.db.transaction import Tx
from studyteddy.platform.privacy.data_export import exported
from studyteddy.platform.privacy.retention import expiring
from studyteddy.platform.security.encryption import SealedColumn
from studyteddy.platform.web.pagination import Position

SEALED_COLUMNS = [SealedColumn("calendar_feeds", "address")]

_FEED = "id, name, host, subject_id, last_run, next_run, added, changed, removed, problems, failures, created_at"

_STORED = "id, name, address, host, subject_id, failures, etag, last_modified, asked_at, read_at, last_run"

_ALL = Statement(Feed, f"SELECT {_FEED} FROM calendar_feeds WHERE user_id = $1 ORDER BY created_at, id")

_GET = Statement(Feed, f"SELECT {_FEED} FROM calendar_feeds WHERE user_id = $1 AND id = $2")

_STORED_FEED = Statement(StoredFeed, f"SELECT {_STORED} FROM calendar_feeds WHERE user_id = $1 AND id = $2")

_LOCK = Statement(StoredFeed, f"{_STORED_FEED.sql} FOR UPDATE")

_OF_USER = Statement(StoredFeed, f"SELECT {_STORED} FROM calendar_feeds WHERE user_id = $1 LIMIT 100")

_ADD = Statement(
    Feed,
    f"""
INSERT INTO calendar_feeds (user_id, id, name, address, host, subject_id, asked_at, next_run, added, changed, removed,
       problems, failures, etag, last_modified, created_at)
VALUES ($1, $2, left($3, 200), $4, $3, $5, $6, $7, 0, 0, 0, '{{}}', 0, '', '', $6) RETURNING {_FEED}""",
)

_ASK = Statement(
    Nothing,
    """
UPDATE calendar_feeds SET asked_at = $3, next_run = $4 WHERE user_id = $1 AND id = $2 AND (NOT $5 OR next_run <= $3)""",
)

_RECORD = Statement(
    Feed,
    f"""
UPDATE calendar_feeds
   SET name = $3, last_run = $4, next_run = $5, added = coalesce($6, added), changed = coalesce($7, changed),
       removed = coalesce($8, removed), problems = $9, failures = $10, etag = $11, last_modified = $12,
       read_at = CASE WHEN $13 THEN $4 ELSE read_at END
 WHERE user_id = $1 AND id = $2 RETURNING {_FEED}""",
)

_MOVE = Statement(
    Nothing,
    """
UPDATE calendar_feeds
   SET address = $3, host = $4, etag = '', last_modified = '', failures = 0, problems = '{}', asked_at = $5,
       next_run = $6
 WHERE user_id = $1 AND id = $2""",
)

_SET_SUBJECT = Statement(Nothing, "UPDATE calendar_feeds SET subject_id = $3 WHERE user_id = $1 AND id = $2")

_DELETE = Statement(Nothing, "DELETE FROM calendar_feeds WHERE user_id = $1 AND id = $2")

_DUE = Statement(DueFeed, "SELECT user_id, id FROM calendar_feeds WHERE next_run <= $1 ORDER BY next_run LIMIT $2")

_CHANGES = Statement(
    FeedChange,
    """
SELECT c.id, c.kind, c.title, c.before, c.after, c.task_id, c.at, c.id::text AS sort_key
  FROM calendar_changes AS c
 WHERE c.user_id = $1 AND c.feed_id = $2 AND ($4::uuid IS NULL OR c.id < $4) ORDER BY c.id DESC LIMIT $3""",
)

_ADD_CHANGES = Statement(
    Nothing,
    """
INSERT INTO calendar_changes (user_id, id, feed_id, kind, title, before, after, task_id, at)
SELECT $1, c.id, $2, c.kind, c.title, c.before, c.after, c."taskId", c.at
  FROM jsonb_to_recordset($3::text::jsonb) AS c(id uuid, kind text, title text, before text, after text, "taskId" uuid,
       at timestamptz)""",
)

DATA_EXPORTS = [
    exported("calendar_feeds", f"{_FEED}, etag, last_modified"),
    exported("calendar_changes", "id, feed_id, kind, title, before, after, task_id, at"),
]
RETENTION = [expiring("calendar_changes", "(user_id, id)", "at < now() - interval '90 days'")]


class Run(msgspec.Struct, frozen=True, kw_only=True):
    """What is recorded of reading a calendar. Counts are None if nothing changed."""

    name: str
    next_run: datetime
    added: int | None = None
    changed: int | None = None
    removed: int | None = None
    problems: Sequence[str] = ()
    failures: int = 0
    etag: str = ""
    last_modified: str = ""
    was_read: bool = False
    """Whether its events were read: not if it is unchanged, or can't be read."""


async def all_of(reader: Reader, user_id: UUID) -> list[Feed]:
    """Return the calendars of a student, the oldest first."""
    return await reader.all(_ALL, user_id)


async def get(reader: Reader, user_id: UUID, feed_id: UUID) -> Feed | None:
    return await reader.one(_GET, user_id, feed_id)


async def stored(reader: Reader, user_id: UUID, feed_id: UUID) -> StoredFeed | None:
    """Return what reading a calendar needs to know of it."""
    return await reader.one(_STORED_FEED, user_id, feed_id)


async def lock(tx: Tx, user_id: UUID, feed_id: UUID) -> StoredFeed | None:
    return await tx.one(_LOCK, user_id, feed_id)


async def stored_of(tx: Tx, user_id: UUID) -> list[StoredFeed]:
    """Return the calendars of a student with their sealed addresses."""
    return await tx.all(_OF_USER, user_id)


async def add(
    tx: Tx, user_id: UUID, feed_id: UUID, *, host: str, address: bytes, subject_id: UUID | None, next_run: datetime
) -> Feed:
    """Add a calendar with its sealed address."""
    added = await tx.one(_ADD, user_id, feed_id, host, address, subject_id, tx.now, next_run)
    assert added is not None
    return added


async def ask(tx: Tx, user_id: UUID, feed_id: UUID, *, next_run: datetime, only_due: bool) -> bool:
    """Record that a calendar is to be read now; return False if it isn't there, or not due if `only_due`."""
    return await tx.do(_ASK, user_id, feed_id, tx.now, next_run, only_due) == 1


async def move(tx: Tx, user_id: UUID, feed_id: UUID, *, host: str, address: bytes, next_run: datetime) -> None:
    """Replace the sealed address of a calendar, which is to be read now, in full."""
    await tx.do(_MOVE, user_id, feed_id, address, host, tx.now, next_run)


async def set_subject(tx: Tx, user_id: UUID, feed_id: UUID, subject_id: UUID | None) -> None:
    await tx.do(_SET_SUBJECT, user_id, feed_id, subject_id)


async def record(tx: Tx, user_id: UUID, feed_id: UUID, run: Run) -> Feed:
    """Record that a calendar, which must be locked, was read or couldn't be."""
    recorded = await tx.one(
        _RECORD,
        user_id,
        feed_id,
        run.name,
        tx.now,
        run.next_run,
        run.added,
        run.changed,
        run.removed,
        list(run.problems),
        run.failures,
        run.etag,
        run.last_modified,
        run.was_read,
    )
    assert recorded is not None
    return recorded


async def delete(tx: Tx, user_id: UUID, feed_id: UUID) -> bool:
    return await tx.do(_DELETE, user_id, feed_id) == 1


async def due(tx: Tx, *, at: datetime, limit: int) -> list[DueFeed]:
    """Return the calendars of all students that are to be read; needs the system purpose `tidy`."""
    return await tx.all(_DUE, at, limit)


async def changes(
    reader: Reader, user_id: UUID, feed_id: UUID, *, after: Position | None, limit: int
) -> list[tuple[FeedChange, str]]:
    """Return what changed in a calendar, the latest first, each with its sort key."""
    return await reader.keyed(_CHANGES, user_id, feed_id, limit, after.id if after else None)


async def add_changes(tx: Tx, user_id: UUID, feed_id: UUID, changes: Sequence[FeedChange]) -> None:
    await tx.do(_ADD_CHANGES, user_id, feed_id, msgspec.json.encode(changes).decode())
