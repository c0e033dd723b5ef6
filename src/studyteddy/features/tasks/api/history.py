"""HTTP of the history of tasks."""

from __future__ import annotations

from uuid import UUID

from studyteddy.features.tasks import service
from studyteddy.features.tasks.api.common import router
from studyteddy.features.tasks.schemas import (
    Change,
    ChangedSince,
    DayQuery,
    Task,
)
from studyteddy.platform.db import Database
from studyteddy.platform.fields import Empty
from studyteddy.platform.identity import Identity
from studyteddy.platform.pages import Cursors, Page


@router.get("/{task_id}/history")
async def list_task_history(
    db: Database, cursors: Cursors, identity: Identity, task_id: UUID, query: DayQuery
) -> Page[Change]:
    """What became of a task and its steps, the latest first."""
    return await service.history.page(db.reading(identity), identity.user_id, task_id, query, cursors)


@router.post("/{task_id}/history/{change_id}/undo", errors=(ChangedSince,))
async def undo_change(
    db: Database, identity: Identity, task_id: UUID, change_id: UUID, body: Empty | None = None
) -> Task:
    """Take a change back. Doing so again changes nothing; the undoing is a change of its own."""
    async with db.transaction(identity) as tx:
        return tx.reply(await service.history.undo(tx, task_id, change_id))
