"""Calendars that a student subscribes to at their addresses, what they contain, and what changed in them."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Literal
from uuid import UUID

import msgspec
from msgspec import UNSET, Meta, UnsetType

from studyteddy.platform.errors import Conflict, Invalid, NotFound, TooManyRequests
from studyteddy.platform.fields import END, GAP, Cursor, Limit

FeedAddress = Annotated[
    str,
    Meta(
        min_length=8,
        max_length=2000,
        pattern=rf"^([Hh][Tt][Tt][Pp][Ss]?|[Ww][Ee][Bb][Cc][Aa][Ll][Ss]?)://[^{GAP}]+{END}",
        extra={"form": "Must be an address such as https://school.example/calendar.ics."},
        examples=["https://canvas.example.edu/feeds/calendars/user_abc.ics"],
        description="The secret address of the calendar: `https:`, `http:` or `webcal:`. It is never shown again.",
    ),
]
ChangeKind = Literal["added", "changed", "removed"]


class NewFeed(msgspec.Struct, frozen=True, rename="camel", forbid_unknown_fields=True):
    """A calendar to subscribe to. Its deadlines become tasks, of the subject if one is given."""

    url: FeedAddress
    subject_id: UUID | None = None


class FeedChanges(msgspec.Struct, frozen=True, rename="camel", forbid_unknown_fields=True):
    """Fields to change; absent fields are unchanged. A new address leads to the same calendar: its tasks stay."""

    url: FeedAddress | UnsetType = UNSET
    subject_id: UUID | UnsetType | None = UNSET


class Feed(msgspec.Struct, frozen=True, rename="camel"):
    """A calendar that you subscribe to, and how it was last read."""

    id: UUID
    name: Annotated[str, Meta(description="The calendar's own name; that of its server until it was read.")]
    host: Annotated[str, Meta(description="The server of its address.")]
    subject_id: UUID | None
    last_run: Annotated[datetime | None, Meta(description="When it was last read or tried; null if never.")]
    next_run: Annotated[datetime, Meta(description="When it is read next.")]
    added: Annotated[int, Meta(description="Events that the last change added.")]
    changed: int
    removed: int
    problems: Annotated[list[str], Meta(description="Why it can't be read, or which events couldn't be, in words.")]
    failures: Annotated[int, Meta(description="How many times in a row it couldn't be read.")]
    created_at: datetime


class Feeds(msgspec.Struct, frozen=True):
    """All calendars that you subscribe to, the oldest first."""

    items: list[Feed]


class CalendarEvent(msgspec.Struct, frozen=True, rename="camel"):
    """An event of a calendar: between two instants, or on whole days (`endDate` is the day after the last one)."""

    id: UUID
    feed_id: Annotated[UUID | None, Meta(description="The calendar that you subscribe to, or null.")]
    calendar_id: Annotated[UUID | None, Meta(description="The calendar of an account, or null.")]
    title: str
    description: Annotated[str, Meta(description="Plain text from outside.")]
    location: str
    url: str
    starts_at: datetime | None
    ends_at: datetime | None
    start_date: date | None
    end_date: date | None
    busy: bool
    deadline: bool
    task_id: Annotated[UUID | None, Meta(description="The task of a deadline, unless it was deleted.")]


class FeedChange(msgspec.Struct, frozen=True, rename="camel"):
    """What changed in a calendar. A time is a date or an instant; null if there was none, or there is none now."""

    id: UUID
    kind: ChangeKind
    title: str
    before: str | None
    after: str | None
    task_id: UUID | None
    at: datetime


class ChangeQuery(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A page of changes."""

    limit: Limit = 50
    cursor: Cursor | None = None


class StoredFeed(msgspec.Struct, frozen=True):
    """What reading a calendar needs to know of it."""

    id: UUID
    name: str
    address: bytes
    """Sealed."""
    host: str
    subject_id: UUID | None
    failures: int
    etag: str
    last_modified: str
    asked_at: datetime
    """When it was last to be read; an earlier job has nothing to do."""
    read_at: datetime | None
    """When its events were last read."""
    last_run: datetime | None


class StoredEvent(msgspec.Struct, frozen=True):
    """An event as it was read last time. `had_task`: a task was made of it, which may have been deleted since."""

    id: UUID
    uid: str
    recurrence_id: str
    title: str
    description: str
    location: str
    url: str
    starts_at: datetime | None
    ends_at: datetime | None
    start_date: date | None
    end_date: date | None
    busy: bool
    deadline: bool
    task_id: UUID | None
    had_task: bool
    is_removed: bool
    course: str
    subject_id: UUID | None
    """The subject that its task was given here; if the task has another one, the student chose it."""


class ResourceEvent(msgspec.Struct, frozen=True):
    """An event, or one occurrence of a series, of a resource in a calendar of an account."""

    ref: str
    etag: str
    uid: str
    recurrence_id: str
    title: str
    description: str
    location: str
    url: str
    starts_at: datetime | None
    ends_at: datetime | None
    start_date: date | None
    end_date: date | None
    is_busy: bool


class ResourceTag(msgspec.Struct, frozen=True):
    """A resource in a calendar of an account, and the entity tag that it had."""

    ref: str
    etag: str


class DueFeed(msgspec.Struct, frozen=True):
    """A calendar that is to be read again."""

    user_id: UUID
    id: UUID


class NoSuchFeed(NotFound):
    """Subscribed calendar not found."""


class TooManyFeeds(Conflict):
    """You subscribe to 20 calendars already. Remove one first."""


class AlreadySubscribed(Conflict):
    """You subscribe to this calendar already."""


class AddressRefused(Invalid):
    """This address can't be read: it must be a public `https:`, `http:` or `webcal:` address."""


class SyncedJustNow(TooManyRequests):
    """This calendar was read less than a minute ago. Wait for the time in `Retry-After`."""
