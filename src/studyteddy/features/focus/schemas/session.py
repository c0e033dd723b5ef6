"""A focus session, and where it stands."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Literal
from uuid import UUID

import msgspec
from msgspec import Meta

from studyteddy.platform.errors import Conflict, NotFound

Type = Literal["pomodoro", "deep_work", "custom"]
Status = Literal["scheduled", "active", "paused", "completed", "cancelled"]
PhaseKind = Literal["work", "short_break", "long_break", "overtime"]


class Interruption(msgspec.Struct, frozen=True):
    """Something that came between."""

    at: datetime
    reason: str


class FocusSession(msgspec.Struct, frozen=True, rename="camel"):
    """A time of work. Everything that a clock shows follows from its instants and its rhythm."""

    id: UUID
    type: Type
    status: Status
    version: Annotated[int, Meta(description="Rises with every change.")]
    subject_id: UUID | None
    task_id: UUID | None
    planned_minutes: Annotated[int, Meta(description="Minutes of work; the breaks come on top.")]
    work_minutes: Annotated[int | None, Meta(description="The rhythm; null for work without breaks.")]
    short_break_minutes: int | None
    long_break_minutes: int | None
    cycles: Annotated[int | None, Meta(description="Phases of work before a long break.")]
    scheduled_at: datetime | None
    started_at: datetime | None
    paused_at: datetime | None
    paused_seconds: Annotated[int, Meta(description="All pauses that are over.")]
    ends_at: Annotated[datetime | None, Meta(description="The planned end, while it is active.")]
    overdue_at: Annotated[datetime | None, Meta(description="When it is taken for forgotten, while it runs.")]
    ended_at: datetime | None
    ended_by: Literal["user", "forgotten"] | None
    effective_minutes: Annotated[int, Meta(description="Whole minutes of work, once it is completed.")]
    day: Annotated[date, Meta(description="The student's local date of its begin.")]
    productivity_rating: int | None
    focus_rating: int | None
    notes: str
    interruptions: int
    interruption_notes: list[Interruption]
    backfilled: Annotated[bool, Meta(description="Entered afterwards.")]
    late: Annotated[bool, Meta(description="Entered after the day that follows its own: it keeps no streak alive.")]
    created_at: datetime
    updated_at: datetime


class Phase(msgspec.Struct, frozen=True, rename="camel"):
    """What a running session is in. `endsAt` is null in a pause; overtime ends where the session is forgotten."""

    kind: PhaseKind
    number: Annotated[int, Meta(description="Which phase of work this is, or follows; from 1.")]
    remaining_seconds: int
    ends_at: datetime | None


class CurrentSession(msgspec.Struct, frozen=True, rename="camel"):
    """The session that runs, active or paused, and its phase; both null when there is none."""

    session: FocusSession | None
    phase: Phase | None
    as_of: datetime


class NoSuchSession(NotFound):
    """There is nothing here."""


class AlreadyRunning(Conflict):
    """A focus session is running already: complete or cancel it first."""


class StaleSession(Conflict):
    """The session has changed since the version that you name: look at it again."""


class WrongState(Conflict):
    """The session is in a state in which this makes no sense."""


class TooManyInterruptions(Conflict):
    """A session keeps at most 100 interruptions."""


class Overlapping(Conflict):
    """You have a focus session at that time already."""
