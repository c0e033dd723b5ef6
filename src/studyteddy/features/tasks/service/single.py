"""The rules of single tasks, and which event follows."""

from __future__ import annotations

from datetime import date, datetime
from uuid import UUID

import msgspec

from studyteddy import events
from studyteddy.features.subjects.schemas import UnknownSubject
from studyteddy.features.tasks.schemas import AlreadyCompleted, NewTask, NoSuchTask, Task, TaskChanges
from studyteddy.features.tasks.store import rows
from studyteddy.platform import versions
from studyteddy.platform.changes import merged
from studyteddy.platform.db import Reader, Tx
from studyteddy.platform.errors import Fault, Invalid, invalid
from studyteddy.platform.event import Gone
from studyteddy.platform.ids import new_id
from studyteddy.platform.moments import check_zone

_FIRST_YEAR, _LAST_YEAR = 1970, 2999


async def get(reader: Reader, user_id: UUID, task_id: UUID) -> Task:
    """One task; raises 404."""
    return found(await rows.get(reader, user_id, task_id))


async def add(tx: Tx, new: NewTask) -> Task:
    """Adds a task; raises 422 for a subject that is not there, or two due dates."""
    check_dates(new.due_date, new.due_at, new.start_date)
    if new.due_zone is not None:
        check_zone(new.due_zone, "/dueZone")
    task = await rows.add(tx, tx.user_id, new_id(), new, at=tx.now)
    if task is None:
        raise no_such_subject()
    tx.publish(events.TaskCreated(task.id), task)
    return task


async def update(tx: Tx, task_id: UUID, changes: TaskChanges, *, if_match: str | None) -> Task:
    """Changes what is given; raises 404, 409 `already_completed`, 412, 422."""
    current = found(await rows.lock(tx, tx.user_id, task_id))
    versions.check(if_match, current)
    if changes.status is not msgspec.UNSET and current.status == "completed":
        raise AlreadyCompleted()
    changed = _with_one_due(merged(current, changes), changes)
    check_dates(changed.due_date, changed.due_at, changed.start_date)
    if changed.due_zone is not None:
        check_zone(changed.due_zone, "/dueZone")
    if changed == current:
        return current
    task = await rows.update(tx, tx.user_id, changed, at=tx.now)
    if task is None:
        raise no_such_subject()
    tx.publish(events.TaskUpdated(task.id), task)
    return task


async def complete(tx: Tx, task_id: UUID) -> Task:
    """Completes a task; one that is completed stays as it is, without a second event."""
    task = await rows.mark_completed(tx, tx.user_id, task_id, at=tx.now)
    if task is None:
        return found(await rows.get(tx, tx.user_id, task_id))
    assert task.completed_at is not None
    assert task.completed_on is not None
    tx.publish(
        events.TaskCompleted(
            task.id,
            task.title,
            task.subject_id,
            task.completed_at,
            task.completed_on,
            task.on_time,
            task.completions,
        ),
        task,
    )
    return task


async def reopen(tx: Tx, task_id: UUID) -> Task:
    """Opens a completed task again; one that is open stays as it is."""
    before = found(await rows.lock(tx, tx.user_id, task_id))
    task = await rows.mark_reopened(tx, tx.user_id, task_id, at=tx.now)
    if task is None:
        return before
    assert before.completed_on is not None
    counted_for = await rows.completed_under(tx, tx.user_id, task_id)
    tx.publish(
        events.TaskReopened(task.id, counted_for, before.completed_on, before.on_time, before.completions),
        task,
    )
    return task


async def delete(tx: Tx, task_id: UUID, *, if_match: str | None) -> None:
    """Deletes a task with its steps."""
    current = found(await rows.lock(tx, tx.user_id, task_id))
    versions.check(if_match, current)
    await rows.delete(tx, tx.user_id, task_id)
    tx.publish(events.TaskDeleted(task_id), Gone(task_id))


def _with_one_due(changed: Task, changes: TaskChanges) -> Task:
    """A new due date takes the place of a due instant, and the other way round."""
    if isinstance(changes.due_date, date) and changes.due_at is msgspec.UNSET:
        return msgspec.structs.replace(changed, due_at=None)
    if isinstance(changes.due_at, datetime) and changes.due_date is msgspec.UNSET:
        return msgspec.structs.replace(changed, due_date=None)
    return changed


def found(task: Task | None) -> Task:
    if task is None:
        raise NoSuchTask()
    return task


def no_such_subject() -> Invalid:
    return invalid("/subjectId", "no_such_subject", UnknownSubject.title, UnknownSubject)


def check_dates(due_date: date | None, due_at: datetime | None, start_date: date | None) -> None:
    given = {"/dueDate": due_date, "/dueAt": due_at, "/startDate": start_date}
    faults = [
        Fault(pointer, "out_of_range", f"Use a year between {_FIRST_YEAR} and {_LAST_YEAR}.")
        for pointer, day in given.items()
        if day is not None and not _FIRST_YEAR <= day.year <= _LAST_YEAR
    ]
    if due_date is not None and due_at is not None:
        faults.append(Fault("/dueAt", "two_due_dates", "Give a due date or a due instant, not both."))
    if faults:
        raise Invalid(faults=faults)
