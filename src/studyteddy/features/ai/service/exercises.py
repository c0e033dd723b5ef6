"""The exercises of assessed work: solved before anything is drafted, guarded, and recognised in later chats."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
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
    has_exercise,
    unsolved,
    unsolved_material,
    with_key,
)
from studyteddy.features.ai.tutoring.keys import KEY_SCHEMA, NO_EXERCISE, Key, parse_key
from studyteddy.features.ai.tutoring.leaks import ChatGuard
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
    """Return a chat with its exercises solved: the problem, what the message brings, and those of the passages sent.

    Only assessed work needs it. At most two calls are made. What couldn't be solved is tried again with later messages.
    """
    if not chat.situation.assessed:
        return chat
    hidden = None if context.problem else chat.situation.problem
    passages = unsolved_material(chat.exercises, _sent(context), problem=chat.situation.problem, tries=MAX_TRIES)
    texts = _wanted(chat, message, passages)
    for text in (one for one in texts if one != hidden or one is None):
        material = _TOGETHER.join(passages) if text is None or (text == message and None not in texts) else ""
        key = await _key(calls, chat, text or "", material, message=message, hidden=hidden)
        solved = chat.exercises if text is None else with_key(chat.exercises, text, key)
        chat = replace(chat, exercises=with_key(solved, material, key, from_material=True) if material else solved)
        async with db.transaction(identity) as tx:
            await chats_store.set_exercises(tx, tx.user_id, chat.id, chat.exercises)
    return chat


def guard(chat: StoredChat, message: str, context: Context, *, said: Sequence[str]) -> ChatGuard | None:
    """Return what drafts are compared with; None if the passages sent have an exercise that isn't solved."""
    if unsolved_material(chat.exercises, _sent(context), problem=chat.situation.problem):
        return None
    return ChatGuard(guarded(chat), texts=(chat.situation.problem, message), said=said)


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


async def remember(tx: Tx, met: set[bytes]) -> None:
    """Remember exercises of assessed work, so that they are recognised when their chat is deleted."""
    await store.add(tx, tx.user_id, met)


async def were_assessed(reader: Reader, user_id: UUID, *texts: str) -> bool:
    """Return whether one of the texts has an exercise that was part of assessed work."""
    found = await asyncio.to_thread(lambda: set[bytes]().union(*map(_sought, texts)))  # long texts take a while
    return bool(await store.known(reader, user_id, found))


async def for_practice(reader: Reader, user_id: UUID, context: Context) -> Context:
    """Return the context of a chat for practice: without the passages that have an exercise of assessed work."""
    passages = context.material.passages
    found = await asyncio.to_thread(lambda: {passage: _sought(passage.text) for passage in passages})
    known = await store.known(reader, user_id, set().union(*found.values()))
    kept = [passage for passage, own in found.items() if known.isdisjoint(own)]
    if len(kept) == len(found):
        return context
    return replace(context, material=replace(context.material, passages=kept, withheld=True))


def _wanted(chat: StoredChat, message: str, passages: Sequence[str]) -> list[str | None]:
    """Return the texts to solve, two at most. None are the passages, which otherwise are solved with the message."""
    texts: list[str | None] = [*unsolved(chat.exercises, problem=chat.situation.problem, message=message)]
    if passages and message not in texts:
        return [*texts[:1], None]
    failed = any(one.from_material and one.key is None for one in chat.exercises)
    if passages and failed and len(texts) == 1:  # what failed as one may be solved apart
        return [*texts, None]
    return texts


async def _key(
    calls: Calls, chat: StoredChat, text: str, material: str, *, message: str, hidden: str | None
) -> Key | None:
    """Return the solution of a text and of passages, as one, by a model; None if it gave none.

    Passages aren't sent as known problems: the student may have switched material off since then.
    """
    own = (one.problem for one in chat.exercises if one.is_one and not one.from_material)
    known = [one for one in own if one not in (text, hidden)]
    system, user = prompts.key_prompt(_TOGETHER.join(filter(None, (text, material))), known[-KNOWN_PROBLEMS:])
    prompt = Prompt([Message("system", system), Message("user", user)], MAX_KEY_TOKENS, NO_EXERCISE, KEY_SCHEMA)
    kinds = ["message" if text == message else "problem"] if text or known else []
    reply = await calls.complete(prompt, kinds=[*kinds, *(["material"] if material else [])])
    return parse_key(reply.text) if reply.finish == "stop" else None


def _sought(text: str) -> frozenset[bytes]:
    return digests(text, ALL_PARTS)


def _sent(context: Context) -> list[str]:
    return [one.text for one in context.material.passages]


def _is_exercise(exercise: Exercise) -> bool:
    """Return whether a text is an exercise; one that no model could solve may be mere talk."""
    return exercise.key.exercise if exercise.key else has_exercise(exercise.problem)
