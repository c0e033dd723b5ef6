"""What the numbers say."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime, timedelta
from uuid import UUID

from studyteddy import events
from studyteddy.features.analytics import store
from studyteddy.features.analytics.schemas import DayProgress, Overview, OverviewQuery, Streak, SubjectStats
from studyteddy.features.auth import service as auth
from studyteddy.features.subjects.schemas import NoSuchSubject
from studyteddy.platform.db import Reader, Tx


async def count(tx: Tx, day: date, subject_id: UUID | None, *, on_time: bool | None) -> None:
    """Counts a completed task on its local day."""
    await store.count(tx, tx.user_id, day, subject_id, on_time=on_time)
    await _tell(tx, day)


async def take_back(tx: Tx, day: date, subject_id: UUID | None, *, on_time: bool | None) -> None:
    """Undoes the count of a task that was reopened; raises `LookupError` while it has not been counted yet."""
    if not await store.take_back(tx, tx.user_id, day, subject_id, on_time=on_time):
        raise LookupError("this completion has not been counted yet")
    await _tell(tx, day)


async def count_focus(tx: Tx, day: date, subject_id: UUID | None, *, minutes: int, late: bool) -> None:
    """Counts focused minutes on their local day; `late` ones keep no streak alive."""
    if minutes:
        await store.count_focus(tx, tx.user_id, day, subject_id, minutes=minutes, late=late)
        await _tell(tx, day)


async def take_back_focus(tx: Tx, day: date, subject_id: UUID | None, *, minutes: int, late: bool) -> None:
    """Undoes the count of a session that was deleted; raises `LookupError` while it has not been counted yet."""
    if not minutes:
        return
    if not await store.take_back_focus(tx, tx.user_id, day, subject_id, minutes=minutes, late=late):
        raise LookupError("these minutes have not been counted yet")
    await _tell(tx, day)


async def overview(reader: Reader, user_id: UUID, query: OverviewQuery, *, now: datetime) -> Overview:
    """A range of the student's local days at a glance."""
    user = await auth.me(reader, user_id)
    today = (await auth.clockwork(reader, user_id)).date_of(now)
    first = _first_day(query.range, today, week_start=user.week_start)
    sums = await store.totals(reader, user_id, first, today)
    return Overview(
        as_of=now,
        range=query.range,
        from_day=first,
        to_day=today,
        focused_minutes=sums.focused_minutes,
        tasks_completed=sums.tasks_completed,
        on_time_rate=_rate(sums.on_time, sums.with_due),
        subject_mix=await store.mix(reader, user_id, first, today),
        days=await store.days(reader, user_id, first, today),
        streak=streak(await store.counting_days(reader, user_id), today),
    )


async def subject_stats(reader: Reader, user_id: UUID, subject_id: UUID, *, now: datetime) -> SubjectStats:
    """How a subject stands; raises 404."""
    user = await auth.me(reader, user_id)
    today = (await auth.clockwork(reader, user_id)).date_of(now)
    week = _first_day("week", today, week_start=user.week_start)
    counts = await store.subject(reader, user_id, subject_id, today=today, now=now, week=week)
    if counts is None:
        raise NoSuchSubject()
    return SubjectStats(
        subject_id,
        counts.open,
        counts.completed,
        counts.overdue,
        counts.focused,
        _rate(counts.on_time, counts.with_due),
        now,
    )


def streak(days: Iterable[date], today: date) -> Streak:
    """The runs in `days` (rising); one that reached yesterday still stands today."""
    current = longest = 0
    last: date | None = None
    for day in days:
        current = current + 1 if last is not None and day - last == timedelta(days=1) else 1
        longest = max(longest, current)
        last = day
    alive = last is not None and (today - last).days <= 1
    return Streak(current if alive else 0, longest)


async def _tell(tx: Tx, day: date) -> None:
    found = await store.days(tx, tx.user_id, day, day)
    tx.publish(events.ProgressUpdated(day), found[0] if found else DayProgress(day, 0, 0))


def _first_day(range: str, today: date, *, week_start: int) -> date:
    if range == "week":
        return today - timedelta(days=(today.isoweekday() - week_start) % 7)
    if range == "month":
        return today.replace(day=1)
    return today if range == "day" else today - timedelta(days=364)


def _rate(part: int, whole: int) -> float | None:
    return round(part / whole, 4) if whole else None
