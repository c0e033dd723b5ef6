"""What a simulated student does: the steps of a term, each at an instant."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import msgspec

from studyteddy.features.ai.schemas.memory import NewFact
from studyteddy.features.focus.schemas.commands import Completion
from studyteddy.features.focus.schemas.sessions import NewFocusSession
from studyteddy.features.tasks.schemas.tasks import NewTask, TaskChanges


class AddTask(msgspec.Struct, frozen=True):
    """Add a task, later found by its key, with subtasks."""

    task: str
    subject: str
    new: NewTask
    subtasks: list[str] = []


class ChangeTask(msgspec.Struct, frozen=True):
    """Change a task."""

    task: str
    changes: TaskChanges


class CompleteTask(msgspec.Struct, frozen=True):
    """Complete a task, or the occurrence of a series that is due on `day`."""

    task: str
    day: date | None = None


class SkipTask(msgspec.Struct, frozen=True):
    """Skip the occurrence of a series that is due on `day`."""

    task: str
    day: date


class CompleteSubtasks(msgspec.Struct, frozen=True):
    """Complete the first `count` subtasks of a task."""

    task: str
    count: int


class AttachFile(msgspec.Struct, frozen=True):
    """Attach a Markdown file to a task."""

    task: str
    name: str
    text: str


class PlanSession(msgspec.Struct, frozen=True):
    """Plan a focus session, later found by its key, on a task."""

    session: str
    task: str
    new: NewFocusSession


class StartSession(msgspec.Struct, frozen=True):
    """Start a session on a task, or the planned one with this key."""

    session: str
    task: str
    new: NewFocusSession | None
    """None for a planned session."""


class InterruptSession(msgspec.Struct, frozen=True):
    """Record an interruption of a running session."""

    session: str
    reason: str


class CompleteSession(msgspec.Struct, frozen=True):
    """Complete a running session."""

    session: str
    details: Completion


class Remember(msgspec.Struct, frozen=True):
    """Have the tutor remember a fact."""

    new: NewFact


class AskTutor(msgspec.Struct, frozen=True):
    """Send a message to the tutor in the chat about a task, which the first message begins."""

    task: str
    message: str


class Subscribe(msgspec.Struct, frozen=True):
    """Subscribe to a calendar, whose server returns `text` now and is asked again after `pause`."""

    url: str
    text: str
    pause: timedelta


class ReadNotifications(msgspec.Struct, frozen=True):
    """Read all notifications so far."""


Action = (
    AddTask
    | ChangeTask
    | CompleteTask
    | SkipTask
    | CompleteSubtasks
    | AttachFile
    | PlanSession
    | StartSession
    | InterruptSession
    | CompleteSession
    | Remember
    | AskTutor
    | Subscribe
    | ReadNotifications
)


class Step(msgspec.Struct, frozen=True):
    """An action at an instant."""

    at: datetime
    action: Action
