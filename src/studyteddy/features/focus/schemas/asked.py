"""What can be asked of focus sessions."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

import msgspec
from msgspec import UNSET, Meta, UnsetType

from studyteddy.features.focus.schemas.session import Status, Type
from studyteddy.platform.fields import TEXT, Cursor, Day, Instant, Limit

Planned = Annotated[int, Meta(ge=5, le=240, description="Minutes of work.")]
Rating = Annotated[int, Meta(ge=1, le=5)]
Notes = Annotated[str, Meta(max_length=2000, pattern=TEXT)]
Interruptions = Annotated[int, Meta(ge=0, le=1000)]
Version = Annotated[int, Meta(ge=1, le=2_147_483_647, description="The version you have seen; 409 when it is over.")]


class NewFocusSession(msgspec.Struct, frozen=True, rename="camel", forbid_unknown_fields=True):
    """A session to start, or with `startAt` to plan. A task without a subject here brings its own.

    A preset gives the rhythm, and its round of work when no minutes are given; a pomodoro without one has 25/5/15 × 4.
    """

    type: Type
    planned_minutes: Planned | None = None
    task_id: UUID | None = None
    subject_id: UUID | None = None
    preset_id: UUID | None = None
    start_at: Instant | None = None


class PastSession(msgspec.Struct, frozen=True, rename="camel", forbid_unknown_fields=True):
    """A session that nobody timed, within the last seven days; how long by `endedAt` or `minutes`."""

    started_at: Instant
    ended_at: Instant | None = None
    minutes: Planned | None = None
    type: Type = "custom"
    task_id: UUID | None = None
    subject_id: UUID | None = None
    productivity_rating: Rating | None = None
    focus_rating: Rating | None = None
    notes: Notes = ""


class Command(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A command; with `version` it holds only for the session as you have seen it."""

    version: Version | None = None


class Extension(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Minutes of work to add to the plan."""

    minutes: Annotated[int, Meta(ge=5, le=60)]
    version: Version | None = None


class Completion(msgspec.Struct, frozen=True, rename="camel", forbid_unknown_fields=True):
    """How it went. `interruptions` counts at least those that were noted."""

    productivity_rating: Rating | None = None
    focus_rating: Rating | None = None
    notes: Notes | None = None
    interruptions: Interruptions | None = None
    version: Version | None = None


class NewInterruption(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Something that comes between, now."""

    reason: Annotated[str, Meta(max_length=200, pattern=TEXT, examples=["phone"])] = ""
    version: Version | None = None


class SessionChanges(msgspec.Struct, frozen=True, rename="camel", forbid_unknown_fields=True):
    """What to change of how it went; what is absent stays, null empties."""

    productivity_rating: Rating | UnsetType | None = UNSET
    focus_rating: Rating | UnsetType | None = UNSET
    notes: Notes | UnsetType = UNSET
    interruptions: Interruptions | UnsetType = UNSET


class FocusQuery(msgspec.Struct, frozen=True, rename="camel", forbid_unknown_fields=True):
    """Which sessions, the latest begin first; `from` and `to` are local dates, both included."""

    status: Annotated[list[Status], Meta(max_length=5)] = []
    task_id: UUID | None = None
    subject_id: UUID | None = None
    first: Day | None = msgspec.field(default=None, name="from")
    last: Day | None = msgspec.field(default=None, name="to")
    limit: Limit = 50
    cursor: Cursor | None = None
