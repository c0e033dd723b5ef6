"""Requests and responses for statistics."""

from __future__ import annotations

from datetime import date, datetime
from typing import Literal
from uuid import UUID

import msgspec


class DayProgress(msgspec.Struct, frozen=True, rename="camel"):
    """The statistics of one local day."""

    day: date
    tasks_completed: int
    focused_minutes: int


class OverviewQuery(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The range: today, the current week or month, or the last 365 days."""

    range: Literal["day", "week", "month", "year"] = "week"


class SubjectShare(msgspec.Struct, frozen=True, rename="camel"):
    """The share of one subject; work without a subject has neither id nor name."""

    subject_id: UUID | None
    name: str | None
    minutes: int
    tasks_completed: int


class Streak(msgspec.Struct, frozen=True):
    """Consecutive days with a completed task or 25 focused minutes. Of days that begin within 20 hours, one counts."""

    current: int
    longest: int


class StreakDay(msgspec.Struct, frozen=True):
    """A local day that counts towards a streak, and when it began; rows of earlier versions don't say when."""

    day: date
    began_at: datetime | None


class Overview(msgspec.Struct, frozen=True, rename="camel"):
    """The statistics of a range of local days. `onTimeRate` is null if no task with a due date was completed."""

    as_of: datetime
    range: str
    from_day: date
    to_day: date
    focused_minutes: int
    tasks_completed: int
    on_time_rate: float | None
    subject_mix: list[SubjectShare]
    days: list[DayProgress]
    streak: Streak


class Totals(msgspec.Struct, frozen=True):
    """Sums over a range of days."""

    focused_minutes: int
    tasks_completed: int
    with_due: int
    on_time: int


class SubjectStats(msgspec.Struct, frozen=True, rename="camel"):
    """The statistics of a subject. `onTimeRate` is null if no task with a due date was completed."""

    subject_id: UUID
    open_tasks: int
    completed_tasks: int
    overdue_tasks: int
    focused_minutes_this_week: int
    on_time_rate: float | None
    as_of: datetime


class SubjectCounts(msgspec.Struct, frozen=True):
    """The counts behind a subject's statistics."""

    open: int
    completed: int
    overdue: int
    focused: int
    with_due: int
    on_time: int
