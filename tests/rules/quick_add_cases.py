"""Lines for quick add and their results, one per line of `quick_add/*.txt`: `text => title | field=value | …`.

They are parsed on Monday, 23 November 2026, 09:00 in Berlin. Absent fields are not recognised; times are
local; `or=` lists the other readings of a choice.
"""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple
from uuid import UUID

from studyteddy.features.quick_add.parser.parse import ParserContext
from studyteddy.features.quick_add.schemas import ParsedLine
from studyteddy.platform.local_time.dates import DayBoundary, zone

FOLDER = Path(__file__).with_name("quick_add")
BERLIN = zone("Europe/Berlin")
NOW = datetime(2026, 11, 23, 9, tzinfo=BERLIN).astimezone(UTC)
CONTEXT = ParserContext(DayBoundary("Europe/Berlin", 240))
SUBJECTS = [(UUID(int=n), name) for n, name in enumerate(("Physics", "Linear Algebra", "Mathematics", "Química"), 1)]


class Case(NamedTuple):
    """A line and its expected result, as formatted by `said`."""

    language: str
    text: str
    expected: str


def cases() -> list[Case]:
    """Return all cases of all languages."""
    return [
        Case(path.stem, *row.split(" => "))
        for path in sorted(FOLDER.glob("*.txt"))
        for row in path.read_text().splitlines()
        if row and not row.startswith("--")
    ]


def said(parsed: ParsedLine) -> str:
    """Format the result of parsing a line."""
    task = parsed.task
    names = dict(SUBJECTS)
    fields = {
        "due": task.due_date,
        "at": task.due_at and f"{task.due_at.astimezone(BERLIN):%Y-%m-%d %H:%M}",
        "minutes": task.estimated_minutes,
        "priority": task.priority,
        "labels": ",".join(task.labels),
        "subject": task.subject_id and names[task.subject_id],
        "rule": task.recurrence and task.recurrence.rule,
        "mode": task.recurrence and task.recurrence.mode.removeprefix("schedule"),
        "or": ", ".join(option.label for choice in parsed.choices for option in choice.options[1:]),
    }
    return " | ".join([task.title, *(f"{name}={value}" for name, value in fields.items() if value)])
