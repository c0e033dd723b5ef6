"""SQL statements for series and their occurrences."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

import msgspec

from studyteddy.features.tasks.schemas.series import ExistingOccurrence, Recurrence, Series
from studyteddy.features.tasks.schemas.subtasks import Subtask
from studyteddy.features.tasks.schemas.tasks import Task
from studyteddy.features.tasks.store import tasks as tasks_store
from studyteddy.features.tasks.store.subtasks import SUBTASK
from studyteddy.features.tasks.store.tasks import COLUMNS, FROM, RETURNING
from studyteddy.platform.db.statements import Nothing, Reader, Statement
from studyteddy.platform.db.transaction import Tx
from studyteddy.platform.privacy.data_export import exported

_encode = msgspec.json.Encoder().encode
_COLUMNS = """id, rule, mode, missed, exdates, starts, ends_before, time_zone, title, description, subject_id,
       priority, estimated_minutes, labels, start_days"""

_GET = Statement(Series, f"SELECT {_COLUMNS} FROM task_series WHERE user_id = $1 AND id = $2")

_LOCK = Statement(Series, f"{_GET.sql} FOR UPDATE")

_ADD = Statement(
    Nothing,
    f"""
INSERT INTO task_series (user_id, {_COLUMNS}, previous_id, created_at, updated_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $18)""",
)

_UPDATE = Statement(
    Nothing,
    """
UPDATE task_series SET rule = $3, mode = $4, missed = $5, exdates = $6, starts = $7, ends_before = $8, time_zone = $9,
       title = $10, description = $11, subject_id = $12, priority = $13, estimated_minutes = $14, labels = $15,
       start_days = $16, updated_at = $17
 WHERE user_id = $1 AND id = $2""",
)

_EXCLUDE = Statement(
    Nothing,
    """
UPDATE task_series SET exdates = exdates || $3::text
 WHERE user_id = $1 AND id = $2 AND NOT $3 = ANY(exdates) AND cardinality(exdates) < 1000""",
)

_EXISTING = Statement(
    ExistingOccurrence,
    """
SELECT id, coalesce(occurrence, ''), status, due_date, due_at FROM tasks
 WHERE user_id = $1 AND series_id = $2 AND occurrence >= $3 ORDER BY occurrence LIMIT $4""",
)

_OPEN = Statement(
    Task,
    f"""
SELECT {COLUMNS} {FROM}
 WHERE t.user_id = $1 AND t.series_id = $2 AND t.occurrence >= $3 AND t.status IN ('pending', 'in_progress')
 ORDER BY t.occurrence LIMIT 1000 FOR UPDATE OF t""",
    tasks_store.task,
)

_OPEN_BEFORE = Statement(
    bool,
    """
SELECT EXISTS (
    SELECT FROM tasks
     WHERE user_id = $1 AND series_id = $2 AND occurrence < $3 AND id <> $4
       AND status IN ('pending', 'in_progress'))""",
)

_MOVE_FINISHED = Statement(
    Task,
    f"""
UPDATE tasks AS t SET series_id = $3, updated_at = $6, version = t.version + 1
 WHERE t.user_id = $1 AND t.series_id = $2 AND t.occurrence >= $4 AND t.id <> $5
   AND t.status IN ('completed', 'cancelled')
{RETURNING}""",
    tasks_store.task,
)

_GET_AT = Statement(
    Task, f"SELECT {COLUMNS} {FROM} WHERE t.user_id = $1 AND t.series_id = $2 AND t.occurrence = $3", tasks_store.task
)

_OVERRIDDEN = Statement(str, "SELECT unnest(overridden) FROM tasks WHERE user_id = $1 AND id = $2")

_SET_SERIES = Statement(
    Nothing,
    """
UPDATE tasks SET series_id = $3, occurrence = $4, recurrence = $5, updated_at = $6, version = version + 1
 WHERE user_id = $1 AND id = $2""",
)

_CLEAR_SERIES = Statement(
    Nothing,
    """
UPDATE tasks SET series_id = NULL, occurrence = NULL, recurrence = NULL, updated_at = $3, version = version + 1
 WHERE user_id = $1 AND id = $2""",
)

# Tasks created by the end of `$3` and not modified since: no change to them or their subtasks, no file, no minutes.
_WITHDRAW = Statement(
    UUID,
    """
DELETE FROM tasks AS t
 WHERE user_id = $1 AND series_id = $2 AND follows = $3 AND status = 'pending' AND updated_at = created_at
   AND NOT EXISTS (SELECT FROM task_changes WHERE user_id = $1 AND task_id = t.id)
   AND NOT EXISTS (SELECT FROM attachments WHERE user_id = $1 AND task_id = t.id)
RETURNING id""",
)

_CLEAR_FOLLOWS = Statement(
    Nothing, "UPDATE tasks SET follows = NULL WHERE user_id = $1 AND id = $2 AND follows IS NOT NULL"
)

_COPY_SUBTASKS = Statement(
    Subtask,
    f"""
INSERT INTO subtasks (user_id, id, task_id, title, position, estimated_minutes, due_date, created_at, updated_at,
                      words)
SELECT $1, made.id, $3, s.title, s.position, s.estimated_minutes, s.due_date + $5::int, $6, $6, s.words
  FROM subtasks AS s JOIN unnest($4::uuid[]) WITH ORDINALITY AS made(id, n) ON made.n = s.position + 1
 WHERE s.user_id = $1 AND s.task_id = $2
RETURNING {SUBTASK}""",
)

DATA_EXPORTS = [exported("task_series", f"{_COLUMNS}, previous_id, created_at, updated_at")]


def _values(series: Series) -> tuple[object, ...]:
    return msgspec.structs.astuple(series)


async def get(reader: Reader, user_id: UUID, series_id: UUID) -> Series | None:
    return await reader.one(_GET, user_id, series_id)


async def lock(tx: Tx, user_id: UUID, series_id: UUID) -> Series | None:
    return await tx.one(_LOCK, user_id, series_id)


async def add(tx: Tx, user_id: UUID, series: Series, *, at: datetime, previous_id: UUID | None = None) -> None:
    """Add a series; `previous_id` is the series that it continues."""
    await tx.do(_ADD, user_id, *_values(series), previous_id, at)


async def update(tx: Tx, user_id: UUID, series: Series, *, at: datetime) -> None:
    await tx.do(_UPDATE, user_id, *_values(series), at)


async def exclude(tx: Tx, user_id: UUID, series_id: UUID, occurrence: str) -> None:
    """Exclude an occurrence from a series."""
    await tx.do(_EXCLUDE, user_id, series_id, occurrence)


async def existing(
    reader: Reader, user_id: UUID, series_id: UUID, *, since: str, limit: int
) -> list[ExistingOccurrence]:
    """Return the occurrences from `since` on that have a task, in order."""
    return await reader.all(_EXISTING, user_id, series_id, since, limit)


async def lock_open(tx: Tx, user_id: UUID, series_id: UUID, *, since: str) -> list[Task]:
    """Lock and return the open occurrences from `since` on."""
    return await tx.all(_OPEN, user_id, series_id, since)


async def any_open_before(tx: Tx, user_id: UUID, series_id: UUID, occurrence: str, *, excluding: UUID) -> bool:
    """Return whether an earlier occurrence is still open."""
    return await tx.one(_OPEN_BEFORE, user_id, series_id, occurrence, excluding) or False


async def move_finished(
    tx: Tx, user_id: UUID, from_id: UUID, to_id: UUID, *, since: str, excluding: UUID, at: datetime
) -> list[Task]:
    """Move the finished occurrences from `since` on to the series that continues there."""
    return await tx.all(_MOVE_FINISHED, user_id, from_id, to_id, since, excluding, at)


async def get_at(reader: Reader, user_id: UUID, series_id: UUID, occurrence: str) -> Task | None:
    """Return the task of an occurrence."""
    return await reader.one(_GET_AT, user_id, series_id, occurrence)


async def overridden(tx: Tx, user_id: UUID, task_id: UUID) -> list[str]:
    """Return the fields that an occurrence overrides."""
    return await tx.all(_OVERRIDDEN, user_id, task_id)


async def set_series(
    tx: Tx, user_id: UUID, task_id: UUID, series_id: UUID, occurrence: str, recurrence: Recurrence, *, at: datetime
) -> None:
    """Make a task an occurrence of a series."""
    await tx.do(_SET_SERIES, user_id, task_id, series_id, occurrence, _encode(recurrence).decode(), at)


async def clear_series(tx: Tx, user_id: UUID, task_id: UUID, *, at: datetime) -> None:
    """Remove a task from its series."""
    await tx.do(_CLEAR_SERIES, user_id, task_id, at)


async def withdraw(tx: Tx, user_id: UUID, series_id: UUID, task_id: UUID) -> list[UUID]:
    """Delete the unmodified tasks that the end of an occurrence created; return their ids."""
    return await tx.all(_WITHDRAW, user_id, series_id, task_id)


async def clear_follows(tx: Tx, user_id: UUID, task_id: UUID) -> None:
    """Keep a task even if the occurrence that it followed is reopened."""
    await tx.do(_CLEAR_FOLLOWS, user_id, task_id)


async def copy_subtasks(
    tx: Tx, user_id: UUID, from_id: UUID, to_id: UUID, ids: list[UUID], *, days: int, at: datetime
) -> list[Subtask]:
    """Copy the subtasks of a task to another one as not completed, with due dates `days` later."""
    return await tx.all(_COPY_SUBTASKS, user_id, from_id, to_id, ids, days, at)
