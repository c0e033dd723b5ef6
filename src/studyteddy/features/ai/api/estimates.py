"""What a large request may cost."""

from __future__ import annotations

from collections.abc import Mapping

from studyteddy.features.ai.schemas.proposals import NewBreakdown, NewProposal
from studyteddy.features.ai.schemas.questions import NewQuestions, NoMaterial
from studyteddy.features.ai.schemas.usage import Estimate
from studyteddy.features.ai.service import estimates
from studyteddy.features.ai.service.usage import Ai
from studyteddy.features.attachments.schemas import UnknownAttachment, UnreadableAttachment
from studyteddy.features.subjects.schemas import UnknownSubject
from studyteddy.features.tasks.schemas.subtasks import UnknownSubtask
from studyteddy.features.tasks.schemas.tasks import UnknownTask
from studyteddy.platform.db.database import Database
from studyteddy.platform.db.transaction import Tx
from studyteddy.platform.files.object_storage import ObjectStorage
from studyteddy.platform.identity import Identity
from studyteddy.platform.thread_pool import ThreadPool
from studyteddy.platform.web.rate_limits import Limit, Limiter, spend
from studyteddy.platform.web.routing import Router

router = Router("/api/ai", tag="ai", scope="read")


@router.post("/taskify/estimate", errors=(UnknownTask, UnknownSubject, UnknownAttachment, UnreadableAttachment))
async def estimate_taskify(
    db: Database,
    limiter: Limiter,
    limits: Mapping[str, Limit],
    ai: Ai,
    storage: ObjectStorage,
    text_threads: ThreadPool,
    identity: Identity,
    body: NewProposal,
) -> Estimate:
    """Get what splitting an assignment may cost. No model is asked, and no token used."""
    await spend(limiter, limits["ai_estimate"], identity.user_id.hex)
    return await estimates.taskify(db, ai, storage, text_threads, identity, body)


@router.post("/breakdown/estimate", errors=(UnknownTask, UnknownSubtask))
async def estimate_breakdown(
    tx: Tx, limiter: Limiter, limits: Mapping[str, Limit], ai: Ai, identity: Identity, body: NewBreakdown
) -> Estimate:
    """Get what splitting a subtask may cost. No model is asked, and no token used."""
    await spend(limiter, limits["ai_estimate"], identity.user_id.hex)
    return await estimates.breakdown(tx, ai, body)


@router.post("/practice-questions/estimate", errors=(NoMaterial, UnknownAttachment, UnknownTask, UnknownSubject))
async def estimate_questions(
    tx: Tx, limiter: Limiter, limits: Mapping[str, Limit], ai: Ai, identity: Identity, body: NewQuestions
) -> Estimate:
    """Get what practice questions may cost. No model is asked, and no token used."""
    await spend(limiter, limits["ai_estimate"], identity.user_id.hex)
    return await estimates.practice_questions(tx, ai, body)
