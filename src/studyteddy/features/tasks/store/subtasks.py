"""SQL statements for subtasks."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from studyteddy.features.tasks.schemas.subtasks import NewSubtask, Subtask
from studyteddy.features.tasks.schemas.tasks import Task
from studyteddy.features.tasks.store import tasks as tasks_store
from studyteddy.features.tasks.store.tasks import RETURNING
from studyteddy.platform.creation import Creation
from studyteddy.platform.db.statements import Nothing, Reader, Statement
from studyteddy.platform.db.transaction import Tx
from studyteddy.platform.fulltext import vector
from studyteddy.platform.privacy.data_export import exported

SUBTASK = """id, task_id, title, completed, position, estimated_minutes, due_date, completed_at, created_at, updated_at,
       version"""

_SUBTASKS = Statement(
    Subtask, f"SELECT {SUBTASK} FROM subtasks WHERE user_id = $1 AND task_id = $2 ORDER BY position LIMIT 200"
)

# At most 200 for each of 200 tasks.
_OF_TASKS = Statement(
    Subtask,
    f"""
SELECT {SUBTASK} FROM subtasks WHERE user_id = $1 AND task_id = ANY($2) ORDER BY task_id, position LIMIT 40000""",
)

_GET_SUBTASK = Statement(Subtask, f"SELECT {SUBTASK} FROM subtasks WHERE user_id = $1 AND task_id = $2 AND id = $3")

_GET_CREATED = Statement(Subtask, f"SELECT {SUBTASK} FROM subtasks WHERE user_id = $1 AND id = $2 AND fingerprint = $3")

_ADD_SUBTASK = Statement(
    Subtask,
    f"""
INSERT INTO subtasks (user_id, id, task_id, title, position, estimated_minutes, due_date, created_at, updated_at,
                      words, fingerprint)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $8, $9, $10) ON CONFLICT (user_id, id) DO NOTHING RETURNING {SUBTASK}""",
)

_UPDATE_SUBTASK = Statement(
    Subtask,
    f"""
UPDATE subtasks SET title = $3, completed = $4, estimated_minutes = $5, due_date = $6, completed_at = $7,
       updated_at = $8, words = $9, version = version + 1
 WHERE user_id = $1 AND id = $2 RETURNING {SUBTASK}""",
)

_DELETE_SUBTASK = Statement(
    Nothing,
    """
WITH deleted AS (DELETE FROM subtasks WHERE user_id = $1 AND task_id = $2 AND id = $3 RETURNING position)
UPDATE subtasks SET position = subtasks.position - 1, updated_at = $4, version = version + 1 FROM deleted
 WHERE user_id = $1 AND task_id = $2 AND subtasks.position > deleted.position""",
)

_ORDER = Statement(
    Nothing,
    """
UPDATE subtasks SET position = given.position - 1, updated_at = $4, version = version + 1
  FROM unnest($3::uuid[]) WITH ORDINALITY AS given(id, position)
 WHERE user_id = $1 AND task_id = $2 AND subtasks.id = given.id""",
)

# A task is also found by its subtasks: their words, with weight C, follow its own.
_AGGREGATE = """
       words = ts_filter(t.words, '{a,b,d}') || sub.words
  FROM (SELECT count(*)::int AS total, (count(*) FILTER (WHERE completed))::int AS completed,
               coalesce(string_agg(words::text, ' '), '')::tsvector AS words
          FROM subtasks WHERE user_id = $1 AND task_id = $2) AS sub
 WHERE t.user_id = $1 AND t.id = $2"""

_COUNT_SUBTASKS = Statement(
    Task,
    f"""
UPDATE tasks AS t SET subtask_count = sub.total, subtasks_completed = sub.completed, updated_at = $3,
       version = t.version + 1,{_AGGREGATE}
{RETURNING}""",
    tasks_store.task,
)

_UPDATE_TASK_WORDS = Statement(Nothing, f"UPDATE tasks AS t SET{_AGGREGATE}")

DATA_EXPORTS = [
    exported(
        "subtasks",
        "id, task_id, title, completed, position, estimated_minutes, due_date, completed_at, created_at, updated_at",
        order="task_id, position",
    )
]


async def of_task(reader: Reader, user_id: UUID, task_id: UUID) -> list[Subtask]:
    """Return all subtasks of a task, in order."""
    return await reader.all(_SUBTASKS, user_id, task_id)


async def of_tasks(reader: Reader, user_id: UUID, task_ids: list[UUID]) -> list[Subtask]:
    """Return all subtasks of several tasks, at most 200, each task's in order."""
    return await reader.all(_OF_TASKS, user_id, task_ids)


async def get(reader: Reader, user_id: UUID, task_id: UUID, subtask_id: UUID) -> Subtask | None:
    return await reader.one(_GET_SUBTASK, user_id, task_id, subtask_id)


async def get_created(reader: Reader, user_id: UUID, subtask_id: UUID, fingerprint: bytes) -> Subtask | None:
    """Return a subtask if a request with this fingerprint created it."""
    return await reader.one(_GET_CREATED, user_id, subtask_id, fingerprint)


async def add(
    tx: Tx, user_id: UUID, creation: Creation, task: Task, new: NewSubtask, *, at: datetime
) -> Subtask | None:
    """Add a subtask at the end; return None if its id is taken."""
    return await tx.one(
        _ADD_SUBTASK,
        user_id,
        creation.id,
        task.id,
        new.title,
        task.subtask_count,
        new.estimated_minutes,
        new.due_date,
        at,
        _words(new),
        creation.fingerprint,
    )


async def update(tx: Tx, user_id: UUID, changed: Subtask, *, at: datetime) -> Subtask | None:
    return await tx.one(
        _UPDATE_SUBTASK,
        user_id,
        changed.id,
        changed.title,
        changed.completed,
        changed.estimated_minutes,
        changed.due_date,
        changed.completed_at,
        at,
        _words(changed),
    )


async def delete(tx: Tx, user_id: UUID, task_id: UUID, subtask_id: UUID, *, at: datetime) -> None:
    """Delete a subtask and close the gap."""
    await tx.do(_DELETE_SUBTASK, user_id, task_id, subtask_id, at)


async def reorder(tx: Tx, user_id: UUID, task_id: UUID, ids: list[UUID], *, at: datetime) -> None:
    """Put the subtasks in the order of `ids`, which must contain each of them once."""
    await tx.do(_ORDER, user_id, task_id, ids, at)


async def update_task_words(tx: Tx, user_id: UUID, task_id: UUID) -> None:
    """Update the task's search words from the titles of its subtasks; no visible field changes."""
    await tx.do(_UPDATE_TASK_WORDS, user_id, task_id)


async def count(tx: Tx, user_id: UUID, task_id: UUID, *, at: datetime) -> Task | None:
    """Recount the progress of a task and return it."""
    return await tx.one(_COUNT_SUBTASKS, user_id, task_id, at)


def _words(subtask: NewSubtask | Subtask) -> str:
    return vector((subtask.title, "C"))
