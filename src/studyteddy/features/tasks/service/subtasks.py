"""Actions on subtasks. Their task is locked first, to protect their order and its progress from races."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

import msgspec

from studyteddy import events
from studyteddy.features.tasks.schemas.subtasks import (
    NewSubtask,
    NoSuchSubtask,
    Subtask,
    SubtaskBefore,
    SubtaskChanges,
    SubtaskList,
    SubtaskOrder,
    TooManySubtasks,
)
from studyteddy.features.tasks.service import checks, tasks
from studyteddy.features.tasks.store import subtasks as store
from studyteddy.features.tasks.store import tasks as tasks_store
from studyteddy.platform.creation import Creation, IdTaken, creation_of
from studyteddy.platform.db.statements import Reader
from studyteddy.platform.db.transaction import Tx
from studyteddy.platform.errors import Conflict, invalid
from studyteddy.platform.event import Deleted
from studyteddy.platform.web import etags

MAX_SUBTASKS = 200
_FIELDS = ("title", "estimated_minutes", "due_date", "completed")


async def of_task(reader: Reader, user_id: UUID, task_id: UUID) -> SubtaskList:
    """Return all subtasks of a task, in order; raise 404."""
    checks.found(await tasks_store.get(reader, user_id, task_id))
    return SubtaskList(await store.of_task(reader, user_id, task_id))


async def get(reader: Reader, user_id: UUID, task_id: UUID, subtask_id: UUID) -> Subtask:
    """Return a subtask; raise 404 if it doesn't exist."""
    return _found(await store.get(reader, user_id, task_id, subtask_id))


async def add(tx: Tx, task_id: UUID, new: NewSubtask) -> Subtask:
    """Add a subtask at the end; raise 404, 409 `id_taken` or, beyond 200, `too_many_subtasks`, 422."""
    creation = creation_of(new, now=tx.now, within=task_id)
    checks.check_dates(new.due_date, None, None)
    task = checks.found(await tasks_store.lock(tx, tx.user_id, task_id))
    full = task.subtask_count >= MAX_SUBTASKS
    subtask = None if full else await store.add(tx, tx.user_id, creation, task, new, at=tx.now)
    if subtask is None:
        return await _repeated(tx, creation, otherwise=TooManySubtasks if full else IdTaken)
    await checks.record_change(tx, task_id, "step_added", None, subtask, fields=_FIELDS, subtask_id=subtask.id)
    tx.publish(events.SubtaskCreated(subtask.id, task_id), subtask)
    await _count_progress(tx, task_id)
    return subtask


async def update(tx: Tx, task_id: UUID, subtask_id: UUID, changes: SubtaskChanges, *, if_match: str | None) -> Subtask:
    """Update a subtask. Completing the last one completes the task only if `completeParent` is set."""
    checks.found(await tasks_store.lock(tx, tx.user_id, task_id))
    current = _found(await store.get(tx, tx.user_id, task_id, subtask_id))
    etags.check(if_match, current)
    changed = _apply(current, changes, now=tx.now)
    checks.check_dates(changed.due_date, None, None)
    if changed != current:
        changed = _found(await store.update(tx, tx.user_id, changed, at=tx.now))
        fields = checks.changed_fields(current, changed, _FIELDS)
        await checks.record_change(tx, task_id, "step_updated", current, changed, fields=fields, subtask_id=subtask_id)
        tx.publish(events.SubtaskUpdated(subtask_id, task_id), changed)
    if changed.completed != current.completed:
        await _count_progress(tx, task_id)
    elif changed.title != current.title:
        await store.update_task_words(tx, tx.user_id, task_id)
    if changes.complete_parent and changed.completed:
        task = checks.found(await tasks_store.get(tx, tx.user_id, task_id))
        if task.subtasks_completed == task.subtask_count:
            await tasks.complete(tx, task_id)
    return changed


async def delete(tx: Tx, task_id: UUID, subtask_id: UUID, *, if_match: str | None) -> None:
    """Delete a subtask; later ones move up."""
    checks.found(await tasks_store.lock(tx, tx.user_id, task_id))
    current = _found(await store.get(tx, tx.user_id, task_id, subtask_id))
    etags.check(if_match, current)
    await store.delete(tx, tx.user_id, task_id, subtask_id, at=tx.now)
    fields = (*_FIELDS, "completed_at", "order")
    await checks.record_change(tx, task_id, "step_removed", current, None, fields=fields, subtask_id=subtask_id)
    tx.publish(events.SubtaskDeleted(subtask_id, task_id), Deleted(subtask_id))
    await _count_progress(tx, task_id)
    tx.publish(events.SubtasksReordered(task_id), SubtaskList(await store.of_task(tx, tx.user_id, task_id)))


async def restore(tx: Tx, task_id: UUID, subtask_id: UUID, before: SubtaskBefore) -> None:
    """Restore a deleted subtask at its position; raise 409 `too_many_subtasks` beyond 200."""
    task = checks.found(await tasks_store.lock(tx, tx.user_id, task_id))
    if task.subtask_count >= MAX_SUBTASKS:
        raise TooManySubtasks()
    new = NewSubtask(before.title, before.estimated_minutes, before.due_date)
    subtask = await store.add(tx, tx.user_id, Creation(subtask_id), task, new, at=tx.now)
    if subtask is None:
        raise IdTaken()
    if before.completed_at is not None:
        subtask = msgspec.structs.replace(subtask, completed=True, completed_at=before.completed_at)
        subtask = _found(await store.update(tx, tx.user_id, subtask, at=tx.now))
    await checks.record_change(tx, task_id, "step_added", None, subtask, fields=_FIELDS, subtask_id=subtask_id)
    tx.publish(events.SubtaskCreated(subtask_id, task_id), subtask)
    ids = [one.id for one in await store.of_task(tx, tx.user_id, task_id) if one.id != subtask_id]
    ids.insert(before.order, subtask_id)
    await store.reorder(tx, tx.user_id, task_id, ids, at=tx.now)
    tx.publish(events.SubtasksReordered(task_id), SubtaskList(await store.of_task(tx, tx.user_id, task_id)))
    await _count_progress(tx, task_id)


async def reorder(tx: Tx, task_id: UUID, order: SubtaskOrder) -> SubtaskList:
    """Reorder the subtasks; raise 422 unless `ids` contains each of them once."""
    checks.found(await tasks_store.lock(tx, tx.user_id, task_id))
    current = await store.of_task(tx, tx.user_id, task_id)
    if len(order.ids) != len(current) or set(order.ids) != {subtask.id for subtask in current}:
        raise invalid("/ids", "not_a_permutation", "List each subtask of this task exactly once.")
    if order.ids == [subtask.id for subtask in current]:
        return SubtaskList(current)
    await store.reorder(tx, tx.user_id, task_id, order.ids, at=tx.now)
    ordered = SubtaskList(await store.of_task(tx, tx.user_id, task_id))
    await checks.record_change(
        tx, task_id, "steps_ordered", SubtaskOrder([s.id for s in current]), SubtaskOrder(order.ids), fields=("ids",)
    )
    tx.publish(events.SubtasksReordered(task_id), ordered)
    return ordered


async def _repeated(tx: Tx, creation: Creation, *, otherwise: type[Conflict]) -> Subtask:
    """Return the subtask that the same request created before; raise `otherwise` if it created none."""
    if creation.fingerprint is not None:
        existing = await store.get_created(tx, tx.user_id, creation.id, creation.fingerprint)
        if existing is not None:
            return existing
    raise otherwise()


async def _count_progress(tx: Tx, task_id: UUID) -> None:
    task = checks.found(await store.count(tx, tx.user_id, task_id, at=tx.now))
    tx.publish(events.TaskUpdated(task_id), task)


def _apply(current: Subtask, changes: SubtaskChanges, *, now: datetime) -> Subtask:
    given = {
        name: value
        for name in ("title", "completed", "estimated_minutes", "due_date")
        if (value := getattr(changes, name)) is not msgspec.UNSET
    }
    changed = msgspec.structs.replace(current, **given)
    if changed.completed == current.completed:
        return changed
    return msgspec.structs.replace(changed, completed_at=now if changed.completed else None)


def _found(subtask: Subtask | None) -> Subtask:
    if subtask is None:
        raise NoSuchSubtask()
    return subtask
