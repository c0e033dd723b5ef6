"""The lists of tasks."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from studyteddy.features.auth import service as auth
from studyteddy.features.tasks.schemas import DayQuery, Task, TaskQuery
from studyteddy.features.tasks.store import lists
from studyteddy.platform.db import Reader
from studyteddy.platform.pages import Cursors, Page


async def page(reader: Reader, user_id: UUID, query: TaskQuery, cursors: Cursors) -> Page[Task]:
    """The tasks that a query asks for."""
    after = cursors.read(query.cursor, f"tasks:{query.sort}", query)
    found = await lists.page(reader, user_id, query, after=after, limit=query.limit + 1)
    return cursors.page(found, query, f"tasks:{query.sort}")


async def today(reader: Reader, user_id: UUID, query: DayQuery, cursors: Cursors, *, now: datetime) -> Page[Task]:
    """Open tasks due today or overdue, in the student's zone and by their day start."""
    clock = await auth.clockwork(reader, user_id)
    day = clock.date_of(now)
    after = cursors.read(query.cursor, f"today:{day}", query)
    found = await lists.due(reader, user_id, day=day, ends=clock.end_of(day), after=after, limit=query.limit + 1)
    return cursors.page(found, query, f"today:{day}")
