"""HTTP routes for the history of tasks."""

from __future__ import annotations

from uuid import UUID

from studyteddy.features.tasks.schemas.history import Change, ChangedSince
from studyteddy.features.tasks.schemas.lists import DayQuery
from studyteddy.features.tasks.schemas.tasks import Task
from studyteddy.features.tasks.service import history
from studyteddy.platform.db.database import Database
from studyteddy.platform.db.transaction import Tx
from studyteddy.platform.fields import Empty
from studyteddy.platform.identity import Identity
from studyteddy.platform.web.pagination import Cursors, Page
from studyteddy.platform.web.routing import Router

router = Router("/api/tasks", tag="tasks")


@router.get("/{task_id}/history")
async def list_task_history(
    db: Database, cursors: Cursors, identity: Identity, task_id: UUID, query: DayQuery
) -> Page[Change]:
    """List the changes of a task and its subtasks, latest first."""
    return await history.page(db.reading(identity), identity.user_id, task_id, query, cursors)


@router.post("/{task_id}/history/{change_id}/undo", errors=(ChangedSince,))
async def undo_change(tx: Tx, task_id: UUID, change_id: UUID, body: Empty | None = None) -> Task:
    """Undo a change. Undoing it again has no effect; the undo is recorded as a change of its own."""
    return await history.undo(tx, task_id, change_id)
