"""Requests, responses and errors for subtasks."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated
from uuid import UUID

import msgspec
from msgspec import UNSET, Meta, UnsetType

from studyteddy.platform.errors import Conflict, Invalid, NotFound
from studyteddy.platform.fields import Day, Minutes, NewId, Title, Version


class Subtask(msgspec.Struct, frozen=True, rename="camel"):
    """A subtask; `order` counts from 0 without gaps."""

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
    version: Version


class SubtaskList(msgspec.Struct, frozen=True, rename="camel"):
    """All subtasks of a task, in order; at most 200."""

    items: list[Subtask]
    next_cursor: None = None


class NewSubtask(msgspec.Struct, frozen=True, rename="camel", forbid_unknown_fields=True):
    """A subtask to add at the end."""

    title: Title
    estimated_minutes: Minutes | None = None
    due_date: Day | None = None
    id: NewId | None = None


class SubtaskBefore(msgspec.Struct, frozen=True, rename="camel"):
    """A deleted subtask, as it was."""

    title: str
    estimated_minutes: int | None
    due_date: date | None
    completed_at: datetime | None
    order: int


class SubtaskChanges(msgspec.Struct, frozen=True, rename="camel", forbid_unknown_fields=True):
    """Fields to change; `completeParent` also completes the task if this was its last open subtask."""

    title: Title | UnsetType = UNSET
    completed: bool | UnsetType = UNSET
    estimated_minutes: Minutes | UnsetType | None = UNSET
    due_date: Day | UnsetType | None = UNSET
    complete_parent: bool = False


class SubtaskOrder(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The ids of all subtasks, each once, in the new order."""

    ids: Annotated[list[UUID], Meta(max_length=200)]


class NoSuchSubtask(NotFound):
    """Subtask not found."""


class UnknownSubtask(Invalid):
    """Subtask not found."""


UnknownSubtask.code = "no_such_subtask"


class TooManySubtasks(Conflict):
    """A task can have at most 200 subtasks."""
