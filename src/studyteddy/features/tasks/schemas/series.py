"""Requests, responses and errors for recurring tasks."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Literal
from uuid import UUID

import msgspec
from msgspec import Meta

from studyteddy.platform.errors import Conflict, Invalid
from studyteddy.platform.fields import END, Cursor, Day, Limit

Mode = Literal["schedule", "after_completion"]
Missed = Literal["skip", "keep"]
SeriesScope = Literal["this", "following", "all"]
RuleText = Annotated[
    str,
    Meta(
        min_length=6,
        max_length=500,
        pattern=rf"^[A-Za-z0-9=;:,+-]+{END}",
        extra={"form": "Must be a recurrence rule such as FREQ=WEEKLY;BYDAY=MO,TH."},
        description="An RFC 5545 RRULE, at most hourly.",
        examples=["FREQ=WEEKLY;BYDAY=MO,TH"],
    ),
]
Start = Annotated[
    str,
    Meta(
        min_length=10,
        max_length=19,
        pattern=rf"^[0-9]{{4}}-[0-9]{{2}}-[0-9]{{2}}(T[0-9]{{2}}:[0-9]{{2}}:[0-9]{{2}})?{END}",
        extra={"form": "Must be a date such as 2026-11-26, or a date and time such as 2026-11-26T15:00:00."},
        description="The original local start of an occurrence: a date or a date and time, depending on the series.",
        examples=["2026-11-26"],
    ),
]


class Recurrence(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How a task repeats: by a rule in the local time of its zone, or at an interval after each completion."""

    rule: RuleText
    mode: Mode = "schedule"
    missed: Annotated[
        Missed, Meta(description="Whether missed occurrences are skipped (`skip`) or still created in turn (`keep`).")
    ] = "skip"
    exdates: Annotated[list[Start], Meta(max_length=200, description="Excluded occurrences.")] = []


class ScopeQuery(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The occurrences of a series to apply this to; no effect on a task that does not repeat."""

    scope: SeriesScope = "this"


class Occurrence(msgspec.Struct, frozen=True, rename="camel"):
    """An occurrence of a series. An `expected` one has no task yet, a `missed` one never got a task."""

    id: Annotated[UUID, Meta(description="The task's id, also if the task does not exist yet.")]
    start: Start
    due_date: date | None
    due_at: datetime | None
    status: Literal["pending", "in_progress", "completed", "cancelled", "expected", "missed", "excluded"]
    matches: Annotated[bool, Meta(description="Whether the current rule produces this occurrence.")]


class OccurrenceQuery(msgspec.Struct, frozen=True, rename="camel", forbid_unknown_fields=True):
    """A range of local dates; by default from the start of the series and for a year."""

    from_day: Day | None = None
    to_day: Day | None = None
    limit: Limit = 50
    cursor: Cursor | None = None


class NewOccurrence(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A later occurrence to create as a task now."""

    start: Start


class Series(msgspec.Struct, frozen=True):
    """A series: its rule, its start and end, and the initial fields of each occurrence."""

    id: UUID
    rule: str
    mode: Mode
    missed: Missed
    exdates: list[str]
    starts: str
    ends_before: str | None
    time_zone: str
    title: str
    description: str
    subject_id: UUID | None
    priority: str
    estimated_minutes: int | None
    labels: list[str]
    start_days: int | None
    """Days from the start date to the due date."""

    @property
    def all_day(self) -> bool:
        return len(self.starts) == 10


class Place(msgspec.Struct, frozen=True):
    """The position of a task in its series."""

    series_id: UUID
    occurrence: str
    recurrence: Recurrence
    follows: UUID | None = None
    """The occurrence whose end created this one."""


class ExistingOccurrence(msgspec.Struct, frozen=True):
    """An occurrence that has a task."""

    id: UUID
    occurrence: str
    status: Literal["pending", "in_progress", "completed", "cancelled"]
    due_date: date | None
    due_at: datetime | None


class BadRecurrence(Invalid):
    """The recurrence is invalid."""


class NotRecurring(Conflict):
    """This task does not repeat."""


class NoSuchOccurrence(Invalid):
    """Occurrence not found in this series."""


class OccurrenceTaken(Conflict):
    """Another task of this series already has this occurrence."""
