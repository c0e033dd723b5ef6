"""HTTP of tasks and subtasks."""

from __future__ import annotations

from uuid import UUID

from studyteddy.features.subjects.schemas import UnknownSubject
from studyteddy.features.tasks import service
from studyteddy.features.tasks.api.common import router
from studyteddy.features.tasks.schemas import (
    AlreadyCompleted,
    BadRecurrence,
    Change,
    ChangedSince,
    DayQuery,
    NewOccurrence,
    NewSubtask,
    NewTask,
    NoSuchOccurrence,
    NotRecurring,
    Occurrence,
    OccurrenceQuery,
    OccurrenceTaken,
    ParsedLine,
    QuickLine,
    ScopeQuery,
    Subtask,
    SubtaskChanges,
    SubtaskList,
    SubtaskOrder,
    Task,
    TaskChanges,
    TaskQuery,
    TooManySubtasks,
)
from studyteddy.platform.db import Database
from studyteddy.platform.fields import Empty
from studyteddy.platform.identity import Identity
from studyteddy.platform.pages import Cursors, Page


@router.get()
async def list_tasks(db: Database, cursors: Cursors, identity: Identity, query: TaskQuery) -> Page[Task]:
    """Your tasks, filtered and sorted."""
    return await service.page(db.reading(identity), identity.user_id, query, cursors)


@router.post(status=201, errors=(BadRecurrence, UnknownSubject))
async def create_task(db: Database, identity: Identity, body: NewTask) -> Task:
    """Add a task."""
    async with db.transaction(identity) as tx:
        return tx.reply(await service.add(tx, body))


@router.post("/quick-add", also={Task: 201})
async def quick_add_task(db: Database, identity: Identity, body: QuickLine) -> ParsedLine | Task:
    """Read a task written as one line; with `create` it is added too.

    `spans` tells which part of the text gave which field, `choices` what else an unclear part may mean.
    """
    async with db.transaction(identity) as tx:
        return tx.reply(await service.add_line(tx, body))


@router.get("/today")
async def list_today(db: Database, cursors: Cursors, identity: Identity, query: DayQuery) -> Page[Task]:
    """Open tasks due today or overdue, in your zone and by your day start; also those with a step that is due."""
    return await service.today(db.reading(identity), identity.user_id, query, cursors, now=db.clock())


@router.get("/{task_id}")
async def get_task(db: Database, identity: Identity, task_id: UUID) -> Task:
    """One task."""
    return await service.get(db.reading(identity), identity.user_id, task_id)


@router.patch("/{task_id}", errors=(AlreadyCompleted, BadRecurrence, OccurrenceTaken, UnknownSubject))
async def update_task(
    db: Database, identity: Identity, task_id: UUID, query: ScopeQuery, body: TaskChanges, if_match: str | None
) -> Task:
    """Change a task; of a series, this occurrence, this and the following ones, or all."""
    async with db.transaction(identity) as tx:
        return await service.change(tx, task_id, body, scope=query.scope, if_match=if_match)


@router.delete("/{task_id}")
async def delete_task(db: Database, identity: Identity, task_id: UUID, query: ScopeQuery, if_match: str | None) -> None:
    """Delete a task with its subtasks; of a series, this occurrence, this and the following ones, or all open ones."""
    async with db.transaction(identity) as tx:
        await service.delete(tx, task_id, scope=query.scope, if_match=if_match)


@router.post("/{task_id}/complete")
async def complete_task(db: Database, identity: Identity, task_id: UUID, body: Empty | None = None) -> Task:
    """Complete a task. Completing it again changes nothing."""
    async with db.transaction(identity) as tx:
        return tx.reply(await service.complete(tx, task_id))


@router.post("/{task_id}/reopen")
async def reopen_task(db: Database, identity: Identity, task_id: UUID, body: Empty | None = None) -> Task:
    """Open a completed task again."""
    async with db.transaction(identity) as tx:
        return tx.reply(await service.reopen(tx, task_id))


@router.post("/{task_id}/skip", errors=(AlreadyCompleted, NotRecurring))
async def skip_task(db: Database, identity: Identity, task_id: UUID, body: Empty | None = None) -> Task:
    """Skip this occurrence of a series; the next one follows. Skipping it again changes nothing."""
    async with db.transaction(identity) as tx:
        return tx.reply(await service.skip(tx, task_id))


@router.get("/{task_id}/occurrences")
async def list_occurrences(
    db: Database, cursors: Cursors, identity: Identity, task_id: UUID, query: OccurrenceQuery
) -> Page[Occurrence]:
    """The occurrences of a task's series: those that were, the open one, and those to come."""
    return await service.occurrences(db.reading(identity), identity.user_id, task_id, query, cursors, now=db.clock())


@router.post("/{task_id}/occurrences", status=201, errors=(NoSuchOccurrence, NotRecurring))
async def create_occurrence(db: Database, identity: Identity, task_id: UUID, body: NewOccurrence) -> Task:
    """Make the task of a later occurrence now, to change it or finish it early; one that is there stays as it is."""
    async with db.transaction(identity) as tx:
        return tx.reply(await service.expect(tx, task_id, body))


@router.get("/{task_id}/history")
async def list_task_history(
    db: Database, cursors: Cursors, identity: Identity, task_id: UUID, query: DayQuery
) -> Page[Change]:
    """What became of a task and its steps, the latest first."""
    return await service.history.page(db.reading(identity), identity.user_id, task_id, query, cursors)


@router.post("/{task_id}/history/{change_id}/undo", errors=(ChangedSince,))
async def undo_change(
    db: Database, identity: Identity, task_id: UUID, change_id: UUID, body: Empty | None = None
) -> Task:
    """Take a change back. Doing so again changes nothing; the undoing is a change of its own."""
    async with db.transaction(identity) as tx:
        return tx.reply(await service.history.undo(tx, task_id, change_id))


@router.get("/{task_id}/subtasks")
async def list_subtasks(db: Database, identity: Identity, task_id: UUID) -> SubtaskList:
    """The steps of a task, in order."""
    return await service.of_task(db.reading(identity), identity.user_id, task_id)


@router.post("/{task_id}/subtasks", status=201, errors=(TooManySubtasks,))
async def create_subtask(db: Database, identity: Identity, task_id: UUID, body: NewSubtask) -> Subtask:
    """Add a step at the end."""
    async with db.transaction(identity) as tx:
        return tx.reply(await service.add_step(tx, task_id, body))


@router.put("/{task_id}/subtasks/order")
async def order_subtasks(db: Database, identity: Identity, task_id: UUID, body: SubtaskOrder) -> SubtaskList:
    """Give the steps a new order."""
    async with db.transaction(identity) as tx:
        return await service.order_steps(tx, task_id, body)


@router.get("/{task_id}/subtasks/{subtask_id}")
async def get_subtask(db: Database, identity: Identity, task_id: UUID, subtask_id: UUID) -> Subtask:
    """One step."""
    return await service.get_step(db.reading(identity), identity.user_id, task_id, subtask_id)


@router.patch("/{task_id}/subtasks/{subtask_id}")
async def update_subtask(
    db: Database,
    identity: Identity,
    task_id: UUID,
    subtask_id: UUID,
    body: SubtaskChanges,
    if_match: str | None,
) -> Subtask:
    """Change a step, or tick it off."""
    async with db.transaction(identity) as tx:
        return await service.update_step(tx, task_id, subtask_id, body, if_match=if_match)


@router.delete("/{task_id}/subtasks/{subtask_id}")
async def delete_subtask(
    db: Database, identity: Identity, task_id: UUID, subtask_id: UUID, if_match: str | None
) -> None:
    """Take a step out."""
    async with db.transaction(identity) as tx:
        await service.delete_step(tx, task_id, subtask_id, if_match=if_match)
