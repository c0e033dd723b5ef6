"""Every statement on attachments."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from studyteddy.features.tasks.schemas import Attachment, Kept, NewAttachment, OverdueUpload
from studyteddy.platform.db import Nothing, Reader, Statement, Tx
from studyteddy.platform.personal import exported

_ATTACHMENT = "id, task_id, name, type, size, status, created_at, updated_at"

_OF_TASK = Statement(
    Attachment,
    f"SELECT {_ATTACHMENT} FROM attachments WHERE user_id = $1 AND task_id = $2 ORDER BY id LIMIT 20",
)

_GET = Statement(Attachment, f"SELECT {_ATTACHMENT} FROM attachments WHERE user_id = $1 AND task_id = $2 AND id = $3")

_LOCK = Statement(Attachment, f"{_GET.sql} FOR UPDATE")

_KEPT = Statement(
    Kept,
    "SELECT id, task_id, name, type, size, status, token FROM attachments"
    " WHERE user_id = $1 AND task_id = $2 AND id = $3",
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
    f"UPDATE attachments SET name = $3, updated_at = $4 WHERE user_id = $1 AND id = $2 RETURNING {_ATTACHMENT}",
)

_MARK_READY = Statement(
    Attachment,
    f"""
UPDATE attachments SET status = 'ready', token = $3, updated_at = $4
 WHERE user_id = $1 AND id = $2 AND status = 'waiting' RETURNING {_ATTACHMENT}""",
)

_DELETE = Statement(Nothing, "DELETE FROM attachments WHERE user_id = $1 AND id = $2")

_GIVE_UP = Statement(Nothing, "DELETE FROM attachments WHERE user_id = $1 AND id = $2 AND status = 'waiting'")

_OVERDUE = Statement(
    OverdueUpload,
    "SELECT user_id, id, task_id FROM attachments"
    " WHERE status = 'waiting' AND created_at < now() - interval '1 day' LIMIT $1",
)

HOLDINGS = [exported("attachments", "id, task_id, name, type, size, status, created_at, updated_at")]


async def of_task(reader: Reader, user_id: UUID, task_id: UUID) -> list[Attachment]:
    """Every attachment of a task, the oldest first."""
    return await reader.all(_OF_TASK, user_id, task_id)


async def get(reader: Reader, user_id: UUID, task_id: UUID, attachment_id: UUID) -> Attachment | None:
    return await reader.one(_GET, user_id, task_id, attachment_id)


async def lock(tx: Tx, user_id: UUID, task_id: UUID, attachment_id: UUID) -> Attachment | None:
    return await tx.one(_LOCK, user_id, task_id, attachment_id)


async def kept(reader: Reader, user_id: UUID, task_id: UUID, attachment_id: UUID) -> Kept | None:
    return await reader.one(_KEPT, user_id, task_id, attachment_id)


async def count(tx: Tx, user_id: UUID, task_id: UUID) -> int:
    return await tx.one(_COUNT, user_id, task_id) or 0


async def add(
    tx: Tx, user_id: UUID, attachment_id: UUID, task_id: UUID, new: NewAttachment, *, token: str, most: int,
    most_bytes: int, at: datetime,
) -> Attachment | None:  # fmt: skip
    """The new attachment; nothing where there is no room for it. In its user's turn, else two could take the last."""
    return await tx.one(
        _ADD, user_id, attachment_id, task_id, new.name, new.type, new.size, token, at, most, most_bytes
    )


async def rename(tx: Tx, user_id: UUID, attachment_id: UUID, name: str, *, at: datetime) -> Attachment | None:
    return await tx.one(_RENAME, user_id, attachment_id, name, at)


async def mark_ready(tx: Tx, user_id: UUID, attachment_id: UUID, *, token: str, at: datetime) -> Attachment | None:
    """The attachment, ready now under its new token; nothing when there is none that waits."""
    return await tx.one(_MARK_READY, user_id, attachment_id, token, at)


async def delete(tx: Tx, user_id: UUID, attachment_id: UUID) -> bool:
    return await tx.do(_DELETE, user_id, attachment_id) == 1


async def give_up(tx: Tx, user_id: UUID, attachment_id: UUID) -> bool:
    """Deletes an attachment that still waits; false when there is none."""
    return await tx.do(_GIVE_UP, user_id, attachment_id) == 1


async def overdue(tx: Tx, most: int) -> list[OverdueUpload]:
    """Attachments that have waited for more than a day, in a transaction for tidying."""
    return await tx.all(_OVERDUE, most)
