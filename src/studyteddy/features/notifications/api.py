"""HTTP routes of notifications."""

from __future__ import annotations

from uuid import UUID

from studyteddy.features.notifications import service
from studyteddy.features.notifications.schemas import (
    NothingNamed,
    Notification,
    NotificationQuery,
    ReadNotifications,
    ReadRequest,
    UnreadCount,
)
from studyteddy.platform.db.database import Database
from studyteddy.platform.db.transaction import Tx
from studyteddy.platform.identity import Identity
from studyteddy.platform.web.pagination import Cursors, Page
from studyteddy.platform.web.routing import Router

router = Router("/api/notifications", tag="notifications")


@router.get()
async def list_notifications(
    db: Database, cursors: Cursors, identity: Identity, query: NotificationQuery
) -> Page[Notification]:
    """List your notifications, newest first."""
    return await service.page(db.reading(identity), identity.user_id, query, cursors)


@router.get("/unread-count")
async def count_unread(db: Database, identity: Identity) -> UnreadCount:
    """Count your unread notifications."""
    return UnreadCount(await service.unread(db.reading(identity), identity.user_id))


@router.post("/read", errors=(NothingNamed,))
async def read_notifications(tx: Tx, body: ReadRequest) -> ReadNotifications:
    """Mark some or all notifications as read."""
    return await service.read(tx, body)


@router.delete("/{notification_id}")
async def delete_notification(tx: Tx, notification_id: UUID) -> None:
    """Delete a notification."""
    await service.delete(tx, notification_id)
