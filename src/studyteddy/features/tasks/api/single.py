"""HTTP of single tasks."""

from __future__ import annotations

from uuid import UUID

from studyteddy.features.subjects.schemas import UnknownSubject
from studyteddy.features.tasks import service
from studyteddy.features.tasks.api.common import router
from studyteddy.features.tasks.schemas import (
    AlreadyCompleted,
    BadRecurrence,
    NewTask,
    OccurrenceTaken,
    ParsedLine,
    QuickLine,
    ScopeQuery,
    Task,
    TaskChanges,
)
from studyteddy.platform.db import Database
from studyteddy.platform.fields import Empty
from studyteddy.platform.identity import Identity


@router.post(status=201, errors=(BadRecurrence, UnknownSubject))
async def create_task(db: Database, identity: Identity, body: NewTask) -> Task:
    """Add a task."""
    async with db.transaction(identity) as tx:
        return tx.reply(await service.add(tx, body))


@router.post("/quick-add", also={Task: 201}, errors=(BadRecurrence,))
async def quick_add_task(db: Database, identity: Identity, body: QuickLine) -> ParsedLine | Task:
    """Read a task written as one line; with `create` it is added too.

    `spans` tells which part of the text gave which field, `choices` what else an unclear part may mean.
    """
    async with db.transaction(identity) as tx:
        return tx.reply(await service.add_line(tx, body))


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
