"""Every statement on notifications."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec

from studyteddy.features.notifications.schemas import Notification
from studyteddy.platform.db import Nothing, Reader, Statement, Tx
from studyteddy.platform.pages import Position
from studyteddy.platform.personal import exported

_data = msgspec.json.Decoder(dict[str, str])
_COLUMNS = "id, type, title, body, read, data, created_at"


def _notification(*columns: Any) -> Notification:
    id, type, title, body, read, data, created_at = columns
    return Notification(id, type, title, body, read, _data.decode(data), created_at)


_PAGE = Statement(
    Notification,
    f"""
SELECT {_COLUMNS}, created_at::text AS sort_key FROM notifications
 WHERE user_id = $1 AND (NOT $2::boolean OR NOT read)
   AND ($3::text IS NULL OR (created_at, id) < ($3::text::timestamptz, $4::uuid))
 ORDER BY created_at DESC, id DESC LIMIT $5""",
    _notification,
)

# `source` says what it is about: told once, however often the job runs.
_ADD = Statement(
    Notification,
    f"""
INSERT INTO notifications (user_id, id, source, type, title, body, data, created_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT (user_id, source) DO NOTHING RETURNING {_COLUMNS}""",
    _notification,
)

_UNREAD = Statement(int, "SELECT count(*)::int FROM notifications WHERE user_id = $1 AND NOT read")

_MARK_READ = Statement(
    UUID,
    """
UPDATE notifications SET read = true
 WHERE user_id = $1 AND id IN (
    SELECT id FROM notifications WHERE user_id = $1 AND NOT read AND ($2 OR id = ANY($3))
     ORDER BY created_at DESC, id DESC LIMIT $4 FOR UPDATE)
RETURNING id""",
)

_DELETE = Statement(Nothing, "DELETE FROM notifications WHERE user_id = $1 AND id = $2")


HOLDINGS = [exported("notifications", "id, type, title, body, data, read, created_at")]


async def page(
    reader: Reader, user_id: UUID, *, unread: bool, after: Position | None, limit: int
) -> list[tuple[Notification, str]]:
    """Notifications, the latest first, each with its sort key."""
    return await reader.keyed(_PAGE, user_id, unread, after.key if after else None, after.id if after else None, limit)


async def add(
    tx: Tx, user_id: UUID, notification_id: UUID, *, source: str, type: str, title: str, body: str,
    data: dict[str, str], at: datetime,
) -> Notification | None:  # fmt: skip
    """The new notification, or nothing when `source` was told before."""
    return await tx.one(
        _ADD, user_id, notification_id, source, type, title, body, msgspec.json.encode(data).decode(), at
    )


async def unread(reader: Reader, user_id: UUID) -> int:
    return await reader.one(_UNREAD, user_id) or 0


async def mark_read(tx: Tx, user_id: UUID, *, everything: bool, ids: list[UUID], most: int) -> list[UUID]:
    """Marks notifications read, the latest `most`, and gives the ids of those that were not."""
    return await tx.all(_MARK_READ, user_id, everything, ids, most)


async def delete(tx: Tx, user_id: UUID, notification_id: UUID) -> bool:
    return await tx.do(_DELETE, user_id, notification_id) == 1
