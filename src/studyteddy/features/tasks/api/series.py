"""HTTP of tasks that repeat."""

from __future__ import annotations

from uuid import UUID

from studyteddy.features.tasks import service
from studyteddy.features.tasks.api.common import router
from studyteddy.features.tasks.schemas import (
    AlreadyCompleted,
    NewOccurrence,
    NoSuchOccurrence,
    NotRecurring,
    Occurrence,
    OccurrenceQuery,
    Task,
)
from studyteddy.platform.db import Database
from studyteddy.platform.fields import Empty
from studyteddy.platform.identity import Identity
from studyteddy.platform.pages import Cursors, Page


@router.post("/{task_id}/skip", errors=(AlreadyCompleted, NotRecurring))
async def skip_task(db: Database, identity: Identity, task_id: UUID, body: Empty | None = None) -> Task:
    """Skip this occurrence of a series; the next one follows. Skipping it again changes nothing."""
    async with db.transaction(identity) as tx:
        return tx.reply(await service.skip(tx, task_id))


@router.get("/{task_id}/occurrences")
async def list_occurrences(
    db: Database, cursors: Cursors, identity: Identity, task_id: UUID, query: OccurrenceQuery
) -> Page[Occurrence]:
    """The occurrences of a task's series: those that were, the open one, and those to come."""
    return await service.occurrences(db.reading(identity), identity.user_id, task_id, query, cursors, now=db.clock())


@router.post("/{task_id}/occurrences", status=201, errors=(NoSuchOccurrence, NotRecurring))
async def create_occurrence(db: Database, identity: Identity, task_id: UUID, body: NewOccurrence) -> Task:
    """Make the task of a later occurrence now, to change it or finish it early; one that is there stays as it is."""
    async with db.transaction(identity) as tx:
        return tx.reply(await service.expect(tx, task_id, body))
