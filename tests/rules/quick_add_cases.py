"""Lines for quick add and what they say, one a line of `quick_add/*.txt`: `text => title | field=value | …`.

They are read on Monday, 23 November 2026, at nine in Berlin. A field that is not named is not recognised; times are
local; `or=` names the other readings of a choice.
"""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple
from uuid import UUID

from studyteddy.features.tasks.schemas.quick_add import ParsedLine
from studyteddy.features.tasks.service.quick_add.parser import Habits
from studyteddy.platform.moments import Clockwork, zone

FOLDER = Path(__file__).with_name("quick_add")
BERLIN = zone("Europe/Berlin")
NOW = datetime(2026, 11, 23, 9, tzinfo=BERLIN).astimezone(UTC)
HABITS = Habits(Clockwork("Europe/Berlin", 240))
SUBJECTS = [(UUID(int=n), name) for n, name in enumerate(("Physics", "Linear Algebra", "Mathematics", "Química"), 1)]


class Case(NamedTuple):
    """A line and what it should say, in the words of `said`."""

    language: str
    text: str
    expected: str


def cases() -> list[Case]:
    """Every case of every language."""
    return [
        Case(path.stem, *row.split(" => "))
        for path in sorted(FOLDER.glob("*.txt"))
        for row in path.read_text().splitlines()
        if row and not row.startswith("--")
    ]


def said(parsed: ParsedLine) -> str:
    """What a line says, in the form of the table."""
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
