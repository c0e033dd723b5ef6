"""Requests, responses and errors for focus sessions."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Literal
from uuid import UUID

import msgspec
from msgspec import UNSET, Meta, UnsetType

from studyteddy.platform.errors import Conflict, NotFound
from studyteddy.platform.fields import NO_CONTROLS, TEXT, Cursor, Day, Instant, Limit, NewId, UpdatedFrom, Version

Planned = Annotated[int, Meta(ge=5, le=240, description="Minutes of work.")]
Rating = Annotated[int, Meta(ge=1, le=5)]
Notes = Annotated[str, Meta(max_length=2000, pattern=TEXT, extra=NO_CONTROLS)]
Interruptions = Annotated[int, Meta(ge=0, le=1000)]
At = Annotated[
    Instant | None,
    Meta(
        description="When it happened, if that is not now: at most twelve hours ago, and not before the last command."
    ),
]
KnownVersion = Annotated[int, Meta(ge=1, le=2_147_483_647, description="The version this applies to; 409 if outdated.")]


class NewFocusSession(msgspec.Struct, frozen=True, rename="camel", forbid_unknown_fields=True):
    """A session to start, or to schedule with `startAt`. Without a subject, the task's subject is used.

    With `at`, it started then. No other session may have been running from then until now, or until this one would have
    been forgotten.

    A preset sets the work and break durations and, by default, the planned minutes (`cycles` phases of work). A
    pomodoro without a preset uses 25/5/15 × 4.
    """

    type: Type
    planned_minutes: Planned | None = None
    task_id: UUID | None = None
    subject_id: UUID | None = None
    preset_id: UUID | None = None
    start_at: Instant | None = None
    at: At = None
    id: NewId | None = None


class SessionChanges(msgspec.Struct, frozen=True, rename="camel", forbid_unknown_fields=True):
    """Fields to change; absent fields are unchanged, null clears a field.

    `startAt` and `plannedMinutes` can be changed until the session starts.
    """

    scheduled_at: Instant | UnsetType = msgspec.field(default=UNSET, name="startAt")
    planned_minutes: Planned | UnsetType = UNSET

    productivity_rating: Rating | UnsetType | None = UNSET
    focus_rating: Rating | UnsetType | None = UNSET
    notes: Notes | UnsetType = UNSET
    interruptions: Interruptions | UnsetType = UNSET


class FocusQuery(msgspec.Struct, frozen=True, rename="camel", forbid_unknown_fields=True):
    """Filters; the latest start is first. `from` and `to` are local dates, both inclusive."""

    status: Annotated[list[Status], Meta(max_length=5)] = []
    task_id: UUID | None = None
    subject_id: UUID | None = None
    first: Day | None = msgspec.field(default=None, name="from")
    last: Day | None = msgspec.field(default=None, name="to")
    updated_from: UpdatedFrom | None = None
    limit: Limit = 50
    cursor: Cursor | None = None


Type = Literal["pomodoro", "deep_work", "custom"]
Status = Literal["scheduled", "active", "paused", "completed", "cancelled"]
PhaseKind = Literal["work", "short_break", "long_break", "overtime"]


class Interruption(msgspec.Struct, frozen=True):
    """A recorded interruption."""

    at: datetime
    reason: str


class FocusSession(msgspec.Struct, frozen=True, rename="camel"):
    """A focus session. Everything that a timer shows derives from its instants and durations."""

    id: UUID
    type: Type
    status: Status
    version: Version
    subject_id: UUID | None
    task_id: UUID | None
    planned_minutes: Annotated[int, Meta(description="Minutes of work, without breaks.")]
    work_minutes: Annotated[int | None, Meta(description="Minutes per work phase; null for work without breaks.")]
    short_break_minutes: int | None
    long_break_minutes: int | None
    cycles: Annotated[int | None, Meta(description="The number of work phases before a long break.")]
    scheduled_at: datetime | None
    started_at: datetime | None
    paused_at: datetime | None
    paused_seconds: Annotated[int, Meta(description="The total of ended pauses.")]
    ends_at: Annotated[datetime | None, Meta(description="The planned end, while active.")]
    overdue_at: Annotated[datetime | None, Meta(description="When it is considered forgotten, while running.")]
    ended_at: datetime | None
    ended_by: Literal["user", "forgotten"] | None
    effective_minutes: Annotated[int, Meta(description="Whole minutes of work, once completed.")]
    day: Annotated[date, Meta(description="The student's local date of its start.")]
    productivity_rating: int | None
    focus_rating: int | None
    notes: str
    interruptions: int
    interruption_notes: list[Interruption]
    backfilled: Annotated[bool, Meta(description="Whether it was added afterwards.")]
    late: Annotated[bool, Meta(description="Added later than the day after its own; does not count towards a streak.")]
    last_command_at: Annotated[
        datetime | None, Meta(description="When the last command took effect; the next one can't do so earlier.")
    ]
    created_at: datetime
    updated_at: datetime


class Phase(msgspec.Struct, frozen=True, rename="camel"):
    """The phase of a running session. `endsAt` is null during a pause; overtime ends when the session is forgotten."""

    kind: PhaseKind
    number: Annotated[int, Meta(description="The number of this or the preceding work phase, from 1.")]
    remaining_seconds: int
    ends_at: datetime | None


class CurrentSession(msgspec.Struct, frozen=True, rename="camel"):
    """The running session (active or paused) and its phase; both null if there is none."""

    session: FocusSession | None
    phase: Phase | None
    as_of: datetime


class NoSuchSession(NotFound):
    """Focus session not found."""


class AlreadyRunning(Conflict):
    """A focus session is already running. Complete or cancel it first."""
