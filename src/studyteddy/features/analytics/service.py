"""Actions on statistics."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime, timedelta
from uuid import UUID

from studyteddy import events
from studyteddy.features.analytics import store
from studyteddy.features.analytics.schemas import DayProgress, Overview, OverviewQuery, Streak, StreakDay, SubjectStats
from studyteddy.features.auth.service import accounts, profile
from studyteddy.features.subjects.schemas import NoSuchSubject
from studyteddy.platform.db.statements import Reader
from studyteddy.platform.db.transaction import Tx
from studyteddy.platform.local_time.dates import DayBoundary

_MIN_BETWEEN_DAYS = timedelta(hours=20)
"""Of two days, the later counts towards a streak if it began this long after the earlier: changing the time zone back
and forth begins up to three days at once. On a journey east the next day begins early, but not by four hours."""
_LONGEST_DAY = timedelta(hours=25)


async def count(tx: Tx, day: date, subject_id: UUID | None, *, on_time: bool | None, at: datetime) -> None:
    """Count a task that was completed at `at` on its local day."""
    began = _beginning(await profile.day_boundary(tx, tx.user_id), day, at)
    await store.count(tx, tx.user_id, day, subject_id, on_time=on_time, began=began)
    await _publish_progress(tx, day)


async def uncount(tx: Tx, day: date, subject_id: UUID | None, *, on_time: bool | None) -> None:
    """Uncount a reopened task; raise `LookupError` if it has not been counted yet."""
    if not await store.uncount(tx, tx.user_id, day, subject_id, on_time=on_time):
        raise LookupError("this completion has not been counted yet")
    await _publish_progress(tx, day)


async def count_focus(
    tx: Tx, day: date, subject_id: UUID | None, *, minutes: int, late: bool, at: datetime | None = None
) -> None:
    """Count focused minutes that began at `at` on their local day; `late` ones don't count towards a streak."""
    if minutes:
        began = _beginning(await profile.day_boundary(tx, tx.user_id), day, at)
        await store.count_focus(tx, tx.user_id, day, subject_id, minutes=minutes, late=late, began=began)
        await _publish_progress(tx, day)


async def uncount_focus(tx: Tx, day: date, subject_id: UUID | None, *, minutes: int, late: bool) -> None:
    """Uncount a deleted session; raise `LookupError` if it has not been counted yet."""
    if not minutes:
        return
    if not await store.uncount_focus(tx, tx.user_id, day, subject_id, minutes=minutes, late=late):
        raise LookupError("these minutes have not been counted yet")
    await _publish_progress(tx, day)


async def overview(reader: Reader, user_id: UUID, query: OverviewQuery, *, now: datetime) -> Overview:
    """Return the statistics of a range of the student's local days."""
    user = await accounts.get(reader, user_id)
    boundary = await profile.day_boundary(reader, user_id)
    today = boundary.date_of(now)
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
        streak=streak(await store.counting_days(reader, user_id), today, boundary),
    )


async def subject_stats(reader: Reader, user_id: UUID, subject_id: UUID, *, now: datetime) -> SubjectStats:
    """Return the statistics of a subject; raise 404 if it doesn't exist."""
    user = await accounts.get(reader, user_id)
    today = (await profile.day_boundary(reader, user_id)).date_of(now)
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


def streak(days: Iterable[StreakDay], today: date, boundary: DayBoundary) -> Streak:
    """Return the runs of consecutive `days` (ascending); a run that reached yesterday is still current today.

    A day that begins too soon after the last one that counted continues the run without making it longer.
    """
    current = longest = 0
    last: date | None = None
    counted = boundary.begin_of(today)
    for one in days:
        began = one.began_at or boundary.begin_of(one.day)
        if last is None or one.day - last != timedelta(days=1):
            current, counted = 1, began
        elif began - counted >= _MIN_BETWEEN_DAYS:
            current, counted = current + 1, began
        longest = max(longest, current)
        last = one.day
    is_current = last is not None and (today - last).days <= 1
    return Streak(current if is_current else 0, longest)


def _beginning(boundary: DayBoundary, day: date, at: datetime | None) -> datetime:
    """Return when a local day began, at most a day before `at`, an instant of it.

    The time zone may have changed since, and must not move the beginning anywhere else.
    """
    began = boundary.begin_of(day)
    return began if at is None else min(max(began, at - _LONGEST_DAY), at)


async def _publish_progress(tx: Tx, day: date) -> None:
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
