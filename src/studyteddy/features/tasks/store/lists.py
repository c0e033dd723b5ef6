"""SQL statements for lists of tasks."""

from __future__ import annotations

from datetime import date, datetime
from functools import cache
from itertools import product
from typing import Any
from uuid import UUID

from studyteddy.features.tasks.schemas.lists import LabelUse, ListedTask, Order, TaskQuery
from studyteddy.features.tasks.schemas.tasks import Task
from studyteddy.features.tasks.store import tasks as tasks_store
from studyteddy.features.tasks.store.tasks import COLUMNS, FROM
from studyteddy.platform.db.statements import Reader, Statement
from studyteddy.platform.fulltext import rank, wanted
from studyteddy.platform.web.pagination import Position

_SORTS: dict[Order, tuple[str, str, str]] = {
    "due": ("t.due_sort", "timestamptz", "ASC"),
    "priority": ("t.priority_rank", "smallint", "ASC"),
    "created": ("t.created_at", "timestamptz", "DESC"),
    "updated": ("t.updated_at", "timestamptz", "DESC"),
    "title": ('lower(t.title) COLLATE "C"', "text", "ASC"),
    "rank": ("found.rank", "int", "DESC"),
}

# Row-level security prevents the use of a full-text index, because `@@` is not leakproof: each row of the user is
# checked. `OFFSET 0` makes the rank be computed once, and only for matches.
_SEARCHED = f"""{FROM}
 CROSS JOIN {wanted("$3")} AS query
 CROSS JOIN LATERAL (SELECT {rank("t.words", "query")} AS rank OFFSET 0) AS found"""

_FILTERS = {
    "status": "t.status = ANY({})",
    "priority": "t.priority = ANY({})",
    "subject_id": "t.subject_id = {}",
    "label": "{} = ANY(t.labels)",
    "due_from": "coalesce(t.due_date, (t.due_at AT TIME ZONE t.due_zone)::date) >= {}",
    "due_to": "coalesce(t.due_date, (t.due_at AT TIME ZONE t.due_zone)::date) <= {}",
    "updated_from": "t.updated_at >= {}",
}


def _listed(*columns: Any) -> ListedTask:
    return ListedTask(*tasks_store.decoded(columns))


@cache  # bounded by its arguments: 6 orders, 2 positions, 128 sets of filters
def _page(order: Order, filters: tuple[str, ...], continued: bool) -> Statement[ListedTask]:
    key, kind, direction = _SORTS[order]
    source, conditions, number = FROM, ["t.user_id = $1"], 3
    if order == "rank":
        source, number = _SEARCHED, 4
        conditions.append("t.words @@ query.words")
    if continued:
        operator = ">" if direction == "ASC" else "<"
        conditions.append(f"({key}, t.id) {operator} (${number}::text::{kind}, ${number + 1}::uuid)")
        number += 2
    conditions += [_FILTERS[name].format(f"${number + n}") for n, name in enumerate(filters)]
    return Statement(
        ListedTask,
        f"SELECT {COLUMNS}, {key}::text AS sort_key {source}\n WHERE {' AND '.join(conditions)}"
        f"\n ORDER BY {key} {direction}, t.id {direction} LIMIT $2",
        _listed,
    )


def pages() -> list[Statement[ListedTask]]:
    """Return every possible statement of a list, for the tests that check them all."""
    names = list(_FILTERS)
    chosen = [
        tuple(name for name, on in zip(names, mask, strict=True) if on) for mask in product((0, 1), repeat=len(names))
    ]
    return [_page(order, filters, continued) for order in _SORTS for filters in chosen for continued in (False, True)]


_DUE = f"""
SELECT {COLUMNS}, t.due_sort::text AS sort_key {FROM}
 WHERE t.user_id = $1 AND t.status IN ('pending', 'in_progress') AND {{condition}}
   AND ($5::text IS NULL OR (t.due_sort, t.id) > ($5::text::timestamptz, $6::uuid))
 ORDER BY t.due_sort, t.id LIMIT $2"""

# `$3` is a local date (inclusive), `$4` an instant (exclusive); a task is due if it is before either.
_DUE_BY = Statement(
    Task,
    _DUE.format(
        condition="""(t.due_date <= $3 OR t.due_at < $4 OR EXISTS (
           SELECT FROM subtasks AS b
            WHERE b.user_id = t.user_id AND b.task_id = t.id AND NOT b.completed AND b.due_date <= $3))"""
    ),
    tasks_store.task,
)

# After the local date `$3` and up to `$7`; these days start at the instant `$4` and end at `$8`.
_DUE_LATER = Statement(
    Task,
    _DUE.format(
        condition="""(
           (t.due_date > $3 AND t.due_date <= $7) OR (t.due_at >= $4 AND t.due_at < $8) OR EXISTS (
           SELECT FROM subtasks AS b
            WHERE b.user_id = t.user_id AND b.task_id = t.id AND NOT b.completed AND b.due_date > $3
              AND b.due_date <= $7))"""
    ),
    tasks_store.task,
)

_LABELS = Statement(
    LabelUse,
    """
SELECT label, count(*) FILTER (WHERE t.status IN ('pending', 'in_progress')) AS open_tasks
  FROM tasks AS t CROSS JOIN unnest(t.labels) AS label
 WHERE t.user_id = $1
 GROUP BY label ORDER BY open_tasks DESC, label COLLATE "C" LIMIT 500""",
)


async def page(
    reader: Reader, user_id: UUID, query: TaskQuery, *, words: list[str] | None, after: Position | None, limit: int
) -> list[tuple[ListedTask, str]]:
    """Return the tasks that match a query, each with its sort key."""
    filters = tuple(name for name in _FILTERS if getattr(query, name) not in (None, []))
    searched = () if words is None else (words,)
    position = (after.key, after.id) if after else ()
    values = [getattr(query, name) for name in filters]
    return await reader.keyed(
        _page(query.order, filters, after is not None), user_id, limit, *searched, *position, *values
    )


async def due(
    reader: Reader, user_id: UUID, *, day: date, ends: datetime, after: Position | None, limit: int
) -> list[tuple[Task, str]]:
    """Return open tasks due on `day` or earlier, or before the instant `ends`, or with such a subtask."""
    return await reader.keyed(
        _DUE_BY, user_id, limit, day, ends, after.key if after else None, after.id if after else None
    )


async def due_later(
    reader: Reader,
    user_id: UUID,
    *,
    day: date,
    begins: datetime,
    last: date,
    ends: datetime,
    after: Position | None,
    limit: int,
) -> list[tuple[Task, str]]:
    """Return open tasks due after `day` and up to `last` (the time from `begins` to `ends`), or with such a subtask."""
    return await reader.keyed(
        _DUE_LATER, user_id, limit, day, begins, after.key if after else None, after.id if after else None, last, ends
    )


async def labels(reader: Reader, user_id: UUID) -> list[LabelUse]:
    """Return the labels in use with their number of open tasks."""
    return await reader.all(_LABELS, user_id)
