"""Local dates: a user's day starts at their day start (04:00 by default) in their time zone.

The API accepts the years 1970 to 2999: what is added to such an instant, or moved to another zone, stays in the
calendar of `datetime`, which ends with the year 9999.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime, time, timedelta
from functools import cache, lru_cache
from zoneinfo import ZoneInfo, available_timezones

from msgspec import Struct

from studyteddy.platform.errors import Fault, Invalid, invalid

FIRST_YEAR, LAST_YEAR = 1970, 2999
_FIRST = datetime(FIRST_YEAR, 1, 1, tzinfo=UTC)
_END = datetime(LAST_YEAR + 1, 1, 1, tzinfo=UTC)
_MINUTE = timedelta(minutes=1)


class DayBoundary(Struct, frozen=True):
    """Where a user's local days begin: an IANA time zone, and the day start in minutes after midnight."""

    time_zone: str
    day_start: int

    def date_of(self, at: datetime) -> date:
        """Return the local date that the instant `at` counts towards."""
        return (at.astimezone(zone(self.time_zone)) - timedelta(minutes=self.day_start)).date()

    def begin_of(self, day: date) -> datetime:
        """Return the first instant of the local `day` in UTC, even if its wall-clock time is skipped."""
        local = datetime.combine(day, time(self.day_start // 60, self.day_start % 60), zone(self.time_zone))
        begin = local.astimezone(UTC)
        while self.date_of(begin - _MINUTE) >= day:  # only in the gap of a clock change; zones shift by whole minutes
            begin -= _MINUTE
        return begin

    def end_of(self, day: date) -> datetime:
        """Return the instant at which the local `day` ends."""
        return self.begin_of(day + timedelta(days=1))


def range_faults(values: Mapping[str, date | datetime | None]) -> list[Fault]:
    """Return a fault for each date, or instant in UTC, that is outside the years that the API accepts.

    `values` are by pointer. Call it for every date and instant of a request before anything is computed with it.
    """
    detail = f"Use a year between {FIRST_YEAR} and {LAST_YEAR}."
    outside = (pointer for pointer, value in values.items() if value is not None and not _is_in_range(value))
    return [Fault(pointer, "out_of_range", detail) for pointer in outside]


def check_range(pointer: str, value: date | datetime | None) -> None:
    """Raise 422 for a date or an instant outside the years that the API accepts."""
    if faults := range_faults({pointer: value}):
        raise Invalid(faults=faults)


def _is_in_range(value: date | datetime) -> bool:
    if isinstance(value, datetime):
        return _FIRST <= value < _END  # a comparison never overflows, `astimezone` does
    return FIRST_YEAR <= value.year <= LAST_YEAR


@lru_cache(maxsize=1024)
def zone(name: str) -> ZoneInfo:
    """Return the time zone with this name; raise `LookupError`."""
    try:
        return ZoneInfo(name)
    except (ValueError, OSError, LookupError) as fault:
        raise LookupError(name) from fault


def check_zone(name: str, pointer: str) -> str:
    """Return `name` if it is an IANA time zone; raise 422 for the field otherwise."""
    if name not in _names():
        raise invalid(pointer, "no_such_zone", "Unknown time zone. Use an IANA name such as Europe/Berlin.")
    return name


@cache
def _names() -> set[str]:
    """Return the names of all zones; files such as `posixrules` and `right/UTC` can be opened but aren't zones."""
    return available_timezones() - {"Factory", "localtime"}
