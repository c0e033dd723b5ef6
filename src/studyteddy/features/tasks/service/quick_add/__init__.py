"""Quick add: a task written as one line, in English, German, Spanish or French; deterministic, by a small grammar."""

from __future__ import annotations

from msgspec.structs import replace

from studyteddy.features.auth import service as auth
from studyteddy.features.subjects import service as subjects
from studyteddy.features.tasks.schemas import NewTask, ParsedLine, ParsedTask, QuickLine, Recurrence, Task
from studyteddy.features.tasks.service import single
from studyteddy.features.tasks.service.quick_add.parser import Habits, parse
from studyteddy.platform.db import Tx
from studyteddy.platform.errors import Invalid
from studyteddy.platform.moments import Clockwork


async def add_line(tx: Tx, line: QuickLine) -> ParsedLine | Task:
    """What a line says; with `create` the task it makes, with the first option of every choice. Raises 422."""
    user = await auth.me(tx, tx.user_id)
    hours, minutes = user.day_start.split(":")
    clock = Clockwork(user.time_zone, int(hours) * 60 + int(minutes))
    named = [(subject.id, subject.name) for subject in await subjects.names(tx, tx.user_id)]
    parsed = parse(line.text, now=tx.now, habits=Habits(clock, user.locale, user.week_start), subjects=named)
    return await _added(tx, parsed.task) if line.create else parsed


async def _added(tx: Tx, task: ParsedTask) -> Task:
    try:
        return await single.add(tx, _new(task))
    except Invalid as refused:  # what cannot be is in the line
        faults = [replace(fault, pointer="/text") for fault in refused.faults or ()]
        raise type(refused)(faults=faults) from refused


def _new(task: ParsedTask) -> NewTask:
    """The task to add."""
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
