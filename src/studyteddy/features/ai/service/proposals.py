"""Proposals: an assignment is split by a model or a template, and accepted by the student.

A proposal changes nothing. What a model says is checked here; what it breaks is repaired at most twice, and then the
template is used. Each part of a request has a short transaction of its own: none is open while a model answers.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID

import msgspec

from studyteddy.features.ai.providers.model import Message, ModelFailed, Prompt
from studyteddy.features.ai.schemas.proposals import (
    NewBreakdown,
    NewProposal,
    NoSuchProposal,
    Proposal,
    ProposalUsage,
    StoredProposal,
)
from studyteddy.features.ai.schemas.steps import MIN_STEPS
from studyteddy.features.ai.schemas.usage import TokensUsedUp
from studyteddy.features.ai.service import assignments, references
from studyteddy.features.ai.service.assignments import Question
from studyteddy.features.ai.service.usage import Ai, Calls
from studyteddy.features.ai.splitting import breakdown as breakdowns
from studyteddy.features.ai.splitting import checks, minutes, prompts, requests
from studyteddy.features.ai.splitting import proposal as proposals
from studyteddy.features.ai.splitting.drafts import Draft, scaled
from studyteddy.features.ai.splitting.kinds import kind_of
from studyteddy.features.ai.splitting.languages.wording import Note
from studyteddy.features.ai.splitting.remarks import Circumstances, remarked
from studyteddy.features.ai.splitting.templates import from_template
from studyteddy.features.ai.store import proposals as store
from studyteddy.features.subjects import service as subjects
from studyteddy.platform.db.database import Database
from studyteddy.platform.db.statements import Reader
from studyteddy.platform.db.transaction import Tx
from studyteddy.platform.files.object_storage import ObjectStorage
from studyteddy.platform.identity import Identity
from studyteddy.platform.ids import new_id
from studyteddy.platform.telemetry import AI_STEPS
from studyteddy.platform.thread_pool import ThreadPool

MAX_ANSWER_TOKENS = 3000
MAX_REPAIRS = 2
MAX_REPAIRED = 12_000
"""Characters of a broken answer that are shown to the model again: as many as a whole one could have."""
MAX_REPAIR = 4000
"""Characters that say what is to be repaired."""
MAX_SENT = 50_000
"""Bytes of a brief that are sent to a model: what fits into a student's day at the least number of bytes a token."""
MAX_PROPOSALS = 200
"""Proposals of a student that are kept."""
DEFAULT_STEPS = 6
SAME_FOR = {"split": timedelta(seconds=300), "breakdown": timedelta(seconds=120)}
"""How long the same question gets the same proposal, instead of another call."""


class Answer(msgspec.Struct, frozen=True):
    """A draft and where it is from; `model` is empty for a template."""

    draft: Draft
    model: str
    tokens: int


async def taskify(
    db: Database, ai: Ai, storage: ObjectStorage, threads: ThreadPool, identity: Identity, new: NewProposal
) -> Proposal:
    """Split an assignment; the same question within five minutes gets the same proposal. Raise 422."""
    brief = await assignments.whole_brief(db, storage, threads, identity, new)
    async with db.transaction(identity) as tx:
        question = await assignments.assignment(tx, new, brief)
        if found := await same(tx, ai, question):
            return tx.reply(found)
    answer = await _split(db, ai, identity, question)
    return await _propose(db, ai, identity, question, answer)


async def breakdown(db: Database, ai: Ai, identity: Identity, new: NewBreakdown) -> Proposal:
    """Split a subtask into smaller ones; raise 422."""
    async with db.transaction(identity) as tx:
        question = await assignments.step(tx, new)
        if found := await same(tx, ai, question):
            return tx.reply(found)
    answer = await _split(db, ai, identity, question)
    return await _propose(db, ai, identity, question, answer)


async def get(reader: Reader, user_id: UUID, proposal_id: UUID) -> Proposal:
    """Return a proposal; raise 404."""
    found = await store.get(reader, user_id, proposal_id)
    if found is None:
        raise NoSuchProposal()
    return _shown(found)


async def delete(tx: Tx, proposal_id: UUID) -> None:
    """Delete a proposal; what was accepted stays. Raise 404."""
    if not await store.delete(tx, tx.user_id, proposal_id):
        raise NoSuchProposal()


async def same(tx: Tx, ai: Ai, question: Question) -> Proposal | None:
    """Return the proposal that the same question got a moment ago, if there was a model or none as there is now."""
    since, fingerprint = tx.now - SAME_FOR[question.kind], question.fingerprint(has_model=ai.model is not None)
    found = await store.same(tx, tx.user_id, fingerprint, since=since)
    return _shown(found) if found else None


def first_prompt(question: Question) -> Prompt:
    """Return what a model is asked first."""
    system, user = prompts.split_prompt(
        _sent(question.brief),
        language=question.locale,
        today=question.today,
        due=question.due,
        total_minutes=question.total_minutes,
        granularity=question.granularity,
        context=question.context,
    )
    messages = [Message("system", system), Message("user", user)]
    return Prompt(messages, MAX_ANSWER_TOKENS, _sample(question), proposals.SCHEMA)


def repair_prompt(first: Prompt, answer: str, repair: str) -> Prompt:
    """Return what a model is asked after an answer that breaks a rule."""
    draft = Message("assistant", answer[:MAX_REPAIRED], rejected=True)
    messages = [*first.messages, draft, Message("user", repair[:MAX_REPAIR], rejected=True)]
    return msgspec.structs.replace(first, messages=messages)


def largest_prompts(question: Question) -> list[Prompt]:
    """Return what a model is asked at most: with the longest answers that it has to repair."""
    first = first_prompt(question)
    return [first, *[repair_prompt(first, "x" * MAX_REPAIRED, "x" * MAX_REPAIR)] * MAX_REPAIRS]


async def _split(db: Database, ai: Ai, identity: Identity, question: Question) -> Answer:
    """Return the answer of the model, or the template if there is none, it fails, or today's tokens are used up."""
    if ai.model is None:
        return Answer(_remarked(_by_template(question), question), "", 0)
    if not checks.is_possible(question.total_minutes, question.granularity):
        reason: Note = "short" if (question.total_minutes or 0) < minutes.LONGEST else "long"
        return Answer(_remarked(_by_template(question), question, reason=reason), "", 0)
    calls = ai.calls(db, identity, "taskify" if question.kind == "split" else "breakdown")
    draft, model, reason = None, "", "failed"
    sent = _sent(question.brief)
    try:
        draft, model = await _by_model(calls, question)
    except TokensUsedUp:
        reason = "used_up"
    except ModelFailed:
        pass
    if draft is None:
        return Answer(_remarked(_by_template(question), question, reason=reason), "", calls.tokens)
    read = len(sent) if sent != question.brief or question.is_cut else None
    return Answer(_remarked(scaled(draft, question.ratio), question, read=read), model, calls.tokens)


def _sent(brief: str) -> str:
    """Return as much of a brief as a model is sent: the rest would cost more than a student has in a day."""
    return brief.encode()[:MAX_SENT].decode(errors="ignore")


def _remarked(draft: Draft, question: Question, *, read: int | None = None, reason: Note | None = None) -> Draft:
    asked = {name: getattr(question, name) for name in ("today", "due", "asked", "granularity", "ratio")}
    if read is None and question.is_cut:
        read = len(question.brief)
    unserved = _unserved(draft, question) if question.kind == "split" else []
    about = Circumstances(**asked, read=read, unserved=unserved, reason=reason)
    return remarked(draft, about, question.language)


def _unserved(draft: Draft, question: Question) -> list[str]:
    """Return what the brief asks for and no step cites."""
    brief, cites = question.brief, [span for step in draft.steps for span in step.cites]
    return [brief[span.start : span.end] for span in requests.unserved(brief, kind_of(brief), cites)]


async def _by_model(calls: Calls, question: Question) -> tuple[Draft | None, str]:
    """Ask for steps, and for repairs of what breaks a rule; return None if the last answer still does."""
    prompt = first = first_prompt(question)
    model = ""
    for _ in range(1 + MAX_REPAIRS):
        reply = await calls.complete(prompt, kinds=_kinds(question))
        model = reply.model
        if reply.finish != "stop":
            return None, model
        draft, repair = await asyncio.to_thread(_checked, reply.text, question)  # a long brief takes a second
        if draft is not None:
            return draft, model
        prompt = repair_prompt(first, reply.text, repair)
    return None, model


def _checked(answer: str, question: Question) -> tuple[Draft | None, str]:
    """Return the draft of an answer, or what the model has to repair."""
    try:
        raw = proposals.parse(answer)
    except proposals.Malformed as fault:
        return None, str(fault)
    draft, faults = checks.check(
        raw,
        question.brief,
        language=question.locale,
        today=question.today,
        due=question.due,
        total_minutes=question.total_minutes,
        granularity=question.granularity,
    )
    return (None, prompts.repair_prompt(faults)) if faults else (draft, "")


def _by_template(question: Question) -> Draft:
    if question.kind == "breakdown":
        minutes, parts = question.total_minutes or 0, question.granularity or breakdowns.MIN_PARTS
        return breakdowns.from_template_step(
            question.brief, minutes, language=question.language, parts=parts, today=question.today, due=question.due
        )
    return from_template(
        question.brief,
        language=question.language,
        today=question.today,
        due=question.due,
        total_minutes=question.total_minutes,
        granularity=question.granularity
        or assignments.possible(DEFAULT_STEPS, question.total_minutes, least=MIN_STEPS)
        or DEFAULT_STEPS,
        ratio=question.ratio,
    )


def _sample(question: Question) -> str:
    """Return the template's steps in the form of a model's answer."""
    steps = [
        proposals.RawStep(
            title=step.title,
            minutes=step.minutes,
            size="medium",
            due_date=str(step.due_date) if step.due_date else None,
            quotes=[question.brief[span.start : span.end] for span in step.cites],
            after=[position - 1] if position else [],
        )
        for position, step in enumerate(_by_template(question).steps)
    ]
    return msgspec.json.encode(proposals.RawProposal(steps, [])).decode()


def _kinds(question: Question) -> Sequence[str]:
    return ["brief", "subject"] if question.context else ["brief"]


async def _propose(db: Database, ai: Ai, identity: Identity, question: Question, answer: Answer) -> Proposal:
    """Keep the proposal, beyond 200 instead of another one; raise 422 if its task or subject was deleted meanwhile."""
    async with db.transaction(identity) as tx:
        await tx.lock_user()
        if question.task_id is not None:
            await references.task(tx, question.task_id)
        if question.subject_id is not None:
            await subjects.require(tx, question.subject_id)
        new = StoredProposal(
            id=new_id(),
            kind=question.kind,
            brief=question.brief,
            source="model" if answer.model else "template",
            model=answer.model,
            tokens=answer.tokens,
            steps=answer.draft.steps,
            notes=answer.draft.notes,
            subject_id=question.subject_id,
            task_id=question.task_id,
            subtask_id=question.subtask_id,
            due_date=question.due,
            created_at=tx.now,
            accepted_at=None,
            accepted_task_id=None,
        )
        fingerprint = question.fingerprint(has_model=ai.model is not None)
        added = await store.add(tx, tx.user_id, new, fingerprint=fingerprint)
        await store.delete_old(tx, tx.user_id, added.id, keep=MAX_PROPOSALS)
        AI_STEPS.labels(new.source, "proposed").inc(len(new.steps))
        return tx.reply(_shown(added))


def _shown(stored: StoredProposal) -> Proposal:
    return Proposal(
        proposal_id=stored.id,
        source=stored.source,
        steps=stored.steps,
        notes=stored.notes,
        usage=ProposalUsage(stored.tokens, stored.model or None),
        brief=stored.brief,
        task_id=stored.task_id,
        subtask_id=stored.subtask_id,
        due_date=stored.due_date,
        created_at=stored.created_at,
        accepted_at=stored.accepted_at,
    )
