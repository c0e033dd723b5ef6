"""Every statement on series and the occurrences that have a task."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

import msgspec

from studyteddy.features.tasks.schemas import Recurrence, Series, Standing, Subtask, Task
from studyteddy.features.tasks.store.rows import COLUMNS, FROM, RETURNING, task
from studyteddy.features.tasks.store.steps import SUBTASK
from studyteddy.platform.db import Nothing, Reader, Statement, Tx
from studyteddy.platform.personal import exported

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

_STANDING = Statement(
    Standing,
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
    task,
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
UPDATE tasks AS t SET series_id = $3
 WHERE t.user_id = $1 AND t.series_id = $2 AND t.occurrence >= $4 AND t.id <> $5
   AND t.status IN ('completed', 'cancelled')
{RETURNING}""",
    task,
)

_AT = Statement(Task, f"SELECT {COLUMNS} {FROM} WHERE t.user_id = $1 AND t.series_id = $2 AND t.occurrence = $3", task)

_OVERRIDDEN = Statement(str, "SELECT unnest(overridden) FROM tasks WHERE user_id = $1 AND id = $2")

_PLACE = Statement(
    Nothing,
    "UPDATE tasks SET series_id = $3, occurrence = $4, recurrence = $5 WHERE user_id = $1 AND id = $2",
)

_LEAVE = Statement(
    Nothing,
    "UPDATE tasks SET series_id = NULL, occurrence = NULL, recurrence = NULL WHERE user_id = $1 AND id = $2",
)

# What was made by the end of `$3` and never touched: nothing changed of it or its steps, no file, no minute worked.
_WITHDRAW = Statement(
    UUID,
    """
DELETE FROM tasks AS t
 WHERE user_id = $1 AND series_id = $2 AND follows = $3 AND status = 'pending' AND updated_at = created_at
   AND NOT EXISTS (SELECT FROM task_changes WHERE user_id = $1 AND task_id = t.id)
   AND NOT EXISTS (SELECT FROM attachments WHERE user_id = $1 AND task_id = t.id)
RETURNING id""",
)

_KEEP = Statement(Nothing, "UPDATE tasks SET follows = NULL WHERE user_id = $1 AND id = $2 AND follows IS NOT NULL")

_COPY_STEPS = Statement(
    Subtask,
    f"""
INSERT INTO subtasks (user_id, id, task_id, title, position, estimated_minutes, due_date, created_at, updated_at,
                      words)
SELECT $1, made.id, $3, s.title, s.position, s.estimated_minutes, s.due_date + $5::int, $6, $6, s.words
  FROM subtasks AS s JOIN unnest($4::uuid[]) WITH ORDINALITY AS made(id, n) ON made.n = s.position + 1
 WHERE s.user_id = $1 AND s.task_id = $2
RETURNING {SUBTASK}""",
)

HOLDINGS = [
    exported(
        "task_series",
        f"{_COLUMNS}, previous_id, created_at, updated_at",
    )
]


def _values(series: Series) -> tuple[object, ...]:
    return msgspec.structs.astuple(series)


async def get(reader: Reader, user_id: UUID, series_id: UUID) -> Series | None:
    return await reader.one(_GET, user_id, series_id)


async def lock(tx: Tx, user_id: UUID, series_id: UUID) -> Series | None:
    return await tx.one(_LOCK, user_id, series_id)


async def add(tx: Tx, user_id: UUID, series: Series, *, at: datetime, previous_id: UUID | None = None) -> None:
    """A new series; `previous_id` is the one that it goes on from."""
    await tx.do(_ADD, user_id, *_values(series), previous_id, at)


async def update(tx: Tx, user_id: UUID, series: Series, *, at: datetime) -> None:
    await tx.do(_UPDATE, user_id, *_values(series), at)


async def exclude(tx: Tx, user_id: UUID, series_id: UUID, occurrence: str) -> None:
    """Leaves an occurrence out from now on."""
    await tx.do(_EXCLUDE, user_id, series_id, occurrence)


async def standing(reader: Reader, user_id: UUID, series_id: UUID, *, since: str, limit: int) -> list[Standing]:
    """The occurrences from `since` on that have a task, in order."""
    return await reader.all(_STANDING, user_id, series_id, since, limit)


async def lock_open(tx: Tx, user_id: UUID, series_id: UUID, *, since: str) -> list[Task]:
    """The open occurrences from `since` on, locked."""
    return await tx.all(_OPEN, user_id, series_id, since)


async def any_open_before(tx: Tx, user_id: UUID, series_id: UUID, occurrence: str, *, besides: UUID) -> bool:
    """Whether an earlier occurrence is still open."""
    return await tx.one(_OPEN_BEFORE, user_id, series_id, occurrence, besides) or False


async def move_finished(tx: Tx, user_id: UUID, from_id: UUID, to_id: UUID, *, since: str, besides: UUID) -> list[Task]:
    """Gives the finished occurrences from `since` on to the series that goes on from there."""
    return await tx.all(_MOVE_FINISHED, user_id, from_id, to_id, since, besides)


async def at(reader: Reader, user_id: UUID, series_id: UUID, occurrence: str) -> Task | None:
    """The task of an occurrence."""
    return await reader.one(_AT, user_id, series_id, occurrence)


async def overridden(tx: Tx, user_id: UUID, task_id: UUID) -> list[str]:
    """The fields that an occurrence has for itself."""
    return await tx.all(_OVERRIDDEN, user_id, task_id)


async def place(tx: Tx, user_id: UUID, task_id: UUID, series_id: UUID, occurrence: str, shown: Recurrence) -> None:
    """Makes a task an occurrence of a series."""
    await tx.do(_PLACE, user_id, task_id, series_id, occurrence, _encode(shown).decode())


async def leave(tx: Tx, user_id: UUID, task_id: UUID) -> None:
    """Takes a task out of its series."""
    await tx.do(_LEAVE, user_id, task_id)


async def withdraw(tx: Tx, user_id: UUID, series_id: UUID, task_id: UUID) -> list[UUID]:
    """Deletes what followed the end of an occurrence and was never touched."""
    return await tx.all(_WITHDRAW, user_id, series_id, task_id)


async def keep(tx: Tx, user_id: UUID, task_id: UUID) -> None:
    """Has a task stay whatever becomes of the one that it followed."""
    await tx.do(_KEEP, user_id, task_id)


async def copy_steps(
    tx: Tx, user_id: UUID, from_id: UUID, to_id: UUID, ids: list[UUID], *, days: int, at: datetime
) -> list[Subtask]:
    """Gives a task the steps of another, unticked; those with a due date get it `days` later."""
    return await tx.all(_COPY_STEPS, user_id, from_id, to_id, ids, days, at)
