"""Chats with the tutor: a message is answered by the move that the situation allows, and checked before it is shown.

The model only fills the move. For assessed work, a model solves the problem first; the solution is a key that stays on
the server, and a sentence that reveals it is replaced by a prepared hint. A message is answered at most once: what was
shown is kept, and a client that lost the connection gets it again.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Collection, Sequence
from contextlib import aclosing
from datetime import timedelta
from uuid import UUID

import msgspec
from msgspec.structs import replace

from studyteddy.features.ai.providers.model import Message, ModelFailed, Prompt, Reply
from studyteddy.features.ai.schemas.chats import (
    AnotherMessage,
    AssessedChat,
    Chat,
    ChatMessage,
    ChatQuery,
    NewMessage,
    NoSuchChat,
    StillAnswering,
    StoredChat,
    StoredMessage,
    TutorCitation,
    TutorCitations,
    TutorDelta,
    TutorDone,
    TutorMeta,
    TutorMove,
    UnknownChat,
)
from studyteddy.features.ai.schemas.own_keys import OWN_KEY
from studyteddy.features.ai.schemas.usage import AiUnavailable, TokensUsedUp
from studyteddy.features.ai.service import context, exercises, material, memory, references
from studyteddy.features.ai.service.context import Context
from studyteddy.features.ai.service.material import Asked, Citations
from studyteddy.features.ai.service.usage import Ai, Calls
from studyteddy.features.ai.store import chats as store
from studyteddy.features.ai.tutoring import moves, prompts, remembering, sources
from studyteddy.features.ai.tutoring.answers import Refused, Shown, checked, prepared
from studyteddy.features.ai.tutoring.digests import digest
from studyteddy.features.ai.tutoring.leaks import ChatGuard
from studyteddy.features.ai.tutoring.moves import Situation
from studyteddy.features.subjects import service as subjects
from studyteddy.platform.db.database import Database
from studyteddy.platform.db.statements import Reader
from studyteddy.platform.db.transaction import Tx
from studyteddy.platform.errors import invalid
from studyteddy.platform.identity import Identity
from studyteddy.platform.ids import new_id
from studyteddy.platform.web.pagination import Cursors, Page, rows_of

MAX_ANSWER_TOKENS = 700
MAX_PROBLEM = 6000
SAID_MESSAGES = 40
ANSWER_TIME = timedelta(seconds=75)
"""How long a message may be answered; after that its process has ended."""
_TITLE = 100


class Turn(msgspec.Struct, frozen=True):
    """A message that is being answered, with all that the answer depends on."""

    chat: StoredChat
    before: Situation
    """The situation before the message."""
    is_new: bool
    """Whether the message began the chat."""
    message: StoredMessage
    context: Context
    said: Sequence[str]
    """What was shown before about the same problem, in all chats."""
    fact: str | None
    """What the message asks to remember."""
    guard: ChatGuard | None = None
    """What drafts about assessed work are compared with."""
    right: bool | None = None
    """Whether an attempt that is checked has the answer, if that is known."""
    met: Collection[bytes] = ()
    """Digests of the exercises of assessed work that the student has met in the chat."""


class Finished(msgspec.Struct, frozen=True):
    """A response as it was shown."""

    pieces: list[str]
    replaced: bool
    outcome: str
    citations: list[TutorCitation]
    tokens: int


class Draft:
    """What the model says in a turn, and how it ended."""

    def __init__(self, calls: Calls, turn: Turn) -> None:
        self._calls = calls
        self._turn = turn
        self.outcome = "answered"

    async def pieces(self) -> AsyncGenerator[str]:
        """Yield the pieces of the draft; raise `Refused` at the end of one that is empty or refused."""
        silent = True
        async with aclosing(self._calls.stream(_prompt(self._turn), kinds=self._turn.context.kinds)) as pieces:
            async for piece in pieces:
                if not isinstance(piece, Reply):
                    silent = silent and not piece.strip()
                    yield piece
                elif silent or piece.finish in ("refused", "filtered"):
                    raise Refused
                elif piece.finish == "length":
                    self.outcome = "length"


class Event(msgspec.Struct, frozen=True):
    """A server-sent event: its name and its data."""

    name: str
    data: msgspec.Struct


async def answer(db: Database, ai: Ai, identity: Identity, new: NewMessage) -> AsyncGenerator[Event]:
    """Answer a message: yield `meta`, `move`, the pieces of the response, `citations` and `done`.

    Raise 409, 422, 429 and 503 before the first event. Closing the generator ends the call of the model; what was shown
    until then is kept and charged.
    """
    calls = ai.calls(db, identity, "tutor")
    own = replace(identity, idempotency=None)
    asked = await material.asked(db.reading(own), ai, own.user_id, new)
    async with db.transaction(own) as tx:
        turn = await _begin(tx, new, asked)
    pieces: list[str] = []
    citations = Citations(turn.context.material, turn.context.locale)
    replaced, outcome = False, "stopped"
    try:
        turn = await _solved(db, calls, own, turn)
        draft = Draft(calls, turn)
        async with aclosing(_shown(draft, turn, citations)) as shown:
            async for piece in shown:
                if not pieces:
                    yield Event("meta", TutorMeta(turn.chat.id, turn.message.id, turn.chat.situation.assessed))
                    yield Event("move", TutorMove(turn.message.move, turn.message.hint_level))
                replaced = replaced or piece.replaced
                pieces.append(piece.text)
                yield Event("delta", TutorDelta(piece.text))
        outcome = draft.outcome
    except ModelFailed as fault:
        outcome = fault.reason
        if not pieces:
            raise AiUnavailable(retry_after=fault.retry_after) from fault
    except (TokensUsedUp, *OWN_KEY) as fault:
        outcome = fault.code.replace("_", " ")
        if not pieces:
            raise
    finally:
        done = Finished(pieces, replaced, outcome, citations.found, calls.tokens)
        await _finish(db, own, turn, done)
    yield Event("citations", TutorCitations(citations.found))
    yield Event("done", TutorDone(calls.tokens, replaced, outcome))


async def again(reader: Reader, user_id: UUID, message_id: UUID, text: str, after: int) -> list[Event]:
    """Return the events of an answered message with this text after the one with number `after`; raise 404, 409."""
    message = await store.get_message(reader, user_id, message_id)
    if message is None:
        raise NoSuchChat()
    if message.message != text:
        raise AnotherMessage()
    if message.outcome is None:
        raise StillAnswering(retry_after=1)
    found = [
        Event(
            "meta", TutorMeta(message.chat_id, message.id, await store.is_assessed(reader, user_id, message.chat_id))
        ),
        Event("move", TutorMove(message.move, message.hint_level)),
        *(Event("delta", TutorDelta(piece)) for piece in message.pieces),
        Event("citations", TutorCitations(message.citations)),
        Event("done", TutorDone(message.tokens, message.replaced, message.outcome)),
    ]
    return found[after:]


async def page(reader: Reader, user_id: UUID, query: ChatQuery, cursors: Cursors) -> Page[Chat]:
    """Return the student's chats, the latest first."""
    after = cursors.read(query.cursor, "ai:chats", query)
    return cursors.page(await store.page(reader, user_id, after=after, limit=rows_of(query)), query, "ai:chats")


async def messages(
    reader: Reader, user_id: UUID, chat_id: UUID, query: ChatQuery, cursors: Cursors
) -> Page[ChatMessage]:
    """Return the messages of a chat, the oldest first; raise 404."""
    if not await store.exists(reader, user_id, chat_id):
        raise NoSuchChat()
    name = f"ai:chats:{chat_id}"
    after = cursors.read(query.cursor, name, query)
    found = await store.messages(reader, user_id, chat_id, after=after, limit=rows_of(query))
    return cursors.page(found, query, name)


async def history(reader: Reader, user_id: UUID, query: ChatQuery, cursors: Cursors) -> Page[ChatMessage]:
    """Return the messages of all chats, the latest first."""
    after = cursors.read(query.cursor, "ai:history", query)
    found = await store.history(reader, user_id, after=after, limit=rows_of(query))
    return cursors.page(found, query, "ai:history")


async def delete(tx: Tx, chat_id: UUID) -> None:
    """Delete a chat; raise 404."""
    if not await store.delete(tx, tx.user_id, chat_id):
        raise NoSuchChat()


async def _begin(tx: Tx, new: NewMessage, asked: Asked) -> Turn:
    """Choose the move, and add the message to its chat; raise 409, 422."""
    await tx.lock_user()  # attempts in several chats about a problem are counted one after the other
    chat = await _chat(tx, new)
    if await store.is_answering(tx, tx.user_id, chat.id, since=tx.now - ANSWER_TIME):
        raise StillAnswering(retry_after=2)
    brought = [one.problem for one in chat.exercises if one.is_one]
    situation = await asyncio.to_thread(moves.observe, chat.situation, new.message, exercises=brought)
    move = moves.next_move(situation, new.message)
    await store.set_situation(tx, tx.user_id, chat.id, situation, at=tx.now)
    off = await memory.settings(tx, tx.user_id)
    said = await store.said(tx, tx.user_id, digest(situation.problem), limit=SAID_MESSAGES)
    known = await context.gather(tx, replace(chat, situation=situation), asked, off)
    if not situation.assessed:
        known = await exercises.for_practice(tx, tx.user_id, known)
    message = await store.add_message(
        tx,
        tx.user_id,
        new_id(),
        chat.id,
        message=new.message,
        move=move,
        hint_level=situation.hint_level,
        context=known.known,
        at=tx.now,
    )
    return Turn(
        chat=replace(chat, situation=situation),
        before=chat.situation,
        is_new=new.chat_id is None,
        message=message,
        context=known,
        said=said,
        fact=await memory.asked(tx, tx.user_id, new.message, off),
    )


async def _chat(tx: Tx, new: NewMessage) -> StoredChat:
    """Return the chat of a message, locked; a new one if it names none. Raise 409 `assessed_chat`, 422."""
    if new.chat_id is None:
        return await _new_chat(tx, new)
    chat = await store.lock(tx, tx.user_id, new.chat_id)
    if chat is None:
        raise invalid("/chatId", UnknownChat.code, UnknownChat.title, UnknownChat)
    if new.assessed is False and chat.situation.assessed:
        raise AssessedChat()
    chat = await _with_all_attempts(tx, chat)
    if chat.situation.assessed:
        return chat
    # The problem of a chat for practice can have become one of assessed work in the meantime.
    if new.assessed or await exercises.were_assessed(tx, tx.user_id, new.message, chat.situation.problem):
        return replace(chat, situation=replace(chat.situation, assessed=True))
    return chat


async def _with_all_attempts(tx: Tx, chat: StoredChat) -> StoredChat:
    """Return a chat with the attempts of the one with the most of them: several chats give no more checks than one."""
    most = await store.situation_of(tx, tx.user_id, digest(chat.situation.problem))
    attempts = max(chat.situation.attempts, most.attempts if most else 0)
    return replace(chat, situation=replace(chat.situation, attempts=attempts))


async def _new_chat(tx: Tx, new: NewMessage) -> StoredChat:
    task = await references.task(tx, new.task_id) if new.task_id else None
    subject_id = new.subject_id or (task.subject_id if task else None)
    if subject_id is not None:
        await subjects.require(tx, subject_id)
    is_sent = task is not None and "task" not in (await memory.settings(tx, tx.user_id)).off
    problem = (f"{task.title}\n{task.description}" if task and is_sent else new.message)[:MAX_PROBLEM]
    # Another chat about the same problem goes on where the last one was: nobody gets more checks by beginning anew.
    before = await store.situation_of(tx, tx.user_id, digest(problem))
    assessed = new.assessed is not False or (before is not None and before.assessed)
    assessed = assessed or await exercises.were_assessed(tx, tx.user_id, problem, new.message)
    chat = StoredChat(
        id=new_id(),
        title=" ".join(new.message.split())[:_TITLE] or "…",
        subject_id=subject_id,
        task_id=new.task_id,
        situation=replace(before or Situation(problem, assessed), assessed=assessed, from_task=bool(task and is_sent)),
        exercises=[],
        created_at=tx.now,
        updated_at=tx.now,
    )
    return await store.add(tx, tx.user_id, chat, problem=digest(problem))


async def _solved(db: Database, calls: Calls, identity: Identity, turn: Turn) -> Turn:
    """Return a turn about assessed work with its exercises solved, and without messages of others in its history."""
    if not turn.chat.situation.assessed:
        return turn
    chat = await exercises.solve(db, calls, identity, turn.chat, turn.message.message, turn.context)
    return await asyncio.to_thread(_guarded, replace(turn, chat=chat))  # many exercises take a while to prepare


def _guarded(turn: Turn) -> Turn:
    """Return a turn with its guard, and with what it shows about the message before anything is said."""
    chat, message = turn.chat, turn.message
    context = exercises.with_guarded_history(turn.context, chat)
    guard = exercises.guard(chat, message.message, context, said=turn.said)
    judges = guard is not None and message.move == "check" and any(one.key and one.is_one for one in chat.exercises)
    right = guard.contains(message.message) if guard and judges else None
    return replace(turn, context=context, guard=guard, right=right, met=exercises.met(chat))


async def _shown(draft: Draft, turn: Turn, citations: Citations) -> AsyncGenerator[Shown]:
    """Yield what may be shown of the model's answer, with verified citations only."""
    known, situation, message = turn.context, turn.chat.situation, turn.message
    opening = _opening(turn)
    if moves.needed(situation, message.move, message.message) in moves.OPENED:
        # What opens it is known without a model.
        yield Shown(opening + prepared(message.move, situation, message.message, known.locale))
        return
    async for piece in checked(
        draft.pieces(),
        turn.guard,
        move=message.move,
        situation=situation,
        language=known.locale,
        message=message.message,
        cite=citations.read,
    ):
        if opening:  # not before the model has begun: a response that can't be made says only why
            yield Shown(opening)
            opening = ""
        if not piece.replaced:
            citations.keep()
        if piece.text:
            yield piece


def _opening(turn: Turn) -> str:
    """Return what a response begins with, whatever a model says: what is remembered, and what the material lacks."""
    known = turn.context
    uncovered = turn.message.move == "explain" and known.material.exists and not known.material.covers
    lines = [remembering.remembered(turn.fact, known.locale)] if turn.fact else []
    if known.material.withheld or uncovered:
        lines.append((sources.withheld if known.material.withheld else sources.not_covered)(known.locale))
    return "".join(f"{line}\n\n" for line in lines)


def _prompt(turn: Turn) -> Prompt:
    known, message = turn.context, turn.message
    system = prompts.system_prompt(
        turn.chat.situation, message.move, language=known.language, hint_level=message.hint_level
    )
    messages = [Message("system", system), *known.messages(), Message("user", message.message)]
    example = material.example(known.material, known.locale)
    sample = example + prepared(message.move, turn.chat.situation, message.message, known.locale)
    return Prompt(messages, MAX_ANSWER_TOKENS, sample)


async def _finish(db: Database, identity: Identity, turn: Turn, done: Finished) -> None:
    """Keep the response, the exercises that the student has met, and what a check has shown about the student."""
    message = turn.message
    async with db.transaction(identity) as tx:
        if not done.pieces:
            await _take_back(tx, turn)
            return
        await exercises.remember(tx, turn.met)
        finished = await store.finish_message(
            tx,
            tx.user_id,
            message.id,
            move=message.move,
            hint_level=message.hint_level,
            pieces=done.pieces,
            replaced=done.replaced,
            outcome=done.outcome,
            citations=done.citations,
            tokens=done.tokens,
        )
        if finished is None:  # it was recorded before, or the chat was deleted
            return
        if turn.fact:
            await memory.remember(tx, turn.fact, message.id)
        if turn.right is not None:
            situation = moves.after(turn.chat.situation, message.move, right=turn.right)
            await store.set_situation(tx, tx.user_id, turn.chat.id, situation, at=tx.now)


async def _take_back(tx: Tx, turn: Turn) -> None:
    """Remove a message that got no response, and its chat if it has no other, so that it can be sent again."""
    await store.delete_message(tx, tx.user_id, turn.message.id)
    if turn.is_new:
        await store.delete(tx, tx.user_id, turn.chat.id)
    else:
        await store.set_situation(tx, tx.user_id, turn.chat.id, turn.before, at=turn.chat.updated_at)
