"""Requests, responses and errors of notifications."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated
from uuid import UUID

import msgspec
from msgspec import Meta

from studyteddy.platform.errors import Invalid, NotFound
from studyteddy.platform.fields import Cursor, Limit, UpdatedFrom, Version


class Notification(msgspec.Struct, frozen=True, rename="camel"):
    """A notification; `data` holds the ids of the objects it is about."""

    id: UUID
    type: str
    title: str
    body: str
    read: bool
    data: dict[str, str]
    created_at: datetime
    version: Version


class NotificationQuery(msgspec.Struct, frozen=True, rename="camel", forbid_unknown_fields=True):
    """The notifications to list, newest first."""

    unread: Annotated[bool, Meta(description="Only unread notifications.")] = False
    updated_from: UpdatedFrom | None = None
    limit: Limit = 50
    cursor: Cursor | None = None


class UnreadCount(msgspec.Struct, frozen=True):
    """The number of unread notifications."""

    count: int


class ReadRequest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The notifications to mark as read: some, or all."""

    ids: Annotated[list[UUID], Meta(max_length=200)] = []
    all: bool = False


class ReadNotifications(msgspec.Struct, frozen=True):
    """The notifications marked as read (at most the newest 1,000), and how many are left unread."""

    ids: list[UUID]
    all: bool
    unread: int


class NoSuchNotification(NotFound):
    """Notification not found."""


class NothingNamed(Invalid):
    """No notifications are specified. Provide `ids` or `all`."""
