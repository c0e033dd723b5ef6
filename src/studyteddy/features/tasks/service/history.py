"""What became of a task, and the way back."""

from __future__ import annotations

from typing import TypeVar
from uuid import UUID

import msgspec

from studyteddy.features.tasks.schemas import (
    Change,
    ChangedSince,
    DayQuery,
    NoSuchChange,
    StepBefore,
    Subtask,
    SubtaskChanges,
    SubtaskOrder,
    Task,
    TaskChanges,
)
from studyteddy.features.tasks.service import single, steps
from studyteddy.features.tasks.service.checks import found
from studyteddy.features.tasks.store import history, rows
from studyteddy.features.tasks.store import steps as step_rows
from studyteddy.platform.db import Reader, Tx
from studyteddy.platform.errors import Conflict, Invalid
from studyteddy.platform.pages import Cursors, Page

S = TypeVar("S", bound=msgspec.Struct)


async def page(reader: Reader, user_id: UUID, task_id: UUID, query: DayQuery, cursors: Cursors) -> Page[Change]:
    """The changes of a task and its steps, the latest first; raises 404."""
    found(await rows.get(reader, user_id, task_id))
    after = cursors.read(query.cursor, f"history:{task_id}", query)
    listed = await history.page(reader, user_id, task_id, after=after, limit=query.limit + 1)
    return cursors.page(listed, query, f"history:{task_id}")


async def undo(tx: Tx, task_id: UUID, change_id: UUID) -> Task:
    """Takes a change back, once; raises 404, and 409 `changed_since` when something else has changed it since."""
    current = found(await rows.lock(tx, tx.user_id, task_id))
    change = await history.lock(tx, tx.user_id, task_id, change_id)
    if change is None:
        raise NoSuchChange()
    if change.undone:
        return current
    try:
        await _take_back(tx, current, change)
    except (Invalid, Conflict) as fault:
        raise ChangedSince() from fault
    await history.mark_undone(tx, tx.user_id, task_id, change_id)
    return found(await rows.get(tx, tx.user_id, task_id))


async def _take_back(tx: Tx, task: Task, change: Change) -> None:
    if change.kind == "updated":
        _check_unchanged(task, change)
        await single.update(tx, task, _before(change, TaskChanges))
    elif change.kind == "completed":
        _check(task.status == "completed")
        await single.reopen(tx, task.id, status=change.changes["status"].before)
    elif change.kind == "reopened":
        _check(task.status != "completed")
        await single.complete(tx, task.id)
    elif change.kind == "steps_ordered":
        _check(_shown(await step_rows.of_task(tx, tx.user_id, task.id)) == change.changes["ids"].after)
        await steps.order_steps(tx, task.id, msgspec.convert({"ids": change.changes["ids"].before}, SubtaskOrder))
    else:
        assert change.subtask_id is not None
        await _take_back_step(tx, task, change, change.subtask_id)


async def _take_back_step(tx: Tx, task: Task, change: Change, subtask_id: UUID) -> None:
    step = await step_rows.get(tx, tx.user_id, task.id, subtask_id)
    if change.kind == "step_removed":
        _check(step is None)
        await steps.restore_step(tx, task.id, subtask_id, _before(change, StepBefore))
        return
    if step is None:
        raise ChangedSince()
    _check_unchanged(step, change)
    if change.kind == "step_added":
        await steps.delete_step(tx, task.id, subtask_id, if_match=None)
        return
    await steps.update_step(tx, task.id, subtask_id, _before(change, SubtaskChanges), if_match=None)


def _before(change: Change, kind: type[S]) -> S:
    """The fields as they were."""
    return msgspec.convert({name: delta.before for name, delta in change.changes.items()}, kind)


def _check_unchanged(thing: Task | Subtask, change: Change) -> None:
    shown = msgspec.to_builtins(thing)
    _check(all(shown[name] == delta.after for name, delta in change.changes.items()))


def _check(holds: bool) -> None:
    if not holds:
        raise ChangedSince()


def _shown(listed: list[Subtask]) -> list[str]:
    return [str(step.id) for step in listed]
