"""SQL statements for notifications."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec

from studyteddy.features.notifications.schemas import Notification
from studyteddy.platform.db.statements import Nothing, Reader, Statement
from studyteddy.platform.db.transaction import Tx
from studyteddy.platform.privacy.data_export import exported
from studyteddy.platform.web.pagination import Position

_data = msgspec.json.Decoder(dict[str, str])
_COLUMNS = "id, type, title, body, read, data, created_at, version"


def _notification(*columns: Any) -> Notification:
    id, type, title, body, read, data, *rest = columns
    return Notification(id, type, title, body, read, _data.decode(data), *rest)


_PAGE = Statement(
    Notification,
    f"""
SELECT {_COLUMNS}, created_at::text AS sort_key FROM notifications
 WHERE user_id = $1 AND (NOT $2::boolean OR NOT read)
   AND ($6::timestamptz IS NULL OR greatest(created_at, read_at) >= $6)
   AND ($3::text IS NULL OR (created_at, id) < ($3::text::timestamptz, $4::uuid))
 ORDER BY created_at DESC, id DESC LIMIT $5""",
    _notification,
)

# `source` identifies the cause, so that a job that runs again doesn't notify twice.
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
UPDATE notifications SET read = true, read_at = $5, version = version + 1
 WHERE user_id = $1 AND id IN (
    SELECT id FROM notifications WHERE user_id = $1 AND NOT read AND ($2 OR id = ANY($3))
     ORDER BY created_at DESC, id DESC LIMIT $4 FOR UPDATE)
RETURNING id""",
)

_DELETE = Statement(Nothing, "DELETE FROM notifications WHERE user_id = $1 AND id = $2")

_WITHDRAW = Statement(UUID, "DELETE FROM notifications WHERE user_id = $1 AND source = $2 RETURNING id")


DATA_EXPORTS = [exported("notifications", "id, type, title, body, data, read, read_at, created_at")]


async def page(
    reader: Reader, user_id: UUID, *, unread: bool, updated_from: datetime | None, after: Position | None, limit: int
) -> list[tuple[Notification, str]]:
    """Return notifications, newest first, each with its sort key."""
    position = (after.key, after.id) if after else (None, None)
    return await reader.keyed(_PAGE, user_id, unread, *position, limit, updated_from)


async def add(
    tx: Tx,
    user_id: UUID,
    notification_id: UUID,
    *,
    source: str,
    type: str,
    title: str,
    body: str,
    data: dict[str, str],
    at: datetime,
) -> Notification | None:
    """Add a notification; return None if there is already one for `source`."""
    return await tx.one(
        _ADD, user_id, notification_id, source, type, title, body, msgspec.json.encode(data).decode(), at
    )


async def unread(reader: Reader, user_id: UUID) -> int:
    return await reader.one(_UNREAD, user_id) or 0


async def mark_read(
    tx: Tx, user_id: UUID, *, everything: bool, ids: list[UUID], limit: int, at: datetime
) -> list[UUID]:
    """Mark at most `limit` unread notifications as read, newest first; return their ids."""
    return await tx.all(_MARK_READ, user_id, everything, ids, limit, at)


async def delete(tx: Tx, user_id: UUID, notification_id: UUID) -> bool:
    return await tx.do(_DELETE, user_id, notification_id) == 1


async def withdraw(tx: Tx, user_id: UUID, *, source: str) -> UUID | None:
    """Delete the notification of this cause; return its id."""
    return await tx.one(_WITHDRAW, user_id, source)
