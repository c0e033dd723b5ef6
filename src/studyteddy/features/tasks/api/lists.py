"""HTTP of the lists of tasks, and of the search."""

from __future__ import annotations

from studyteddy.features.tasks import service
from studyteddy.features.tasks.api.common import router, searching
from studyteddy.features.tasks.schemas import (
    DayQuery,
    Hit,
    LabelList,
    SearchQuery,
    Task,
    TaskQuery,
    UpcomingQuery,
)
from studyteddy.platform.db import Database
from studyteddy.platform.identity import Identity
from studyteddy.platform.pages import Cursors, Page


@router.get()
async def list_tasks(db: Database, cursors: Cursors, identity: Identity, query: TaskQuery) -> Page[Task]:
    """Your tasks, filtered and sorted, or found by their words."""
    return await service.page(db.reading(identity), identity.user_id, query, cursors)


@router.get("/today")
async def list_today(db: Database, cursors: Cursors, identity: Identity, query: DayQuery) -> Page[Task]:
    """Open tasks due today or overdue, in your zone and by your day start; also those with a step that is due."""
    return await service.today(db.reading(identity), identity.user_id, query, cursors, now=db.clock())


@router.get("/upcoming")
async def list_upcoming(db: Database, cursors: Cursors, identity: Identity, query: UpcomingQuery) -> Page[Task]:
    """Open tasks due on the days after today, by their due date; also those with a step that is due then."""
    return await service.upcoming(db.reading(identity), identity.user_id, query, cursors, now=db.clock())


@router.get("/overdue")
async def list_overdue(db: Database, cursors: Cursors, identity: Identity, query: DayQuery) -> Page[Task]:
    """Open tasks that were due before today, or before this instant; also those with such a step."""
    return await service.overdue(db.reading(identity), identity.user_id, query, cursors, now=db.clock())


@router.get("/labels")
async def list_labels(db: Database, identity: Identity) -> LabelList:
    """The labels of your tasks, each with the number of open ones."""
    return await service.labels(db.reading(identity), identity.user_id)


@searching.get()
async def search(db: Database, cursors: Cursors, identity: Identity, query: SearchQuery) -> Page[Hit]:
    """Tasks, steps and subjects by their words, the best first."""
    return await service.search(db.reading(identity), identity.user_id, query, cursors)
