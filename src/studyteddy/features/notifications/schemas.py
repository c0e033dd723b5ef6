"""What notifications takes in and gives out."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated
from uuid import UUID

import msgspec
from msgspec import Meta

from studyteddy.platform.errors import Invalid, NotFound
from studyteddy.platform.fields import Cursor, Limit


class Notification(msgspec.Struct, frozen=True, rename="camel"):
    """Something the student was told; `data` names the objects it is about."""

    id: UUID
    type: str
    title: str
    body: str
    read: bool
    data: dict[str, str]
    created_at: datetime


class NotificationQuery(msgspec.Struct, frozen=True, rename="camel", forbid_unknown_fields=True):
    """Which notifications, the latest first."""

    unread: Annotated[bool, Meta(description="Only what has not been read.")] = False
    limit: Limit = 50
    cursor: Cursor | None = None


class UnreadCount(msgspec.Struct, frozen=True):
    """How many notifications have not been read."""

    count: int


class ReadRequest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Which notifications were read: some, or all of them."""

    ids: Annotated[list[UUID], Meta(max_length=200)] = []
    all: bool = False


class ReadNotifications(msgspec.Struct, frozen=True):
    """Which ones were marked read (the latest 1,000 at most), and how many are left unread."""

    ids: list[UUID]
    all: bool
    unread: int


class NoSuchNotification(NotFound):
    """There is nothing here."""


class NothingNamed(Invalid):
    """Say which notifications were read: `ids`, or `all`."""
