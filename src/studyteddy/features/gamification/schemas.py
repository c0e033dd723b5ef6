"""Responses for points."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

import msgspec


class Entry(msgspec.Struct, frozen=True, rename="camel"):
    """A ledger entry; revoking points adds an entry of its own."""

    rule: str
    points: int
    at: datetime
    task_id: UUID | None
    focus_session_id: UUID | None


class Points(msgspec.Struct, frozen=True, rename="camel"):
    """The total of points, the level, and the latest ledger entries."""

    total: int
    level: int
    next_level_at: int
    recent: list[Entry]


class PointsChanged(msgspec.Struct, frozen=True, rename="camel"):
    """The effect of the newest ledger entry."""

    total: int
    level: int
    change: int
    rule: str
    task_id: UUID | None
    focus_session_id: UUID | None


class Earned(msgspec.Struct, frozen=True):
    """How many completions earned points on a day, local or of any 20 hours, and in the last hour."""

    today: int
    last_hour: int
