"""HTTP routes for single tasks."""

from __future__ import annotations

from uuid import UUID

from studyteddy.features.subjects.schemas import UnknownSubject
from studyteddy.features.tasks.schemas.series import BadRecurrence, OccurrenceTaken, ScopeQuery
from studyteddy.features.tasks.schemas.tasks import AlreadyCompleted, NewTask, Task, TaskChanges
from studyteddy.features.tasks.service import series, tasks
from studyteddy.platform.creation import IdTaken
from studyteddy.platform.db.database import Database
from studyteddy.platform.db.transaction import Tx
from studyteddy.platform.fields import Empty
from studyteddy.platform.identity import Identity
from studyteddy.platform.web.routing import Router

router = Router("/api/tasks", tag="tasks")


@router.post(status=201, errors=(BadRecurrence, IdTaken, UnknownSubject))
async def create_task(tx: Tx, body: NewTask) -> Task:
    """Create a task."""
    return await tasks.add(tx, body)


@router.get("/{task_id}")
async def get_task(db: Database, identity: Identity, task_id: UUID) -> Task:
    """Get a task."""
    return await tasks.get(db.reading(identity), identity.user_id, task_id)


@router.patch("/{task_id}", errors=(AlreadyCompleted, BadRecurrence, OccurrenceTaken, UnknownSubject))
async def update_task(tx: Tx, task_id: UUID, query: ScopeQuery, body: TaskChanges, if_match: str | None) -> Task:
    """Update a task. In a series: this occurrence, this and the following ones, or all."""
    return await series.change(tx, task_id, body, scope=query.scope, if_match=if_match)


@router.delete("/{task_id}")
async def delete_task(tx: Tx, task_id: UUID, query: ScopeQuery, if_match: str | None) -> None:
    """Delete a task and its subtasks. In a series: this occurrence, this and the following ones, or all open ones."""
    await series.delete(tx, task_id, scope=query.scope, if_match=if_match)


@router.post("/{task_id}/complete")
async def complete_task(tx: Tx, task_id: UUID, body: Empty | None = None) -> Task:
    """Complete a task. Completing it again has no effect."""
    return await tasks.complete(tx, task_id)


@router.post("/{task_id}/reopen")
async def reopen_task(tx: Tx, task_id: UUID, body: Empty | None = None) -> Task:
    """Reopen a completed task."""
    return await tasks.reopen(tx, task_id)
