"""Actions on single tasks and the events they publish. An occurrence of a series is a task like any other."""

from __future__ import annotations

from datetime import date, datetime
from uuid import UUID

import msgspec
from msgspec.structs import replace

from studyteddy import events
from studyteddy.features.auth.service import profile
from studyteddy.features.tasks.schemas.series import BadRecurrence, Recurrence
from studyteddy.features.tasks.schemas.tasks import AlreadyCompleted, NewTask, Status, Task, TaskChanges
from studyteddy.features.tasks.service import checks, occurrences
from studyteddy.features.tasks.service.checks import EDITABLE
from studyteddy.features.tasks.store import series as series_store
from studyteddy.features.tasks.store import tasks as store
from studyteddy.platform.creation import Creation, creation_of, repeated
from studyteddy.platform.db.statements import Reader
from studyteddy.platform.db.transaction import Tx
from studyteddy.platform.errors import invalid
from studyteddy.platform.event import Deleted
from studyteddy.platform.ids import new_id
from studyteddy.platform.local_time.dates import check_zone
from studyteddy.platform.web.merge_patch import merged


async def get(reader: Reader, user_id: UUID, task_id: UUID) -> Task:
    """Return a task; raise 404 if it doesn't exist."""
    return checks.found(await store.get(reader, user_id, task_id))


async def lock(tx: Tx, task_id: UUID) -> Task:
    """Lock a task until the transaction ends and return it; raise 404 if it doesn't exist."""
    return checks.found(await store.lock(tx, tx.user_id, task_id))


async def add(tx: Tx, new: NewTask, *, creation: Creation | None = None) -> Task:
    """Add a task or start a series; raise 409 `id_taken`, 422 for unknown references and invalid values.

    `creation` is given if the client's request isn't `new` itself.
    """
    creation = creation or creation_of(new, now=tx.now)
    new = replace(new, labels=checks.stored_labels(new.labels))
    checks.check_dates(new.due_date, new.due_at, new.start_date)
    if new.due_zone is not None:
        check_zone(new.due_zone, "/dueZone")
    if new.recurrence is not None:
        return await occurrences.begin(tx, new, new.recurrence, creation)
    task = await store.add(tx, tx.user_id, creation, new, at=tx.now)
    if task is None:
        existing = await repeated(tx, creation, store)
        if existing is None:
            raise checks.no_such_subject()
        return existing
    tx.publish(events.TaskCreated(task.id), task)
    return task


async def update(tx: Tx, current: Task, changes: TaskChanges) -> Task:
    """Update a single task, which must be locked; raise 409 `already_completed`, 422."""
    if changes.status is not msgspec.UNSET and current.status == "completed":
        raise AlreadyCompleted()
    changed = apply_changes(current, changes)
    recurrence = _new_recurrence(current, changes)
    fields = checks.changed_fields(current, changed, EDITABLE)
    if not fields and recurrence is None:
        return current
    task = await store.update(tx, tx.user_id, changed, at=tx.now, overridden=fields if current.series_id else ())
    if task is None:
        raise checks.no_such_subject()
    if recurrence is not None:
        task = await _start_series(tx, task, recurrence)
    if updated := checks.changed_fields(current, task, EDITABLE):
        await checks.record_change(tx, task.id, "updated", current, task, fields=updated)
    tx.publish(events.TaskUpdated(task.id), task)
    if task.series_id is not None and recurrence is None:
        await _update_next(tx, current, task)
    return task


def apply_changes(current: Task, changes: TaskChanges) -> Task:
    """Return the task with the changes applied; raise 422. A new due date replaces a due instant and vice versa."""
    changed = replace(merged(current, changes), recurrence=current.recurrence)
    if changes.labels is not msgspec.UNSET:
        changed = replace(changed, labels=checks.stored_labels(changes.labels))
    if isinstance(changes.due_date, date) and changes.due_at is msgspec.UNSET:
        changed = replace(changed, due_at=None)
    if isinstance(changes.due_at, datetime) and changes.due_date is msgspec.UNSET:
        changed = replace(changed, due_date=None)
    checks.check_dates(changed.due_date, changed.due_at, changed.start_date)
    if changed.due_zone is not None:
        check_zone(changed.due_zone, "/dueZone")
    return changed


async def complete(tx: Tx, task_id: UUID) -> Task:
    """Complete a task and create its next occurrence; a completed task is unchanged, without a second event."""
    task = await store.mark_completed(tx, tx.user_id, task_id, new_id(), at=tx.now)
    if task is None:
        return checks.found(await store.get(tx, tx.user_id, task_id))
    assert task.completed_at is not None
    assert task.completed_on is not None
    tx.publish(
        events.TaskCompleted(
            task.id, task.title, task.subject_id, task.completed_at, task.completed_on, task.on_time, task.completions
        ),
        task,
    )
    if task.series_id is not None:
        await occurrences.advance(tx, task)
    return task


async def reopen(tx: Tx, task_id: UUID, *, status: Status = "pending") -> Task:
    """Reopen a completed task, with `status` as its new status; an open task is unchanged.

    The next occurrence that its completion created is withdrawn.
    """
    before = checks.found(await store.lock(tx, tx.user_id, task_id))
    task = await store.mark_reopened(tx, tx.user_id, task_id, new_id(), status=status, at=tx.now)
    if task is None:
        return before
    assert before.completed_on is not None
    subject_id = await store.completed_under(tx, tx.user_id, task_id)
    tx.publish(events.TaskReopened(task.id, subject_id, before.completed_on, before.on_time, before.completions), task)
    if task.series_id is not None and status != "cancelled":
        await occurrences.withdraw(tx, task)
    return task


async def delete(tx: Tx, current: Task) -> None:
    """Delete a single task, which must be locked, with its subtasks; in a series, create the next occurrence."""
    if current.series_id is not None:
        assert current.occurrence is not None
        await series_store.exclude(tx, tx.user_id, current.series_id, current.occurrence)
        if current.status in ("pending", "in_progress"):
            await occurrences.advance(tx, current)  # while its subtasks still exist and can be copied
    await store.delete(tx, tx.user_id, current.id)
    tx.publish(events.TaskDeleted(current.id), Deleted(current.id))


async def lock_if_exists(tx: Tx, task_id: UUID) -> Task | None:
    """Lock a task until the transaction ends; return None if it doesn't exist.

    Lock a task before anything that belongs to it: deleting the task uses the same order.
    """
    return await store.lock(tx, tx.user_id, task_id)


async def lock_for_work(tx: Tx, task_id: UUID) -> Task | None:
    """Lock a task that someone is going to work on; an occurrence is then no longer withdrawn with its predecessor."""
    task = await lock_if_exists(tx, task_id)
    if task is not None and task.series_id is not None:
        await series_store.clear_follows(tx, tx.user_id, task_id)
    return task


async def add_minutes(tx: Tx, task_id: UUID, minutes: int) -> None:
    """Add to the minutes worked, or subtract from them; do nothing if the task doesn't exist."""
    task = await store.add_minutes(tx, tx.user_id, task_id, minutes, at=tx.now)
    if task is not None:
        tx.publish(events.TaskUpdated(task_id), task)


def _new_recurrence(current: Task, changes: TaskChanges) -> Recurrence | None:
    """Return the recurrence that a change adds to a task; raise 422 if the task already has one."""
    if changes.recurrence is msgspec.UNSET or changes.recurrence == current.recurrence:
        return None
    if current.series_id is not None:
        detail = "Specify the occurrences to change: ?scope=following or ?scope=all."
        raise invalid("/recurrence", "scope_needed", detail, BadRecurrence)
    if current.status == "completed":
        raise AlreadyCompleted()
    return changes.recurrence


async def _start_series(tx: Tx, task: Task, recurrence: Recurrence) -> Task:
    """Make a task the first occurrence of a series, due on the rule's first date."""
    planned = occurrences.plan(
        task, recurrence, series_id=new_id(), boundary=await profile.day_boundary(tx, tx.user_id), now=tx.now
    )
    await series_store.add(tx, tx.user_id, planned, at=tx.now)
    return await occurrences.put(tx, task, planned, occurrences.first_moment(planned))


async def _update_next(tx: Tx, before: Task, after: Task) -> None:
    """Create the next occurrence after a skipped one; withdraw it when the skip is undone."""
    if after.status == "cancelled" and before.status != "cancelled":
        await occurrences.advance(tx, after)
    if before.status == "cancelled" and after.status != "cancelled":
        await occurrences.withdraw(tx, after)
