"""Requests, responses and errors for the history of tasks."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

import msgspec
from msgspec import Meta

from studyteddy.platform.errors import Conflict, NotFound

ChangeKind = Literal["updated", "completed", "reopened", "step_added", "step_updated", "step_removed", "steps_ordered"]


class Delta(msgspec.Struct, frozen=True):
    """The value of a field before and after a change."""

    before: Any
    after: Any


class Change(msgspec.Struct, frozen=True, rename="camel"):
    """A change to a task or one of its subtasks, retained for a year."""

    id: UUID
    at: datetime
    kind: ChangeKind
    subtask_id: UUID | None
    changes: Annotated[dict[str, Delta], Meta(description="The fields that changed.")]
    undone: bool


class NoSuchChange(NotFound):
    """Change not found."""


class ChangedSince(Conflict):
    """A later change affects the same fields. Undo that one first, or edit the task."""
