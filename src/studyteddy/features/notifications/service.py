"""Business logic of notifications."""

from __future__ import annotations

import re
from datetime import UTC
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
from studyteddy.platform.db.statements import Reader
from studyteddy.platform.db.transaction import Tx
from studyteddy.platform.errors import invalid
from studyteddy.platform.event import Deleted, SecurityEvent
from studyteddy.platform.ids import new_id
from studyteddy.platform.local_time.dates import check_range
from studyteddy.platform.web.pagination import Cursors, Page, rows_of

_BROWSERS = (
    ("Edg", "Edge"),
    ("OPR/", "Opera"),
    ("SamsungBrowser/", "Samsung Internet"),
    ("Firefox/", "Firefox"),
    ("FxiOS/", "Firefox"),
    ("Chrome/", "Chrome"),
    ("CriOS/", "Chrome"),
    ("Safari/", "Safari"),
)
"""Marks of browsers in user agents, the most specific first: most of them also claim to be Chrome and Safari."""
_SYSTEMS = (
    ("Windows", "Windows"),
    ("Android", "Android"),
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Mac OS X", "macOS"),
    ("CrOS", "ChromeOS"),
    ("Linux", "Linux"),
)
_PROGRAM = re.compile(r"([A-Za-z][A-Za-z-]{1,29})/[0-9]")
_MAX_READ = 1000
"""Notifications that one request marks as read; the event lists all their ids, so that clients know exactly which."""


async def page(reader: Reader, user_id: UUID, query: NotificationQuery, cursors: Cursors) -> Page[Notification]:
    """Return a page of the student's notifications, newest first."""
    check_range("?updatedFrom", query.updated_from)
    after, since, limit = cursors.read(query.cursor, "notifications", query), query.updated_from, rows_of(query)
    found = await store.page(reader, user_id, unread=query.unread, updated_from=since, after=after, limit=limit)
    return cursors.page(found, query, "notifications")


async def unread(reader: Reader, user_id: UUID) -> int:
    """Return the number of unread notifications."""
    return await store.unread(reader, user_id)


async def notify(tx: Tx, *, source: str, type: str, title: str, body: str, data: dict[str, str]) -> bool:
    """Add a notification, once per `source`; return False if there was one already."""
    added = await store.add(
        tx, tx.user_id, new_id(), source=source, type=type, title=title, body=body, data=data, at=tx.now
    )
    if added is not None:
        tx.publish(events.NotificationCreated(added.id), added)
    return added is not None


async def withdraw(tx: Tx, *, source: str) -> None:
    """Delete the notification of this cause, if there is one."""
    notification_id = await store.withdraw(tx, tx.user_id, source=source)
    if notification_id is not None:
        tx.publish(events.NotificationDeleted(notification_id), Deleted(notification_id))


async def warn(
    tx: Tx, event: SecurityEvent, title: str, detail: str = "", *, source: str, then: str = "change your password"
) -> None:
    """Tell the student of a security event, in the app and by mail, once per kind of event and `source`.

    `then` is what to do if it was someone else.
    """
    device, advice = device_name(event.client), f"If this wasn't you, {then} now."
    where = f"Device: {device}. Address: {event.address or 'unknown'}."
    body = " ".join(filter(None, [detail, where, advice]))
    if await notify(tx, source=f"{event.tag}:{source}", type="security", title=title, body=body, data={}):
        at = event.at or tx.now
        tx.publish(events.SecurityNoticeAdded(title, detail, advice, at, device, event.address))


def hour_of(tx: Tx, event: SecurityEvent) -> str:
    """Return the hour of the event: the source of warnings that a stranger could cause without end."""
    return f"{(event.at or tx.now).astimezone(UTC):%Y-%m-%dT%H}"


def device_name(client: str) -> str:
    """Return the name of a device, such as "Firefox on Windows", by its user agent.

    Contains only names from a list, or the first word of programs such as `curl`, because whoever signs in chooses the
    rest: it could be a sentence with a link to a forged page.
    """
    browser = next((name for mark, name in _BROWSERS if mark in client), "")
    system = next((name for mark, name in _SYSTEMS if mark in client), "")
    if browser:
        return f"{browser} on {system}" if system else browser
    program = _PROGRAM.match(client)
    return program[1] if program else "unknown"


async def read(tx: Tx, wanted: ReadRequest) -> ReadNotifications:
    """Mark some or all notifications as read; ignore ids that don't exist or aren't the student's. Raise 422."""
    if not wanted.all and not wanted.ids:
        raise invalid("/ids", "nothing_named", "Provide `ids` or `all`.", NothingNamed)
    ids = await store.mark_read(tx, tx.user_id, everything=wanted.all, ids=wanted.ids, limit=_MAX_READ, at=tx.now)
    done = ReadNotifications(ids, wanted.all, await store.unread(tx, tx.user_id))
    if ids:
        tx.publish(events.NotificationsRead(), done)
    return done


async def delete(tx: Tx, notification_id: UUID) -> None:
    """Delete a notification; raise 404."""
    if not await store.delete(tx, tx.user_id, notification_id):
        raise NoSuchNotification()
    tx.publish(events.NotificationDeleted(notification_id), Deleted(notification_id))
