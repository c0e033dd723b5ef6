"""HTTP routes for subtasks."""

from __future__ import annotations

from uuid import UUID

from studyteddy.features.tasks.schemas.subtasks import (
    NewSubtask,
    Subtask,
    SubtaskChanges,
    SubtaskList,
    SubtaskOrder,
    TooManySubtasks,
)
from studyteddy.features.tasks.service import subtasks
from studyteddy.platform.creation import IdTaken
from studyteddy.platform.db.database import Database
from studyteddy.platform.db.transaction import Tx
from studyteddy.platform.identity import Identity
from studyteddy.platform.web.routing import Router

router = Router("/api/tasks", tag="tasks")


@router.get("/{task_id}/subtasks")
async def list_subtasks(db: Database, identity: Identity, task_id: UUID) -> SubtaskList:
    """List the subtasks of a task, in order."""
    return await subtasks.of_task(db.reading(identity), identity.user_id, task_id)


@router.post("/{task_id}/subtasks", status=201, errors=(IdTaken, TooManySubtasks))
async def create_subtask(tx: Tx, task_id: UUID, body: NewSubtask) -> Subtask:
    """Add a subtask at the end."""
    return await subtasks.add(tx, task_id, body)


@router.put("/{task_id}/subtasks/order")
async def order_subtasks(tx: Tx, task_id: UUID, body: SubtaskOrder) -> SubtaskList:
    """Reorder the subtasks of a task."""
    return await subtasks.reorder(tx, task_id, body)


@router.get("/{task_id}/subtasks/{subtask_id}")
async def get_subtask(db: Database, identity: Identity, task_id: UUID, subtask_id: UUID) -> Subtask:
    """Get a subtask."""
    return await subtasks.get(db.reading(identity), identity.user_id, task_id, subtask_id)


@router.patch("/{task_id}/subtasks/{subtask_id}")
async def update_subtask(
    tx: Tx, task_id: UUID, subtask_id: UUID, body: SubtaskChanges, if_match: str | None
) -> Subtask:
    """Update or complete a subtask."""
    return await subtasks.update(tx, task_id, subtask_id, body, if_match=if_match)


@router.delete("/{task_id}/subtasks/{subtask_id}")
async def delete_subtask(tx: Tx, task_id: UUID, subtask_id: UUID, if_match: str | None) -> None:
    """Delete a subtask."""
    await subtasks.delete(tx, task_id, subtask_id, if_match=if_match)
