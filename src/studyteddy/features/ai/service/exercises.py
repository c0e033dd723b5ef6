"""The exercises of assessed work: solved before anything is drafted, guarded, and recognised in later chats."""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Sequence
from uuid import UUID

from msgspec.structs import replace

from studyteddy.features.ai.providers.model import Message, Prompt
from studyteddy.features.ai.schemas.chats import StoredChat
from studyteddy.features.ai.service.context import Context
from studyteddy.features.ai.service.usage import Calls
from studyteddy.features.ai.store import chats as chats_store
from studyteddy.features.ai.store import exercises as store
from studyteddy.features.ai.tutoring import prompts
from studyteddy.features.ai.tutoring.digests import ALL_PARTS, digests
from studyteddy.features.ai.tutoring.exercises import (
    MAX_TRIES,
    Exercise,
    brings,
    has_exercise,
    poses_question,
    unsolved,
    unsolved_material,
    with_key,
)
from studyteddy.features.ai.tutoring.keys import KEY_SCHEMA, NO_EXERCISE, Key, parse_key
from studyteddy.features.ai.tutoring.leaks import ChatGuard
from studyteddy.features.ai.tutoring.views import View
from studyteddy.platform.db.database import Database
from studyteddy.platform.db.statements import Reader
from studyteddy.platform.db.transaction import Tx
from studyteddy.platform.identity import Identity

MAX_KEY_TOKENS = 1500
KNOWN_PROBLEMS = 3
"""Problems of a chat that are sent with a message which may have another one."""
_TOGETHER = "\n\n"


async def solve(
    db: Database, calls: Calls, identity: Identity, chat: StoredChat, message: str, context: Context
) -> StoredChat:
    """Return a chat with its exercises solved: the problem, what the message brings, and those of the context.

    Only assessed work needs it. At most two calls are made. What couldn't be solved is tried again with later messages.
    """
    if not chat.situation.assessed:
        return chat
    texts, others = await asyncio.to_thread(_wanted, chat, message, context)
    for text in (one for one in texts if one is None or _is_sent(one, chat, message, context)):
        together = others if text is None or (text == message and None not in texts) else []
        key = await _key(calls, chat, text or "", together, message=message, context=context)
        material = _TOGETHER.join(together)
        solved = chat.exercises if text is None else with_key(chat.exercises, text, key)
        chat = replace(chat, exercises=with_key(solved, material, key, from_material=True) if material else solved)
        async with db.transaction(identity) as tx:
            await chats_store.set_exercises(tx, tx.user_id, chat.id, chat.exercises)
    return chat


def guard(chat: StoredChat, message: str, context: Context, *, said: Sequence[str]) -> ChatGuard | None:
    """Return what drafts are compared with; None if the context has an exercise that isn't solved."""
    if unsolved_material(chat.exercises, [*context.texts], problem=chat.situation.problem):
        return None
    return ChatGuard(guarded(chat), texts=(chat.situation.problem, message), said=said)


def with_guarded_history(context: Context, chat: StoredChat) -> Context:
    """Return a context without the messages that bring an exercise which the guard of the chat doesn't know.

    Of many exercises only some are kept, and those of a chat that was for practice were never solved.
    """
    known = View("\n".join(one.problem for one in guarded(chat) if one.is_one))
    seen = {one.problem for one in chat.exercises}
    kept = [one for one in context.history if one.message in seen or not brings(one.message, known)]
    return replace(context, history=kept)


def guarded(chat: StoredChat) -> list[Exercise]:
    """Return the exercises of a chat. A problem that can't be sent to be solved counts as unsolved.

    Unsolved ones of material aren't among them: no draft is shown when their passages are sent.
    """
    known = [one for one in chat.exercises if one.key or not one.from_material]
    untried = chat.situation.problem not in (one.problem for one in known)
    return [*known, Exercise(chat.situation.problem)] if untried else known


def met(chat: StoredChat) -> set[bytes]:
    """Return the digests of the exercises of a chat about assessed work."""
    return {one for exercise in guarded(chat) if _is_exercise(exercise) for one in digests(exercise.problem)}


async def remember(tx: Tx, met: Collection[bytes]) -> None:
    """Remember exercises of assessed work, so that they are recognised when their chat is deleted."""
    await store.add(tx, tx.user_id, met)


async def were_assessed(reader: Reader, user_id: UUID, *texts: str) -> bool:
    """Return whether one of the texts has an exercise that was part of assessed work."""
    found = await asyncio.to_thread(lambda: set[bytes]().union(*map(_sought, texts)))  # long texts take a while
    return bool(await store.known(reader, user_id, found))


async def for_practice(reader: Reader, user_id: UUID, context: Context) -> Context:
    """Return the context of a chat for practice: without what has an exercise of assessed work."""
    texts = [*context.texts, *(one.message for one in context.history)]
    found = await asyncio.to_thread(lambda: {text: _sought(text) for text in texts})
    known = await store.known(reader, user_id, set[bytes]().union(*found.values()))
    assessed = {text for text, own in found.items() if not known.isdisjoint(own)}
    if not assessed:
        return context
    material = context.material
    passages = [one for one in material.passages if assessed.isdisjoint((one.title, one.text))]
    withheld = len(passages) < len(material.passages)
    return replace(
        context,
        subject="" if context.subject in assessed else context.subject,
        task="" if context.task in assessed else context.task,
        goal="" if context.goal in assessed else context.goal,
        facts=[one for one in context.facts if one not in assessed],
        history=[one for one in context.history if one.message not in assessed],
        material=replace(material, passages=passages, withheld=withheld),
    )


def _wanted(chat: StoredChat, message: str, context: Context) -> tuple[list[str | None], list[str]]:
    """Return the texts to solve, two at most, and those of the context that may have an exercise.

    None stands for the latter, which otherwise are solved with the message.
    """
    problem = chat.situation.problem
    texts: list[str | None] = [*unsolved(chat.exercises, problem=problem, message=message)]
    others = unsolved_material(chat.exercises, [*context.texts], problem=problem, tries=MAX_TRIES)
    if others and message not in texts:
        return [*texts[:1], None], others
    failed = any(one.from_material and one.key is None for one in chat.exercises)
    if others and failed and len(texts) == 1:  # what failed as one may be solved apart
        return [*texts, None], others
    return texts, others


async def _key(
    calls: Calls, chat: StoredChat, text: str, others: Sequence[str], *, message: str, context: Context
) -> Key | None:
    """Return the solution of a text and of others of the context, as one, by a model; None if it gave none.

    Texts of the context aren't sent as known problems: the student may have switched their kinds off since then.
    """
    own = (one.problem for one in chat.exercises if one.is_one and not one.from_material and one.problem != text)
    known = [one for one in own if _is_sent(one, chat, message, context)][-KNOWN_PROBLEMS:]
    system, user = prompts.key_prompt(_TOGETHER.join(filter(None, (text, *others))), known)
    prompt = Prompt([Message("system", system), Message("user", user)], MAX_KEY_TOKENS, NO_EXERCISE, KEY_SCHEMA)
    kinds = [_kind(one, chat, message) for one in (text, *known) if one]
    reply = await calls.complete(prompt, kinds=list(dict.fromkeys((*kinds, *(context.texts[one] for one in others)))))
    key = parse_key(reply.text) if reply.finish == "stop" else None
    if key is None or key.exercise:
        return key
    # A question isn't talk because a model says so: a text can have told it to. It counts as unsolved.
    doubted = await asyncio.to_thread(_poses_question, text, others, known)
    return None if doubted else key


def _poses_question(text: str, others: Sequence[str], known: Sequence[str]) -> bool:
    given = View("\n".join(known))
    return poses_question(text, given) or any(poses_question(one, given, is_open=True) for one in others)


def _kind(text: str, chat: StoredChat, message: str) -> str:
    """Return what a text of a chat is to its student: the message, the problem, or an earlier message."""
    return "message" if text == message else "problem" if text == chat.situation.problem else "history"


def _is_sent(text: str, chat: StoredChat, message: str, context: Context) -> bool:
    """Return whether a text of a chat may be sent: the student can have switched tasks or history off."""
    kind = _kind(text, chat, message)
    return kind == "message" or (bool(context.problem) if kind == "problem" else not context.history_is_off)


def _sought(text: str) -> frozenset[bytes]:
    return digests(text, ALL_PARTS)


def _is_exercise(exercise: Exercise) -> bool:
    """Return whether a text is an exercise; one that no model could solve may be mere talk."""
    return exercise.key.exercise if exercise.key else has_exercise(exercise.problem)
