"""Quick add: parse a line in English, German, Spanish or French with a small, deterministic grammar."""

from __future__ import annotations

from datetime import datetime, timedelta

from msgspec.structs import replace

from studyteddy.features.auth.service import accounts
from studyteddy.features.quick_add.parser.parse import ParserContext, parse
from studyteddy.features.quick_add.schemas import ParsedLine, ParsedTask, QuickLine
from studyteddy.features.subjects import service as subjects
from studyteddy.features.tasks.schemas.series import Recurrence
from studyteddy.features.tasks.schemas.tasks import NewTask, Task
from studyteddy.features.tasks.service import tasks
from studyteddy.platform.creation import Creation, creation_of
from studyteddy.platform.db.transaction import Tx
from studyteddy.platform.errors import Invalid, invalid
from studyteddy.platform.local_time.dates import DayBoundary

MAX_AGE = timedelta(days=7)
CLOCK_TOLERANCE = timedelta(minutes=1)
"""How far the clock of a device may be ahead."""


async def add_line(tx: Tx, line: QuickLine) -> ParsedLine | Task:
    """Parse a line; with `create`, create and return its task, with the first option of every choice.

    Raise 409 `id_taken`, 422.
    """
    typed_at = _typed_at(line, now=tx.now)
    user = await accounts.get(tx, tx.user_id)
    hours, minutes = user.day_start.split(":")
    boundary = DayBoundary(user.time_zone, int(hours) * 60 + int(minutes))
    names = [(subject.id, subject.name) for subject in await subjects.names(tx, tx.user_id)]
    context = ParserContext(boundary, user.locale, user.week_start)
    parsed = parse(line.text, now=typed_at, context=context, subjects=names)
    return await _create(tx, parsed.task, creation_of(line, now=tx.now)) if line.create else parsed


def _typed_at(line: QuickLine, *, now: datetime) -> datetime:
    """Return when the line was typed; raise 422."""
    at = line.at or now
    if at < now - MAX_AGE:
        raise invalid("/at", "too_long_ago", "Must be within the last seven days.")
    if at > now + CLOCK_TOLERANCE:
        raise invalid("/at", "in_the_future", "Must not be in the future.")
    return at


async def _create(tx: Tx, task: ParsedTask, creation: Creation) -> Task:
    try:
        return await tasks.add(tx, _new(task), creation=creation)
    except Invalid as problem:  # the invalid value is part of the line
        faults = [replace(fault, pointer="/text") for fault in problem.faults or ()]
        raise type(problem)(faults=faults) from problem


def _new(task: ParsedTask) -> NewTask:
    """Return the task to create."""
    return NewTask(
        title=task.title,
        subject_id=task.subject_id,
        priority=task.priority or "medium",
        due_date=task.due_date,
        due_at=task.due_at,
        due_zone=task.due_zone,
        estimated_minutes=task.estimated_minutes,
        labels=task.labels,
        recurrence=Recurrence(task.recurrence.rule, task.recurrence.mode) if task.recurrence else None,
    )
