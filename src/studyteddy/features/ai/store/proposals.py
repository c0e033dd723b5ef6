"""SQL statements for proposals."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec

from studyteddy.features.ai.schemas.proposals import Changes, StoredProposal
from studyteddy.features.ai.schemas.steps import Step
from studyteddy.platform.db.statements import Nothing, Reader, Statement
from studyteddy.platform.db.transaction import Tx
from studyteddy.platform.privacy.data_export import exported
from studyteddy.platform.privacy.retention import expiring

_PROPOSAL = (
    "id, kind, brief, source, model, tokens, steps, notes, subject_id, task_id, subtask_id, due_date, created_at,"
    " accepted_at, accepted_task_id"
)


def _stored(id: UUID, kind: str, brief: str, source: Any, model: str, tokens: int, *rest: Any) -> StoredProposal:
    steps, *others = rest
    return StoredProposal(id, kind, brief, source, model, tokens, msgspec.json.decode(steps, type=list[Step]), *others)


_ADD = Statement(
    StoredProposal,
    f"""
INSERT INTO ai_proposals (user_id, id, kind, brief, source, model, tokens, steps, notes, subject_id, task_id,
       subtask_id, due_date, fingerprint, created_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8::text::jsonb, $9, $10, $11, $12, $13, $14, $15) RETURNING {_PROPOSAL}""",
    _stored,
)

_GET = Statement(StoredProposal, f"SELECT {_PROPOSAL} FROM ai_proposals WHERE user_id = $1 AND id = $2", _stored)

_LOCK = Statement(StoredProposal, f"{_GET.sql} FOR UPDATE", _stored)

_SAME = Statement(
    StoredProposal,
    f"""
SELECT {_PROPOSAL} FROM ai_proposals
 WHERE user_id = $1 AND fingerprint = $2 AND created_at > $3 AND accepted_at IS NULL
 ORDER BY created_at DESC LIMIT 1""",
    _stored,
)

_MARK_ACCEPTED = Statement(
    Nothing,
    """
UPDATE ai_proposals SET accepted_at = $3, accepted_task_id = $4, changes = $5::text::jsonb
 WHERE user_id = $1 AND id = $2""",
)


_DELETE_OLD = Statement(
    Nothing,
    """
DELETE FROM ai_proposals WHERE user_id = $1 AND id IN (
    SELECT p.id FROM ai_proposals AS p WHERE p.user_id = $1
     ORDER BY p.id = $2 DESC, p.accepted_at IS NULL, p.created_at DESC, p.id DESC OFFSET $3)""",
)

_DELETE = Statement(Nothing, "DELETE FROM ai_proposals WHERE user_id = $1 AND id = $2")


class DoneTask(msgspec.Struct, frozen=True):
    """A completed task whose time was estimated and measured."""

    title: str
    description: str
    estimated_minutes: int
    actual_minutes: int


_DONE = Statement(
    DoneTask,
    """
SELECT title, left(description, 300) AS description, coalesce(estimated_minutes, 0) AS estimated_minutes,
       actual_minutes FROM tasks
 WHERE user_id = $1 AND status = 'completed' AND estimated_minutes > 0 AND actual_minutes > 0
 ORDER BY completed_at DESC LIMIT 60""",
)

DATA_EXPORTS = [
    exported(
        "ai_proposals",
        "id, kind, brief, source, model, tokens, steps, notes, subject_id, task_id, subtask_id, due_date, created_at,"
        " accepted_at, accepted_task_id, changes",
    )
]
RETENTION = [expiring("ai_proposals", "(user_id, id)", "created_at < now() - interval '90 days'")]


async def add(tx: Tx, user_id: UUID, new: StoredProposal, *, fingerprint: bytes) -> StoredProposal:
    """Add a proposal."""
    steps = msgspec.json.encode(new.steps).decode()
    added = await tx.one(
        _ADD,
        user_id,
        new.id,
        new.kind,
        new.brief,
        new.source,
        new.model,
        new.tokens,
        steps,
        new.notes,
        new.subject_id,
        new.task_id,
        new.subtask_id,
        new.due_date,
        fingerprint,
        new.created_at,
    )
    assert added is not None
    return added


async def delete_old(tx: Tx, user_id: UUID, new: UUID, *, keep: int) -> None:
    """Delete what is beyond a number of proposals, never the new one: those that weren't accepted first, the oldest."""
    await tx.do(_DELETE_OLD, user_id, new, keep)


async def get(reader: Reader, user_id: UUID, proposal_id: UUID) -> StoredProposal | None:
    """Return a proposal."""
    return await reader.one(_GET, user_id, proposal_id)


async def lock(tx: Tx, user_id: UUID, proposal_id: UUID) -> StoredProposal | None:
    """Lock and return a proposal."""
    return await tx.one(_LOCK, user_id, proposal_id)


async def delete(tx: Tx, user_id: UUID, proposal_id: UUID) -> bool:
    """Delete a proposal; return whether there was one."""
    return await tx.do(_DELETE, user_id, proposal_id) == 1


async def same(reader: Reader, user_id: UUID, fingerprint: bytes, *, since: datetime) -> StoredProposal | None:
    """Return the latest proposal for the same input that wasn't accepted."""
    return await reader.one(_SAME, user_id, fingerprint, since)


async def mark_accepted(
    tx: Tx, user_id: UUID, proposal_id: UUID, *, task_id: UUID, changes: Changes, at: datetime
) -> None:
    """Record that a proposal was accepted, and what the student had changed."""
    await tx.do(_MARK_ACCEPTED, user_id, proposal_id, at, task_id, msgspec.json.encode(changes).decode())


async def done_tasks(reader: Reader, user_id: UUID) -> list[DoneTask]:
    """Return the last 60 completed tasks with an estimate and measured minutes."""
    return await reader.all(_DONE, user_id)
