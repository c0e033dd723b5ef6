"""The lists of tasks."""

from __future__ import annotations

from datetime import date, datetime
from functools import cache
from itertools import product
from uuid import UUID

from studyteddy.features.tasks.schemas import LabelUse, Order, Task, TaskQuery
from studyteddy.features.tasks.store.rows import COLUMNS, FROM, task
from studyteddy.platform.db import Reader, Statement
from studyteddy.platform.pages import Position
from studyteddy.platform.words import rank, wanted

_SORTS: dict[Order, tuple[str, str, str]] = {
    "due": ("t.due_sort", "timestamptz", "ASC"),
    "priority": ("t.priority_rank", "smallint", "ASC"),
    "created": ("t.created_at", "timestamptz", "DESC"),
    "updated": ("t.updated_at", "timestamptz", "DESC"),
    "title": ('lower(t.title) COLLATE "C"', "text", "ASC"),
    "rank": ("found.rank", "int", "DESC"),
}

# Policies keep an index of words from being used, since `@@` might tell of rows that are not the user's: the words are
# looked at in each row of the user's. `OFFSET 0` has the rank computed once, and only for what was found.
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
}


@cache  # bounded by its arguments: 6 orders, 2 positions, 64 sets of filters
def _page(order: Order, filters: tuple[str, ...], begun: bool) -> Statement[Task]:
    key, kind, direction = _SORTS[order]
    source, conditions, number = FROM, ["t.user_id = $1"], 3
    if order == "rank":
        source, number = _SEARCHED, 4
        conditions.append("t.words @@ query.words")
    if begun:
        sign = ">" if direction == "ASC" else "<"
        conditions.append(f"({key}, t.id) {sign} (${number}::text::{kind}, ${number + 1}::uuid)")
        number += 2
    conditions += [_FILTERS[name].format(f"${number + n}") for n, name in enumerate(filters)]
    return Statement(
        Task,
        f"SELECT {COLUMNS}, {key}::text AS sort_key {source}\n WHERE {' AND '.join(conditions)}"
        f"\n ORDER BY {key} {direction}, t.id {direction} LIMIT $2",
        task,
    )


def pages() -> list[Statement[Task]]:
    """Every statement that a list can become, for the tests that look at all of them."""
    names = list(_FILTERS)
    chosen = [
        tuple(name for name, on in zip(names, mask, strict=True) if on) for mask in product((0, 1), repeat=len(names))
    ]
    return [_page(order, filters, begun) for order in _SORTS for filters in chosen for begun in (False, True)]


_DUE = f"""
SELECT {COLUMNS}, t.due_sort::text AS sort_key {FROM}
 WHERE t.user_id = $1 AND t.status IN ('pending', 'in_progress') AND {{condition}}
   AND ($5::text IS NULL OR (t.due_sort, t.id) > ($5::text::timestamptz, $6::uuid))
 ORDER BY t.due_sort, t.id LIMIT $2"""

# `$3` is a local date, `$4` the instant until which a due instant counts; what is overdue is before both.
_DUE_BY = Statement(
    Task,
    _DUE.format(
        condition="""(t.due_date <= $3 OR t.due_at < $4 OR EXISTS (
           SELECT FROM subtasks AS b
            WHERE b.user_id = t.user_id AND b.task_id = t.id AND NOT b.completed AND b.due_date <= $3))"""
    ),
    task,
)

# After the local date `$3` and up to `$7`; these days begin at the instant `$4` and end at `$8`.
_DUE_LATER = Statement(
    Task,
    _DUE.format(
        condition="""(
           (t.due_date > $3 AND t.due_date <= $7) OR (t.due_at >= $4 AND t.due_at < $8) OR EXISTS (
           SELECT FROM subtasks AS b
            WHERE b.user_id = t.user_id AND b.task_id = t.id AND NOT b.completed AND b.due_date > $3
              AND b.due_date <= $7))"""
    ),
    task,
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
) -> list[tuple[Task, str]]:
    """Tasks as asked for, each with its sort key."""
    filters = tuple(name for name in _FILTERS if getattr(query, name) not in (None, []))
    sought = () if words is None else (words,)
    position = (after.key, after.id) if after else ()
    values = [getattr(query, name) for name in filters]
    return await reader.keyed(
        _page(query.order, filters, after is not None), user_id, limit, *sought, *position, *values
    )


async def due(
    reader: Reader, user_id: UUID, *, day: date, ends: datetime, after: Position | None, limit: int
) -> list[tuple[Task, str]]:
    """Open tasks due on `day` or before, or before the instant `ends`; also by a step of theirs."""
    return await reader.keyed(
        _DUE_BY, user_id, limit, day, ends, after.key if after else None, after.id if after else None
    )


async def due_later(
    reader: Reader, user_id: UUID, *, day: date, begins: datetime, last: date, ends: datetime,
    after: Position | None, limit: int,
) -> list[tuple[Task, str]]:  # fmt: skip
    """Open tasks due after `day` and up to `last`, which are the time from `begins` to `ends`; also by a step."""
    return await reader.keyed(
        _DUE_LATER, user_id, limit, day, begins, after.key if after else None, after.id if after else None, last, ends
    )


async def labels(reader: Reader, user_id: UUID) -> list[LabelUse]:
    """Labels of any task, with the number of their open tasks."""
    return await reader.all(_LABELS, user_id)
