"""What tasks takes in and gives out."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Literal
from uuid import UUID

import msgspec
from msgspec import UNSET, Meta, UnsetType

from studyteddy.platform.errors import Conflict, NotFound
from studyteddy.platform.fields import Cursor, Day, Description, Instant, Label, Limit, Minutes, Title, Zone

Status = Literal["pending", "in_progress", "completed", "cancelled"]
Priority = Literal["low", "medium", "high", "urgent"]
Labels = Annotated[list[Label], Meta(max_length=20)]


class Task(msgspec.Struct, frozen=True, rename="camel"):
    """Something to do, perhaps by a day (`dueDate`) or by an instant (`dueAt`)."""

    id: UUID
    title: str
    description: str
    subject_id: UUID | None
    subject_name: str | None
    status: Status
    priority: Priority
    due_date: date | None
    due_at: datetime | None
    due_zone: str | None
    start_date: date | None
    estimated_minutes: int | None
    actual_minutes: int
    labels: list[str]
    subtask_count: int
    subtasks_completed: int
    completed_at: datetime | None
    completed_on: Annotated[date | None, Meta(description="The student's local date of the completion.")]
    on_time: Annotated[bool | None, Meta(description="Whether it was completed by its due date.")]
    completions: Annotated[int, Meta(description="How often it was completed, reopenings included.")]
    created_at: datetime
    updated_at: datetime


class NewTask(msgspec.Struct, frozen=True, rename="camel", forbid_unknown_fields=True):
    """A task to add; at most one of `dueDate` and `dueAt`."""

    title: Title
    description: Description = ""
    subject_id: UUID | None = None
    priority: Priority = "medium"
    due_date: Day | None = None
    due_at: Instant | None = None
    due_zone: Zone | None = None
    start_date: Day | None = None
    estimated_minutes: Minutes | None = None
    labels: Labels = []


class TaskChanges(msgspec.Struct, frozen=True, rename="camel", forbid_unknown_fields=True):
    """What to change; what is absent stays, null empties. Completing and reopening are commands of their own."""

    title: Title | UnsetType = UNSET
    description: Description | UnsetType = UNSET
    subject_id: UUID | UnsetType | None = UNSET
    status: Literal["pending", "in_progress", "cancelled"] | UnsetType = UNSET
    priority: Priority | UnsetType = UNSET
    due_date: Day | UnsetType | None = UNSET
    due_at: Instant | UnsetType | None = UNSET
    due_zone: Zone | UnsetType | None = UNSET
    start_date: Day | UnsetType | None = UNSET
    estimated_minutes: Minutes | UnsetType | None = UNSET
    labels: Labels | UnsetType = UNSET


Sort = Literal["due", "priority", "created", "updated", "title"]


class TaskQuery(msgspec.Struct, frozen=True, rename="camel", forbid_unknown_fields=True):
    """Which tasks, in which order. `created` and `updated` begin with the latest, `priority` with urgent."""

    status: Annotated[list[Status], Meta(max_length=4)] = []
    priority: Annotated[list[Priority], Meta(max_length=4)] = []
    subject_id: UUID | None = None
    label: Label | None = None
    due_from: Day | None = None
    due_to: Day | None = None
    sort: Sort = "due"
    limit: Limit = 50
    cursor: Cursor | None = None


class DayQuery(msgspec.Struct, frozen=True, rename="camel", forbid_unknown_fields=True):
    """A page of a list that needs no filter."""

    limit: Limit = 50
    cursor: Cursor | None = None


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


class NoSuchTask(NotFound):
    """There is nothing here."""


class NoSuchSubtask(NotFound):
    """There is nothing here."""


class AlreadyCompleted(Conflict):
    """This task is completed: reopen it first."""


class TooManySubtasks(Conflict):
    """A task has at most 200 steps."""
