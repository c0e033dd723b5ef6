"""Every statement on single tasks."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from studyteddy.features.tasks.schemas import NewTask, Task
from studyteddy.platform.db import Nothing, Reader, Statement, Tx
from studyteddy.platform.personal import exported
from studyteddy.platform.words import vector

COLUMNS = """
       t.id, t.title, t.description, t.subject_id, s.name, t.status, t.priority, t.due_date, t.due_at, t.due_zone,
       t.start_date, t.estimated_minutes, t.actual_minutes, t.labels, t.subtask_count, t.subtasks_completed,
       t.completed_at, t.completed_on, t.on_time, t.completions, t.created_at, t.updated_at"""

FROM = "FROM tasks AS t LEFT JOIN subjects AS s ON s.user_id = t.user_id AND s.id = t.subject_id"

RETURNING = "RETURNING" + COLUMNS.replace(
    "s.name", "(SELECT name FROM subjects WHERE user_id = t.user_id AND id = t.subject_id)"
)

_GET = Statement(Task, f"SELECT {COLUMNS} {FROM} WHERE t.user_id = $1 AND t.id = $2")

_LOCK = Statement(Task, f"{_GET.sql} FOR UPDATE OF t")

# A due date without a subject of the same owner is refused here and by the composite foreign key.
_ADD = Statement(
    Task,
    f"""
INSERT INTO tasks AS t (user_id, id, title, description, subject_id, priority, due_date, due_at, due_zone, start_date,
                        estimated_minutes, labels, created_at, updated_at, words)
SELECT $1, $2, $3, $4, $5, $6, $7, $8,
       CASE WHEN $7 IS NOT NULL OR $8 IS NOT NULL THEN coalesce($9, (SELECT time_zone FROM users WHERE id = $1)) END,
       $10, $11, $12, $13, $13, $14
 WHERE $5 IS NULL OR EXISTS (SELECT FROM subjects WHERE user_id = $1 AND id = $5)
{RETURNING}""".replace("$5", "$5::uuid")
    .replace("$7", "$7::date")
    .replace("$8", "$8::timestamptz"),
)

_UPDATE = Statement(
    Task,
    f"""
UPDATE tasks AS t SET title = $3, description = $4, subject_id = $5::uuid, status = $6, priority = $7,
       due_date = $8::date, due_at = $9::timestamptz, start_date = $11, estimated_minutes = $12, labels = $13,
       updated_at = $14, words = $15::tsvector || ts_filter(t.words, '{{c}}'),
       due_zone = CASE WHEN $8::date IS NOT NULL OR $9::timestamptz IS NOT NULL
                       THEN coalesce($10, (SELECT time_zone FROM users WHERE id = $1)) END
 WHERE t.user_id = $1 AND t.id = $2
   AND ($5::uuid IS NULL OR EXISTS (SELECT FROM subjects WHERE user_id = $1 AND id = $5::uuid))
{RETURNING}""",
)

# The student's local date is fixed here, in their zone and by their day start.
_MARK_COMPLETED = Statement(
    Task,
    f"""
UPDATE tasks AS t SET status = 'completed', completed_at = $3, completed_on = today.day, updated_at = $3,
       completions = t.completions + 1, completed_under = t.subject_id,
       on_time = CASE WHEN t.due_at IS NOT NULL THEN $3 <= t.due_at ELSE today.day <= t.due_date END
  FROM (SELECT (($3::timestamptz AT TIME ZONE time_zone) - make_interval(mins => day_start))::date AS day
          FROM users WHERE id = $1) AS today
 WHERE t.user_id = $1 AND t.id = $2 AND t.status <> 'completed'
{RETURNING}""",
)

_MARK_REOPENED = Statement(
    Task,
    f"""
UPDATE tasks AS t SET status = 'pending', completed_at = NULL, completed_on = NULL, on_time = NULL, updated_at = $3
 WHERE t.user_id = $1 AND t.id = $2 AND t.status = 'completed'
{RETURNING}""",
)

_COMPLETED_UNDER = Statement(UUID, "SELECT completed_under FROM tasks WHERE user_id = $1 AND id = $2")

_DELETE = Statement(Nothing, "DELETE FROM tasks WHERE user_id = $1 AND id = $2")


HOLDINGS = [
    exported(
        "tasks",
        "id, subject_id, title, description, status, priority, due_date, due_at, due_zone, start_date,"
        " estimated_minutes, actual_minutes, labels, completed_at, completed_on, on_time, completions, created_at,"
        " updated_at",
    ),
]


async def get(reader: Reader, user_id: UUID, task_id: UUID) -> Task | None:
    return await reader.one(_GET, user_id, task_id)


async def lock(tx: Tx, user_id: UUID, task_id: UUID) -> Task | None:
    return await tx.one(_LOCK, user_id, task_id)


async def add(tx: Tx, user_id: UUID, task_id: UUID, new: NewTask, *, at: datetime) -> Task | None:
    """The new task, or nothing when its subject is not the user's."""
    return await tx.one(
        _ADD, user_id, task_id, new.title, new.description, new.subject_id, new.priority, new.due_date, new.due_at,
        new.due_zone, new.start_date, new.estimated_minutes, new.labels, at, _words(new),
    )  # fmt: skip


async def update(tx: Tx, user_id: UUID, changed: Task, *, at: datetime) -> Task | None:
    """The task as changed, or nothing when its subject is not the user's."""
    return await tx.one(
        _UPDATE, user_id, changed.id, changed.title, changed.description, changed.subject_id, changed.status,
        changed.priority, changed.due_date, changed.due_at, changed.due_zone, changed.start_date,
        changed.estimated_minutes, changed.labels, at, _words(changed),
    )  # fmt: skip


def _words(task: NewTask | Task) -> str:
    """What a task is found by, of its own; the words of its steps have the weight C."""
    return vector((task.title, "A"), (" ".join(task.labels), "B"), (task.description, "D"))


async def mark_completed(tx: Tx, user_id: UUID, task_id: UUID, *, at: datetime) -> Task | None:
    """The task, completed now; nothing when there is none that is open."""
    return await tx.one(_MARK_COMPLETED, user_id, task_id, at)


async def completed_under(tx: Tx, user_id: UUID, task_id: UUID) -> UUID | None:
    """The subject that the task had when it was completed."""
    return await tx.one(_COMPLETED_UNDER, user_id, task_id)


async def mark_reopened(tx: Tx, user_id: UUID, task_id: UUID, *, at: datetime) -> Task | None:
    """The task, open now; nothing when there is none that was completed."""
    return await tx.one(_MARK_REOPENED, user_id, task_id, at)


async def delete(tx: Tx, user_id: UUID, task_id: UUID) -> bool:
    return await tx.do(_DELETE, user_id, task_id) == 1
