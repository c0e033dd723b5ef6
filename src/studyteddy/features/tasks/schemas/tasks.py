"""Requests, responses and errors for single tasks."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable
from datetime import date, datetime
from typing import Annotated, Literal
from uuid import UUID

import msgspec
from msgspec import UNSET, Meta, UnsetType

from studyteddy.features.tasks.schemas.series import Recurrence
from studyteddy.platform.errors import Conflict, Invalid, NotFound
from studyteddy.platform.fields import Day, Description, Instant, Label, Minutes, NewId, Title, Version, Zone

Status = Literal["pending", "in_progress", "completed", "cancelled"]
Priority = Literal["low", "medium", "high", "urgent"]
Labels = Annotated[
    list[Label], Meta(max_length=20, description="Stored in NFC, trimmed and without duplicates. Case-sensitive.")
]


def normalize_labels(labels: Iterable[str]) -> list[str]:
    """Return labels as they are stored and compared: NFC, trimmed, without duplicates."""
    composed = (" ".join(unicodedata.normalize("NFC", label).split()) for label in labels)
    return list(dict.fromkeys(label for label in composed if label))


class Task(msgspec.Struct, frozen=True, rename="camel"):
    """Something to do, optionally due on a day (`dueDate`) or at an instant (`dueAt`)."""

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
    completions: Annotated[
        int, Meta(description="How many times it was completed, including completions that were undone.")
    ]
    series_id: Annotated[UUID | None, Meta(description="The series that it belongs to.")]
    occurrence: Annotated[
        str | None, Meta(description="Its original local start in the series, independent of its due date.")
    ]
    recurrence: Annotated[
        Recurrence | None,
        Meta(description="How it repeats; a finished occurrence keeps the value from when it was open."),
    ]
    created_at: datetime
    updated_at: datetime
    version: Version


class NewTask(msgspec.Struct, frozen=True, rename="camel", forbid_unknown_fields=True):
    """A task to create, with at most one of `dueDate` and `dueAt`. A series starts on the first date of its rule."""

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
    recurrence: Recurrence | None = None
    id: NewId | None = None


class TaskChanges(msgspec.Struct, frozen=True, rename="camel", forbid_unknown_fields=True):
    """Fields to change; absent fields are unchanged, null clears a field. Complete and reopen have their own routes."""

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
    recurrence: Recurrence | UnsetType | None = UNSET


class NoSuchTask(NotFound):
    """Task not found."""


class UnknownTask(Invalid):
    """Task not found."""


UnknownTask.code = "no_such_task"


class AlreadyCompleted(Conflict):
    """This task is completed. Reopen it first."""
