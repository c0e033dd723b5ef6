"""HTTP routes for lists of tasks."""

from __future__ import annotations

from studyteddy.features.tasks.schemas.lists import DayQuery, LabelList, ListedTask, TaskQuery, UpcomingQuery
from studyteddy.features.tasks.schemas.tasks import Task
from studyteddy.features.tasks.service import lists
from studyteddy.platform.db.database import Database
from studyteddy.platform.identity import Identity
from studyteddy.platform.web.pagination import Cursors, Page
from studyteddy.platform.web.routing import Router

router = Router("/api/tasks", tag="tasks")


@router.get()
async def list_tasks(db: Database, cursors: Cursors, identity: Identity, query: TaskQuery) -> Page[ListedTask]:
    """List your tasks, filtered and sorted, or search them with `q`."""
    return await lists.page(db.reading(identity), identity.user_id, query, cursors)


@router.get("/today")
async def list_today(db: Database, cursors: Cursors, identity: Identity, query: DayQuery) -> Page[Task]:
    """List open tasks that are due today or overdue, or have such a subtask. Your time zone and day start apply."""
    return await lists.today(db.reading(identity), identity.user_id, query, cursors, now=db.clock())


@router.get("/upcoming")
async def list_upcoming(db: Database, cursors: Cursors, identity: Identity, query: UpcomingQuery) -> Page[Task]:
    """List open tasks that are due in the days after today, or have such a subtask, by due date."""
    return await lists.upcoming(db.reading(identity), identity.user_id, query, cursors, now=db.clock())


@router.get("/overdue")
async def list_overdue(db: Database, cursors: Cursors, identity: Identity, query: DayQuery) -> Page[Task]:
    """List open tasks that were due before today or before now, or have such a subtask."""
    return await lists.overdue(db.reading(identity), identity.user_id, query, cursors, now=db.clock())


@router.get("/labels")
async def list_labels(db: Database, identity: Identity) -> LabelList:
    """List the labels of your tasks with their number of open tasks."""
    return await lists.labels(db.reading(identity), identity.user_id)
