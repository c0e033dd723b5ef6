"""Every statement on the steps of tasks."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from studyteddy.features.tasks.schemas import NewSubtask, Subtask, Task
from studyteddy.features.tasks.store.rows import RETURNING, task
from studyteddy.platform.db import Nothing, Reader, Statement, Tx
from studyteddy.platform.personal import exported
from studyteddy.platform.words import vector

SUBTASK = "id, task_id, title, completed, position, estimated_minutes, due_date, completed_at, created_at, updated_at"

_SUBTASKS = Statement(
    Subtask,
    f"SELECT {SUBTASK} FROM subtasks WHERE user_id = $1 AND task_id = $2 ORDER BY position LIMIT 200",
)

_GET_SUBTASK = Statement(
    Subtask,
    f"SELECT {SUBTASK} FROM subtasks WHERE user_id = $1 AND task_id = $2 AND id = $3",
)

_ADD_SUBTASK = Statement(
    Subtask,
    f"""
INSERT INTO subtasks (user_id, id, task_id, title, position, estimated_minutes, due_date, created_at, updated_at,
                      words)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $8, $9) RETURNING {SUBTASK}""",
)

_UPDATE_SUBTASK = Statement(
    Subtask,
    f"""
UPDATE subtasks SET title = $3, completed = $4, estimated_minutes = $5, due_date = $6, completed_at = $7,
       updated_at = $8, words = $9
 WHERE user_id = $1 AND id = $2 RETURNING {SUBTASK}""",
)

_DELETE_SUBTASK = Statement(
    Nothing,
    """
WITH gone AS (DELETE FROM subtasks WHERE user_id = $1 AND task_id = $2 AND id = $3 RETURNING position)
UPDATE subtasks SET position = subtasks.position - 1 FROM gone
 WHERE user_id = $1 AND task_id = $2 AND subtasks.position > gone.position""",
)

_ORDER = Statement(
    Nothing,
    """
UPDATE subtasks SET position = given.position - 1, updated_at = $4
  FROM unnest($3::uuid[]) WITH ORDINALITY AS given(id, position)
 WHERE user_id = $1 AND task_id = $2 AND subtasks.id = given.id""",
)

# A task is found by its steps too: their words, of weight C, stand behind its own.
_STEPS = """
       words = ts_filter(t.words, '{a,b,d}') || steps.words
  FROM (SELECT count(*)::int AS total, (count(*) FILTER (WHERE completed))::int AS completed,
               coalesce(string_agg(words::text, ' '), '')::tsvector AS words
          FROM subtasks WHERE user_id = $1 AND task_id = $2) AS steps
 WHERE t.user_id = $1 AND t.id = $2"""

_COUNT_SUBTASKS = Statement(
    Task,
    f"""
UPDATE tasks AS t SET subtask_count = steps.total, subtasks_completed = steps.completed, updated_at = $3,{_STEPS}
{RETURNING}""",
    task,
)

_FIND_BY_SUBTASKS = Statement(Nothing, f"UPDATE tasks AS t SET{_STEPS}")

HOLDINGS = [
    exported(
        "subtasks",
        "id, task_id, title, completed, position, estimated_minutes, due_date, completed_at, created_at, updated_at",
        order="task_id, position",
    ),
]


async def of_task(reader: Reader, user_id: UUID, task_id: UUID) -> list[Subtask]:
    """Every step of a task, in order."""
    return await reader.all(_SUBTASKS, user_id, task_id)


async def get(reader: Reader, user_id: UUID, task_id: UUID, subtask_id: UUID) -> Subtask | None:
    return await reader.one(_GET_SUBTASK, user_id, task_id, subtask_id)


async def add(tx: Tx, user_id: UUID, subtask_id: UUID, task: Task, new: NewSubtask, *, at: datetime) -> Subtask | None:
    """The new step, at the end."""
    return await tx.one(
        _ADD_SUBTASK, user_id, subtask_id, task.id, new.title, task.subtask_count, new.estimated_minutes,
        new.due_date, at, _words(new),
    )  # fmt: skip


async def update(tx: Tx, user_id: UUID, changed: Subtask, *, at: datetime) -> Subtask | None:
    return await tx.one(
        _UPDATE_SUBTASK, user_id, changed.id, changed.title, changed.completed, changed.estimated_minutes,
        changed.due_date, changed.completed_at, at, _words(changed),
    )  # fmt: skip


async def delete(tx: Tx, user_id: UUID, task_id: UUID, subtask_id: UUID) -> None:
    """Takes a step out and closes the gap."""
    await tx.do(_DELETE_SUBTASK, user_id, task_id, subtask_id)


async def order(tx: Tx, user_id: UUID, task_id: UUID, ids: list[UUID], *, at: datetime) -> None:
    """Gives the steps the order of `ids`, which name each of them once."""
    await tx.do(_ORDER, user_id, task_id, ids, at)


async def find_by(tx: Tx, user_id: UUID, task_id: UUID) -> None:
    """Has the task found by the titles that its steps have now; nothing that is shown changes."""
    await tx.do(_FIND_BY_SUBTASKS, user_id, task_id)


async def count(tx: Tx, user_id: UUID, task_id: UUID, *, at: datetime) -> Task | None:
    """The task with the progress of its steps counted anew."""
    return await tx.one(_COUNT_SUBTASKS, user_id, task_id, at)


def _words(step: NewSubtask | Subtask) -> str:
    return vector((step.title, "C"))
