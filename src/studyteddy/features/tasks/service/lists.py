"""Actions on lists of tasks."""

from __future__ import annotations

from datetime import datetime, timedelta
from itertools import accumulate
from uuid import UUID

from msgspec.structs import replace

from studyteddy.features.auth.service import profile
from studyteddy.features.tasks.schemas.lists import DayQuery, LabelList, ListedTask, TaskQuery, UpcomingQuery
from studyteddy.features.tasks.schemas.subtasks import Subtask
from studyteddy.features.tasks.schemas.tasks import Task, normalize_labels
from studyteddy.features.tasks.store import lists as store
from studyteddy.features.tasks.store import subtasks as subtasks_store
from studyteddy.platform.db.statements import Reader
from studyteddy.platform.errors import invalid
from studyteddy.platform.fulltext import asked
from studyteddy.platform.local_time.dates import check_range
from studyteddy.platform.web.pagination import Cursors, Page, rows_of

MOST_SUBTASKS = 2000
"""Subtasks of a page that includes them, so that no answer becomes too large; one task has at most 200."""


async def page(reader: Reader, user_id: UUID, query: TaskQuery, cursors: Cursors) -> Page[ListedTask]:
    """Return the tasks that match a query; raise 422 if `q` comes with `sort` or has no searchable words."""
    if query.q is not None and query.sort is not None:
        raise invalid("?sort", "sorted_by_rank", "Results of `q` are sorted by rank. Omit `sort`.")
    check_range("?updatedFrom", query.updated_from)
    if query.label is not None:
        query = replace(query, label="".join(normalize_labels([query.label])))
    name = f"tasks:{query.order}"
    after = cursors.read(query.cursor, name, query)
    words = None if query.q is None else asked(query.q)
    found = await store.page(reader, user_id, query, words=words, after=after, limit=rows_of(query))
    if not query.include:
        return cursors.page(found, query, name)
    page = cursors.page(found, replace(query, limit=_limit(found, query)), name)
    return replace(page, items=await _with_subtasks(reader, user_id, page.items))


def _limit(found: list[tuple[ListedTask, str]], query: TaskQuery) -> int:
    """Return how many tasks fit on a page with their subtasks."""
    counts = accumulate(task.subtask_count for task, _ in found)
    return min(query.limit, max(1, sum(count <= MOST_SUBTASKS for count in counts)))


async def _with_subtasks(reader: Reader, user_id: UUID, listed: list[ListedTask]) -> list[ListedTask]:
    found: dict[UUID, list[Subtask]] = {task.id: [] for task in listed}
    for subtask in await subtasks_store.of_tasks(reader, user_id, list(found)):
        found[subtask.task_id].append(subtask)
    return [replace(task, subtasks=found[task.id]) for task in listed]


async def today(reader: Reader, user_id: UUID, query: DayQuery, cursors: Cursors, *, now: datetime) -> Page[Task]:
    """Return open tasks that are due today or overdue, in the student's time zone and by their day start."""
    boundary = await profile.day_boundary(reader, user_id)
    day = boundary.date_of(now)
    after = cursors.read(query.cursor, f"today:{day}", query)
    found = await store.due(reader, user_id, day=day, ends=boundary.end_of(day), after=after, limit=rows_of(query))
    return cursors.page(found, query, f"today:{day}")


async def upcoming(
    reader: Reader, user_id: UUID, query: UpcomingQuery, cursors: Cursors, *, now: datetime
) -> Page[Task]:
    """Return open tasks that are due in the days after today."""
    boundary = await profile.day_boundary(reader, user_id)
    day = boundary.date_of(now)
    last = day + timedelta(days=query.days)
    after = cursors.read(query.cursor, f"upcoming:{day}", query)
    found = await store.due_later(
        reader,
        user_id,
        day=day,
        begins=boundary.end_of(day),
        last=last,
        ends=boundary.end_of(last),
        after=after,
        limit=rows_of(query),
    )
    return cursors.page(found, query, f"upcoming:{day}")


async def overdue(reader: Reader, user_id: UUID, query: DayQuery, cursors: Cursors, *, now: datetime) -> Page[Task]:
    """Return open tasks whose due date or instant has passed."""
    boundary = await profile.day_boundary(reader, user_id)
    day = boundary.date_of(now) - timedelta(days=1)
    after = cursors.read(query.cursor, f"overdue:{day}", query)
    found = await store.due(reader, user_id, day=day, ends=now, after=after, limit=rows_of(query))
    return cursors.page(found, query, f"overdue:{day}")


async def labels(reader: Reader, user_id: UUID) -> LabelList:
    """Return the labels in use."""
    return LabelList(await store.labels(reader, user_id))
