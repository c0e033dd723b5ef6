"""Splitting assignments into steps."""

from __future__ import annotations

from collections.abc import Mapping
from uuid import UUID

from studyteddy.features.ai.schemas.own_keys import OWN_KEY
from studyteddy.features.ai.schemas.proposals import Acceptance, NewBreakdown, NewProposal, Proposal
from studyteddy.features.ai.schemas.usage import CallsUsedUp
from studyteddy.features.ai.service import acceptance, proposals
from studyteddy.features.ai.service.usage import Ai
from studyteddy.features.attachments.schemas import UnknownAttachment, UnreadableAttachment
from studyteddy.features.subjects.schemas import UnknownSubject
from studyteddy.features.tasks.schemas.lists import ListedTask
from studyteddy.features.tasks.schemas.subtasks import TooManySubtasks, UnknownSubtask
from studyteddy.features.tasks.schemas.tasks import UnknownTask
from studyteddy.platform.creation import IdTaken
from studyteddy.platform.db.database import Database
from studyteddy.platform.db.transaction import Tx
from studyteddy.platform.files.object_storage import ObjectStorage
from studyteddy.platform.identity import Identity
from studyteddy.platform.thread_pool import ThreadPool
from studyteddy.platform.web.rate_limits import Limit, Limiter, spend
from studyteddy.platform.web.routing import Router

router = Router("/api/ai", tag="ai")
TIMEOUT = 65.0


@router.post(
    "/taskify",
    timeout=TIMEOUT,
    errors=(UnknownTask, UnknownSubject, UnknownAttachment, UnreadableAttachment, CallsUsedUp, *OWN_KEY),
)
async def taskify(
    db: Database,
    limiter: Limiter,
    limits: Mapping[str, Limit],
    ai: Ai,
    storage: ObjectStorage,
    text_threads: ThreadPool,
    identity: Identity,
    body: NewProposal,
) -> Proposal:
    """Split an assignment into steps, each with minutes, a date, and the places of the text that it serves.

    Nothing is saved but the proposal, for 90 days. Without a language model, or if what it proposes breaks a rule three
    times, the steps are those of a template for this kind of assignment.
    """
    await spend(limiter, limits["ai_taskify"], identity.user_id.hex)
    return await proposals.taskify(db, ai, storage, text_threads, identity, body)


@router.post("/breakdown", timeout=TIMEOUT, errors=(UnknownTask, UnknownSubtask, CallsUsedUp, *OWN_KEY))
async def break_down(
    db: Database, limiter: Limiter, limits: Mapping[str, Limit], ai: Ai, identity: Identity, body: NewBreakdown
) -> Proposal:
    """Split a subtask into four to eight smaller ones. Accepting the proposal replaces the subtask."""
    await spend(limiter, limits["ai_breakdown"], identity.user_id.hex)
    return await proposals.breakdown(db, ai, identity, body)


@router.get("/proposals/{proposal_id}")
async def get_proposal(db: Database, identity: Identity, proposal_id: UUID) -> Proposal:
    """Get a proposal."""
    return await proposals.get(db.reading(identity), identity.user_id, proposal_id)


@router.delete("/proposals/{proposal_id}")
async def delete_proposal(tx: Tx, proposal_id: UUID) -> None:
    """Delete a proposal. The subtasks that you accepted from it stay."""
    await proposals.delete(tx, proposal_id)


@router.post("/proposals/{proposal_id}/accept", status=201, errors=(TooManySubtasks, IdTaken, UnknownTask))
async def accept_proposal(tx: Tx, proposal_id: UUID, body: Acceptance) -> ListedTask:
    """Save steps of a proposal as subtasks of a task. Accepting it again returns the same task."""
    return await acceptance.accept(tx, proposal_id, body)
