"""What changes the numbers."""

from __future__ import annotations

from studyteddy.events import FocusCompleted, FocusDeleted, TaskCompleted, TaskReopened
from studyteddy.features.analytics import service
from studyteddy.platform.db import Tx
from studyteddy.platform.jobs import Jobs

jobs = Jobs("analytics")


@jobs.on(TaskCompleted)
async def count_completion(tx: Tx, event: TaskCompleted) -> None:
    """Adds the task to its local day."""
    await service.count(tx, event.completed_on, event.subject_id, on_time=event.on_time)


@jobs.on(TaskReopened)
async def uncount_completion(tx: Tx, event: TaskReopened) -> None:
    """Takes the task from its local day again."""
    await service.take_back(tx, event.completed_on, event.subject_id, on_time=event.on_time)


@jobs.on(FocusCompleted)
async def count_focus(tx: Tx, event: FocusCompleted) -> None:
    """Adds the session's minutes to its local day."""
    await service.count_focus(tx, event.day, event.subject_id, minutes=event.minutes, late=event.late)


@jobs.on(FocusDeleted)
async def uncount_focus(tx: Tx, event: FocusDeleted) -> None:
    """Takes the session's minutes from its local day again."""
    await service.take_back_focus(tx, event.day, event.subject_id, minutes=event.minutes, late=event.late)
