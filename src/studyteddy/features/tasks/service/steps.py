"""The rules of steps. Their task is locked first, so that their order and its progress hold under any race."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

import msgspec

from studyteddy import events
from studyteddy.features.tasks.schemas import (
    NewSubtask,
    NoSuchSubtask,
    StepBefore,
    Subtask,
    SubtaskChanges,
    SubtaskList,
    SubtaskOrder,
    Task,
    TooManySubtasks,
)
from studyteddy.features.tasks.service.checks import check_dates, differing, found, note
from studyteddy.features.tasks.service.single import complete
from studyteddy.features.tasks.store import rows, steps
from studyteddy.platform import versions
from studyteddy.platform.db import Reader, Tx
from studyteddy.platform.errors import invalid
from studyteddy.platform.event import Gone
from studyteddy.platform.ids import new_id

MOST_SUBTASKS = 200
_FIELDS = ("title", "estimated_minutes", "due_date", "completed")


async def of_task(reader: Reader, user_id: UUID, task_id: UUID) -> SubtaskList:
    """Every step of a task, in order."""
    found(await rows.get(reader, user_id, task_id))
    return SubtaskList(await steps.of_task(reader, user_id, task_id))


async def get_step(reader: Reader, user_id: UUID, task_id: UUID, subtask_id: UUID) -> Subtask:
    """One step; raises 404."""
    return _found_step(await steps.get(reader, user_id, task_id, subtask_id))


async def add_step(tx: Tx, task_id: UUID, new: NewSubtask) -> Subtask:
    """Adds a step at the end; raises 409 `too_many_subtasks` beyond 200."""
    task = found(await rows.lock(tx, tx.user_id, task_id))
    if task.subtask_count >= MOST_SUBTASKS:
        raise TooManySubtasks()
    check_dates(new.due_date, None, None)
    subtask = _found_step(await steps.add(tx, tx.user_id, new_id(), task, new, at=tx.now))
    await note(tx, task_id, "step_added", None, subtask, fields=_FIELDS, subtask_id=subtask.id)
    tx.publish(events.SubtaskCreated(subtask.id, task_id), subtask)
    await _count(tx, task_id)
    return subtask


async def update_step(
    tx: Tx, task_id: UUID, subtask_id: UUID, changes: SubtaskChanges, *, if_match: str | None
) -> Subtask:
    """Changes a step. The task is completed with its last step only if `completeParent` asks for it."""
    found(await rows.lock(tx, tx.user_id, task_id))
    current = _found_step(await steps.get(tx, tx.user_id, task_id, subtask_id))
    versions.check(if_match, current)
    changed = _apply(current, changes, now=tx.now)
    check_dates(changed.due_date, None, None)
    if changed != current:
        changed = _found_step(await steps.update(tx, tx.user_id, changed, at=tx.now))
        fields = differing(current, changed, _FIELDS)
        await note(tx, task_id, "step_updated", current, changed, fields=fields, subtask_id=subtask_id)
        tx.publish(events.SubtaskUpdated(subtask_id, task_id), changed)
    task = await _count(tx, task_id) if changed.completed != current.completed else None
    if task is None and changed.title != current.title:
        await steps.find_by(tx, tx.user_id, task_id)
    if changes.complete_parent and changed.completed:
        task = task or found(await rows.get(tx, tx.user_id, task_id))
        if task.subtasks_completed == task.subtask_count:
            await complete(tx, task_id)
    return changed


async def delete_step(tx: Tx, task_id: UUID, subtask_id: UUID, *, if_match: str | None) -> None:
    """Takes a step out; those behind it move up."""
    found(await rows.lock(tx, tx.user_id, task_id))
    current = _found_step(await steps.get(tx, tx.user_id, task_id, subtask_id))
    versions.check(if_match, current)
    await steps.delete(tx, tx.user_id, task_id, subtask_id)
    fields = (*_FIELDS, "completed_at", "order")
    await note(tx, task_id, "step_removed", current, None, fields=fields, subtask_id=subtask_id)
    tx.publish(events.SubtaskDeleted(subtask_id, task_id), Gone(subtask_id))
    await _count(tx, task_id)
    tx.publish(events.SubtasksReordered(task_id), SubtaskList(await steps.of_task(tx, tx.user_id, task_id)))


async def restore_step(tx: Tx, task_id: UUID, subtask_id: UUID, was: StepBefore) -> None:
    """Puts a step that was taken out back in its place; raises 409 `too_many_subtasks` beyond 200."""
    task = found(await rows.lock(tx, tx.user_id, task_id))
    if task.subtask_count >= MOST_SUBTASKS:
        raise TooManySubtasks()
    new = NewSubtask(was.title, was.estimated_minutes, was.due_date)
    step = _found_step(await steps.add(tx, tx.user_id, subtask_id, task, new, at=tx.now))
    if was.completed_at is not None:
        step = msgspec.structs.replace(step, completed=True, completed_at=was.completed_at)
        step = _found_step(await steps.update(tx, tx.user_id, step, at=tx.now))
    await note(tx, task_id, "step_added", None, step, fields=_FIELDS, subtask_id=subtask_id)
    tx.publish(events.SubtaskCreated(subtask_id, task_id), step)
    ids = [one.id for one in await steps.of_task(tx, tx.user_id, task_id) if one.id != subtask_id]
    ids.insert(was.order, subtask_id)
    await steps.order(tx, tx.user_id, task_id, ids, at=tx.now)
    tx.publish(events.SubtasksReordered(task_id), SubtaskList(await steps.of_task(tx, tx.user_id, task_id)))
    await _count(tx, task_id)


async def order_steps(tx: Tx, task_id: UUID, wanted: SubtaskOrder) -> SubtaskList:
    """Gives the steps a new order; raises 422 unless `ids` names each of them once."""
    found(await rows.lock(tx, tx.user_id, task_id))
    current = await steps.of_task(tx, tx.user_id, task_id)
    if len(wanted.ids) != len(current) or set(wanted.ids) != {step.id for step in current}:
        raise invalid("/ids", "not_a_permutation", "Name every step of this task once.")
    if wanted.ids == [step.id for step in current]:
        return SubtaskList(current)
    await steps.order(tx, tx.user_id, task_id, wanted.ids, at=tx.now)
    ordered = SubtaskList(await steps.of_task(tx, tx.user_id, task_id))
    await note(
        tx, task_id, "steps_ordered", SubtaskOrder([s.id for s in current]), SubtaskOrder(wanted.ids), fields=("ids",)
    )
    tx.publish(events.SubtasksReordered(task_id), ordered)
    return ordered


async def _count(tx: Tx, task_id: UUID) -> Task:
    task = found(await steps.count(tx, tx.user_id, task_id, at=tx.now))
    tx.publish(events.TaskUpdated(task_id), task)
    return task


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


def _found_step(subtask: Subtask | None) -> Subtask:
    if subtask is None:
        raise NoSuchSubtask()
    return subtask
