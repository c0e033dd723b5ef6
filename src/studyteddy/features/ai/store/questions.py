"""SQL statements for practice questions."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

import msgspec

from studyteddy.features.ai.schemas.chats import Passage
from studyteddy.features.ai.schemas.questions import StoredQuestion, StoredQuestions
from studyteddy.platform.db.statements import Nothing, Reader, Statement
from studyteddy.platform.db.transaction import Tx
from studyteddy.platform.privacy.data_export import exported
from studyteddy.platform.web.pagination import Position

_COLUMNS = "id, source, subject_id, task_id, model, tokens, questions, created_at"


def _stored(*values: Any) -> StoredQuestions:
    fields = dict(zip(StoredQuestions.__struct_fields__, values, strict=True))
    decoded = msgspec.json.decode(fields["questions"], type=list[StoredQuestion])
    return StoredQuestions(**fields | {"questions": decoded})


_ADD = Statement(
    StoredQuestions,
    f"""
INSERT INTO ai_questions (user_id, id, source, subject_id, task_id, model, tokens, questions, created_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8::text::jsonb, $9) RETURNING {_COLUMNS}""",
    _stored,
)

_GET = Statement(StoredQuestions, f"SELECT {_COLUMNS} FROM ai_questions WHERE user_id = $1 AND id = $2", _stored)

_LOCK = Statement(StoredQuestions, f"{_GET.sql} FOR UPDATE", _stored)

_PAGE = Statement(
    StoredQuestions,
    """
SELECT q.id, q.source, q.subject_id, q.task_id, q.model, q.tokens, q.questions, q.created_at, q.id::text AS sort_key
  FROM ai_questions AS q WHERE q.user_id = $1 AND ($3::uuid IS NULL OR q.id < $3) ORDER BY q.id DESC LIMIT $2""",
    _stored,
)

_SET_QUESTIONS = Statement(
    Nothing, "UPDATE ai_questions SET questions = $3::text::jsonb WHERE user_id = $1 AND id = $2"
)

_DELETE = Statement(Nothing, "DELETE FROM ai_questions WHERE user_id = $1 AND id = $2")

_PASSAGES = Statement(
    Passage,
    """
SELECT p.attachment_id, a.name AS title, p.page, p.start, p.text
  FROM ai_pages AS p
  JOIN attachments AS a ON a.user_id = p.user_id AND a.id = p.attachment_id
  JOIN tasks AS t ON t.user_id = a.user_id AND t.id = a.task_id
 WHERE p.user_id = $1 AND a.user_id = $1 AND t.user_id = $1
   AND (a.id = $2 OR t.id = $3 OR t.subject_id = $4)
 ORDER BY CASE WHEN $5::text IS NULL THEN octet_length(p.text) END DESC,
          md5(p.attachment_id::text || p.part || $5) LIMIT $6""",
)

DATA_EXPORTS = [exported("ai_questions", _COLUMNS)]


async def add(tx: Tx, user_id: UUID, new: StoredQuestions) -> StoredQuestions:
    """Add practice questions."""
    asked = msgspec.json.encode(new.questions).decode()
    added = await tx.one(
        _ADD, user_id, new.id, new.source, new.subject_id, new.task_id, new.model, new.tokens, asked, new.created_at
    )
    assert added is not None
    return added


async def get(reader: Reader, user_id: UUID, questions_id: UUID) -> StoredQuestions | None:
    """Return practice questions."""
    return await reader.one(_GET, user_id, questions_id)


async def lock(tx: Tx, user_id: UUID, questions_id: UUID) -> StoredQuestions | None:
    """Lock and return practice questions."""
    return await tx.one(_LOCK, user_id, questions_id)


async def page(
    reader: Reader, user_id: UUID, *, after: Position | None, limit: int
) -> list[tuple[StoredQuestions, str]]:
    """Return practice questions, the latest first, each with its sort key."""
    return await reader.keyed(_PAGE, user_id, limit, after.id if after else None)


async def set_questions(tx: Tx, user_id: UUID, questions_id: UUID, questions: Sequence[StoredQuestion]) -> None:
    """Record what was answered."""
    await tx.do(_SET_QUESTIONS, user_id, questions_id, msgspec.json.encode(questions).decode())


async def delete(tx: Tx, user_id: UUID, questions_id: UUID) -> bool:
    """Delete practice questions; return whether there were any."""
    return await tx.do(_DELETE, user_id, questions_id) == 1


async def passages(
    reader: Reader,
    user_id: UUID,
    *,
    attachment_id: UUID | None,
    task_id: UUID | None,
    subject_id: UUID | None,
    seed: str | None,
    limit: int,
) -> list[Passage]:
    """Return passages of an attachment, a task or a subject, in an order by `seed`; the largest first without one."""
    return await reader.all(_PASSAGES, user_id, attachment_id, task_id, subject_id, seed, limit)
