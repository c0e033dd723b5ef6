"""Local dates: a student's day begins at their day start (04:00 unless they say otherwise), in their zone."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from functools import cache, lru_cache
from zoneinfo import ZoneInfo, available_timezones

from msgspec import Struct

from studyteddy.platform.errors import invalid

_MINUTE = timedelta(minutes=1)


class Clockwork(Struct, frozen=True):
    """Whose day: an IANA zone and the minutes after midnight at which the day begins."""

    time_zone: str
    day_start: int

    def date_of(self, at: datetime) -> date:
        """The local date that `at` counts to."""
        return (at.astimezone(zone(self.time_zone)) - timedelta(minutes=self.day_start)).date()

    def begin_of(self, day: date) -> datetime:
        """The first instant that counts to the local `day`, in UTC, also where the clocks skip its time."""
        local = datetime.combine(day, time(self.day_start // 60, self.day_start % 60), zone(self.time_zone))
        begin = local.astimezone(UTC)
        while self.date_of(begin - _MINUTE) >= day:  # only in the gap that the clocks leave: zones move by minutes
            begin -= _MINUTE
        return begin

    def end_of(self, day: date) -> datetime:
        """The instant at which the local `day` is over."""
        return self.begin_of(day + timedelta(days=1))


@lru_cache(maxsize=1024)
def zone(name: str) -> ZoneInfo:
    """The zone of that name; raises `LookupError`."""
    try:
        return ZoneInfo(name)
    except (ValueError, OSError, LookupError) as fault:
        raise LookupError(name) from fault


def check_zone(name: str, pointer: str) -> str:
    """`name` if it is an IANA zone; raises 422 naming the field."""
    if name not in _names():
        raise invalid(pointer, "no_such_zone", "There is no such time zone: use a name like Europe/Berlin.")
    return name


@cache
def _names() -> set[str]:
    """The zones of the world. The files beside them, `posixrules` or `right/UTC`, would open but mean none of them."""
    return available_timezones() - {"Factory", "localtime"}
