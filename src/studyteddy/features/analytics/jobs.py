"""Background jobs that update the daily aggregates."""

from __future__ import annotations

from studyteddy.events import FocusCompleted, FocusDeleted, FocusReopened, TaskCompleted, TaskReopened
from studyteddy.features.analytics import service
from studyteddy.platform.db.transaction import Tx
from studyteddy.platform.jobs.registry import Jobs

jobs = Jobs("analytics")


@jobs.on(TaskCompleted)
async def count_completion(tx: Tx, event: TaskCompleted) -> None:
    """Count the task on its local day."""
    await service.count(tx, event.completed_on, event.subject_id, on_time=event.on_time, at=event.completed_at)


@jobs.on(TaskReopened)
async def uncount_completion(tx: Tx, event: TaskReopened) -> None:
    """Remove the task from its local day."""
    await service.uncount(tx, event.completed_on, event.subject_id, on_time=event.on_time)


@jobs.on(FocusCompleted)
async def count_focus(tx: Tx, event: FocusCompleted) -> None:
    """Add the session's minutes to its local day."""
    await service.count_focus(
        tx, event.day, event.subject_id, minutes=event.minutes, late=event.late, at=event.started_at
    )


@jobs.on(FocusReopened)
async def uncount_forgotten_focus(tx: Tx, event: FocusReopened) -> None:
    """Subtract the minutes of a session that was not forgotten after all."""
    await service.uncount_focus(tx, event.day, event.subject_id, minutes=event.minutes, late=False)


@jobs.on(FocusDeleted)
async def uncount_focus(tx: Tx, event: FocusDeleted) -> None:
    """Subtract the session's minutes from its local day."""
    await service.uncount_focus(tx, event.day, event.subject_id, minutes=event.minutes, late=event.late)
