"""Every statement on single tasks."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec

from studyteddy.features.tasks.schemas import NewTask, Place, Recurrence, Task
from studyteddy.platform.db import Nothing, Reader, Statement, Tx
from studyteddy.platform.personal import exported
from studyteddy.platform.words import vector

COLUMNS = """
       t.id, t.title, t.description, t.subject_id, s.name, t.status, t.priority, t.due_date, t.due_at, t.due_zone,
       t.start_date, t.estimated_minutes, t.actual_minutes, t.labels, t.subtask_count, t.subtasks_completed,
       t.completed_at, t.completed_on, t.on_time, t.completions, t.series_id, t.occurrence, t.recurrence, t.created_at,
       t.updated_at"""
_NAMES = COLUMNS.replace("s.name", "subject_name").replace("t.", "")
_RECURRENCE = 22

_recurrence = msgspec.json.Decoder(Recurrence)
_encode = msgspec.json.Encoder().encode


def task(*columns: Any) -> Task:
    """A task of the columns of `COLUMNS`."""
    if columns[_RECURRENCE] is None:
        return Task(*columns)
    decoded = _recurrence.decode(columns[_RECURRENCE])
    return Task(*(*columns[:_RECURRENCE], decoded, *columns[_RECURRENCE + 1 :]))


FROM = "FROM tasks AS t LEFT JOIN subjects AS s ON s.user_id = t.user_id AND s.id = t.subject_id"

RETURNING = "RETURNING" + COLUMNS.replace(
    "s.name", "(SELECT name FROM subjects WHERE user_id = t.user_id AND id = t.subject_id) AS subject_name"
)

_GET = Statement(Task, f"SELECT {COLUMNS} {FROM} WHERE t.user_id = $1 AND t.id = $2", task)

# A command on a task of a series may go on to others of that series, or of the one that it was divided from: a user's
# commands on such tasks wait for each other before they lock any, so that no two wait for each other in a ring. So does
# the deletion of the subject that the next occurrence is to have.
_IN_TURN = """
WITH held AS MATERIALIZED (
    SELECT pg_advisory_xact_lock(hashtextextended($1::uuid::text, 13)) FROM tasks
     WHERE user_id = $1 AND id = $2 AND series_id IS NOT NULL
), kept AS MATERIALIZED (
    SELECT FROM subjects
     WHERE user_id = $1 AND id = (SELECT subject_id FROM task_series WHERE user_id = $1 AND id =
                                  (SELECT series_id FROM tasks WHERE user_id = $1 AND id = $2)) FOR KEY SHARE
)"""
_HELD = "(SELECT count(*) FROM held) + (SELECT count(*) FROM kept) >= 0"

_LOCK = Statement(Task, f"{_IN_TURN} {_GET.sql} AND {_HELD} FOR UPDATE OF t", task)

# A subject that is not the user's is refused here, as is one that somebody deletes just now: its row is held against
# that, as the foreign key does, but a little earlier. An occurrence that is there already stays as it is.
_ADD = Statement(
    Task,
    f"""
INSERT INTO tasks AS t (user_id, id, title, description, subject_id, priority, due_date, due_at, due_zone, start_date,
                        estimated_minutes, labels, created_at, updated_at, words, series_id, occurrence, recurrence,
                        follows)
SELECT $1, $2, $3, $4, $5, $6, $7, $8,
       CASE WHEN $7 IS NOT NULL OR $8 IS NOT NULL THEN coalesce($9, (SELECT time_zone FROM users WHERE id = $1)) END,
       $10, $11, $12, $13, $13, $14, $15, $16, $17, $18
 WHERE $5 IS NULL OR EXISTS (SELECT FROM subjects WHERE user_id = $1 AND id = $5 FOR KEY SHARE)
ON CONFLICT DO NOTHING
{RETURNING}""".replace("$5", "$5::uuid")
    .replace("$7", "$7::date")
    .replace("$8", "$8::timestamptz"),
    task,
)

# A subject that stays is not held: who deletes it waits for this task, and would be waited for.
# `$16` names the fields that this occurrence has for itself from now on, whatever becomes of its series.
_UPDATE = Statement(
    Task,
    f"""
UPDATE tasks AS t SET title = $3, description = $4, subject_id = $5::uuid, status = $6, priority = $7,
       due_date = $8::date, due_at = $9::timestamptz, start_date = $11, estimated_minutes = $12, labels = $13,
       updated_at = $14, words = $15::tsvector || ts_filter(t.words, '{{c}}'),
       overridden = array(SELECT unnest(t.overridden) UNION SELECT unnest($16::text[])),
       due_zone = CASE WHEN $8::date IS NOT NULL OR $9::timestamptz IS NOT NULL
                       THEN coalesce($10, (SELECT time_zone FROM users WHERE id = $1)) END
 WHERE t.user_id = $1 AND t.id = $2
   AND ($5::uuid IS NULL OR t.subject_id = $5::uuid
        OR EXISTS (SELECT FROM subjects WHERE user_id = $1 AND id = $5::uuid FOR KEY SHARE))
{RETURNING}""",
    task,
)

# The student's local date is fixed here, in their zone and by their day start. The history gets its line with it.
_MARK_COMPLETED = Statement(
    Task,
    f"""{_IN_TURN}, before AS (
    SELECT status FROM tasks WHERE user_id = $1 AND id = $2
), t AS (
    UPDATE tasks AS t SET status = 'completed', completed_at = $3, completed_on = today.day, updated_at = $3,
           completions = t.completions + 1, completed_under = t.subject_id,
           on_time = CASE WHEN t.due_at IS NOT NULL THEN $3 <= t.due_at ELSE today.day <= t.due_date END
      FROM (SELECT (($3::timestamptz AT TIME ZONE time_zone) - make_interval(mins => day_start))::date AS day
              FROM users WHERE id = $1) AS today
     WHERE t.user_id = $1 AND t.id = $2 AND t.status <> 'completed' AND {_HELD}
    {RETURNING}
), noted AS (
    INSERT INTO task_changes (user_id, task_id, id, at, kind, changes)
    SELECT $1, t.id, $4, $3, 'completed',
           jsonb_build_object('status', jsonb_build_object('before', before.status, 'after', t.status)) FROM t, before
)
SELECT {_NAMES} FROM t""",
    task,
)

_MARK_REOPENED = Statement(
    Task,
    f"""
WITH t AS (
    UPDATE tasks AS t
       SET status = $5, completed_at = NULL, completed_on = NULL, on_time = NULL, updated_at = $3
     WHERE t.user_id = $1 AND t.id = $2 AND t.status = 'completed'
    {RETURNING}
), noted AS (
    INSERT INTO task_changes (user_id, task_id, id, at, kind, changes)
    SELECT $1, id, $4, $3, 'reopened',
           jsonb_build_object('status', jsonb_build_object('before', 'completed', 'after', status)) FROM t
)
SELECT {_NAMES} FROM t""",
    task,
)

_COMPLETED_UNDER = Statement(UUID, "SELECT completed_under FROM tasks WHERE user_id = $1 AND id = $2")

_HOLD_SUBJECT = Statement(bool, "SELECT true FROM subjects WHERE user_id = $1 AND id = $2 FOR KEY SHARE")

_ADD_MINUTES = Statement(
    Task,
    f"""
UPDATE tasks AS t SET actual_minutes = greatest(0, t.actual_minutes + $3), updated_at = $4
 WHERE t.user_id = $1 AND t.id = $2
{RETURNING}""",
    task,
)

_DELETE = Statement(Nothing, "DELETE FROM tasks WHERE user_id = $1 AND id = $2")


_NONE = (None, None, None, None)

HOLDINGS = [
    exported(
        "tasks",
        "id, subject_id, title, description, status, priority, due_date, due_at, due_zone, start_date,"
        " estimated_minutes, actual_minutes, labels, completed_at, completed_on, on_time, completions, series_id,"
        " occurrence, recurrence, created_at, updated_at",
    ),
]


async def get(reader: Reader, user_id: UUID, task_id: UUID) -> Task | None:
    return await reader.one(_GET, user_id, task_id)


async def lock(tx: Tx, user_id: UUID, task_id: UUID) -> Task | None:
    return await tx.one(_LOCK, user_id, task_id)


async def add(
    tx: Tx, user_id: UUID, task_id: UUID, new: NewTask, *, at: datetime, place: Place | None = None
) -> Task | None:
    """The new task, or nothing when its subject is not the user's, or its place in the series is taken."""
    placed = (place.series_id, place.occurrence, _encode(place.recurrence).decode(), place.follows) if place else _NONE
    return await tx.one(
        _ADD, user_id, task_id, new.title, new.description, new.subject_id, new.priority, new.due_date, new.due_at,
        new.due_zone, new.start_date, new.estimated_minutes, new.labels, at, _words(new), *placed,
    )  # fmt: skip


async def update(
    tx: Tx, user_id: UUID, changed: Task, *, at: datetime, overridden: Collection[str] = ()
) -> Task | None:
    """The task as changed, or nothing when its subject is not the user's."""
    return await tx.one(
        _UPDATE, user_id, changed.id, changed.title, changed.description, changed.subject_id, changed.status,
        changed.priority, changed.due_date, changed.due_at, changed.due_zone, changed.start_date,
        changed.estimated_minutes, changed.labels, at, _words(changed), overridden,
    )  # fmt: skip


def _words(task: NewTask | Task) -> str:
    """What a task is found by, of its own; the words of its steps have the weight C."""
    return vector((task.title, "A"), (" ".join(task.labels), "B"), (task.description, "D"))


async def mark_completed(tx: Tx, user_id: UUID, task_id: UUID, change_id: UUID, *, at: datetime) -> Task | None:
    """The task, completed now; nothing when there is none that is open."""
    return await tx.one(_MARK_COMPLETED, user_id, task_id, at, change_id)


async def completed_under(tx: Tx, user_id: UUID, task_id: UUID) -> UUID | None:
    """The subject that the task had when it was completed."""
    return await tx.one(_COMPLETED_UNDER, user_id, task_id)


async def mark_reopened(
    tx: Tx, user_id: UUID, task_id: UUID, change_id: UUID, *, status: str, at: datetime
) -> Task | None:
    """The task with its new status; nothing when there is none that was completed."""
    return await tx.one(_MARK_REOPENED, user_id, task_id, at, change_id, status)


async def hold_subject(tx: Tx, user_id: UUID, subject_id: UUID) -> bool:
    """Whether the subject is there, and the user's; it stays until this transaction ends."""
    return await tx.one(_HOLD_SUBJECT, user_id, subject_id) or False


async def add_minutes(tx: Tx, user_id: UUID, task_id: UUID, minutes: int, *, at: datetime) -> Task | None:
    """The task with more minutes worked, or fewer; nothing when there is none."""
    return await tx.one(_ADD_MINUTES, user_id, task_id, minutes, at)


async def delete(tx: Tx, user_id: UUID, task_id: UUID) -> bool:
    return await tx.do(_DELETE, user_id, task_id) == 1
