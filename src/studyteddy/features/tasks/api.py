"""HTTP of tasks and subtasks."""

from __future__ import annotations

from uuid import UUID

from studyteddy.features.subjects.schemas import UnknownSubject
from studyteddy.features.tasks import service
from studyteddy.features.tasks.schemas import (
    AlreadyCompleted,
    DayQuery,
    Hit,
    LabelList,
    NewSubtask,
    NewTask,
    SearchQuery,
    Subtask,
    SubtaskChanges,
    SubtaskList,
    SubtaskOrder,
    Task,
    TaskChanges,
    TaskQuery,
    TooManySubtasks,
    UpcomingQuery,
)
from studyteddy.platform.db import Database
from studyteddy.platform.fields import Empty
from studyteddy.platform.identity import Identity
from studyteddy.platform.pages import Cursors, Page
from studyteddy.platform.web import Router

router = Router("/api/tasks", tag="tasks")
searching = Router("/api/search", tag="tasks")


@router.get()
async def list_tasks(db: Database, cursors: Cursors, identity: Identity, query: TaskQuery) -> Page[Task]:
    """Your tasks, filtered and sorted, or found by their words."""
    return await service.page(db.reading(identity), identity.user_id, query, cursors)


@router.post(status=201, errors=(UnknownSubject,))
async def create_task(db: Database, identity: Identity, body: NewTask) -> Task:
    """Add a task."""
    async with db.transaction(identity) as tx:
        return tx.reply(await service.add(tx, body))


@router.get("/today")
async def list_today(db: Database, cursors: Cursors, identity: Identity, query: DayQuery) -> Page[Task]:
    """Open tasks due today or overdue, in your zone and by your day start; also those with a step that is due."""
    return await service.today(db.reading(identity), identity.user_id, query, cursors, now=db.clock())


@router.get("/upcoming")
async def list_upcoming(db: Database, cursors: Cursors, identity: Identity, query: UpcomingQuery) -> Page[Task]:
    """Open tasks due on the days after today, by their due date; also those with a step that is due then."""
    return await service.upcoming(db.reading(identity), identity.user_id, query, cursors, now=db.clock())


@router.get("/overdue")
async def list_overdue(db: Database, cursors: Cursors, identity: Identity, query: DayQuery) -> Page[Task]:
    """Open tasks that were due before today, or before this instant; also those with such a step."""
    return await service.overdue(db.reading(identity), identity.user_id, query, cursors, now=db.clock())


@router.get("/labels")
async def list_labels(db: Database, identity: Identity) -> LabelList:
    """The labels of your tasks, each with the number of open ones."""
    return await service.labels(db.reading(identity), identity.user_id)


@searching.get()
async def search(db: Database, cursors: Cursors, identity: Identity, query: SearchQuery) -> Page[Hit]:
    """Tasks, steps and subjects by their words, the best first."""
    return await service.search(db.reading(identity), identity.user_id, query, cursors)


@router.get("/{task_id}")
async def get_task(db: Database, identity: Identity, task_id: UUID) -> Task:
    """One task."""
    return await service.get(db.reading(identity), identity.user_id, task_id)


@router.patch("/{task_id}", errors=(AlreadyCompleted, UnknownSubject))
async def update_task(db: Database, identity: Identity, task_id: UUID, body: TaskChanges, if_match: str | None) -> Task:
    """Change a task."""
    async with db.transaction(identity) as tx:
        return await service.update(tx, task_id, body, if_match=if_match)


@router.delete("/{task_id}")
async def delete_task(db: Database, identity: Identity, task_id: UUID, if_match: str | None) -> None:
    """Delete a task with its subtasks."""
    async with db.transaction(identity) as tx:
        await service.delete(tx, task_id, if_match=if_match)


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
