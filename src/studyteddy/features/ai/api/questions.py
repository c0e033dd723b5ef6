"""Practice questions."""

from __future__ import annotations

from collections.abc import Mapping
from uuid import UUID

from studyteddy.features.ai.schemas.own_keys import OWN_KEY
from studyteddy.features.ai.schemas.questions import NewAnswer, NewQuestions, NoMaterial, QuestionQuery, QuestionSet
from studyteddy.features.ai.schemas.usage import CallsUsedUp
from studyteddy.features.ai.service import questions
from studyteddy.features.ai.service.usage import Ai
from studyteddy.features.attachments.schemas import UnknownAttachment
from studyteddy.features.subjects.schemas import UnknownSubject
from studyteddy.features.tasks.schemas.tasks import UnknownTask
from studyteddy.platform.db.database import Database
from studyteddy.platform.db.transaction import Tx
from studyteddy.platform.identity import Identity
from studyteddy.platform.web.pagination import Cursors, Page
from studyteddy.platform.web.rate_limits import Limit, Limiter, spend
from studyteddy.platform.web.routing import Router

router = Router("/api/ai", tag="ai")
TIMEOUT = 65.0
_PATH = "/practice-questions"


@router.post(
    _PATH,
    status=201,
    timeout=TIMEOUT,
    errors=(NoMaterial, UnknownAttachment, UnknownTask, UnknownSubject, CallsUsedUp, *OWN_KEY),
)
async def create_questions(
    db: Database, limiter: Limiter, limits: Mapping[str, Limit], ai: Ai, identity: Identity, body: NewQuestions
) -> QuestionSet:
    """Make practice questions about a text or your attachments. Without a model, they are sentences with a gap."""
    await spend(limiter, limits["ai_questions"], identity.user_id.hex)
    return await questions.ask(db, ai, identity, body)


@router.get(_PATH)
async def list_questions(db: Database, identity: Identity, cursors: Cursors, query: QuestionQuery) -> Page[QuestionSet]:
    """List your practice questions, the latest first."""
    return await questions.page(db.reading(identity), identity.user_id, query, cursors)


@router.get(f"{_PATH}/{{questions_id}}")
async def get_questions(db: Database, identity: Identity, questions_id: UUID) -> QuestionSet:
    """Get practice questions."""
    return await questions.get(db.reading(identity), identity.user_id, questions_id)


@router.post(f"{_PATH}/{{questions_id}}/answers")
async def answer_question(tx: Tx, questions_id: UUID, body: NewAnswer) -> QuestionSet:
    """Answer a question. Your first answer counts, and the right one is shown."""
    return await questions.answer(tx, questions_id, body)


@router.delete(f"{_PATH}/{{questions_id}}")
async def delete_questions(tx: Tx, questions_id: UUID) -> None:
    """Delete practice questions."""
    await questions.delete(tx, questions_id)
