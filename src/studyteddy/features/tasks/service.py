"""The rules of tasks and their steps, and which event follows."""

from __future__ import annotations

from datetime import date, datetime
from uuid import UUID

import msgspec

from studyteddy import events
from studyteddy.features.auth import service as auth
from studyteddy.features.subjects.schemas import UnknownSubject
from studyteddy.features.tasks import store
from studyteddy.features.tasks.schemas import (
    AlreadyCompleted,
    DayQuery,
    NewSubtask,
    NewTask,
    NoSuchSubtask,
    NoSuchTask,
    Subtask,
    SubtaskChanges,
    SubtaskList,
    SubtaskOrder,
    Task,
    TaskChanges,
    TaskQuery,
    TooManySubtasks,
)
from studyteddy.platform import versions
from studyteddy.platform.changes import merged
from studyteddy.platform.db import Reader, Tx
from studyteddy.platform.errors import Fault, Invalid, invalid
from studyteddy.platform.event import Gone
from studyteddy.platform.ids import new_id
from studyteddy.platform.moments import check_zone
from studyteddy.platform.pages import Cursors, Page

MOST_SUBTASKS = 200
_FIRST_YEAR, _LAST_YEAR = 1970, 2999


async def page(reader: Reader, user_id: UUID, query: TaskQuery, cursors: Cursors) -> Page[Task]:
    """The tasks that a query asks for."""
    after = cursors.read(query.cursor, f"tasks:{query.sort}", query)
    found = await store.page(reader, user_id, query, after=after, limit=query.limit + 1)
    return cursors.page(found, query, f"tasks:{query.sort}")


async def today(reader: Reader, user_id: UUID, query: DayQuery, cursors: Cursors, *, now: datetime) -> Page[Task]:
    """Open tasks due today or overdue, in the student's zone and by their day start."""
    clock = await auth.clockwork(reader, user_id)
    day = clock.date_of(now)
    after = cursors.read(query.cursor, f"today:{day}", query)
    found = await store.due(reader, user_id, day=day, ends=clock.end_of(day), after=after, limit=query.limit + 1)
    return cursors.page(found, query, f"today:{day}")


async def get(reader: Reader, user_id: UUID, task_id: UUID) -> Task:
    """One task; raises 404."""
    return _found(await store.get(reader, user_id, task_id))


async def add(tx: Tx, new: NewTask) -> Task:
    """Adds a task; raises 422 for a subject that is not there, or two due dates."""
    _check_dates(new.due_date, new.due_at, new.start_date)
    if new.due_zone is not None:
        check_zone(new.due_zone, "/dueZone")
    task = await store.add(tx, tx.user_id, new_id(), new, at=tx.now)
    if task is None:
        raise _no_such_subject()
    tx.publish(events.TaskCreated(task.id), task)
    return task


async def update(tx: Tx, task_id: UUID, changes: TaskChanges, *, if_match: str | None) -> Task:
    """Changes what is given; raises 404, 409 `already_completed`, 412, 422."""
    current = _found(await store.lock(tx, tx.user_id, task_id))
    versions.check(if_match, current)
    if changes.status is not msgspec.UNSET and current.status == "completed":
        raise AlreadyCompleted()
    changed = _with_one_due(merged(current, changes), changes)
    _check_dates(changed.due_date, changed.due_at, changed.start_date)
    if changed.due_zone is not None:
        check_zone(changed.due_zone, "/dueZone")
    if changed == current:
        return current
    task = await store.update(tx, tx.user_id, changed, at=tx.now)
    if task is None:
        raise _no_such_subject()
    tx.publish(events.TaskUpdated(task.id), task)
    return task


async def complete(tx: Tx, task_id: UUID) -> Task:
    """Completes a task; one that is completed stays as it is, without a second event."""
    task = await store.mark_completed(tx, tx.user_id, task_id, at=tx.now)
    if task is None:
        return _found(await store.get(tx, tx.user_id, task_id))
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
    before = _found(await store.lock(tx, tx.user_id, task_id))
    task = await store.mark_reopened(tx, tx.user_id, task_id, at=tx.now)
    if task is None:
        return before
    assert before.completed_on is not None
    counted_for = await store.completed_under(tx, tx.user_id, task_id)
    tx.publish(
        events.TaskReopened(task.id, counted_for, before.completed_on, before.on_time, before.completions),
        task,
    )
    return task


async def delete(tx: Tx, task_id: UUID, *, if_match: str | None) -> None:
    """Deletes a task with its steps."""
    current = _found(await store.lock(tx, tx.user_id, task_id))
    versions.check(if_match, current)
    await store.delete(tx, tx.user_id, task_id)
    tx.publish(events.TaskDeleted(task_id), Gone(task_id))


# Steps. Their task is locked first, so that their order and its progress hold under any race.


async def subtasks(reader: Reader, user_id: UUID, task_id: UUID) -> SubtaskList:
    """Every step of a task, in order."""
    _found(await store.get(reader, user_id, task_id))
    return SubtaskList(await store.subtasks(reader, user_id, task_id))


async def get_subtask(reader: Reader, user_id: UUID, task_id: UUID, subtask_id: UUID) -> Subtask:
    """One step; raises 404."""
    return _found_step(await store.get_subtask(reader, user_id, task_id, subtask_id))


async def add_subtask(tx: Tx, task_id: UUID, new: NewSubtask) -> Subtask:
    """Adds a step at the end; raises 409 `too_many_subtasks` beyond 200."""
    task = _found(await store.lock(tx, tx.user_id, task_id))
    if task.subtask_count >= MOST_SUBTASKS:
        raise TooManySubtasks()
    _check_dates(new.due_date, None, None)
    subtask = _found_step(await store.add_subtask(tx, tx.user_id, new_id(), task, new, at=tx.now))
    tx.publish(events.SubtaskCreated(subtask.id, task_id), subtask)
    await _count(tx, task_id)
    return subtask


async def update_subtask(
    tx: Tx, task_id: UUID, subtask_id: UUID, changes: SubtaskChanges, *, if_match: str | None
) -> Subtask:
    """Changes a step. The task is completed with its last step only if `completeParent` asks for it."""
    _found(await store.lock(tx, tx.user_id, task_id))
    current = _found_step(await store.get_subtask(tx, tx.user_id, task_id, subtask_id))
    versions.check(if_match, current)
    changed = _apply(current, changes, now=tx.now)
    _check_dates(changed.due_date, None, None)
    if changed != current:
        changed = _found_step(await store.update_subtask(tx, tx.user_id, changed, at=tx.now))
        tx.publish(events.SubtaskUpdated(subtask_id, task_id), changed)
    task = await _count(tx, task_id) if changed.completed != current.completed else None
    if changes.complete_parent and changed.completed:
        task = task or _found(await store.get(tx, tx.user_id, task_id))
        if task.subtasks_completed == task.subtask_count:
            await complete(tx, task_id)
    return changed


async def delete_subtask(tx: Tx, task_id: UUID, subtask_id: UUID, *, if_match: str | None) -> None:
    """Takes a step out; those behind it move up."""
    _found(await store.lock(tx, tx.user_id, task_id))
    current = _found_step(await store.get_subtask(tx, tx.user_id, task_id, subtask_id))
    versions.check(if_match, current)
    await store.delete_subtask(tx, tx.user_id, task_id, subtask_id)
    tx.publish(events.SubtaskDeleted(subtask_id, task_id), Gone(subtask_id))
    await _count(tx, task_id)
    tx.publish(events.SubtasksReordered(task_id), SubtaskList(await store.subtasks(tx, tx.user_id, task_id)))


async def order_subtasks(tx: Tx, task_id: UUID, wanted: SubtaskOrder) -> SubtaskList:
    """Gives the steps a new order; raises 422 unless `ids` names each of them once."""
    _found(await store.lock(tx, tx.user_id, task_id))
    current = await store.subtasks(tx, tx.user_id, task_id)
    if len(wanted.ids) != len(current) or set(wanted.ids) != {step.id for step in current}:
        raise invalid("/ids", "not_a_permutation", "Name every step of this task once.")
    if wanted.ids == [step.id for step in current]:
        return SubtaskList(current)
    await store.order(tx, tx.user_id, task_id, wanted.ids, at=tx.now)
    ordered = SubtaskList(await store.subtasks(tx, tx.user_id, task_id))
    tx.publish(events.SubtasksReordered(task_id), ordered)
    return ordered


async def _count(tx: Tx, task_id: UUID) -> Task:
    task = _found(await store.count_subtasks(tx, tx.user_id, task_id, at=tx.now))
    tx.publish(events.TaskUpdated(task_id), task)
    return task


def _with_one_due(changed: Task, changes: TaskChanges) -> Task:
    """A new due date takes the place of a due instant, and the other way round."""
    if isinstance(changes.due_date, date) and changes.due_at is msgspec.UNSET:
        return msgspec.structs.replace(changed, due_at=None)
    if isinstance(changes.due_at, datetime) and changes.due_date is msgspec.UNSET:
        return msgspec.structs.replace(changed, due_date=None)
    return changed


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


def _found(task: Task | None) -> Task:
    if task is None:
        raise NoSuchTask()
    return task


def _found_step(subtask: Subtask | None) -> Subtask:
    if subtask is None:
        raise NoSuchSubtask()
    return subtask


def _no_such_subject() -> Invalid:
    return invalid("/subjectId", "no_such_subject", UnknownSubject.title, UnknownSubject)


def _check_dates(due_date: date | None, due_at: datetime | None, start_date: date | None) -> None:
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
