"""A task written as one line."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Literal
from uuid import UUID

import msgspec
from msgspec import Meta

from studyteddy.features.tasks.schemas.single import Priority
from studyteddy.platform.fields import END, GAP, TEXT

Line = Annotated[
    str,
    Meta(
        min_length=1,
        max_length=500,
        pattern=rf"{TEXT[:-1]}[^{GAP}]{TEXT[1:-1]}{END}",
        examples=["Study physics thu 3pm 60m !high #exam every week"],
        description="In English, German, Spanish or French.",
    ),
]
LineField = Literal["dueDate", "dueAt", "estimatedMinutes", "priority", "labels", "subjectId", "recurrence"]


class QuickLine(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A line to read; with `create` the task is made at once, with the first option of every choice."""

    text: Line
    create: bool = False


class ParsedRecurrence(msgspec.Struct, frozen=True):
    """How a task comes again: by the calendar, or counted from each completion."""

    rule: Annotated[str, Meta(description="An RRULE of RFC 5545.", examples=["FREQ=WEEKLY;BYDAY=TH"])]
    mode: Literal["schedule", "after_completion"]


class ParsedTask(msgspec.Struct, frozen=True, rename="camel"):
    """The task of a line, shaped like one to add; null where nothing was recognised."""

    title: str
    subject_id: UUID | None = None
    due_date: date | None = None
    due_at: datetime | None = None
    due_zone: str | None = None
    priority: Priority | None = None
    estimated_minutes: int | None = None
    labels: list[str] = []
    recurrence: ParsedRecurrence | None = None


class Span(msgspec.Struct, frozen=True):
    """A part of the line and the field it gave; offsets count Unicode code points, `end` is the first one after."""

    start: int
    end: int
    field: LineField
    value: str


class Option(msgspec.Struct, frozen=True):
    """One reading: the value of the field, and a short text for people."""

    value: str
    label: str


class Choice(msgspec.Struct, frozen=True):
    """A part of the line with several readings; the task holds the first."""

    field: LineField
    start: int
    end: int
    options: list[Option]


class ParsedLine(msgspec.Struct, frozen=True):
    """What a line says: the task, where each field was found, and where it may mean something else."""

    task: ParsedTask
    spans: list[Span]
    choices: list[Choice]
