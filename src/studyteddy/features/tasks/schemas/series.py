"""How a task repeats."""

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
Scope = Literal["this", "following", "all"]
RuleText = Annotated[
    str,
    Meta(
        min_length=6,
        max_length=500,
        pattern=rf"^[A-Za-z0-9=;:,+-]+{END}",
        description="An RRULE of RFC 5545, hourly at most.",
        examples=["FREQ=WEEKLY;BYDAY=MO,TH"],
    ),
]
Start = Annotated[
    str,
    Meta(
        min_length=10,
        max_length=19,
        pattern=rf"^[0-9]{{4}}-[0-9]{{2}}-[0-9]{{2}}(T[0-9]{{2}}:[0-9]{{2}}:[0-9]{{2}})?{END}",
        description="An occurrence by its original local start: a date, or a date and time as the series has them.",
        examples=["2026-11-26"],
    ),
]


class Recurrence(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How a task repeats: by a rule in the wall-clock time of its zone, or an interval after each completion."""

    rule: RuleText
    mode: Mode = "schedule"
    missed: Annotated[
        Missed, Meta(description="Whether the next one is the next to come (`skip`) or the next in turn (`keep`).")
    ] = "skip"
    exdates: Annotated[list[Start], Meta(max_length=200, description="Occurrences that are left out.")] = []


class ScopeQuery(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Which occurrences of a series are meant; a task that does not repeat has one."""

    scope: Scope = "this"


class Occurrence(msgspec.Struct, frozen=True, rename="camel"):
    """One occurrence of a series. `expected` ones have no task yet, `missed` ones never got one."""

    id: Annotated[UUID, Meta(description="The task's id, also of a task that is still to come.")]
    start: Start
    due_date: date | None
    due_at: datetime | None
    status: Literal["pending", "in_progress", "completed", "cancelled", "expected", "missed", "excluded"]
    matches: Annotated[bool, Meta(description="Whether the rule as it is now gives this occurrence.")]


class OccurrenceQuery(msgspec.Struct, frozen=True, rename="camel", forbid_unknown_fields=True):
    """A stretch of a series, by local dates; from its beginning, and for a year, unless it is said."""

    from_day: Day | None = None
    to_day: Day | None = None
    limit: Limit = 50
    cursor: Cursor | None = None


class NewOccurrence(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """An occurrence that is wanted as a task before its turn, to change it or to finish it early."""

    start: Start


class Series(msgspec.Struct, frozen=True):
    """A series: its rule, where it begins and ends, and what each occurrence begins with."""

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
    """Days from the earliest start to the due date."""

    @property
    def all_day(self) -> bool:
        return len(self.starts) == 10


class Place(msgspec.Struct, frozen=True):
    """Where a task stands in its series."""

    series_id: UUID
    occurrence: str
    recurrence: Recurrence
    follows: UUID | None = None
    """The occurrence whose end brought this one."""


class Standing(msgspec.Struct, frozen=True):
    """An occurrence that has a task."""

    id: UUID
    occurrence: str
    status: Literal["pending", "in_progress", "completed", "cancelled"]
    due_date: date | None
    due_at: datetime | None


class BadRecurrence(Invalid):
    """This cannot be repeated like that."""


class NotRecurring(Conflict):
    """This task does not repeat."""


class NoSuchOccurrence(Invalid):
    """The series has no such occurrence."""


class OccurrenceTaken(Conflict):
    """Another task of this series has that place already."""
