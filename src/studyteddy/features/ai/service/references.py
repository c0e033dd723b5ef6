"""The objects that a request refers to in its body: 422 for one that the student doesn't have."""

from __future__ import annotations

from uuid import UUID

from studyteddy.features.tasks.schemas.subtasks import NoSuchSubtask, Subtask, UnknownSubtask
from studyteddy.features.tasks.schemas.tasks import NoSuchTask, Task, UnknownTask
from studyteddy.features.tasks.service import subtasks, tasks
from studyteddy.platform.db.transaction import Tx
from studyteddy.platform.errors import invalid


async def task(tx: Tx, task_id: UUID) -> Task:
    """Return the task of `/taskId`, locked, so that it isn't deleted before the transaction ends."""
    try:
        return await tasks.lock(tx, task_id)
    except NoSuchTask as fault:
        raise invalid("/taskId", UnknownTask.code, UnknownTask.title, UnknownTask) from fault


async def subtask(tx: Tx, task_id: UUID, subtask_id: UUID) -> Subtask:
    """Return the subtask of `/subtaskId`."""
    try:
        return await subtasks.get(tx, tx.user_id, task_id, subtask_id)
    except NoSuchSubtask as fault:
        raise invalid("/subtaskId", UnknownSubtask.code, UnknownSubtask.title, UnknownSubtask) from fault
