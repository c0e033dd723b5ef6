"""Actions on the history of tasks."""

from __future__ import annotations

from typing import TypeVar
from uuid import UUID

import msgspec

from studyteddy.features.tasks.schemas.history import Change, ChangedSince, NoSuchChange
from studyteddy.features.tasks.schemas.lists import DayQuery
from studyteddy.features.tasks.schemas.subtasks import Subtask, SubtaskBefore, SubtaskChanges, SubtaskOrder
from studyteddy.features.tasks.schemas.tasks import Task, TaskChanges
from studyteddy.features.tasks.service import checks, subtasks, tasks
from studyteddy.features.tasks.store import history as store
from studyteddy.features.tasks.store import subtasks as subtasks_store
from studyteddy.features.tasks.store import tasks as tasks_store
from studyteddy.platform.db.statements import Reader
from studyteddy.platform.db.transaction import Tx
from studyteddy.platform.errors import Conflict, Invalid
from studyteddy.platform.web.pagination import Cursors, Page, rows_of

S = TypeVar("S", bound=msgspec.Struct)


async def page(reader: Reader, user_id: UUID, task_id: UUID, query: DayQuery, cursors: Cursors) -> Page[Change]:
    """Return the changes of a task and its subtasks, latest first; raise 404."""
    checks.found(await tasks_store.get(reader, user_id, task_id))
    after = cursors.read(query.cursor, f"history:{task_id}", query)
    listed = await store.page(reader, user_id, task_id, after=after, limit=rows_of(query))
    return cursors.page(listed, query, f"history:{task_id}")


async def undo(tx: Tx, task_id: UUID, change_id: UUID) -> Task:
    """Undo a change, once; raise 404, and 409 `changed_since` if a later change conflicts."""
    current = checks.found(await tasks_store.lock(tx, tx.user_id, task_id))
    change = await store.lock(tx, tx.user_id, task_id, change_id)
    if change is None:
        raise NoSuchChange()
    if change.undone:
        return current
    try:
        await _revert(tx, current, change)
    except (Invalid, Conflict) as fault:
        raise ChangedSince() from fault
    await store.mark_undone(tx, tx.user_id, task_id, change_id)
    return checks.found(await tasks_store.get(tx, tx.user_id, task_id))


async def _revert(tx: Tx, task: Task, change: Change) -> None:
    if change.kind == "updated":
        _check_unchanged(task, change)
        await tasks.update(tx, task, _before(change, TaskChanges))
    elif change.kind == "completed":
        _require(task.status == "completed")
        await tasks.reopen(tx, task.id, status=change.changes["status"].before)
    elif change.kind == "reopened":
        _require(task.status != "completed")
        await tasks.complete(tx, task.id)
    elif change.kind == "steps_ordered":
        _require(_ids(await subtasks_store.of_task(tx, tx.user_id, task.id)) == change.changes["ids"].after)
        await subtasks.reorder(tx, task.id, msgspec.convert({"ids": change.changes["ids"].before}, SubtaskOrder))
    else:
        assert change.subtask_id is not None
        await _revert_subtask(tx, task, change, change.subtask_id)


async def _revert_subtask(tx: Tx, task: Task, change: Change, subtask_id: UUID) -> None:
    subtask = await subtasks_store.get(tx, tx.user_id, task.id, subtask_id)
    if change.kind == "step_removed":
        _require(subtask is None)
        await subtasks.restore(tx, task.id, subtask_id, _before(change, SubtaskBefore))
        return
    if subtask is None:
        raise ChangedSince()
    _check_unchanged(subtask, change)
    if change.kind == "step_added":
        await subtasks.delete(tx, task.id, subtask_id, if_match=None)
        return
    await subtasks.update(tx, task.id, subtask_id, _before(change, SubtaskChanges), if_match=None)


def _before(change: Change, kind: type[S]) -> S:
    """Return the fields as they were before the change."""
    return msgspec.convert({name: delta.before for name, delta in change.changes.items()}, kind)


def _check_unchanged(thing: Task | Subtask, change: Change) -> None:
    current = msgspec.to_builtins(thing)
    _require(all(current[name] == delta.after for name, delta in change.changes.items()))


def _require(unchanged: bool) -> None:
    if not unchanged:
        raise ChangedSince()


def _ids(listed: list[Subtask]) -> list[str]:
    return [str(subtask.id) for subtask in listed]
