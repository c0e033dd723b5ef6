"""HTTP of the steps of tasks."""

from __future__ import annotations

from uuid import UUID

from studyteddy.features.tasks import service
from studyteddy.features.tasks.api.common import router
from studyteddy.features.tasks.schemas import (
    NewSubtask,
    Subtask,
    SubtaskChanges,
    SubtaskList,
    SubtaskOrder,
    TooManySubtasks,
)
from studyteddy.platform.db import Database
from studyteddy.platform.identity import Identity


@router.get("/{task_id}/subtasks")
async def list_subtasks(db: Database, identity: Identity, task_id: UUID) -> SubtaskList:
    """The steps of a task, in order."""
    return await service.of_task(db.reading(identity), identity.user_id, task_id)


@router.post("/{task_id}/subtasks", status=201, errors=(TooManySubtasks,))
async def create_subtask(db: Database, identity: Identity, task_id: UUID, body: NewSubtask) -> Subtask:
    """Add a step at the end."""
    async with db.transaction(identity) as tx:
        return tx.reply(await service.add_step(tx, task_id, body))


@router.put("/{task_id}/subtasks/order")
async def order_subtasks(db: Database, identity: Identity, task_id: UUID, body: SubtaskOrder) -> SubtaskList:
    """Give the steps a new order."""
    async with db.transaction(identity) as tx:
        return await service.order_steps(tx, task_id, body)


@router.get("/{task_id}/subtasks/{subtask_id}")
async def get_subtask(db: Database, identity: Identity, task_id: UUID, subtask_id: UUID) -> Subtask:
    """One step."""
    return await service.get_step(db.reading(identity), identity.user_id, task_id, subtask_id)


@router.patch("/{task_id}/subtasks/{subtask_id}")
async def update_subtask(
    db: Database,
    identity: Identity,
    task_id: UUID,
    subtask_id: UUID,
    body: SubtaskChanges,
    if_match: str | None,
) -> Subtask:
    """Change a step, or tick it off."""
    async with db.transaction(identity) as tx:
        return await service.update_step(tx, task_id, subtask_id, body, if_match=if_match)


@router.delete("/{task_id}/subtasks/{subtask_id}")
async def delete_subtask(
    db: Database, identity: Identity, task_id: UUID, subtask_id: UUID, if_match: str | None
) -> None:
    """Take a step out."""
    async with db.transaction(identity) as tx:
        await service.delete_step(tx, task_id, subtask_id, if_match=if_match)
