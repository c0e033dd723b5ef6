"""Checks that commands on tasks share, and the history entry they write."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime
from uuid import UUID

import msgspec

from studyteddy.features.subjects.schemas import UnknownSubject
from studyteddy.features.tasks.schemas.history import ChangeKind, Delta
from studyteddy.features.tasks.schemas.tasks import NoSuchTask, Task, normalize_labels
from studyteddy.features.tasks.store import history as history_store
from studyteddy.platform.db.transaction import Tx
from studyteddy.platform.errors import Fault, Invalid, invalid
from studyteddy.platform.fields import MAX_LABEL_LENGTH
from studyteddy.platform.ids import new_id
from studyteddy.platform.local_time.dates import range_faults

EDITABLE = (
    "title",
    "description",
    "subject_id",
    "status",
    "priority",
    "due_date",
    "due_at",
    "due_zone",
    "start_date",
    "estimated_minutes",
    "labels",
)
"""The fields of a task that an update can set."""


def found(task: Task | None) -> Task:
    if task is None:
        raise NoSuchTask()
    return task


def no_such_subject() -> Invalid:
    return invalid("/subjectId", "no_such_subject", UnknownSubject.title, UnknownSubject)


def check_dates(due_date: date | None, due_at: datetime | None, start_date: date | None) -> None:
    """Raise 422 for years out of range and for two due dates."""
    faults = range_faults({"/dueDate": due_date, "/dueAt": due_at, "/startDate": start_date})
    if due_date is not None and due_at is not None:
        faults.append(Fault("/dueAt", "two_due_dates", "Provide `dueDate` or `dueAt`, not both."))
    if faults:
        raise Invalid(faults=faults)


def stored_labels(labels: Iterable[str]) -> list[str]:
    """Return labels as they are stored; raise 422 for one that NFC makes longer than a label may be."""
    stored = normalize_labels(labels)
    if any(len(label) > MAX_LABEL_LENGTH for label in stored):
        raise invalid("/labels", "too_long", f"A label must be at most {MAX_LABEL_LENGTH} characters in NFC.")
    return stored


def changed_fields(before: msgspec.Struct, after: msgspec.Struct, fields: Iterable[str]) -> list[str]:
    """Return the fields in which two structs differ."""
    return [name for name in fields if getattr(before, name) != getattr(after, name)]


async def record_change(
    tx: Tx,
    task_id: UUID,
    kind: ChangeKind,
    before: msgspec.Struct | None,
    after: msgspec.Struct | None,
    *,
    fields: Iterable[str],
    subtask_id: UUID | None = None,
) -> None:
    """Record a change in the history: each of `fields` before and after, under its API name."""
    names = dict(zip((struct := after or before).__struct_fields__, struct.__struct_encode_fields__, strict=True))  # type: ignore[union-attr]
    deltas = {names[name]: Delta(getattr(before, name, None), getattr(after, name, None)) for name in fields}
    await history_store.add(tx, tx.user_id, task_id, new_id(), kind, deltas, at=tx.now, subtask_id=subtask_id)
