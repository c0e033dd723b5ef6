"""The days of the term, counted from today: yesterday is -1."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta

import msgspec

from studyteddy.platform.local_time.dates import DayBoundary, zone


class Days(msgspec.Struct, frozen=True):
    """The student's local days around `now`; weeks start on Monday."""

    now: datetime
    boundary: DayBoundary

    @property
    def today(self) -> date:
        return self.boundary.date_of(self.now)

    def day(self, offset: int) -> date:
        """Return a local date."""
        return self.today + timedelta(days=offset)

    def at(self, offset: int, clock: str) -> datetime:
        """Return the instant at which a clock on the wall shows `clock` (HH:MM) on a day."""
        local = datetime.combine(self.day(offset), time.fromisoformat(clock), zone(self.boundary.time_zone))
        return local.astimezone(UTC)

    def is_weekend(self, offset: int) -> bool:
        return self.day(offset).isoweekday() > 5

    def is_this_week(self, offset: int) -> bool:
        return self.monday(offset) == self.monday(0)

    def monday(self, offset: int) -> int:
        """Return the Monday of the week of a day."""
        return offset - self.day(offset).weekday()

    def planning(self, offset: int) -> datetime:
        """Return when the week of a day was planned: on Sunday evening before it."""
        return self.at(self.monday(offset) - 1, "18:00")

    def earlier_today(self, clock: str, share: float) -> datetime:
        """Return the instant at which a clock shows `clock` today or, if that is still to come, a share of today."""
        at, begin = self.at(0, clock), self.boundary.begin_of(self.today)
        return at if at <= self.now else begin + (self.now - begin) * share

    def next_quarter(self) -> datetime:
        """Return the next quarter of an hour."""
        return datetime.fromtimestamp((self.now.timestamp() // 900 + 1) * 900, UTC)
