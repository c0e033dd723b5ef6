"""The lists of tasks."""

from __future__ import annotations

from datetime import date, datetime
from functools import cache
from itertools import product
from uuid import UUID

from studyteddy.features.tasks.schemas import Sort, Task, TaskQuery
from studyteddy.features.tasks.store.rows import COLUMNS, FROM, task
from studyteddy.platform.db import Reader, Statement
from studyteddy.platform.pages import Position

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
        f"SELECT {COLUMNS}, {key}::text AS sort_key {FROM}\n WHERE {' AND '.join(conditions)}"
        f"\n ORDER BY {key} {direction}, t.id {direction} LIMIT $2",
        task,
    )


def pages() -> list[Statement[Task]]:
    """Every statement that a list can become, for the tests that look at all of them."""
    names = list(_FILTERS)
    chosen = [
        tuple(name for name, on in zip(names, mask, strict=True) if on) for mask in product((0, 1), repeat=len(names))
    ]
    return [_page(sort, filters, begun) for sort in _SORTS for filters in chosen for begun in (False, True)]


_DUE = f"""
SELECT {COLUMNS}, t.due_sort::text AS sort_key {FROM}
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
    task,
)


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
