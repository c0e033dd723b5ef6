"""Data exports."""

from __future__ import annotations

from datetime import datetime
from typing import Literal
from uuid import UUID

import msgspec

from studyteddy.platform.errors import Conflict, NotFound


class Export(msgspec.Struct, frozen=True, rename="camel"):
    """A data export: a copy of all your data. `progress` is in percent, `size` in bytes."""

    id: UUID
    status: Literal["running", "ready", "failed"]
    progress: int
    size: int | None
    created_at: datetime
    finished_at: datetime | None


class StoredExport(msgspec.Struct, frozen=True):
    """The stored state of a data export; `token` is the last part of its file's key."""

    status: Literal["running", "ready", "failed"]
    token: str


class ExpiredExport(msgspec.Struct, frozen=True):
    """An expired data export and its owner."""

    user_id: UUID
    id: UUID


class ExportList(msgspec.Struct, frozen=True, rename="camel"):
    """Your data exports, newest first; at most 50."""

    items: list[Export]
    next_cursor: None = None


class NoSuchExport(NotFound):
    """Data export not found."""


class NotReady(Conflict):
    """The data export isn't ready. Wait until its status is `ready`."""
