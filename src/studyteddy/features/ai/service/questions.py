"""Practice questions: asked by a model about the student's own material, or made of its sentences, and graded here."""

from __future__ import annotations

from contextlib import suppress
from uuid import UUID

import msgspec

from studyteddy.features.ai.providers.model import Message, ModelFailed, Prompt
from studyteddy.features.ai.schemas.chats import Passage
from studyteddy.features.ai.schemas.proposals import ProposalUsage
from studyteddy.features.ai.schemas.questions import (
    NewAnswer,
    NewQuestions,
    NoMaterial,
    NoSuchQuestions,
    Question,
    QuestionQuery,
    QuestionSet,
    StoredQuestion,
    StoredQuestions,
)
from studyteddy.features.ai.schemas.usage import TokensUsedUp
from studyteddy.features.ai.service import exercises, memory, references
from studyteddy.features.ai.service.usage import Ai
from studyteddy.features.ai.store import questions as store
from studyteddy.features.ai.tutoring import questions as rules
from studyteddy.features.ai.tutoring.prompts import fenced
from studyteddy.features.ai.tutoring.questions import Asked
from studyteddy.features.ai.tutoring.sources import Claim, pages, verified
from studyteddy.features.ai.tutoring.sources import Page as Place
from studyteddy.features.attachments import service as attachments
from studyteddy.features.auth.service import profile
from studyteddy.features.subjects import service as subjects
from studyteddy.platform.db.database import Database
from studyteddy.platform.db.statements import Reader
from studyteddy.platform.db.transaction import Tx
from studyteddy.platform.errors import invalid
from studyteddy.platform.identity import Identity
from studyteddy.platform.ids import new_id
from studyteddy.platform.web.pagination import Cursors, Page, rows_of

MAX_PASSAGES = 12
MAX_ANSWER_TOKENS = 2000
_NO_ATTACHMENT = UUID(int=0)


async def ask(db: Database, ai: Ai, identity: Identity, new: NewQuestions) -> QuestionSet:
    """Make questions about a text or about the student's attachments; raise 422."""
    questions_id = new_id()
    async with db.transaction(identity) as tx:
        passages = await _material(tx, new, seed=str(questions_id))
        locale = await profile.language(tx, tx.user_id)
        may_send = new.text is not None or "material" not in (await memory.settings(tx, tx.user_id)).off
    places, asked = _gaps(passages, new)
    model, tokens = "", 0
    texts = [new.text or "", *(one.text for one in passages)]
    may_send = may_send and not await exercises.were_assessed(db.reading(identity), identity.user_id, *texts)
    if ai.model is not None and may_send:
        found, model, tokens = await _by_model(db, ai, identity, places, asked, locale)
        asked = found or asked
    async with db.transaction(identity) as tx:
        await _check_references(tx, new)
        stored = StoredQuestions(
            id=questions_id,
            source="model" if model else "template",
            subject_id=new.subject_id,
            task_id=new.task_id,
            model=model,
            tokens=tokens,
            questions=[_stored(one, passages) for one in asked],
            created_at=tx.now,
        )
        return tx.reply(_shown(await store.add(tx, tx.user_id, stored)))


async def page(reader: Reader, user_id: UUID, query: QuestionQuery, cursors: Cursors) -> Page[QuestionSet]:
    """Return practice questions, the latest first."""
    after = cursors.read(query.cursor, "ai:questions", query)
    found = await store.page(reader, user_id, after=after, limit=rows_of(query))
    return cursors.page([(_shown(one), key) for one, key in found], query, "ai:questions")


async def get(reader: Reader, user_id: UUID, questions_id: UUID) -> QuestionSet:
    """Return practice questions; raise 404."""
    return _shown(_found(await store.get(reader, user_id, questions_id)))


async def answer(tx: Tx, questions_id: UUID, new: NewAnswer) -> QuestionSet:
    """Grade an answer; the first answer to a question counts. Raise 404, 422."""
    stored = _found(await store.lock(tx, tx.user_id, questions_id))
    if new.index >= len(stored.questions):
        raise invalid("/index", "no_such_question", "Must be the index of one of the questions, from 0.")
    one = stored.questions[new.index]
    if one.given is None:
        graded = msgspec.structs.replace(one, given=new.answer, right=rules.is_right(new.answer, one.answer))
        questions = [*stored.questions[: new.index], graded, *stored.questions[new.index + 1 :]]
        stored = msgspec.structs.replace(stored, questions=questions)
        await store.set_questions(tx, tx.user_id, questions_id, questions)
    return _shown(stored)


async def delete(tx: Tx, questions_id: UUID) -> None:
    """Delete practice questions; raise 404."""
    if not await store.delete(tx, tx.user_id, questions_id):
        raise NoSuchQuestions()


async def _material(tx: Tx, new: NewQuestions, *, seed: str | None) -> list[Passage]:
    """Return the passages to ask about, the largest ones without a seed; raise 422."""
    await _check_references(tx, new)
    if new.text is not None:
        return [Passage(_NO_ATTACHMENT, "", one.number, one.start, one.text) for one in pages(new.text)][:MAX_PASSAGES]
    return await store.passages(
        tx,
        tx.user_id,
        attachment_id=new.attachment_id,
        task_id=new.task_id,
        subject_id=new.subject_id,
        seed=seed,
        limit=MAX_PASSAGES,
    )


async def largest_prompt(tx: Tx, new: NewQuestions) -> Prompt | None:
    """Return what a model is asked at most, None if the material may not be sent; raise 422."""
    places, asked = _gaps(await _material(tx, new, seed=None), new)
    if new.text is None and "material" in (await memory.settings(tx, tx.user_id)).off:
        return None
    return _prompt(places, asked, await profile.language(tx, tx.user_id))


def _gaps(passages: list[Passage], new: NewQuestions) -> tuple[list[Place], list[Asked]]:
    """Return the numbered passages and the questions that need no model; raise 422 if there are none."""
    places = [Place(number, one.start, one.text) for number, one in enumerate(passages, 1)]
    asked = rules.gaps(places, new.count)
    if not asked:
        raise invalid("/text", NoMaterial.code, NoMaterial.title, NoMaterial)
    return places, asked


async def _check_references(tx: Tx, new: NewQuestions) -> None:
    if new.attachment_id is not None:
        await attachments.known(tx, tx.user_id, new.attachment_id)
    if new.task_id is not None:
        await references.task(tx, new.task_id)
    if new.subject_id is not None:
        await subjects.require(tx, new.subject_id)


async def _by_model(
    db: Database, ai: Ai, identity: Identity, places: list[Place], sample: list[Asked], locale: str
) -> tuple[list[Asked], str, int]:
    """Return sound questions of the model, none if it has none, and what they took."""
    calls = ai.calls(db, identity, "questions")
    found: list[Asked] = []
    model = ""
    with suppress(ModelFailed, TokensUsedUp):
        reply = await calls.complete(_prompt(places, sample, locale), kinds=["material"])
        found = rules.sound(rules.parse(reply.text), places)[: len(sample)] if reply.finish == "stop" else []
        model = reply.model if found else ""
    return found, model, calls.tokens


def _prompt(places: list[Place], sample: list[Asked], locale: str) -> Prompt:
    data = [fenced(f"material {one.number}", one.text) for one in places]
    system, user = rules.prompt(len(sample), language=f"the language {locale}", fenced=data)
    example = msgspec.json.encode({"questions": sample}).decode()
    return Prompt([Message("system", system), Message("user", user)], MAX_ANSWER_TOKENS, example, rules.SCHEMA)


def _stored(one: Asked, passages: list[Passage]) -> StoredQuestion:
    passage = passages[one.page - 1]
    stored = StoredQuestion(one.question, one.answer, one.options, passage.title, passage.page, one.quote)
    places = verified([Claim("", 1, one.quote)], [Place(1, passage.start, passage.text)])
    if passage.attachment_id == _NO_ATTACHMENT or not places:
        return stored
    return msgspec.structs.replace(
        stored, attachment_id=passage.attachment_id, start=places[0].start, end=places[0].end
    )


def _shown(stored: StoredQuestions) -> QuestionSet:
    return QuestionSet(
        id=stored.id,
        source=stored.source,
        subject_id=stored.subject_id,
        task_id=stored.task_id,
        questions=[_question(one) for one in stored.questions],
        usage=ProposalUsage(stored.tokens, stored.model or None),
        created_at=stored.created_at,
    )


def _question(one: StoredQuestion) -> Question:
    shown = Question(one.question, one.options, one.title, one.page, one.given, one.right, None, None)
    if one.given is None:
        return shown
    return msgspec.structs.replace(
        shown, answer=one.answer, quote=one.quote, attachment_id=one.attachment_id, start=one.start, end=one.end
    )


def _found(stored: StoredQuestions | None) -> StoredQuestions:
    if stored is None:
        raise NoSuchQuestions()
    return stored
