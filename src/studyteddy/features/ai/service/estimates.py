"""What a large request may cost, told before it is made: no model is asked, and nothing is reserved."""

from __future__ import annotations

from studyteddy.features.ai.schemas.proposals import NewBreakdown, NewProposal
from studyteddy.features.ai.schemas.questions import NewQuestions
from studyteddy.features.ai.schemas.usage import Estimate
from studyteddy.features.ai.service import assignments, proposals, questions, usage
from studyteddy.features.ai.service.assignments import Question
from studyteddy.features.ai.service.usage import Ai
from studyteddy.platform.db.database import Database
from studyteddy.platform.db.transaction import Tx
from studyteddy.platform.files.object_storage import ObjectStorage
from studyteddy.platform.identity import Identity
from studyteddy.platform.thread_pool import ThreadPool


async def taskify(
    db: Database, ai: Ai, storage: ObjectStorage, threads: ThreadPool, identity: Identity, new: NewProposal
) -> Estimate:
    """Return what splitting an assignment may cost; raise 422."""
    brief = await assignments.whole_brief(db, storage, threads, identity, new)
    async with db.transaction(identity) as tx:
        return await _of_proposal(tx, ai, await assignments.assignment(tx, new, brief))


async def breakdown(tx: Tx, ai: Ai, new: NewBreakdown) -> Estimate:
    """Return what splitting a subtask may cost; raise 422."""
    return await _of_proposal(tx, ai, await assignments.step(tx, new))


async def practice_questions(tx: Tx, ai: Ai, new: NewQuestions) -> Estimate:
    """Return what practice questions may cost; raise 422."""
    prompt = await questions.largest_prompt(tx, new)
    return await usage.estimate(tx, ai, [prompt] if prompt else None)


async def _of_proposal(tx: Tx, ai: Ai, question: Question) -> Estimate:
    known = await proposals.same(tx, ai, question)
    return await usage.estimate(tx, ai, [] if known else proposals.largest_prompts(question))
