"""Requests and errors for adding past focus sessions."""

from __future__ import annotations

from uuid import UUID

import msgspec

from studyteddy.features.focus.schemas.sessions import Notes, Planned, Rating, Type
from studyteddy.platform.errors import Conflict
from studyteddy.platform.fields import Instant, NewId


class PastSession(msgspec.Struct, frozen=True, rename="camel", forbid_unknown_fields=True):
    """A session of the last seven days that was not timed, with exactly one of `endedAt` and `minutes`."""

    started_at: Instant
    ended_at: Instant | None = None
    minutes: Planned | None = None
    type: Type = "custom"
    task_id: UUID | None = None
    subject_id: UUID | None = None
    productivity_rating: Rating | None = None
    focus_rating: Rating | None = None
    notes: Notes = ""
    id: NewId | None = None


class Overlapping(Conflict):
    """You already have a focus session at that time."""
