"""The calendar that other programs subscribe to."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated
from uuid import UUID

import msgspec
from msgspec import Meta

from studyteddy.platform.errors import Forbidden, NotFound

AlarmMinutes = Annotated[int, Meta(ge=0, le=10_080)]


class NewPublishedFeed(msgspec.Struct, frozen=True, rename="camel", forbid_unknown_fields=True):
    """What the calendar shows. By default: everything, with titles, without alarms."""

    subject_id: Annotated[UUID | None, Meta(description="Only tasks and focus sessions of this subject.")] = None
    titles_hidden: Annotated[
        bool, Meta(description="Say only “Focus session” and “Task due”, without titles, notes and subjects.")
    ] = False
    alarm_minutes: Annotated[
        AlarmMinutes | None, Meta(description="Minutes before a focus session or a due time; null for no alarm.")
    ] = None


class PublishedFeed(msgspec.Struct, frozen=True, rename="camel"):
    """Your calendar's secret address, and what it shows. Whoever has the address can read the calendar."""

    url: Annotated[str, Meta(description="Subscribe to this address; it is valid until you replace or delete it.")]
    subject_id: UUID | None
    titles_hidden: bool
    alarm_minutes: int | None
    created_at: datetime
    read_at: Annotated[datetime | None, Meta(description="When a program last read it, to the hour; null if none has.")]


class FeedQuery(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The secret part of the address."""

    token: Annotated[str, Meta(max_length=200)]


class StoredFeed(msgspec.Struct, frozen=True):
    """A row of a published calendar."""

    generation: bytes
    subject_id: UUID | None
    titles_hidden: bool
    alarm_minutes: int | None
    created_at: datetime
    read_at: datetime | None


class PlannedSession(msgspec.Struct, frozen=True):
    """A focus session as a calendar shows it."""

    id: UUID
    title: str | None
    """That of its task."""
    subject: str | None
    starts_at: datetime
    minutes: int
    updated_at: datetime


class DueTask(msgspec.Struct, frozen=True):
    """An open task with a due date or time."""

    id: UUID
    title: str
    description: str
    subject: str | None
    due_date: date | None
    due_at: datetime | None
    updated_at: datetime


class NoPublishedFeed(NotFound):
    """Calendar not found. It was never published, or its address was replaced or deleted."""


class EmailNotVerified(Forbidden):
    """Verify your e-mail address first. Open the link in the mail that we sent you, or request another one."""
