"""SQL statements for subjects."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

import asyncpg
import msgspec

from studyteddy.features.subjects.schemas import NewSubject, Resource, Subject, SubjectName
from studyteddy.platform.creation import Creation
from studyteddy.platform.db.statements import Nothing, Reader, Statement
from studyteddy.platform.db.transaction import Tx
from studyteddy.platform.fulltext import rank, vector, wanted
from studyteddy.platform.privacy.data_export import exported
from studyteddy.platform.web.pagination import Position

_resources = msgspec.json.Decoder(list[Resource])
_COLUMNS = """id, name, color, icon, description, resources, weekly_target_minutes, archived, created_at, updated_at,
       version"""


def _subject(*columns: Any) -> Subject:
    id, name, color, icon, description, resources, *rest = columns
    return Subject(id, name, color, icon, description, _resources.decode(resources), *rest)


_GET = Statement(Subject, f"SELECT {_COLUMNS} FROM subjects WHERE user_id = $1 AND id = $2", _subject)

_GET_CREATED = Statement(Subject, f"{_GET.sql} AND fingerprint = $3", _subject)

_LOCK = Statement(Subject, f"{_GET.sql} FOR UPDATE", _subject)

_PAGE = Statement(
    Subject,
    f"""
SELECT {_COLUMNS}, lower(name) AS sort_key FROM subjects
 WHERE user_id = $1 AND archived = $2 AND ($6::timestamptz IS NULL OR updated_at >= $6)
   AND ($3::text IS NULL OR (lower(name) COLLATE "C", id) > ($3::text COLLATE "C", $4::uuid))
 ORDER BY lower(name) COLLATE "C", id LIMIT $5""",
    _subject,
)

_NAMES = Statement(
    SubjectName,
    'SELECT id, name FROM subjects WHERE user_id = $1 AND NOT archived ORDER BY lower(name) COLLATE "C", id LIMIT 200',
)

_FIND = Statement(
    Subject,
    f"""
SELECT {_COLUMNS}, found.rank::text AS sort_key
  FROM subjects AS s CROSS JOIN {wanted("$3")} AS query
 CROSS JOIN LATERAL (SELECT {rank("s.words", "query")} AS rank OFFSET 0) AS found
 WHERE s.user_id = $1 AND s.words @@ query.words AND ($4::bool IS NULL OR archived = $4)
   AND ($7::timestamptz IS NULL OR s.updated_at >= $7)
   AND ($5::text IS NULL OR (found.rank, id) < ($5::text::int, $6::uuid))
 ORDER BY found.rank DESC, id DESC LIMIT $2""",
    _subject,
)

_ADD = Statement(
    Subject,
    f"""
INSERT INTO subjects (user_id, id, name, color, icon, description, resources, weekly_target_minutes, created_at,
                      updated_at, words, fingerprint)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $9, $10, $11) ON CONFLICT DO NOTHING
RETURNING {_COLUMNS}""",
    _subject,
)

_UPDATE = Statement(
    Subject,
    f"""
UPDATE subjects SET name = $3, color = $4, icon = $5, description = $6, resources = $7, weekly_target_minutes = $8,
       archived = $9, updated_at = $10, words = $11, version = version + 1
 WHERE user_id = $1 AND id = $2
RETURNING {_COLUMNS}""",
    _subject,
)

_DELETE = Statement(Nothing, "DELETE FROM subjects WHERE user_id = $1 AND id = $2")


DATA_EXPORTS = [
    exported(
        "subjects",
        "id, name, color, icon, description, resources, weekly_target_minutes, archived, created_at, updated_at",
    )
]


async def get(reader: Reader, user_id: UUID, subject_id: UUID) -> Subject | None:
    return await reader.one(_GET, user_id, subject_id)


async def get_created(reader: Reader, user_id: UUID, subject_id: UUID, fingerprint: bytes) -> Subject | None:
    """Return a subject if a request with this fingerprint created it."""
    return await reader.one(_GET_CREATED, user_id, subject_id, fingerprint)


async def lock(tx: Tx, user_id: UUID, subject_id: UUID) -> Subject | None:
    return await tx.one(_LOCK, user_id, subject_id)


async def page(
    reader: Reader, user_id: UUID, *, archived: bool, updated_from: datetime | None, after: Position | None, limit: int
) -> list[tuple[Subject, str]]:
    """Return subjects by name, each with its sort key."""
    position = (after.key, after.id) if after else (None, None)
    return await reader.keyed(_PAGE, user_id, archived, *position, limit, updated_from)


async def names(reader: Reader, user_id: UUID) -> list[SubjectName]:
    """Return the names of active subjects, at most 200."""
    return await reader.all(_NAMES, user_id)


async def find(
    reader: Reader,
    user_id: UUID,
    words: list[str],
    *,
    archived: bool | None,
    updated_from: datetime | None,
    after: Position | None,
    limit: int,
) -> list[tuple[Subject, str]]:
    """Return subjects that contain all these words, best match first, each with its sort key."""
    position = (after.key, after.id) if after else (None, None)
    return await reader.keyed(_FIND, user_id, limit, words, archived, *position, updated_from)


async def add(tx: Tx, user_id: UUID, creation: Creation, new: NewSubject, *, at: datetime) -> Subject | None:
    """Add a subject; return None if its id or its name is taken."""
    return await tx.one(
        _ADD,
        user_id,
        creation.id,
        new.name,
        new.color,
        new.icon,
        new.description,
        msgspec.json.encode(new.resources).decode(),
        new.weekly_target_minutes,
        at,
        _words(new),
        creation.fingerprint,
    )


async def update(tx: Tx, user_id: UUID, changed: Subject, *, at: datetime) -> Subject | None:
    """Update a subject; return None if its new name is taken."""
    try:
        return await tx.one(
            _UPDATE,
            user_id,
            changed.id,
            changed.name,
            changed.color,
            changed.icon,
            changed.description,
            msgspec.json.encode(changed.resources).decode(),
            changed.weekly_target_minutes,
            changed.archived,
            at,
            _words(changed),
        )
    except asyncpg.UniqueViolationError:
        return None


async def delete(tx: Tx, user_id: UUID, subject_id: UUID) -> bool:
    return await tx.do(_DELETE, user_id, subject_id) == 1


def _words(subject: NewSubject | Subject) -> str:
    links = " ".join(link.title for link in subject.resources)
    return vector((subject.name, "A"), (links, "B"), (subject.description, "D"))
