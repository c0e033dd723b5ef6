"""SQL statements for single tasks."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec

from studyteddy.features.tasks.schemas.series import Place, Recurrence
from studyteddy.features.tasks.schemas.tasks import NewTask, Task
from studyteddy.platform.creation import Creation
from studyteddy.platform.db.advisory_locks import AdvisoryLock
from studyteddy.platform.db.statements import Nothing, Reader, Statement
from studyteddy.platform.db.transaction import Tx
from studyteddy.platform.fulltext import vector
from studyteddy.platform.privacy.data_export import exported

COLUMNS = """
       t.id, t.title, t.description, t.subject_id, s.name, t.status, t.priority, t.due_date, t.due_at, t.due_zone,
       t.start_date, t.estimated_minutes, t.actual_minutes, t.labels, t.subtask_count, t.subtasks_completed,
       t.completed_at, t.completed_on, t.on_time, t.completions, t.series_id, t.occurrence, t.recurrence, t.created_at,
       t.updated_at, t.version"""
_NAMES = COLUMNS.replace("s.name", "subject_name").replace("t.", "")
_RECURRENCE = 22

_recurrence = msgspec.json.Decoder(Recurrence)
_encode = msgspec.json.Encoder().encode


def decoded(columns: tuple[Any, ...]) -> tuple[Any, ...]:
    """Return the fields of a task from the columns of `COLUMNS`."""
    if columns[_RECURRENCE] is None:
        return columns
    return (*columns[:_RECURRENCE], _recurrence.decode(columns[_RECURRENCE]), *columns[_RECURRENCE + 1 :])


def task(*columns: Any) -> Task:
    """Build a task from the columns of `COLUMNS`."""
    return Task(*decoded(columns))


FROM = "FROM tasks AS t LEFT JOIN subjects AS s ON s.user_id = t.user_id AND s.id = t.subject_id"

RETURNING = "RETURNING" + COLUMNS.replace(
    "s.name", "(SELECT name FROM subjects WHERE user_id = t.user_id AND id = t.subject_id) AS subject_name"
)

_GET = Statement(Task, f"SELECT {COLUMNS} {FROM} WHERE t.user_id = $1 AND t.id = $2", task)

_GET_CREATED = Statement(Task, f"{_GET.sql} AND t.fingerprint = $3", task)

# A command on a task may continue with its subject or other tasks of its series: a user's commands are serialised
# before they lock any row (`tx.lock_user()` in the same round trip), so that no two of them can deadlock.
_SERIALISED = f"""
WITH user_lock AS MATERIALIZED (
    SELECT {AdvisoryLock.USER_COMMANDS.hold("$1::uuid::text")}
), subject_lock AS MATERIALIZED (
    SELECT FROM subjects
     WHERE user_id = $1 AND id = (SELECT subject_id FROM task_series WHERE user_id = $1 AND id =
                                  (SELECT series_id FROM tasks WHERE user_id = $1 AND id = $2)) FOR KEY SHARE
)"""
_LOCKED = "(SELECT count(*) FROM user_lock) + (SELECT count(*) FROM subject_lock) >= 0"

_LOCK = Statement(Task, f"{_SERIALISED} {_GET.sql} AND {_LOCKED} FOR UPDATE OF t", task)

# A subject that is not the user's is rejected here, as is one that is being deleted: its row is locked against that, as
# the foreign key does, but a little earlier. An existing task or occurrence is left unchanged.
_ADD = Statement(
    Task,
    f"""
INSERT INTO tasks AS t (user_id, id, title, description, subject_id, priority, due_date, due_at, due_zone, start_date,
                        estimated_minutes, labels, created_at, updated_at, words, series_id, occurrence, recurrence,
                        follows, fingerprint)
SELECT $1, $2, $3, $4, $5, $6, $7, $8,
       CASE WHEN $7 IS NOT NULL OR $8 IS NOT NULL THEN coalesce($9, (SELECT time_zone FROM users WHERE id = $1)) END,
       $10, $11, $12, $13, $13, $14, $15, $16, $17, $18, $19
 WHERE $5 IS NULL OR EXISTS (SELECT FROM subjects WHERE user_id = $1 AND id = $5 FOR KEY SHARE)
ON CONFLICT DO NOTHING
{RETURNING}""".replace("$5", "$5::uuid")
    .replace("$7", "$7::date")
    .replace("$8", "$8::timestamptz"),
    task,
)

# An unchanged subject is not locked: a transaction that deletes it waits for this task, and locking it would deadlock.
# `$16` names the fields that this occurrence overrides from now on, regardless of changes to its series.
_UPDATE = Statement(
    Task,
    f"""
UPDATE tasks AS t SET title = $3, description = $4, subject_id = $5::uuid, status = $6, priority = $7,
       due_date = $8::date, due_at = $9::timestamptz, start_date = $11, estimated_minutes = $12, labels = $13,
       updated_at = $14, version = t.version + 1, words = $15::tsvector || ts_filter(t.words, '{{c}}'),
       overridden = array(SELECT unnest(t.overridden) UNION SELECT unnest($16::text[])),
       due_zone = CASE WHEN $8::date IS NOT NULL OR $9::timestamptz IS NOT NULL
                       THEN coalesce($10, (SELECT time_zone FROM users WHERE id = $1)) END
 WHERE t.user_id = $1 AND t.id = $2
   AND CASE WHEN $5::uuid IS NULL OR t.subject_id = $5::uuid THEN true
            ELSE EXISTS (SELECT FROM subjects WHERE user_id = $1 AND id = $5::uuid FOR KEY SHARE) END
{RETURNING}""",
    task,
)

# The student's local date is determined here, in their time zone and by their day start. The history entry is written
# in the same statement.
_MARK_COMPLETED = Statement(
    Task,
    f"""{_SERIALISED}, before AS (
    SELECT status FROM tasks WHERE user_id = $1 AND id = $2
), t AS (
    UPDATE tasks AS t SET status = 'completed', completed_at = $3, completed_on = today.day, updated_at = $3,
           completions = t.completions + 1, version = t.version + 1, completed_under = t.subject_id,
           on_time = CASE WHEN t.due_at IS NOT NULL THEN $3 <= t.due_at ELSE today.day <= t.due_date END
      FROM (SELECT (($3::timestamptz AT TIME ZONE time_zone) - make_interval(mins => day_start))::date AS day
              FROM users WHERE id = $1) AS today
     WHERE t.user_id = $1 AND t.id = $2 AND t.status <> 'completed' AND {_LOCKED}
    {RETURNING}
), history AS (
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
       SET status = $5, completed_at = NULL, completed_on = NULL, on_time = NULL, updated_at = $3,
           version = t.version + 1
     WHERE t.user_id = $1 AND t.id = $2 AND t.status = 'completed'
    {RETURNING}
), history AS (
    INSERT INTO task_changes (user_id, task_id, id, at, kind, changes)
    SELECT $1, id, $4, $3, 'reopened',
           jsonb_build_object('status', jsonb_build_object('before', 'completed', 'after', status)) FROM t
)
SELECT {_NAMES} FROM t""",
    task,
)

_COMPLETED_UNDER = Statement(UUID, "SELECT completed_under FROM tasks WHERE user_id = $1 AND id = $2")

_LOCK_SUBJECT = Statement(bool, "SELECT true FROM subjects WHERE user_id = $1 AND id = $2 FOR KEY SHARE")

_ADD_MINUTES = Statement(
    Task,
    f"""
UPDATE tasks AS t SET actual_minutes = greatest(0, t.actual_minutes + $3), updated_at = $4,
       version = t.version + 1
 WHERE t.user_id = $1 AND t.id = $2
{RETURNING}""",
    task,
)

_DELETE = Statement(Nothing, "DELETE FROM tasks WHERE user_id = $1 AND id = $2")


_NONE = (None, None, None, None)

DATA_EXPORTS = [
    exported(
        "tasks",
        "id, subject_id, title, description, status, priority, due_date, due_at, due_zone, start_date,"
        " estimated_minutes, actual_minutes, labels, completed_at, completed_on, on_time, completions, series_id,"
        " occurrence, recurrence, created_at, updated_at",
    )
]


async def get(reader: Reader, user_id: UUID, task_id: UUID) -> Task | None:
    return await reader.one(_GET, user_id, task_id)


async def get_created(reader: Reader, user_id: UUID, task_id: UUID, fingerprint: bytes) -> Task | None:
    """Return a task if a request with this fingerprint created it."""
    return await reader.one(_GET_CREATED, user_id, task_id, fingerprint)


async def lock(tx: Tx, user_id: UUID, task_id: UUID) -> Task | None:
    return await tx.one(_LOCK, user_id, task_id)


async def add(
    tx: Tx, user_id: UUID, creation: Creation, new: NewTask, *, at: datetime, place: Place | None = None
) -> Task | None:
    """Add a task; return None if the id is taken, the subject is not the user's or the occurrence already exists."""
    position = (
        (place.series_id, place.occurrence, _encode(place.recurrence).decode(), place.follows) if place else _NONE
    )
    return await tx.one(
        _ADD,
        user_id,
        creation.id,
        new.title,
        new.description,
        new.subject_id,
        new.priority,
        new.due_date,
        new.due_at,
        new.due_zone,
        new.start_date,
        new.estimated_minutes,
        new.labels,
        at,
        _words(new),
        *position,
        creation.fingerprint,
    )


async def update(
    tx: Tx, user_id: UUID, changed: Task, *, at: datetime, overridden: Collection[str] = ()
) -> Task | None:
    """Update a task; return None if the subject is not the user's."""
    return await tx.one(
        _UPDATE,
        user_id,
        changed.id,
        changed.title,
        changed.description,
        changed.subject_id,
        changed.status,
        changed.priority,
        changed.due_date,
        changed.due_at,
        changed.due_zone,
        changed.start_date,
        changed.estimated_minutes,
        changed.labels,
        at,
        _words(changed),
        overridden,
    )


def _words(task: NewTask | Task) -> str:
    """Return the search words of a task itself; those of its subtasks have weight C."""
    return vector((task.title, "A"), (" ".join(task.labels), "B"), (task.description, "D"))


async def mark_completed(tx: Tx, user_id: UUID, task_id: UUID, change_id: UUID, *, at: datetime) -> Task | None:
    """Complete a task and return it; None if no open task has this id."""
    return await tx.one(_MARK_COMPLETED, user_id, task_id, at, change_id)


async def completed_under(tx: Tx, user_id: UUID, task_id: UUID) -> UUID | None:
    """Return the subject that the task had when it was completed."""
    return await tx.one(_COMPLETED_UNDER, user_id, task_id)


async def mark_reopened(
    tx: Tx, user_id: UUID, task_id: UUID, change_id: UUID, *, status: str, at: datetime
) -> Task | None:
    """Reopen a task and return it; None if no completed task has this id."""
    return await tx.one(_MARK_REOPENED, user_id, task_id, at, change_id, status)


async def lock_subject(tx: Tx, user_id: UUID, subject_id: UUID) -> bool:
    """Lock a subject against deletion until the transaction ends; return False if the user has no such subject."""
    return await tx.one(_LOCK_SUBJECT, user_id, subject_id) or False


async def add_minutes(tx: Tx, user_id: UUID, task_id: UUID, minutes: int, *, at: datetime) -> Task | None:
    """Add to the minutes worked, or subtract from them; return the task, or None if it doesn't exist."""
    return await tx.one(_ADD_MINUTES, user_id, task_id, minutes, at)


async def delete(tx: Tx, user_id: UUID, task_id: UUID) -> bool:
    return await tx.do(_DELETE, user_id, task_id) == 1
