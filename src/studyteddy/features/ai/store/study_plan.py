"""SQL statement for the tasks of a study plan."""

from __future__ import annotations

from datetime import date
from uuid import UUID

from studyteddy.features.ai.schemas.study_plan import PlannableTask
from studyteddy.platform.db.statements import Reader, Statement

MAX_TASKS = 1000
"""Open tasks that a plan considers, those that are due first."""

_OPEN = Statement(
    PlannableTask,
    f"""
SELECT id, title, coalesce(due_date, (due_at AT TIME ZONE $2)::date) AS due_date,
       greatest(coalesce(estimated_minutes, $3) - actual_minutes, 15) AS minutes, actual_minutes > 0 AS started,
       start_date
  FROM tasks
 WHERE user_id = $1 AND status IN ('pending', 'in_progress') AND ($4::uuid IS NULL OR subject_id = $4)
   AND (start_date IS NULL OR start_date < $5)
 ORDER BY coalesce(due_date, (due_at AT TIME ZONE $2)::date) NULLS LAST,
       array_position(ARRAY['urgent', 'high', 'medium', 'low'], priority), created_at, id
 LIMIT {MAX_TASKS}""",
)


async def open_tasks(
    reader: Reader, user_id: UUID, *, time_zone: str, default_minutes: int, subject_id: UUID | None, until: date
) -> list[PlannableTask]:
    """Return open tasks that start before a day, those that are due first first.

    Without an estimate, they take `default_minutes`.
    """
    return await reader.all(_OPEN, user_id, time_zone, default_minutes, subject_id, until)
