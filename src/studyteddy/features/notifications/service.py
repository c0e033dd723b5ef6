"""The rules of notifications."""

from __future__ import annotations

from uuid import UUID

from studyteddy import events
from studyteddy.features.notifications import store
from studyteddy.features.notifications.schemas import (
    NoSuchNotification,
    NothingNamed,
    Notification,
    NotificationQuery,
    ReadNotifications,
    ReadRequest,
)
from studyteddy.platform.db import Reader, Tx
from studyteddy.platform.errors import invalid
from studyteddy.platform.event import Gone
from studyteddy.platform.ids import new_id
from studyteddy.platform.pages import Cursors, Page

_MOST_READ = 1000
"""Notifications that one command reads; each is named in the event, so that clients know exactly which."""


async def page(reader: Reader, user_id: UUID, query: NotificationQuery, cursors: Cursors) -> Page[Notification]:
    """The student's notifications, the latest first."""
    after = cursors.read(query.cursor, "notifications", query)
    found = await store.page(reader, user_id, unread=query.unread, after=after, limit=query.limit + 1)
    return cursors.page(found, query, "notifications")


async def unread(reader: Reader, user_id: UUID) -> int:
    """How many have not been read."""
    return await store.unread(reader, user_id)


async def notify(tx: Tx, *, source: str, type: str, title: str, body: str, data: dict[str, str]) -> None:
    """Tells the student something, once for each `source`."""
    added = await store.add(
        tx, tx.user_id, new_id(), source=source, type=type, title=title, body=body, data=data, at=tx.now
    )
    if added is not None:
        tx.publish(events.NotificationCreated(added.id), added)


async def read(tx: Tx, wanted: ReadRequest) -> ReadNotifications:
    """Marks some or all read; ids that are not there, or not the student's, change nothing."""
    if not wanted.all and not wanted.ids:
        raise invalid("/ids", "nothing_named", NothingNamed.title, NothingNamed)
    ids = await store.mark_read(tx, tx.user_id, everything=wanted.all, ids=wanted.ids, most=_MOST_READ)
    done = ReadNotifications(ids, wanted.all, await store.unread(tx, tx.user_id))
    if ids:
        tx.publish(events.NotificationsRead(), done)
    return done


async def delete(tx: Tx, notification_id: UUID) -> None:
    """Deletes a notification; raises 404."""
    if not await store.delete(tx, tx.user_id, notification_id):
        raise NoSuchNotification()
    tx.publish(events.NotificationDeleted(notification_id), Gone(notification_id))
