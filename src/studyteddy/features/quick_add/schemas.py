"""Requests and responses for quick add."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Literal
from uuid import UUID

import msgspec
from msgspec import Meta

from studyteddy.features.tasks.schemas.tasks import Priority
from studyteddy.platform.fields import Instant, NewId, name_of

Line = Annotated[
    str,
    name_of(500, "Study physics thu 3pm 60m !high #exam every week"),
    Meta(description="A task in English, German, Spanish or French."),
]
LineField = Literal["dueDate", "dueAt", "estimatedMinutes", "priority", "labels", "subjectId", "recurrence"]


class QuickLine(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A line to parse; with `create`, its task is created with `id` and the first option of every choice."""

    text: Line
    create: bool = False
    at: Annotated[
        Instant | None,
        Meta(description="When it was typed, at most seven days ago: dates such as `tomorrow` are relative to it."),
    ] = None
    id: NewId | None = None


class ParsedRecurrence(msgspec.Struct, frozen=True):
    """How a task repeats: by the calendar, or counted from each completion."""

    rule: Annotated[str, Meta(description="An RFC 5545 RRULE.", examples=["FREQ=WEEKLY;BYDAY=TH"])]
    mode: Literal["schedule", "after_completion"]


class ParsedTask(msgspec.Struct, frozen=True, rename="camel"):
    """The task of a line, in the shape of a task to create; unrecognised fields are null."""

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
    """A part of the line that set a field; offsets are in Unicode code points, `end` is exclusive."""

    start: int
    end: int
    field: LineField
    value: str


class Option(msgspec.Struct, frozen=True):
    """One meaning: the value of the field and a label to display."""

    value: str
    label: str


class Choice(msgspec.Struct, frozen=True):
    """A part of the line with several meanings; the task uses the first."""

    field: LineField
    start: int
    end: int
    options: list[Option]


class ParsedLine(msgspec.Struct, frozen=True):
    """The result of parsing a line: the task, the parts that set its fields, and ambiguous parts."""

    task: ParsedTask
    spans: list[Span]
    choices: list[Choice]
