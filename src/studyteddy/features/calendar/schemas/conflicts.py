"""Focus sessions in calendars of others, and what happened when both sides changed."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

import msgspec
from msgspec import Meta

from studyteddy.platform.errors import Conflict, NotFound
from studyteddy.platform.fields import Cursor, Limit

Kind = Literal["time", "title", "deleted"]
Side = Literal["here", "there"]


class CalendarConflict(msgspec.Struct, frozen=True, rename="camel"):
    """A focus session that was changed here and in the calendar, and which change was kept."""

    id: UUID
    account_id: UUID
    session_id: UUID
    kind: Kind
    title: str
    here: Annotated[str, Meta(description="What it was here: a title, or two instants with a slash between them.")]
    there: Annotated[str, Meta(description="What it was in the calendar; empty if it was deleted.")]
    kept: Side
    at: datetime
    reversed_at: Annotated[datetime | None, Meta(description="When you chose the other change instead.")]


class ConflictQuery(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A page of conflicts."""

    limit: Limit = 50
    cursor: Cursor | None = None


class Copy(msgspec.Struct, frozen=True):
    """A focus session as it was last known in a calendar: the base of the three-way merge."""

    session_id: UUID
    ref: str
    etag: str
    title: str
    starts_at: datetime
    ends_at: datetime
    own_title: str | None
    """The title that the student gave it there, if that is kept."""
    status: str | None
    """The status of the session now; None if it doesn't exist any more."""


class Planned(msgspec.Struct, frozen=True):
    """A scheduled focus session as it should be in the calendar. Without a title if its task has none."""

    id: UUID
    title: str | None
    starts_at: datetime
    minutes: int


class NoSuchConflict(NotFound):
    """Calendar conflict not found."""


class CantReverse(Conflict):
    """This can't be reversed any more: the focus session has started, was changed since, or its time has passed."""
