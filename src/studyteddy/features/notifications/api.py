"""HTTP of notifications."""

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
from studyteddy.platform.db import Database
from studyteddy.platform.identity import Identity
from studyteddy.platform.pages import Cursors, Page
from studyteddy.platform.web import Router

router = Router("/api/notifications", tag="notifications")


@router.get()
async def list_notifications(
    db: Database, cursors: Cursors, identity: Identity, query: NotificationQuery
) -> Page[Notification]:
    """What you were told, the latest first."""
    return await service.page(db.reading(identity), identity.user_id, query, cursors)


@router.get("/unread-count")
async def count_unread(db: Database, identity: Identity) -> UnreadCount:
    """How many notifications you have not read."""
    return UnreadCount(await service.unread(db.reading(identity), identity.user_id))


@router.post("/read", errors=(NothingNamed,))
async def read_notifications(db: Database, identity: Identity, body: ReadRequest) -> ReadNotifications:
    """Mark notifications read: some, or all."""
    async with db.transaction(identity) as tx:
        return tx.reply(await service.read(tx, body))


@router.delete("/{notification_id}")
async def delete_notification(db: Database, identity: Identity, notification_id: UUID) -> None:
    """Delete a notification."""
    async with db.transaction(identity) as tx:
        await service.delete(tx, notification_id)
