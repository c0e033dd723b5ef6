"""Background jobs that award and revoke points."""

from __future__ import annotations

from studyteddy.events import FocusCompleted, FocusDeleted, TaskCompleted, TaskReopened
from studyteddy.features.gamification import service
from studyteddy.platform.db.transaction import Tx
from studyteddy.platform.jobs.registry import Jobs

jobs = Jobs("gamification")


@jobs.on(TaskCompleted)
async def award_points(tx: Tx, event: TaskCompleted) -> None:
    """Award points for a completed task."""
    await service.award(tx, event.task_id, version=event.completions, day=event.completed_on, at=event.completed_at)


@jobs.on(TaskReopened)
async def take_back_points(tx: Tx, event: TaskReopened) -> None:
    """Revoke the points of the undone completion."""
    await service.revoke(tx, event.task_id, version=event.completions, day=event.completed_on)


@jobs.on(FocusCompleted)
async def award_focus(tx: Tx, event: FocusCompleted) -> None:
    """Award points for a session that was timed and ended by the student."""
    if event.earns:
        await service.award_focus(tx, event.session_id, minutes=event.minutes, day=event.day, at=event.ended_at)


@jobs.on(FocusDeleted)
async def take_back_focus_points(tx: Tx, event: FocusDeleted) -> None:
    """Revoke the points of the deleted session."""
    if event.minutes:
        await service.revoke_focus(tx, event.session_id, day=event.day)
