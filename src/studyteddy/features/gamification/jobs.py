"""What gives points, and what takes them back."""

from __future__ import annotations

from studyteddy.events import FocusCompleted, FocusDeleted, TaskCompleted, TaskReopened
from studyteddy.features.gamification import service
from studyteddy.platform.db import Tx
from studyteddy.platform.jobs import Jobs

jobs = Jobs("gamification")


@jobs.on(TaskCompleted)
async def award_points(tx: Tx, event: TaskCompleted) -> None:
    """Rewards a completed task."""
    await service.award(tx, event.task_id, version=event.completions, day=event.completed_on, at=event.completed_at)


@jobs.on(TaskReopened)
async def take_back_points(tx: Tx, event: TaskReopened) -> None:
    """Takes back what the completion gave."""
    await service.take_back(tx, event.task_id, version=event.completions, day=event.completed_on)


@jobs.on(FocusCompleted)
async def award_focus(tx: Tx, event: FocusCompleted) -> None:
    """Rewards a session that was timed and ended by its student."""
    if event.earns:
        await service.award_focus(tx, event.session_id, minutes=event.minutes, day=event.day)


@jobs.on(FocusDeleted)
async def take_back_focus_points(tx: Tx, event: FocusDeleted) -> None:
    """Takes back what the session gave."""
    if event.minutes:
        await service.take_back_focus(tx, event.session_id, day=event.day)
