"""The rules of single tasks, and which event follows. An occurrence of a series is a task like any other."""

from __future__ import annotations

from datetime import date, datetime
from uuid import UUID

import msgspec
from msgspec.structs import replace

from studyteddy import events
from studyteddy.features.auth import service as auth
from studyteddy.features.tasks.schemas import (
    AlreadyCompleted,
    BadRecurrence,
    NewTask,
    Recurrence,
    Status,
    Task,
    TaskChanges,
    tidied,
)
from studyteddy.features.tasks.service import recurring
from studyteddy.features.tasks.service.checks import EDITABLE, check_dates, differing, found, no_such_subject, note
from studyteddy.features.tasks.store import rows, series
from studyteddy.platform.changes import merged
from studyteddy.platform.db import Reader, Tx
from studyteddy.platform.errors import invalid
from studyteddy.platform.event import Gone
from studyteddy.platform.ids import new_id
from studyteddy.platform.moments import check_zone


async def get(reader: Reader, user_id: UUID, task_id: UUID) -> Task:
    """One task; raises 404."""
    return found(await rows.get(reader, user_id, task_id))


async def add(tx: Tx, new: NewTask) -> Task:
    """Adds a task, or the series that it begins; raises 422 for what is not there or cannot be."""
    new = replace(new, labels=tidied(new.labels))
    check_dates(new.due_date, new.due_at, new.start_date)
    if new.due_zone is not None:
        check_zone(new.due_zone, "/dueZone")
    if new.recurrence is not None:
        return await recurring.begin(tx, new, new.recurrence)
    task = await rows.add(tx, tx.user_id, new_id(), new, at=tx.now)
    if task is None:
        raise no_such_subject()
    tx.publish(events.TaskCreated(task.id), task)
    return task


async def update(tx: Tx, current: Task, changes: TaskChanges) -> Task:
    """Changes this one task, which is locked; raises 409 `already_completed`, 422."""
    if changes.status is not msgspec.UNSET and current.status == "completed":
        raise AlreadyCompleted()
    changed = changed_by(current, changes)
    begins = _begins(current, changes)
    fields = differing(current, changed, EDITABLE)
    if not fields and begins is None:
        return current
    task = await rows.update(tx, tx.user_id, changed, at=tx.now, overridden=fields if current.series_id else ())
    if task is None:
        raise no_such_subject()
    if begins is not None:
        task = await _begin_series(tx, task, begins)
    if shown := differing(current, task, EDITABLE):
        await note(tx, task.id, "updated", current, task, fields=shown)
    tx.publish(events.TaskUpdated(task.id), task)
    if task.series_id is not None and begins is None:
        await _follow(tx, current, task)
    return task


def changed_by(current: Task, changes: TaskChanges) -> Task:
    """The task as it is to be; raises 422. A new due date takes the place of a due instant, and the other way round."""
    changed = replace(merged(current, changes), recurrence=current.recurrence)
    if changes.labels is not msgspec.UNSET:
        changed = replace(changed, labels=tidied(changes.labels))
    if isinstance(changes.due_date, date) and changes.due_at is msgspec.UNSET:
        changed = replace(changed, due_at=None)
    if isinstance(changes.due_at, datetime) and changes.due_date is msgspec.UNSET:
        changed = replace(changed, due_date=None)
    check_dates(changed.due_date, changed.due_at, changed.start_date)
    if changed.due_zone is not None:
        check_zone(changed.due_zone, "/dueZone")
    return changed


async def complete(tx: Tx, task_id: UUID) -> Task:
    """Completes a task; one that is completed stays as it is, without a second event. The next occurrence follows."""
    task = await rows.mark_completed(tx, tx.user_id, task_id, new_id(), at=tx.now)
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
    if task.series_id is not None:
        await recurring.advance(tx, task)
    return task


async def reopen(tx: Tx, task_id: UUID, *, status: Status = "pending") -> Task:
    """Opens a completed task again, or gives it another `status` than completed; one that is open stays as it is.

    What its completion brought is taken back.
    """
    before = found(await rows.lock(tx, tx.user_id, task_id))
    task = await rows.mark_reopened(tx, tx.user_id, task_id, new_id(), status=status, at=tx.now)
    if task is None:
        return before
    assert before.completed_on is not None
    counted_for = await rows.completed_under(tx, tx.user_id, task_id)
    tx.publish(
        events.TaskReopened(task.id, counted_for, before.completed_on, before.on_time, before.completions),
        task,
    )
    if task.series_id is not None and status != "cancelled":
        await recurring.withdraw(tx, task)
    return task


async def delete(tx: Tx, current: Task) -> None:
    """Deletes this one task, which is locked, with its steps; of a series, the next occurrence follows."""
    if current.series_id is not None and current.occurrence is not None:
        await series.exclude(tx, tx.user_id, current.series_id, current.occurrence)
        if current.status in ("pending", "in_progress"):
            await recurring.advance(tx, current)  # while its steps are there to be copied
    await rows.delete(tx, tx.user_id, current.id)
    tx.publish(events.TaskDeleted(current.id), Gone(current.id))


def _begins(current: Task, changes: TaskChanges) -> Recurrence | None:
    """The recurrence that this change gives to a task that had none; raises 422 for one that has."""
    if changes.recurrence is msgspec.UNSET or changes.recurrence == current.recurrence:
        return None
    if current.series_id is not None:
        detail = "Say which occurrences are meant: ?scope=following or ?scope=all."
        raise invalid("/recurrence", "scope_needed", detail, BadRecurrence)
    if current.status == "completed":
        raise AlreadyCompleted()
    return changes.recurrence


async def _begin_series(tx: Tx, task: Task, wanted: Recurrence) -> Task:
    """Makes a task the first occurrence of a series; its due date becomes the rule's first."""
    planned = recurring.plan(task, wanted, series_id=new_id(), clock=await auth.clockwork(tx, tx.user_id), now=tx.now)
    await series.add(tx, tx.user_id, planned, at=tx.now)
    return await recurring.put(tx, task, planned, recurring.first_kept(planned))


async def _follow(tx: Tx, before: Task, after: Task) -> None:
    """A skipped occurrence brings the next one; one that is taken up again takes it back."""
    if after.status == "cancelled" and before.status != "cancelled":
        await recurring.advance(tx, after)
    if before.status == "cancelled" and after.status != "cancelled":
        await recurring.withdraw(tx, after)
