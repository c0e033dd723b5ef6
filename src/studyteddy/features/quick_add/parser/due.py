"""The due date of a line: its date and time combined in the student's time zone."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from typing import NamedTuple

from studyteddy.features.quick_add.parser.extraction import Found
from studyteddy.features.quick_add.schemas import LineField, Option
from studyteddy.platform.local_time.dates import DayBoundary, range_faults, zone


class Due(NamedTuple):
    """A local day and, with a time, the instant in UTC."""

    day: date
    at: datetime | None = None

    @property
    def field(self) -> LineField:
        return "dueAt" if self.at else "dueDate"

    @property
    def value(self) -> str:
        return self.at.isoformat().replace("+00:00", "Z") if self.at else self.day.isoformat()

    @property
    def is_valid(self) -> bool:
        """Whether its year is in the range that tasks allow."""
        return not range_faults({"": self.at or self.day})


class DueResolver(NamedTuple):
    """Combines the dates and times of a line that is parsed at `now`."""

    found: Found
    boundary: DayBoundary
    now: datetime

    def due(self) -> Due | None:
        """Return the most likely reading; None if the line has no date, time or recurrence."""
        found = self.found
        if found.from_now:
            at = (self.now + timedelta(minutes=found.from_now.minutes)).replace(second=0, microsecond=0)
            return Due(at.astimezone(zone(self.boundary.time_zone)).date(), at)
        if not (found.date or found.time or found.recurrence):
            return None
        due = self.resolve(self._days()[0], self._times()[0])
        return due if due.is_valid else None

    def days(self) -> list[Option]:
        """Return all readings of the date."""
        return self._options([self.resolve(day, self._times()[0]) for day in self._days()])

    def times(self) -> list[Option]:
        """Return all readings of the time."""
        return self._options([self.resolve(self._days()[0], minutes) for minutes in self._times()])

    def _days(self) -> tuple[date | None, ...]:
        return self.found.date.days if self.found.date else (None,)

    def _times(self) -> tuple[int | None, ...]:
        if self.found.time:
            return self.found.time.minutes
        implied = (self.found.date, self.found.recurrence)
        return (next((one.time for one in implied if one and one.time is not None), None),)

    def _options(self, readings: list[Due]) -> list[Option]:
        known = {due.value: due for due in readings if due.is_valid}
        return [Option(value, self._label(due)) for value, due in known.items()]

    def _label(self, due: Due) -> str:
        if due.at is None:
            return due.day.isoformat()
        return due.at.astimezone(zone(self.boundary.time_zone)).strftime("%Y-%m-%d %H:%M")

    def resolve(self, day: date | None, minutes: int | None) -> Due:
        """Combine a day and a time; a time alone means its next occurrence."""
        today = self.boundary.date_of(self.now)
        if minutes is None:
            return Due(self._first(day or today))
        dated = self.found.date
        if day and dated:
            due = self._at(dated.ahead or day, minutes)
            return due if self._is_ahead(due) or not dated.ahead else self._at(self._first(day), minutes)
        due = self._at(self._first(today), minutes)
        while not self._is_ahead(due):
            due = self._at(self._first(due.day + timedelta(days=1)), minutes)
        return due

    def _first(self, day: date) -> date:
        return self.found.recurrence.first(day) if self.found.recurrence else day

    def _is_ahead(self, due: Due) -> bool:
        return due.at is not None and due.at > self.now

    def _at(self, day: date, minutes: int) -> Due:
        """Return the instant of a local time: a skipped time moves forward, a repeated time is the first."""
        local = datetime.combine(day, time()) + timedelta(minutes=minutes)
        return Due(day, local.replace(tzinfo=zone(self.boundary.time_zone)).astimezone(UTC))

    def until(self, day: date, due: Due | None) -> str:
        """Return the inclusive UNTIL of a rule: a date for due dates, an instant in UTC for due instants."""
        if due is None or due.at is None:
            return f"{day:%Y%m%d}"
        return f"{self._at(day, 24 * 60 - 1).at or due.at:%Y%m%dT%H%M}59Z"
