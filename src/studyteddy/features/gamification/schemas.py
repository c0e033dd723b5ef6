"""What gamification gives out."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

import msgspec


class Entry(msgspec.Struct, frozen=True, rename="camel"):
    """One line of the ledger; taking points back is a line of its own."""

    rule: str
    points: int
    at: datetime
    task_id: UUID | None
    focus_session_id: UUID | None


class Points(msgspec.Struct, frozen=True, rename="camel"):
    """All points, the level they make, and the latest lines of the ledger."""

    total: int
    level: int
    next_level_at: int
    recent: list[Entry]


class PointsChanged(msgspec.Struct, frozen=True, rename="camel"):
    """What the ledger's newest line did."""

    total: int
    level: int
    change: int
    rule: str
    task_id: UUID | None
    focus_session_id: UUID | None


class Earned(msgspec.Struct, frozen=True):
    """How many completions were rewarded: on that local day, and in the last hour."""

    today: int
    last_hour: int
