"""SQL statements for the subjects that a student has chosen for courses."""

from __future__ import annotations

from uuid import UUID

from studyteddy.features.calendar.schemas.courses import ChosenSubject, CourseTask, StoredCourse
from studyteddy.platform.db.statements import Nothing, Reader, Statement
from studyteddy.platform.db.transaction import Tx
from studyteddy.platform.privacy.data_export import exported

_OF_FEED = Statement(
    StoredCourse,
    """
SELECT e.course, count(*)::int AS events, bool_or(c.course IS NOT NULL) AS chosen,
       (array_agg(c.subject_id))[1] AS subject_id
  FROM calendar_events AS e
  LEFT JOIN calendar_courses AS c ON c.user_id = e.user_id AND c.course = e.course
 WHERE e.user_id = $1 AND e.feed_id = $2 AND e.course <> '' AND e.removed_at IS NULL
 GROUP BY e.course ORDER BY count(*) DESC, e.course LIMIT 100""",
)

_CHOSEN = Statement(ChosenSubject, "SELECT course, subject_id FROM calendar_courses WHERE user_id = $1 LIMIT 1000")

_GET = Statement(ChosenSubject, "SELECT course, subject_id FROM calendar_courses WHERE user_id = $1 AND course = $2")

_CHOOSE = Statement(
    Nothing,
    """
INSERT INTO calendar_courses (user_id, course, subject_id) VALUES ($1, $2, $3)
ON CONFLICT (user_id, course) DO UPDATE SET subject_id = EXCLUDED.subject_id""",
)

_COUNT = Statement(int, "SELECT count(*)::int FROM calendar_courses WHERE user_id = $1")

_TO_FOLLOW = Statement(
    CourseTask,
    """
SELECT e.id AS event_id, t.id AS task_id, e.subject_id AS given, c.subject_id AS chosen
  FROM calendar_events AS e
  JOIN calendar_courses AS c ON c.user_id = e.user_id AND c.course = e.course
  JOIN tasks AS t ON t.user_id = e.user_id AND t.id = e.task_id
 WHERE e.user_id = $1 AND e.feed_id = $2 AND e.subject_id IS DISTINCT FROM c.subject_id
 ORDER BY e.id LIMIT $3""",
)

_RECORD = Statement(Nothing, "UPDATE calendar_events SET subject_id = $3 WHERE user_id = $1 AND id = $2")

DATA_EXPORTS = [exported("calendar_courses", "course, subject_id", order="course")]


async def of_feed(reader: Reader, user_id: UUID, feed_id: UUID) -> list[StoredCourse]:
    """Return the courses that a calendar names, those with most events first."""
    return await reader.all(_OF_FEED, user_id, feed_id)


async def chosen(reader: Reader, user_id: UUID) -> list[ChosenSubject]:
    """Return the subjects that were chosen for courses."""
    return await reader.all(_CHOSEN, user_id)


async def get(tx: Tx, user_id: UUID, course: str) -> ChosenSubject | None:
    """Return what was chosen for a course."""
    return await tx.one(_GET, user_id, course)


async def choose(tx: Tx, user_id: UUID, course: str, subject_id: UUID | None) -> None:
    await tx.do(_CHOOSE, user_id, course, subject_id)


async def count(tx: Tx, user_id: UUID) -> int:
    """Return for how many courses something was chosen."""
    return await tx.one(_COUNT, user_id) or 0


async def to_follow(tx: Tx, user_id: UUID, feed_id: UUID, *, limit: int) -> list[CourseTask]:
    """Return tasks of a calendar that were given another subject than was chosen for their courses since."""
    return await tx.all(_TO_FOLLOW, user_id, feed_id, limit)


async def record(tx: Tx, user_id: UUID, event_id: UUID, subject_id: UUID | None) -> None:
    """Record the subject that the task of an event was given."""
    await tx.do(_RECORD, user_id, event_id, subject_id)
