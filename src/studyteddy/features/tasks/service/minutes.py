"""The minutes that were worked on a task."""

from __future__ import annotations

from uuid import UUID

from studyteddy import events
from studyteddy.features.tasks.schemas import Task
from studyteddy.features.tasks.store import rows
from studyteddy.platform.db import Tx


async def hold(tx: Tx, task_id: UUID) -> Task | None:
    """Keeps a task as it is until the transaction ends; nothing when it is gone.

    Whoever locks something of a task does this first: deleting the task locks them in that order too.
    """
    return await rows.lock(tx, tx.user_id, task_id)


async def add_minutes(tx: Tx, task_id: UUID, minutes: int) -> None:
    """Adds to the minutes worked, or takes from them again; nothing happens when the task is gone."""
    task = await rows.add_minutes(tx, tx.user_id, task_id, minutes, at=tx.now)
    if task is not None:
        tx.publish(events.TaskUpdated(task_id), task)
