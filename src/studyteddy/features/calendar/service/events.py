"""What is in a student's calendars, and when there is time."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from studyteddy.features.auth.service import profile
from studyteddy.features.calendar.schemas.events import Availability, AvailabilityQuery, CalendarEvents, Slot, Window
from studyteddy.features.calendar.schemas.feeds import CalendarEvent
from studyteddy.features.calendar.store import events as store
from studyteddy.platform.db.statements import Reader
from studyteddy.platform.errors import Invalid, invalid
from studyteddy.platform.local_time.dates import DayBoundary, range_faults, zone

LONGEST: Final = timedelta(days=62)
MAX_EVENTS: Final = 2000


async def between(reader: Reader, user_id: UUID, query: Window) -> CalendarEvents:
    """Return the events of a time; raise 422."""
    _check(query)
    boundary = await profile.day_boundary(reader, user_id)
    return CalendarEvents(await _events(reader, user_id, query, boundary, only_busy=False))


async def availability(reader: Reader, user_id: UUID, query: AvailabilityQuery, *, now: datetime) -> Availability:
    """Return the slots of a time without busy events and planned focus sessions; raise 422."""
    _check(query)
    boundary = await profile.day_boundary(reader, user_id)
    events = await _events(reader, user_id, query, boundary, only_busy=True)
    sessions = await store.sessions(reader, user_id, start=query.from_, end=query.to, now=now)
    busy = [_taken(one, boundary) for one in events]
    # Of what comes after the last event that was read, nothing is known.
    end = min(query.to, busy[-1].starts_at) if len(busy) == MAX_EVENTS else query.to
    return Availability(free([*busy, *sessions], query.from_, end, shortest=timedelta(minutes=query.minutes)))


def free(taken: Iterable[Slot], start: datetime, end: datetime, *, shortest: timedelta) -> list[Slot]:
    """Return the slots from `start` to `end` that nothing takes, if they are long enough."""
    found, since = [], start
    for one in sorted(taken, key=lambda one: one.starts_at):
        if min(one.starts_at, end) - since >= shortest:
            found.append(Slot(since, min(one.starts_at, end)))
        since = max(since, one.ends_at)
    if end - since >= shortest:
        found.append(Slot(since, end))
    return found


async def _events(
    reader: Reader, user_id: UUID, query: Window | AvailabilityQuery, boundary: DayBoundary, *, only_busy: bool
) -> list[CalendarEvent]:
    local = zone(boundary.time_zone)
    return await store.between(
        reader,
        user_id,
        start=query.from_,
        end=query.to,
        first=query.from_.astimezone(local).date(),
        last=(query.to - timedelta(microseconds=1)).astimezone(local).date() + timedelta(days=1),
        only_busy=only_busy,
        limit=MAX_EVENTS,
    )


def _taken(event: CalendarEvent, boundary: DayBoundary) -> Slot:
    """Return the time that an event takes; whole days begin and end at the student's midnight."""
    if event.starts_at is not None and event.ends_at is not None:
        return Slot(event.starts_at, event.ends_at)
    assert event.start_date is not None
    assert event.end_date is not None
    midnight = DayBoundary(boundary.time_zone, 0)
    return Slot(midnight.begin_of(event.start_date), midnight.begin_of(event.end_date))


def _check(query: Window | AvailabilityQuery) -> None:
    if faults := range_faults({"?from": query.from_, "?to": query.to}):
        raise Invalid(faults=faults)
    if query.to <= query.from_:
        raise invalid("?to", "out_of_range", "Must be later than `from`.")
    if query.to - query.from_ > LONGEST:
        raise invalid("?to", "out_of_range", "Must be at most 62 days later than `from`.")
