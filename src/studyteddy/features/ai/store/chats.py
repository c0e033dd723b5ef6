"""SQL statements for chats with the tutor and their messages."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec

from studyteddy.features.ai.schemas.chats import (
    Chat,
    ChatMessage,
    StoredChat,
    StoredMessage,
    StoredPieces,
    StoredSituation,
    TutorCitation,
)
from studyteddy.features.ai.tutoring.exercises import Exercise
from studyteddy.features.ai.tutoring.moves import Move, Situation
from studyteddy.platform.db.statements import Nothing, Reader, Statement
from studyteddy.platform.db.transaction import Tx
from studyteddy.platform.privacy.data_export import exported
from studyteddy.platform.web.pagination import Position

_CHAT = "id, title, subject_id, task_id, situation, coalesce(exercises, '[]') AS exercises, created_at, updated_at"
_OUTCOME = """
       CASE WHEN outcome IS NULL AND created_at < now() - interval '75 seconds' THEN 'lost' ELSE outcome END"""
"""That of a message whose process ended: after `ANSWER_TIME`, nobody answers it any more."""
_MESSAGE = (
    f"id, chat_id, message, move, hint_level, context, pieces, replaced, {_OUTCOME} AS outcome, citations, tokens,"
    " created_at"
)


def _stored(
    id: UUID, title: str, subject_id: UUID | None, task_id: UUID | None, situation: str, exercises: str, *rest: Any
) -> StoredChat:
    decoded = msgspec.json.decode(situation, type=Situation)
    solved = msgspec.json.decode(exercises, type=list[Exercise])
    return StoredChat(id, title, subject_id, task_id, decoded, solved, *rest)


def _citations(json: str | None) -> list[TutorCitation]:
    return msgspec.json.decode(json or "[]", type=list[TutorCitation])


def _message(*values: Any) -> StoredMessage:
    fields = dict(zip(StoredMessage.__struct_fields__, values, strict=True))
    return StoredMessage(**fields | {"citations": _citations(fields["citations"])})


def _shown(*values: Any) -> ChatMessage:
    fields = dict(zip(ChatMessage.__struct_fields__, values, strict=True))
    return ChatMessage(**fields | {"citations": _citations(fields["citations"])})


_ADD = Statement(
    StoredChat,
    f"""
INSERT INTO ai_chats (user_id, id, title, subject_id, task_id, problem, situation, assessed, created_at, updated_at)
VALUES ($1, $2, $3, $4, $5, $6, $7::text::jsonb, $8, $9, $9) RETURNING {_CHAT}""",
    _stored,
)

_LOCK = Statement(StoredChat, f"SELECT {_CHAT} FROM ai_chats WHERE user_id = $1 AND id = $2 FOR UPDATE", _stored)

_EXISTS = Statement(int, "SELECT 1 FROM ai_chats WHERE user_id = $1 AND id = $2")

_IS_ASSESSED = Statement(bool, "SELECT assessed FROM ai_chats WHERE user_id = $1 AND id = $2")

_SITUATION_OF = Statement(
    StoredSituation,
    """
SELECT situation FROM ai_chats WHERE user_id = $1 AND problem = $2
 ORDER BY assessed DESC, (situation ->> 'attempts')::int DESC, updated_at DESC LIMIT 1""",
    lambda situation: StoredSituation(msgspec.json.decode(situation, type=Situation)),
)

_SAID = Statement(
    StoredPieces,
    """
SELECT m.pieces FROM ai_messages AS m JOIN ai_chats AS c ON c.user_id = m.user_id AND c.id = m.chat_id
 WHERE m.user_id = $1 AND c.user_id = $1 AND c.problem = $2 ORDER BY m.id DESC LIMIT $3""",
)

_SET_SITUATION = Statement(
    Nothing,
    """
UPDATE ai_chats SET situation = $3::text::jsonb, assessed = $4, updated_at = $5 WHERE user_id = $1 AND id = $2""",
)

_SET_EXERCISES = Statement(Nothing, "UPDATE ai_chats SET exercises = $3::text::jsonb WHERE user_id = $1 AND id = $2")

_DELETE = Statement(Nothing, "DELETE FROM ai_chats WHERE user_id = $1 AND id = $2")

_PAGE = Statement(
    Chat,
    """
SELECT c.id, c.title, c.subject_id, c.task_id, c.assessed, (c.situation ->> 'hintLevel')::int AS hint_level,
       c.created_at, c.updated_at, c.updated_at::text AS sort_key
  FROM ai_chats AS c
 WHERE c.user_id = $1
   AND ($3::text IS NULL OR (c.updated_at, c.id) < ($3::text::timestamptz, $4::uuid))
 ORDER BY c.updated_at DESC, c.id DESC LIMIT $2""",
)

_ADD_MESSAGE = Statement(
    StoredMessage,
    f"""
INSERT INTO ai_messages (user_id, id, chat_id, message, move, hint_level, context, created_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8) RETURNING {_MESSAGE}""",
    _message,
)

_IS_ANSWERING = Statement(
    int,
    """
SELECT 1 FROM ai_messages
 WHERE user_id = $1 AND chat_id = $2 AND outcome IS NULL AND created_at > $3 LIMIT 1""",
)

_FINISH_MESSAGE = Statement(
    StoredMessage,
    f"""
UPDATE ai_messages SET move = $3, hint_level = $4, pieces = $5, replaced = $6, outcome = $7, tokens = $8,
       citations = $9::text::jsonb
 WHERE user_id = $1 AND id = $2 AND outcome IS NULL RETURNING {_MESSAGE}""",
    _message,
)

_DELETE_MESSAGE = Statement(Nothing, "DELETE FROM ai_messages WHERE user_id = $1 AND id = $2")

_GET_MESSAGE = Statement(StoredMessage, f"SELECT {_MESSAGE} FROM ai_messages WHERE user_id = $1 AND id = $2", _message)

_LATEST = Statement(
    StoredMessage,
    f"""
SELECT {_MESSAGE} FROM ai_messages WHERE user_id = $1 AND chat_id = $2 AND outcome IS NOT NULL
 ORDER BY id DESC LIMIT $3""",
    _message,
)

_MESSAGES = Statement(
    ChatMessage,
    f"""
SELECT m.id, m.chat_id, m.message, array_to_string(m.pieces, '') AS response, m.context, m.move, m.hint_level,
       m.replaced, {_OUTCOME} AS outcome, m.citations, m.tokens AS tokens_used, m.created_at, m.id::text AS sort_key
  FROM ai_messages AS m
 WHERE m.user_id = $1 AND m.chat_id = $3 AND ($4::uuid IS NULL OR m.id > $4) ORDER BY m.id LIMIT $2""",
    _shown,
)

_HISTORY = Statement(
    ChatMessage,
    f"""
SELECT m.id, m.chat_id, m.message, array_to_string(m.pieces, '') AS response, m.context, m.move, m.hint_level,
       m.replaced, {_OUTCOME} AS outcome, m.citations, m.tokens AS tokens_used, m.created_at, m.id::text AS sort_key
  FROM ai_messages AS m WHERE m.user_id = $1 AND ($3::uuid IS NULL OR m.id < $3) ORDER BY m.id DESC LIMIT $2""",
    _shown,
)

DATA_EXPORTS = [
    exported("ai_chats", "id, title, subject_id, task_id, situation, assessed, created_at, updated_at"),
    exported(
        "ai_messages",
        "id, chat_id, message, array_to_string(pieces, '') AS response, move, hint_level, context, replaced, outcome,"
        " citations, tokens, created_at",
    ),
]


async def add(tx: Tx, user_id: UUID, chat: StoredChat, *, problem: bytes) -> StoredChat:
    """Add a chat; `problem` is a digest of what it is about."""
    situation = msgspec.json.encode(chat.situation).decode()
    added = await tx.one(
        _ADD,
        user_id,
        chat.id,
        chat.title,
        chat.subject_id,
        chat.task_id,
        problem,
        situation,
        chat.situation.assessed,
        chat.created_at,
    )
    assert added is not None
    return added


async def lock(tx: Tx, user_id: UUID, chat_id: UUID) -> StoredChat | None:
    """Lock and return a chat."""
    return await tx.one(_LOCK, user_id, chat_id)


async def exists(reader: Reader, user_id: UUID, chat_id: UUID) -> bool:
    """Return whether the student has this chat."""
    return await reader.one(_EXISTS, user_id, chat_id) is not None


async def is_assessed(reader: Reader, user_id: UUID, chat_id: UUID) -> bool:
    """Return whether a chat is about assessed work."""
    found = await reader.one(_IS_ASSESSED, user_id, chat_id)
    return found is True


async def situation_of(reader: Reader, user_id: UUID, problem: bytes) -> Situation | None:
    """Return the situation of a student's chat about a problem: of assessed work first, then with most attempts."""
    found = await reader.one(_SITUATION_OF, user_id, problem)
    return found.situation if found else None


async def said(reader: Reader, user_id: UUID, problem: bytes, *, limit: int) -> list[str]:
    """Return what was shown about a problem in the student's latest messages, the oldest first."""
    found = await reader.all(_SAID, user_id, problem, limit)
    return [piece for one in reversed(found) for piece in one.pieces]


async def set_situation(tx: Tx, user_id: UUID, chat_id: UUID, situation: Situation, *, at: datetime) -> None:
    """Set what the next move depends on."""
    text = msgspec.json.encode(situation).decode()
    await tx.do(_SET_SITUATION, user_id, chat_id, text, situation.assessed, at)


async def set_exercises(tx: Tx, user_id: UUID, chat_id: UUID, exercises: Sequence[Exercise]) -> None:
    """Keep the exercises of a chat with their solutions."""
    await tx.do(_SET_EXERCISES, user_id, chat_id, msgspec.json.encode(exercises).decode())


async def delete(tx: Tx, user_id: UUID, chat_id: UUID) -> bool:
    """Delete a chat and its messages; return whether there was one."""
    return await tx.do(_DELETE, user_id, chat_id) == 1


async def page(reader: Reader, user_id: UUID, *, after: Position | None, limit: int) -> list[tuple[Chat, str]]:
    """Return chats, the latest first, each with its sort key."""
    return await reader.keyed(_PAGE, user_id, limit, after.key if after else None, after.id if after else None)


async def add_message(
    tx: Tx,
    user_id: UUID,
    message_id: UUID,
    chat_id: UUID,
    *,
    message: str,
    move: Move,
    hint_level: int,
    context: Sequence[str],
    at: datetime,
) -> StoredMessage:
    """Add a message that is now being answered."""
    added = await tx.one(_ADD_MESSAGE, user_id, message_id, chat_id, message, move, hint_level, list(context), at)
    assert added is not None
    return added


async def is_answering(reader: Reader, user_id: UUID, chat_id: UUID, *, since: datetime) -> bool:
    """Return whether a message of the chat, sent after `since`, is still being answered."""
    return await reader.one(_IS_ANSWERING, user_id, chat_id, since) is not None


async def finish_message(
    tx: Tx,
    user_id: UUID,
    message_id: UUID,
    *,
    move: Move,
    hint_level: int,
    pieces: Sequence[str],
    replaced: bool,
    outcome: str,
    citations: Sequence[TutorCitation],
    tokens: int,
) -> StoredMessage | None:
    """Record the response; return None if that was done before, or the chat was deleted."""
    cited = msgspec.json.encode(citations).decode()
    return await tx.one(
        _FINISH_MESSAGE, user_id, message_id, move, hint_level, list(pieces), replaced, outcome, tokens, cited
    )


async def delete_message(tx: Tx, user_id: UUID, message_id: UUID) -> None:
    """Delete a message."""
    await tx.do(_DELETE_MESSAGE, user_id, message_id)


async def get_message(reader: Reader, user_id: UUID, message_id: UUID) -> StoredMessage | None:
    """Return a message."""
    return await reader.one(_GET_MESSAGE, user_id, message_id)


async def latest(reader: Reader, user_id: UUID, chat_id: UUID, *, limit: int) -> list[StoredMessage]:
    """Return the latest answered messages of a chat, the oldest of them first."""
    return (await reader.all(_LATEST, user_id, chat_id, limit))[::-1]


async def messages(
    reader: Reader, user_id: UUID, chat_id: UUID, *, after: Position | None, limit: int
) -> list[tuple[ChatMessage, str]]:
    """Return the messages of a chat, the oldest first, each with its sort key."""
    return await reader.keyed(_MESSAGES, user_id, limit, chat_id, after.id if after else None)


async def history(
    reader: Reader, user_id: UUID, *, after: Position | None, limit: int
) -> list[tuple[ChatMessage, str]]:
    """Return the messages of all chats, the latest first, each with its sort key."""
    return await reader.keyed(_HISTORY, user_id, limit, after.id if after else None)
