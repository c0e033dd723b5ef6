"""The lists of tasks."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

from msgspec.structs import replace

from studyteddy.features.auth import service as auth
from studyteddy.features.tasks.schemas import DayQuery, LabelList, Task, TaskQuery, UpcomingQuery, tidied
from studyteddy.features.tasks.store import lists
from studyteddy.platform.db import Reader
from studyteddy.platform.errors import invalid
from studyteddy.platform.pages import Cursors, Page
from studyteddy.platform.words import asked


async def page(reader: Reader, user_id: UUID, query: TaskQuery, cursors: Cursors) -> Page[Task]:
    """The tasks that a query asks for; raises 422 for `q` together with `sort`, or without a word."""
    if query.q is not None and query.sort is not None:
        raise invalid("?sort", "sorted_by_rank", "What `q` finds begins with the best: leave this out.")
    if query.label is not None:
        query = replace(query, label="".join(tidied([query.label])))
    name = f"tasks:{query.order}"
    after = cursors.read(query.cursor, name, query)
    words = None if query.q is None else asked(query.q)
    found = await lists.page(reader, user_id, query, words=words, after=after, limit=query.limit + 1)
    return cursors.page(found, query, name)


async def today(reader: Reader, user_id: UUID, query: DayQuery, cursors: Cursors, *, now: datetime) -> Page[Task]:
    """Open tasks due today or overdue, in the student's zone and by their day start."""
    clock = await auth.clockwork(reader, user_id)
    day = clock.date_of(now)
    after = cursors.read(query.cursor, f"today:{day}", query)
    found = await lists.due(reader, user_id, day=day, ends=clock.end_of(day), after=after, limit=query.limit + 1)
    return cursors.page(found, query, f"today:{day}")


async def upcoming(
    reader: Reader, user_id: UUID, query: UpcomingQuery, cursors: Cursors, *, now: datetime
) -> Page[Task]:
    """Open tasks due on the days after today."""
    clock = await auth.clockwork(reader, user_id)
    day = clock.date_of(now)
    last = day + timedelta(days=query.days)
    after = cursors.read(query.cursor, f"upcoming:{day}", query)
    found = await lists.due_later(
        reader, user_id, day=day, begins=clock.end_of(day), last=last, ends=clock.end_of(last), after=after,
        limit=query.limit + 1,
    )  # fmt: skip
    return cursors.page(found, query, f"upcoming:{day}")


async def overdue(reader: Reader, user_id: UUID, query: DayQuery, cursors: Cursors, *, now: datetime) -> Page[Task]:
    """Open tasks whose day or instant is over."""
    clock = await auth.clockwork(reader, user_id)
    day = clock.date_of(now) - timedelta(days=1)
    after = cursors.read(query.cursor, f"overdue:{day}", query)
    found = await lists.due(reader, user_id, day=day, ends=now, after=after, limit=query.limit + 1)
    return cursors.page(found, query, f"overdue:{day}")


async def labels(reader: Reader, user_id: UUID) -> LabelList:
    """The labels in use."""
    return LabelList(await lists.labels(reader, user_id))
