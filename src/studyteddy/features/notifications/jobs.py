"""What the student is told, and when."""

from __future__ import annotations

from studyteddy.events import PasswordChanged, TaskCompleted, UserRegistered
from studyteddy.features.notifications import service
from studyteddy.platform.db import Tx
from studyteddy.platform.jobs import Jobs

jobs = Jobs("notifications")


@jobs.on(UserRegistered)
async def welcome(tx: Tx, event: UserRegistered) -> None:
    """Greets a new student."""
    await service.notify(
        tx, source="welcome", type="welcome", title=f"Welcome, {event.name}!",
        body="Add a subject and your first task, and Study Teddy keeps the rest.", data={},
    )  # fmt: skip


@jobs.on(PasswordChanged)
async def warn_of_password_change(tx: Tx, event: PasswordChanged) -> None:
    """Says that the password was changed, in case it was somebody else."""
    await service.notify(
        tx, source=f"password.changed:{tx.now.isoformat()}", type="security", title="Your password was changed",
        body="Every other device was signed out. If this was not you, reset your password now.", data={},
    )  # fmt: skip


@jobs.on(TaskCompleted)
async def congratulate(tx: Tx, event: TaskCompleted) -> None:
    """Says that a task is done, once for each completion."""
    timely = {True: "On time. ", False: "Late, but done. ", None: ""}[event.on_time]
    await service.notify(
        tx, source=f"task.completed:{event.task_id}:{event.completions}", type="task_completed",
        title=f"Done: {event.title}", body=f"{timely}Well studied!", data={"taskId": str(event.task_id)},
    )  # fmt: skip
