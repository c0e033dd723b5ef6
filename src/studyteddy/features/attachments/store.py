"""SQL statements for attachments."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from studyteddy.features.attachments.schemas import AbandonedUpload, Attachment, NewAttachment, StoredAttachment
from studyteddy.platform.db.statements import Nothing, Reader, Statement
from studyteddy.platform.db.transaction import Tx
from studyteddy.platform.privacy.data_export import exported

_ATTACHMENT = "id, task_id, name, type, size, status, created_at, updated_at, version"

_OF_TASK = Statement(
    Attachment, f"SELECT {_ATTACHMENT} FROM attachments WHERE user_id = $1 AND task_id = $2 ORDER BY id LIMIT 20"
)

_GET = Statement(Attachment, f"SELECT {_ATTACHMENT} FROM attachments WHERE user_id = $1 AND task_id = $2 AND id = $3")

_LOCK = Statement(Attachment, f"{_GET.sql} FOR UPDATE")

_GET_STORED = Statement(
    StoredAttachment,
    "SELECT id, task_id, name, type, size, status, token FROM attachments"
    " WHERE user_id = $1 AND task_id = $2 AND id = $3",
)

_FIND_STORED = Statement(
    StoredAttachment,
    "SELECT id, task_id, name, type, size, status, token FROM attachments"
    " WHERE user_id = $1 AND id = $2 AND status = 'ready'",
)

_COUNT = Statement(int, "SELECT count(*)::int FROM attachments WHERE user_id = $1 AND task_id = $2")

_ADD = Statement(
    Attachment,
    f"""
INSERT INTO attachments (user_id, id, task_id, name, type, size, token, created_at, updated_at)
SELECT $1, $2, $3, $4, $5, $6::integer, $7, $8, $8
 WHERE (SELECT count(*) FROM attachments WHERE user_id = $1 AND task_id = $3) < $9
   AND (SELECT coalesce(sum(size), 0) FROM attachments WHERE user_id = $1) + $6::integer <= $10
RETURNING {_ATTACHMENT}""",
)

_RENAME = Statement(
    Attachment,
    f"""
UPDATE attachments SET name = $3, updated_at = $4, version = version + 1
 WHERE user_id = $1 AND id = $2 RETURNING {_ATTACHMENT}""",
)

_MARK_READY = Statement(
    Attachment,
    f"""
UPDATE attachments SET status = 'ready', token = $3, updated_at = $4, version = version + 1
 WHERE user_id = $1 AND id = $2 AND status = 'waiting' RETURNING {_ATTACHMENT}""",
)

_DELETE = Statement(Nothing, "DELETE FROM attachments WHERE user_id = $1 AND id = $2")

_DELETE_WAITING = Statement(Nothing, "DELETE FROM attachments WHERE user_id = $1 AND id = $2 AND status = 'waiting'")

_ABANDONED = Statement(
    AbandonedUpload,
    "SELECT user_id, id, task_id FROM attachments"
    " WHERE status = 'waiting' AND created_at < now() - interval '1 day' LIMIT $1",
)

DATA_EXPORTS = [exported("attachments", "id, task_id, name, type, size, status, created_at, updated_at")]


async def of_task(reader: Reader, user_id: UUID, task_id: UUID) -> list[Attachment]:
    """Return all attachments of a task, oldest first."""
    return await reader.all(_OF_TASK, user_id, task_id)


async def get(reader: Reader, user_id: UUID, task_id: UUID, attachment_id: UUID) -> Attachment | None:
    return await reader.one(_GET, user_id, task_id, attachment_id)


async def lock(tx: Tx, user_id: UUID, task_id: UUID, attachment_id: UUID) -> Attachment | None:
    return await tx.one(_LOCK, user_id, task_id, attachment_id)


async def get_stored(reader: Reader, user_id: UUID, task_id: UUID, attachment_id: UUID) -> StoredAttachment | None:
    return await reader.one(_GET_STORED, user_id, task_id, attachment_id)


async def find_stored(reader: Reader, user_id: UUID, attachment_id: UUID) -> StoredAttachment | None:
    """Return an attachment of any task whose content was verified."""
    return await reader.one(_FIND_STORED, user_id, attachment_id)


async def count(tx: Tx, user_id: UUID, task_id: UUID) -> int:
    return await tx.one(_COUNT, user_id, task_id) or 0


async def add(
    tx: Tx,
    user_id: UUID,
    attachment_id: UUID,
    task_id: UUID,
    new: NewAttachment,
    *,
    token: str,
    max_count: int,
    max_bytes: int,
    at: datetime,
) -> Attachment | None:
    """Add an attachment; return None if a limit is exceeded.

    The caller must hold the user's lock; otherwise two requests could both take the last slot.
    """
    return await tx.one(
        _ADD, user_id, attachment_id, task_id, new.name, new.type, new.size, token, at, max_count, max_bytes
    )


async def rename(tx: Tx, user_id: UUID, attachment_id: UUID, name: str, *, at: datetime) -> Attachment | None:
    return await tx.one(_RENAME, user_id, attachment_id, name, at)


async def mark_ready(tx: Tx, user_id: UUID, attachment_id: UUID, *, token: str, at: datetime) -> Attachment | None:
    """Mark an attachment as ready under its new token; return None if none is waiting."""
    return await tx.one(_MARK_READY, user_id, attachment_id, token, at)


async def delete(tx: Tx, user_id: UUID, attachment_id: UUID) -> bool:
    return await tx.do(_DELETE, user_id, attachment_id) == 1


async def delete_waiting(tx: Tx, user_id: UUID, attachment_id: UUID) -> bool:
    """Delete an attachment that is still waiting; return False if there is none."""
    return await tx.do(_DELETE_WAITING, user_id, attachment_id) == 1


async def abandoned(tx: Tx, *, limit: int) -> list[AbandonedUpload]:
    """Return attachments that have waited for more than a day; needs the system purpose `tidy`."""
    return await tx.all(_ABANDONED, limit)
