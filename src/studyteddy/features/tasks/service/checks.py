"""What every command of tasks asks first, and the line that it leaves in the history."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime
from uuid import UUID

import msgspec

from studyteddy.features.subjects.schemas import UnknownSubject
from studyteddy.features.tasks.schemas import ChangeKind, Delta, NoSuchTask, Task
from studyteddy.features.tasks.store import history
from studyteddy.platform.db import Tx
from studyteddy.platform.errors import Fault, Invalid, invalid
from studyteddy.platform.ids import new_id

FIRST_YEAR, LAST_YEAR = 1970, 2999
EDITABLE = (
    "title", "description", "subject_id", "status", "priority", "due_date", "due_at", "due_zone", "start_date",
    "estimated_minutes", "labels",
)  # fmt: skip
"""The fields of a task that a change can give."""


def found(task: Task | None) -> Task:
    if task is None:
        raise NoSuchTask()
    return task


def no_such_subject() -> Invalid:
    return invalid("/subjectId", "no_such_subject", UnknownSubject.title, UnknownSubject)


def check_dates(due_date: date | None, due_at: datetime | None, start_date: date | None) -> None:
    """Raises 422 for years that no calendar needs, and for two due dates."""
    given = {"/dueDate": due_date, "/dueAt": due_at, "/startDate": start_date}
    faults = [
        Fault(pointer, "out_of_range", f"Use a year between {FIRST_YEAR} and {LAST_YEAR}.")
        for pointer, day in given.items()
        if day is not None and not FIRST_YEAR <= day.year <= LAST_YEAR
    ]
    if due_date is not None and due_at is not None:
        faults.append(Fault("/dueAt", "two_due_dates", "Give a due date or a due instant, not both."))
    if faults:
        raise Invalid(faults=faults)


def differing(before: msgspec.Struct, after: msgspec.Struct, fields: Iterable[str]) -> list[str]:
    """The fields in which two structs differ."""
    return [name for name in fields if getattr(before, name) != getattr(after, name)]


async def note(
    tx: Tx, task_id: UUID, kind: ChangeKind, before: msgspec.Struct | None, after: msgspec.Struct | None, *,
    fields: Iterable[str], subtask_id: UUID | None = None,
) -> None:  # fmt: skip
    """Writes the line of a change: each of `fields` before and after, under the name that clients know."""
    names = dict(zip((shown := after or before).__struct_fields__, shown.__struct_encode_fields__, strict=True))  # type: ignore[union-attr]
    deltas = {names[name]: Delta(getattr(before, name, None), getattr(after, name, None)) for name in fields}
    await history.note(tx, tx.user_id, task_id, new_id(), kind, deltas, at=tx.now, subtask_id=subtask_id)
