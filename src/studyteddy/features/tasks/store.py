"""Every statement on tasks and subtasks."""

from __future__ import annotations

from datetime import date, datetime
from functools import cache
from itertools import product
from uuid import UUID

from studyteddy.features.tasks.schemas import NewSubtask, NewTask, Sort, Subtask, Task, TaskQuery
from studyteddy.platform.db import Nothing, Reader, Statement, Tx
from studyteddy.platform.pages import Position
from studyteddy.platform.personal import exported

_COLUMNS = """
       t.id, t.title, t.description, t.subject_id, s.name, t.status, t.priority, t.due_date, t.due_at, t.due_zone,
       t.start_date, t.estimated_minutes, t.actual_minutes, t.labels, t.subtask_count, t.subtasks_completed,
       t.completed_at, t.completed_on, t.on_time, t.completions, t.created_at, t.updated_at"""

_FROM = "FROM tasks AS t LEFT JOIN subjects AS s ON s.user_id = t.user_id AND s.id = t.subject_id"

_RETURNING = "RETURNING" + _COLUMNS.replace(
    "s.name", "(SELECT name FROM subjects WHERE user_id = t.user_id AND id = t.subject_id)"
)

_GET = Statement(Task, f"SELECT {_COLUMNS} {_FROM} WHERE t.user_id = $1 AND t.id = $2")

_LOCK = Statement(Task, f"{_GET.sql} FOR UPDATE OF t")

# A due date without a subject of the same owner is refused here and by the composite foreign key.
_ADD = Statement(
    Task,
    f"""
INSERT INTO tasks AS t (user_id, id, title, description, subject_id, priority, due_date, due_at, due_zone, start_date,
                        estimated_minutes, labels, created_at, updated_at)
SELECT $1, $2, $3, $4, $5, $6, $7, $8,
       CASE WHEN $7 IS NOT NULL OR $8 IS NOT NULL THEN coalesce($9, (SELECT time_zone FROM users WHERE id = $1)) END,
       $10, $11, $12, $13, $13
 WHERE $5 IS NULL OR EXISTS (SELECT FROM subjects WHERE user_id = $1 AND id = $5)
{_RETURNING}""".replace("$5", "$5::uuid")
    .replace("$7", "$7::date")
    .replace("$8", "$8::timestamptz"),
)

_UPDATE = Statement(
    Task,
    f"""
UPDATE tasks AS t SET title = $3, description = $4, subject_id = $5::uuid, status = $6, priority = $7,
       due_date = $8::date, due_at = $9::timestamptz, start_date = $11, estimated_minutes = $12, labels = $13,
       updated_at = $14,
       due_zone = CASE WHEN $8::date IS NOT NULL OR $9::timestamptz IS NOT NULL
                       THEN coalesce($10, (SELECT time_zone FROM users WHERE id = $1)) END
 WHERE t.user_id = $1 AND t.id = $2
   AND ($5::uuid IS NULL OR EXISTS (SELECT FROM subjects WHERE user_id = $1 AND id = $5::uuid))
{_RETURNING}""",
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
{_RETURNING}""",
)

_MARK_REOPENED = Statement(
    Task,
    f"""
UPDATE tasks AS t SET status = 'pending', completed_at = NULL, completed_on = NULL, on_time = NULL, updated_at = $3
 WHERE t.user_id = $1 AND t.id = $2 AND t.status = 'completed'
{_RETURNING}""",
)

_COMPLETED_UNDER = Statement(UUID, "SELECT completed_under FROM tasks WHERE user_id = $1 AND id = $2")

_DELETE = Statement(Nothing, "DELETE FROM tasks WHERE user_id = $1 AND id = $2")

_SORTS: dict[Sort, tuple[str, str, str]] = {
    "due": ("t.due_sort", "timestamptz", "ASC"),
    "priority": ("t.priority_rank", "smallint", "ASC"),
    "created": ("t.created_at", "timestamptz", "DESC"),
    "updated": ("t.updated_at", "timestamptz", "DESC"),
    "title": ('lower(t.title) COLLATE "C"', "text", "ASC"),
}

_FILTERS = {
    "status": "t.status = ANY({})",
    "priority": "t.priority = ANY({})",
    "subject_id": "t.subject_id = {}",
    "label": "{} = ANY(t.labels)",
    "due_from": "coalesce(t.due_date, (t.due_at AT TIME ZONE t.due_zone)::date) >= {}",
    "due_to": "coalesce(t.due_date, (t.due_at AT TIME ZONE t.due_zone)::date) <= {}",
}


@cache  # bounded by its arguments: 5 sorts, 2 positions, 64 sets of filters
def _page(sort: Sort, filters: tuple[str, ...], begun: bool) -> Statement[Task]:
    key, kind, direction = _SORTS[sort]
    conditions = ["t.user_id = $1"]
    number = 3
    if begun:
        sign = ">" if direction == "ASC" else "<"
        conditions.append(f"({key}, t.id) {sign} ($3::text::{kind}, $4::uuid)")
        number = 5
    conditions += [_FILTERS[name].format(f"${number + n}") for n, name in enumerate(filters)]
    return Statement(
        Task,
        f"SELECT {_COLUMNS}, {key}::text AS sort_key {_FROM}\n WHERE {' AND '.join(conditions)}"
        f"\n ORDER BY {key} {direction}, t.id {direction} LIMIT $2",
    )


def pages() -> list[Statement[Task]]:
    """Every statement that a list can become, for the tests that look at all of them."""
    names = list(_FILTERS)
    chosen = [
        tuple(name for name, on in zip(names, mask, strict=True) if on) for mask in product((0, 1), repeat=len(names))
    ]
    return [_page(sort, filters, begun) for sort in _SORTS for filters in chosen for begun in (False, True)]


_DUE = f"""
SELECT {_COLUMNS}, t.due_sort::text AS sort_key {_FROM}
 WHERE t.user_id = $1 AND t.status IN ('pending', 'in_progress') AND {{condition}}
   AND ($5::text IS NULL OR (t.due_sort, t.id) > ($5::text::timestamptz, $6::uuid))
 ORDER BY t.due_sort, t.id LIMIT $2"""

# `$3` is the student's local date, `$4` the instant at which that day ends; overdue tasks are before both.
_TODAY = Statement(
    Task,
    _DUE.format(
        condition="""(t.due_date <= $3 OR t.due_at < $4 OR EXISTS (
           SELECT FROM subtasks AS b
            WHERE b.user_id = t.user_id AND b.task_id = t.id AND NOT b.completed AND b.due_date <= $3))"""
    ),
)

_SUBTASK = "id, task_id, title, completed, position, estimated_minutes, due_date, completed_at, created_at, updated_at"

_SUBTASKS = Statement(
    Subtask,
    f"SELECT {_SUBTASK} FROM subtasks WHERE user_id = $1 AND task_id = $2 ORDER BY position LIMIT 200",
)

_GET_SUBTASK = Statement(
    Subtask,
    f"SELECT {_SUBTASK} FROM subtasks WHERE user_id = $1 AND task_id = $2 AND id = $3",
)

_ADD_SUBTASK = Statement(
    Subtask,
    f"""
INSERT INTO subtasks (user_id, id, task_id, title, position, estimated_minutes, due_date, created_at, updated_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $8) RETURNING {_SUBTASK}""",
)

_UPDATE_SUBTASK = Statement(
    Subtask,
    f"""
UPDATE subtasks SET title = $3, completed = $4, estimated_minutes = $5, due_date = $6, completed_at = $7,
       updated_at = $8
 WHERE user_id = $1 AND id = $2 RETURNING {_SUBTASK}""",
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

_COUNT_SUBTASKS = Statement(
    Task,
    f"""
UPDATE tasks AS t SET subtask_count = steps.total, subtasks_completed = steps.completed, updated_at = $3
  FROM (SELECT count(*)::int AS total, (count(*) FILTER (WHERE completed))::int AS completed
          FROM subtasks WHERE user_id = $1 AND task_id = $2) AS steps
 WHERE t.user_id = $1 AND t.id = $2
{_RETURNING}""",
)


HOLDINGS = [
    exported(
        "tasks",
        "id, subject_id, title, description, status, priority, due_date, due_at, due_zone, start_date,"
        " estimated_minutes, actual_minutes, labels, completed_at, completed_on, on_time, completions, created_at,"
        " updated_at",
    ),
    exported(
        "subtasks",
        "id, task_id, title, completed, position, estimated_minutes, due_date, completed_at, created_at, updated_at",
        order="task_id, position",
    ),
]


async def get(reader: Reader, user_id: UUID, task_id: UUID) -> Task | None:
    return await reader.one(_GET, user_id, task_id)


async def lock(tx: Tx, user_id: UUID, task_id: UUID) -> Task | None:
    return await tx.one(_LOCK, user_id, task_id)


async def page(
    reader: Reader, user_id: UUID, query: TaskQuery, *, after: Position | None, limit: int
) -> list[tuple[Task, str]]:
    """Tasks as asked for, each with its sort key."""
    filters = tuple(name for name in _FILTERS if getattr(query, name) not in (None, []))
    position = (after.key, after.id) if after else ()
    values = [getattr(query, name) for name in filters]
    return await reader.keyed(_page(query.sort, filters, after is not None), user_id, limit, *position, *values)


async def due(
    reader: Reader, user_id: UUID, *, day: date, ends: datetime, after: Position | None, limit: int
) -> list[tuple[Task, str]]:
    """Open tasks due on `day` or before, also by a step of theirs."""
    return await reader.keyed(
        _TODAY, user_id, limit, day, ends, after.key if after else None, after.id if after else None
    )


async def add(tx: Tx, user_id: UUID, task_id: UUID, new: NewTask, *, at: datetime) -> Task | None:
    """The new task, or nothing when its subject is not the user's."""
    return await tx.one(
        _ADD, user_id, task_id, new.title, new.description, new.subject_id, new.priority, new.due_date, new.due_at,
        new.due_zone, new.start_date, new.estimated_minutes, new.labels, at,
    )  # fmt: skip


async def update(tx: Tx, user_id: UUID, changed: Task, *, at: datetime) -> Task | None:
    """The task as changed, or nothing when its subject is not the user's."""
    return await tx.one(
        _UPDATE, user_id, changed.id, changed.title, changed.description, changed.subject_id, changed.status,
        changed.priority, changed.due_date, changed.due_at, changed.due_zone, changed.start_date,
        changed.estimated_minutes, changed.labels, at,
    )  # fmt: skip


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


async def subtasks(reader: Reader, user_id: UUID, task_id: UUID) -> list[Subtask]:
    """Every step of a task, in order."""
    return await reader.all(_SUBTASKS, user_id, task_id)


async def get_subtask(reader: Reader, user_id: UUID, task_id: UUID, subtask_id: UUID) -> Subtask | None:
    return await reader.one(_GET_SUBTASK, user_id, task_id, subtask_id)


async def add_subtask(
    tx: Tx, user_id: UUID, subtask_id: UUID, task: Task, new: NewSubtask, *, at: datetime
) -> Subtask | None:
    """The new step, at the end."""
    return await tx.one(
        _ADD_SUBTASK, user_id, subtask_id, task.id, new.title, task.subtask_count, new.estimated_minutes,
        new.due_date, at,
    )  # fmt: skip


async def update_subtask(tx: Tx, user_id: UUID, changed: Subtask, *, at: datetime) -> Subtask | None:
    return await tx.one(
        _UPDATE_SUBTASK, user_id, changed.id, changed.title, changed.completed, changed.estimated_minutes,
        changed.due_date, changed.completed_at, at,
    )  # fmt: skip


async def delete_subtask(tx: Tx, user_id: UUID, task_id: UUID, subtask_id: UUID) -> None:
    """Takes a step out and closes the gap."""
    await tx.do(_DELETE_SUBTASK, user_id, task_id, subtask_id)


async def order(tx: Tx, user_id: UUID, task_id: UUID, ids: list[UUID], *, at: datetime) -> None:
    """Gives the steps the order of `ids`, which name each of them once."""
    await tx.do(_ORDER, user_id, task_id, ids, at)


async def count_subtasks(tx: Tx, user_id: UUID, task_id: UUID, *, at: datetime) -> Task | None:
    """The task with the progress of its steps counted anew."""
    return await tx.one(_COUNT_SUBTASKS, user_id, task_id, at)
