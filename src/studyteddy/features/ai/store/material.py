"""SQL statements for the passages of a student's own material."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

import msgspec

from studyteddy.features.ai.schemas.chats import Passage
from studyteddy.features.ai.schemas.material import StoredFile, StoredPart
from studyteddy.platform.db.statements import Nothing, Reader, Statement
from studyteddy.platform.db.transaction import Tx
from studyteddy.platform.privacy.data_export import withheld


class NewPassage(msgspec.Struct, frozen=True, array_like=True):
    """A passage of an attachment."""

    part: int
    page: int
    start: int
    text: str


class Unembedded(msgspec.Struct, frozen=True):
    """A passage without an embedding."""

    part: int
    text: str


class Waiting(msgspec.Struct, frozen=True):
    """An attachment with passages that have no embedding."""

    user_id: UUID
    attachment_id: UUID


class Embedded(msgspec.Struct, frozen=True):
    """Where a passage begins, and its embedding."""

    attachment_id: UUID
    start: int
    embedding: bytes


class Notes(msgspec.Struct, frozen=True):
    """What a student wrote about a task."""

    task_id: UUID
    title: str
    text: str


_ADD = Statement(
    Nothing,
    """
INSERT INTO ai_pages (user_id, attachment_id, part, page, start, text)
SELECT $1, a.id, (one ->> 0)::int, (one ->> 1)::int, (one ->> 2)::int, one ->> 3
  FROM attachments AS a, jsonb_array_elements($3::text::jsonb) AS one
 WHERE a.user_id = $1 AND a.id = $2
ON CONFLICT DO NOTHING""",
)

_IS_READ = Statement(int, "SELECT 1 FROM ai_pages WHERE user_id = $1 AND attachment_id = $2 LIMIT 1")

_OF = Statement(
    NewPassage,
    """
SELECT p.part, p.page, p.start, p.text FROM ai_pages AS p
 WHERE p.user_id = $1 AND p.attachment_id = $2 AND p.start < $3 ORDER BY p.part""",
)

_FROM = """
  FROM ai_pages AS p
  JOIN attachments AS a ON a.user_id = p.user_id AND a.id = p.attachment_id
  JOIN tasks AS t ON t.user_id = a.user_id AND t.id = a.task_id
 WHERE p.user_id = $1 AND a.user_id = $1 AND t.user_id = $1 AND (t.id = $2 OR t.subject_id = $3)"""

_FIND = Statement(
    Passage,
    f"""
SELECT p.attachment_id, a.name AS title, p.page, p.start, p.text {_FROM} AND p.text ILIKE ANY($4::text[])
 ORDER BY (t.id = $2) DESC NULLS LAST, p.attachment_id, p.part LIMIT 300""",
)

_EXISTS = Statement(int, f"SELECT 1 {_FROM} LIMIT 1")

_AT = Statement(
    Passage,
    f"""
SELECT p.attachment_id, a.name AS title, p.page, p.start, p.text {_FROM}
   AND (p.attachment_id, p.start) IN (SELECT one.id, one.start FROM unnest($4::uuid[], $5::int[]) AS one(id, start))""",
)

_EMBEDDINGS = Statement(
    Embedded,
    f"""
SELECT p.attachment_id, p.start, coalesce(p.embedding, '') AS embedding {_FROM} AND octet_length(p.embedding) > 0
 ORDER BY (t.id = $2) DESC NULLS LAST, p.attachment_id, p.part LIMIT $4""",
)

_EMBEDDED = Statement(
    int,
    """
SELECT count(*)::int AS count FROM (
    SELECT 1 FROM ai_pages AS p WHERE p.user_id = $1 AND octet_length(p.embedding) > 0 LIMIT $2) AS found""",
)

_UNEMBEDDED = Statement(
    Unembedded,
    """
SELECT p.part, p.text FROM ai_pages AS p
 WHERE p.user_id = $1 AND p.attachment_id = $2 AND p.embedding IS NULL ORDER BY p.part LIMIT $3""",
)

_SET_EMBEDDINGS = Statement(
    Nothing,
    """
UPDATE ai_pages AS p SET embedding = new.embedding FROM unnest($3::int[], $4::bytea[]) AS new(part, embedding)
 WHERE p.user_id = $1 AND p.attachment_id = $2 AND p.part = new.part""",
)

_WAITING = Statement(Waiting, "SELECT DISTINCT user_id, attachment_id FROM ai_pages WHERE embedding IS NULL LIMIT $1")

# The occurrences of a series have the same notes: they count once.
_NOTES = Statement(
    Notes,
    """
SELECT (array_agg(t.id ORDER BY (t.id = $2) DESC NULLS LAST, t.created_at DESC))[1] AS task_id,
       t.title, t.description AS text
  FROM tasks AS t
 WHERE t.user_id = $1 AND (t.id = $2 OR t.subject_id = $3) AND t.description ILIKE ANY($4::text[])
 GROUP BY t.title, t.description ORDER BY bool_or(t.id = $2) DESC NULLS LAST, max(t.created_at) DESC LIMIT 10""",
)

_FILE = Statement(
    StoredFile,
    """
SELECT a.name AS title, a.type, a.task_id,
       coalesce((SELECT max(p.page) FROM ai_pages AS p WHERE p.user_id = $1 AND p.attachment_id = $2), 0) AS pages
  FROM attachments AS a WHERE a.user_id = $1 AND a.id = $2""",
)

_PARTS = Statement(
    StoredPart,
    """
SELECT p.start, p.text FROM ai_pages AS p
 WHERE p.user_id = $1 AND p.attachment_id = $2 AND p.page = $3 ORDER BY p.part LIMIT $4""",
)

DATA_EXPORTS = [withheld("ai_pages", "the text of attachments, which the export contains as files")]


async def add(tx: Tx, user_id: UUID, attachment_id: UUID, passages: Sequence[NewPassage]) -> None:
    """Keep the passages of an attachment; nothing if it was deleted meanwhile."""
    await tx.do(_ADD, user_id, attachment_id, msgspec.json.encode(passages).decode())


async def is_read(reader: Reader, user_id: UUID, attachment_id: UUID) -> bool:
    """Return whether the passages of an attachment are kept."""
    return await reader.one(_IS_READ, user_id, attachment_id) is not None


async def of(reader: Reader, user_id: UUID, attachment_id: UUID, *, before: int) -> list[NewPassage]:
    """Return the passages of an attachment that begin before a place of its text, in order."""
    return await reader.all(_OF, user_id, attachment_id, before)


async def find(
    reader: Reader, user_id: UUID, *, task_id: UUID | None, subject_id: UUID | None, patterns: Sequence[str]
) -> list[Passage]:
    """Return passages of a task and of a subject that match one of the patterns, those of the task first."""
    return await reader.all(_FIND, user_id, task_id, subject_id, list(patterns))


async def exists(reader: Reader, user_id: UUID, *, task_id: UUID | None, subject_id: UUID | None) -> bool:
    """Return whether there is any material of a task or a subject."""
    return await reader.one(_EXISTS, user_id, task_id, subject_id) is not None


async def at(
    reader: Reader, user_id: UUID, places: Sequence[Embedded], *, task_id: UUID | None, subject_id: UUID | None
) -> list[Passage]:
    """Return the passages of a task and of a subject that begin at these places, in any order."""
    ids, starts = [one.attachment_id for one in places], [one.start for one in places]
    return await reader.all(_AT, user_id, task_id, subject_id, ids, starts)


async def embeddings(
    reader: Reader, user_id: UUID, *, task_id: UUID | None, subject_id: UUID | None, limit: int
) -> list[Embedded]:
    """Return the embeddings of the passages of a task and of a subject, those of the task first."""
    return await reader.all(_EMBEDDINGS, user_id, task_id, subject_id, limit)


async def embedded(reader: Reader, user_id: UUID, *, limit: int) -> int:
    """Return how many passages of the student have an embedding, counted up to `limit`."""
    return await reader.one(_EMBEDDED, user_id, limit) or 0


async def unembedded(reader: Reader, user_id: UUID, attachment_id: UUID, *, limit: int) -> list[Unembedded]:
    """Return passages of an attachment that have no embedding yet."""
    return await reader.all(_UNEMBEDDED, user_id, attachment_id, limit)


async def set_embeddings(
    tx: Tx, user_id: UUID, attachment_id: UUID, parts: Sequence[int], embeddings: Sequence[bytes]
) -> None:
    """Keep the embeddings of passages; an empty one says that there will be none."""
    await tx.do(_SET_EMBEDDINGS, user_id, attachment_id, list(parts), list(embeddings))


async def waiting(tx: Tx, *, limit: int) -> list[Waiting]:
    """Return attachments of all students with passages that have no embedding yet."""
    return await tx.all(_WAITING, limit)


async def notes(
    reader: Reader, user_id: UUID, *, task_id: UUID | None, subject_id: UUID | None, patterns: Sequence[str]
) -> list[Notes]:
    """Return the notes of a task, and of a subject's tasks, that match one of the patterns."""
    return await reader.all(_NOTES, user_id, task_id, subject_id, list(patterns))


async def file(reader: Reader, user_id: UUID, attachment_id: UUID) -> StoredFile | None:
    """Return an attachment of any task with the number of its pages."""
    return await reader.one(_FILE, user_id, attachment_id)


async def parts(reader: Reader, user_id: UUID, attachment_id: UUID, page: int, *, limit: int) -> list[StoredPart]:
    """Return the parts of a page in order."""
    return await reader.all(_PARTS, user_id, attachment_id, page, limit)
