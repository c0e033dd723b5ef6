"""HTTP routes for recurring tasks."""

from __future__ import annotations

from uuid import UUID

from studyteddy.features.tasks.schemas.series import (
    NewOccurrence,
    NoSuchOccurrence,
    NotRecurring,
    Occurrence,
    OccurrenceQuery,
)
from studyteddy.features.tasks.schemas.tasks import AlreadyCompleted, Task
from studyteddy.features.tasks.service import series
from studyteddy.platform.db.database import Database
from studyteddy.platform.db.transaction import Tx
from studyteddy.platform.fields import Empty
from studyteddy.platform.identity import Identity
from studyteddy.platform.web.pagination import Cursors, Page
from studyteddy.platform.web.routing import Router

router = Router("/api/tasks", tag="tasks")


@router.post("/{task_id}/skip", errors=(AlreadyCompleted, NotRecurring))
async def skip_task(tx: Tx, task_id: UUID, body: Empty | None = None) -> Task:
    """Skip this occurrence of a series and create the next one. Skipping it again has no effect."""
    return await series.skip(tx, task_id)


@router.get("/{task_id}/occurrences")
async def list_occurrences(
    db: Database, cursors: Cursors, identity: Identity, task_id: UUID, query: OccurrenceQuery
) -> Page[Occurrence]:
    """List the occurrences of a task's series: past, open and future."""
    return await series.page(db.reading(identity), identity.user_id, task_id, query, cursors, now=db.clock())


@router.post("/{task_id}/occurrences", status=201, errors=(NoSuchOccurrence, NotRecurring))
async def create_occurrence(tx: Tx, task_id: UUID, body: NewOccurrence) -> Task:
    """Create the task of a later occurrence now, to edit or complete it early. An existing task is unchanged."""
    return await series.create_occurrence(tx, task_id, body)
