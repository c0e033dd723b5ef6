"""When the task of a line is due: its date and time put together in the student's zone."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from typing import NamedTuple

from studyteddy.features.tasks.schemas.quick_add import LineField, Option
from studyteddy.features.tasks.service.quick_add.dates import FIRST_YEAR, LAST_YEAR
from studyteddy.features.tasks.service.quick_add.scan import Found
from studyteddy.platform.moments import Clockwork, zone


class Due(NamedTuple):
    """The local day, and with a time also the instant in UTC."""

    day: date
    at: datetime | None = None

    @property
    def field(self) -> LineField:
        return "dueAt" if self.at else "dueDate"

    @property
    def value(self) -> str:
        return self.at.isoformat().replace("+00:00", "Z") if self.at else self.day.isoformat()

    @property
    def known(self) -> bool:
        """Whether its year is one that tasks may have."""
        return FIRST_YEAR <= (self.at or self.day).year <= LAST_YEAR


class Moments(NamedTuple):
    """Puts together the dates and times of one line, read at `now`."""

    found: Found
    clock: Clockwork
    now: datetime

    def due(self) -> Due | None:
        """The likeliest reading, or nothing where the line names no date, no time and no recurrence."""
        found = self.found
        if found.soon:
            at = (self.now + timedelta(minutes=found.soon.minutes)).replace(second=0, microsecond=0)
            return Due(at.astimezone(zone(self.clock.time_zone)).date(), at)
        if not (found.dated or found.timed or found.repeat):
            return None
        due = self.meant(self._days()[0], self._times()[0])
        return due if due.known else None

    def days(self) -> list[Option]:
        """All readings of the date."""
        return self._options([self.meant(day, self._times()[0]) for day in self._days()])

    def times(self) -> list[Option]:
        """All readings of the time."""
        return self._options([self.meant(self._days()[0], minutes) for minutes in self._times()])

    def _days(self) -> tuple[date | None, ...]:
        return self.found.dated.days if self.found.dated else (None,)

    def _times(self) -> tuple[int | None, ...]:
        if self.found.timed:
            return self.found.timed.minutes
        told = (self.found.dated, self.found.repeat)
        return (next((one.time for one in told if one and one.time is not None), None),)

    def _options(self, readings: list[Due]) -> list[Option]:
        known = {due.value: due for due in readings if due.known}
        return [Option(value, self._label(due)) for value, due in known.items()]

    def _label(self, due: Due) -> str:
        if due.at is None:
            return due.day.isoformat()
        return due.at.astimezone(zone(self.clock.time_zone)).strftime("%Y-%m-%d %H:%M")

    def meant(self, day: date | None, minutes: int | None) -> Due:
        """That day at that time; a time alone is today if it is still to come, else the next day that fits."""
        today = self.clock.date_of(self.now)
        if minutes is None:
            return Due(self._first(day or today))
        dated = self.found.dated
        if day and dated:
            due = self._at(dated.ahead or day, minutes)
            return due if self._is_ahead(due) or not dated.ahead else self._at(self._first(day), minutes)
        due = self._at(self._first(today), minutes)
        while not self._is_ahead(due):
            due = self._at(self._first(due.day + timedelta(days=1)), minutes)
        return due

    def _first(self, day: date) -> date:
        return self.found.repeat.first(day) if self.found.repeat else day

    def _is_ahead(self, due: Due) -> bool:
        return due.at is not None and due.at > self.now

    def _at(self, day: date, minutes: int) -> Due:
        """A time that the clocks skip moves forward with them; of one that they repeat it is the first."""
        local = datetime.combine(day, time()) + timedelta(minutes=minutes)
        return Due(day, local.replace(tzinfo=zone(self.clock.time_zone)).astimezone(UTC))

    def until(self, day: date, due: Due | None) -> str:
        """The end of a rule, that day included: a day for days, an instant in UTC for instants."""
        if due is None or due.at is None:
            return f"{day:%Y%m%d}"
        return f"{self._at(day, 24 * 60 - 1).at or due.at:%Y%m%dT%H%M}59Z"
