"""SQL statements for the daily aggregates, which read but never write tasks and subjects."""

from __future__ import annotations

from datetime import date, datetime
from uuid import UUID

from studyteddy.features.analytics.schemas import DayProgress, StreakDay, SubjectCounts, SubjectShare, Totals
from studyteddy.platform.db.statements import Nothing, Reader, Statement
from studyteddy.platform.db.transaction import Tx
from studyteddy.platform.privacy.data_export import exported

NO_SUBJECT = UUID(int=0)

_COUNT = Statement(
    Nothing,
    """
INSERT INTO daily_progress AS d (user_id, day, subject_id, tasks_completed, with_due, on_time, began_at)
VALUES ($1, $2, $3, $4, $5, $6, $7)
ON CONFLICT (user_id, day, subject_id) DO UPDATE
   SET tasks_completed = d.tasks_completed + EXCLUDED.tasks_completed, with_due = d.with_due + EXCLUDED.with_due,
       on_time = d.on_time + EXCLUDED.on_time, began_at = coalesce(d.began_at, EXCLUDED.began_at),
       updated_at = now()""",
)

_UNCOUNT = Statement(
    Nothing,
    """
UPDATE daily_progress
   SET tasks_completed = tasks_completed - 1, with_due = with_due - $4, on_time = on_time - $5, updated_at = now()
 WHERE user_id = $1 AND day = $2 AND subject_id = $3 AND tasks_completed > 0""",
)

_COUNT_FOCUS = Statement(
    Nothing,
    """
INSERT INTO daily_progress AS d (user_id, day, subject_id, focused_minutes, late_minutes, began_at)
VALUES ($1, $2, $3, $4, $5, $6)
ON CONFLICT (user_id, day, subject_id) DO UPDATE
   SET focused_minutes = d.focused_minutes + EXCLUDED.focused_minutes,
       late_minutes = d.late_minutes + EXCLUDED.late_minutes, began_at = coalesce(d.began_at, EXCLUDED.began_at),
       updated_at = now()""",
)

_UNCOUNT_FOCUS = Statement(
    Nothing,
    """
UPDATE daily_progress
   SET focused_minutes = focused_minutes - $4, late_minutes = late_minutes - $5, updated_at = now()
 WHERE user_id = $1 AND day = $2 AND subject_id = $3 AND focused_minutes >= $4 AND late_minutes >= $5""",
)

_DAYS = Statement(
    DayProgress,
    """
SELECT day, sum(tasks_completed)::int, sum(focused_minutes)::int FROM daily_progress
 WHERE user_id = $1 AND day BETWEEN $2 AND $3 GROUP BY day ORDER BY day LIMIT 400""",
)

_COUNTING_DAYS = Statement(
    StreakDay,
    """
SELECT day, min(began_at) AS began_at FROM daily_progress WHERE user_id = $1
 GROUP BY day HAVING sum(tasks_completed) > 0 OR sum(focused_minutes - late_minutes) >= 25
 ORDER BY day""",
)

_TOTALS = Statement(
    Totals,
    """
SELECT coalesce(sum(focused_minutes), 0)::int, coalesce(sum(tasks_completed), 0)::int, coalesce(sum(with_due), 0)::int,
       coalesce(sum(on_time), 0)::int
  FROM daily_progress WHERE user_id = $1 AND day BETWEEN $2 AND $3""",
)

_MIX = Statement(
    SubjectShare,
    """
SELECT s.id, s.name, d.minutes, d.completed
  FROM (SELECT subject_id, sum(focused_minutes)::int AS minutes, sum(tasks_completed)::int AS completed
          FROM daily_progress WHERE user_id = $1 AND day BETWEEN $2 AND $3 GROUP BY subject_id) AS d
  LEFT JOIN subjects AS s ON s.user_id = $1 AND s.id = d.subject_id
 WHERE d.minutes > 0 OR d.completed > 0 ORDER BY d.minutes DESC, d.completed DESC, s.name COLLATE "C" LIMIT 200""",
)

_SUBJECT = Statement(
    SubjectCounts,
    """
SELECT t.open, t.completed, t.overdue, d.focused, d.with_due, d.on_time
  FROM subjects AS s
 CROSS JOIN LATERAL (
    SELECT (count(*) FILTER (WHERE status IN ('pending', 'in_progress')))::int AS open,
           (count(*) FILTER (WHERE status = 'completed'))::int AS completed,
           (count(*) FILTER (
               WHERE status IN ('pending', 'in_progress') AND (due_date < $3 OR due_at < $4)))::int AS overdue
      FROM tasks WHERE user_id = $1 AND subject_id = s.id) AS t
 CROSS JOIN LATERAL (
    SELECT coalesce(sum(focused_minutes) FILTER (WHERE day >= $5), 0)::int AS focused,
           coalesce(sum(with_due), 0)::int AS with_due, coalesce(sum(on_time), 0)::int AS on_time
      FROM daily_progress WHERE user_id = $1 AND subject_id = s.id) AS d
 WHERE s.user_id = $1 AND s.id = $2""",
)


DATA_EXPORTS = [
    exported(
        "daily_progress",
        "day, subject_id, tasks_completed, with_due, on_time, focused_minutes, late_minutes, began_at",
        order="day, subject_id",
    )
]


async def count(
    tx: Tx, user_id: UUID, day: date, subject_id: UUID | None, *, on_time: bool | None, began: datetime
) -> None:
    """Add a completed task to its day, which began at `began`."""
    counts = (1, int(on_time is not None), int(bool(on_time)))
    await tx.do(_COUNT, user_id, day, subject_id or NO_SUBJECT, *counts, began)


async def uncount(tx: Tx, user_id: UUID, day: date, subject_id: UUID | None, *, on_time: bool | None) -> bool:
    """Remove a completed task from its day; return False if none was counted."""
    counts = (int(on_time is not None), int(bool(on_time)))
    return await tx.do(_UNCOUNT, user_id, day, subject_id or NO_SUBJECT, *counts) == 1


async def count_focus(
    tx: Tx, user_id: UUID, day: date, subject_id: UUID | None, *, minutes: int, late: bool, began: datetime
) -> None:
    """Add focused minutes to their day, which began at `began`."""
    await tx.do(_COUNT_FOCUS, user_id, day, subject_id or NO_SUBJECT, minutes, minutes if late else 0, began)


async def uncount_focus(tx: Tx, user_id: UUID, day: date, subject_id: UUID | None, *, minutes: int, late: bool) -> bool:
    """Subtract focused minutes from their day; return False if they were not counted."""
    counts = (minutes, minutes if late else 0)
    return await tx.do(_UNCOUNT_FOCUS, user_id, day, subject_id or NO_SUBJECT, *counts) == 1


async def days(reader: Reader, user_id: UUID, first: date, last: date) -> list[DayProgress]:
    """Return the days of a range that have statistics."""
    return await reader.all(_DAYS, user_id, first, last)


async def counting_days(reader: Reader, user_id: UUID) -> list[StreakDay]:
    """Return every local day that counts towards a streak, in order."""
    return await reader.all(_COUNTING_DAYS, user_id)


async def totals(reader: Reader, user_id: UUID, first: date, last: date) -> Totals:
    return await reader.one(_TOTALS, user_id, first, last) or Totals(0, 0, 0, 0)


async def mix(reader: Reader, user_id: UUID, first: date, last: date) -> list[SubjectShare]:
    """Return the subjects of a range, most studied first."""
    return await reader.all(_MIX, user_id, first, last)


async def subject(
    reader: Reader, user_id: UUID, subject_id: UUID, *, today: date, now: datetime, week: date
) -> SubjectCounts | None:
    """Return the counts of a subject; None if it doesn't exist."""
    return await reader.one(_SUBJECT, user_id, subject_id, today, now, week)
