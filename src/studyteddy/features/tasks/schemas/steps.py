"""A step of a task."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated
from uuid import UUID

import msgspec
from msgspec import UNSET, Meta, UnsetType

from studyteddy.platform.errors import Conflict, NotFound
from studyteddy.platform.fields import Day, Minutes, Title


class Subtask(msgspec.Struct, frozen=True, rename="camel"):
    """A step of a task; `order` counts from 0 without holes."""

    id: UUID
    task_id: UUID
    title: str
    completed: bool
    order: int
    estimated_minutes: int | None
    due_date: date | None
    completed_at: datetime | None
    created_at: datetime
    updated_at: datetime


class SubtaskList(msgspec.Struct, frozen=True, rename="camel"):
    """All steps of a task, in order; at most 200."""

    items: list[Subtask]
    next_cursor: None = None


class NewSubtask(msgspec.Struct, frozen=True, rename="camel", forbid_unknown_fields=True):
    """A step to add at the end."""

    title: Title
    estimated_minutes: Minutes | None = None
    due_date: Day | None = None


class StepBefore(msgspec.Struct, frozen=True, rename="camel"):
    """A step that was taken out, as it was."""

    title: str
    estimated_minutes: int | None
    due_date: date | None
    completed_at: datetime | None
    order: int


class SubtaskChanges(msgspec.Struct, frozen=True, rename="camel", forbid_unknown_fields=True):
    """What to change; `completeParent` also completes the task when this was its last open step."""

    title: Title | UnsetType = UNSET
    completed: bool | UnsetType = UNSET
    estimated_minutes: Minutes | UnsetType | None = UNSET
    due_date: Day | UnsetType | None = UNSET
    complete_parent: bool = False


class SubtaskOrder(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The ids of all steps, each once, in their new order."""

    ids: Annotated[list[UUID], Meta(max_length=200)]


class NoSuchSubtask(NotFound):
    """There is nothing here."""


class TooManySubtasks(Conflict):
    """A task has at most 200 steps."""
