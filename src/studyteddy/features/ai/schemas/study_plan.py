"""A study plan: which open tasks to work on, on which days."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal
from uuid import UUID

import msgspec
from msgspec import Meta

Reason = Literal["due", "overdue", "started", "later"]


class NewStudyPlan(msgspec.Struct, frozen=True, rename="camel", forbid_unknown_fields=True):
    """The days to plan, from today, and how many minutes there are on each."""

    days: Annotated[int, Meta(ge=1, le=14)] = 7
    minutes_per_day: Annotated[int, Meta(ge=15, le=720)] = 120
    subject_id: Annotated[UUID | None, Meta(description="Only the tasks of this subject.")] = None


class PlannedWork(msgspec.Struct, frozen=True, rename="camel"):
    """Some minutes for a task."""

    task_id: UUID
    title: str
    minutes: int
    due_date: date | None
    reason: Annotated[Reason, Meta(description="Why on this day: it is due, overdue, was begun before, or fits here.")]


class PlannedDay(msgspec.Struct, frozen=True):
    """The work of a day."""

    date: date
    minutes: int
    items: list[PlannedWork]


class Unplaced(msgspec.Struct, frozen=True, rename="camel"):
    """A task that doesn't fit: `minutes` of it are left over."""

    task_id: UUID
    title: str
    minutes: int
    due_date: date | None


class StudyPlan(msgspec.Struct, frozen=True):
    """A plan. Nothing is saved."""

    days: list[PlannedDay]
    unplaced: Annotated[list[Unplaced], Meta(description="What doesn't fit before its due date, or at all.")]


class PlannableTask(msgspec.Struct, frozen=True):
    """An open task with what is left of its estimate."""

    id: UUID
    title: str
    due_date: date | None
    minutes: int
    started: bool
    start_date: date | None = None
    """The first day on which it can be worked on."""
