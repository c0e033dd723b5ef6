"""The time zones of foreign calendars: by their names, if these are known, else by the calendar's own definition.

A name is believed before a definition: definitions are often wrong, and old ones don't know later changes.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime, timedelta, tzinfo
from zoneinfo import available_timezones

from icalendar import Timezone
from icalendar.timezone.windows_to_olson import WINDOWS_TO_OLSON

from studyteddy.features.calendar.formats import feed_texts
from studyteddy.platform.local_time.dates import zone as named_zone

_MAX_NAME = 200
_YEARLY = re.compile(
    r"RRULE:(?:(?:FREQ=YEARLY|(?:INTERVAL|BYMONTH|COUNT)=[0-9]{1,2}|WKST=[A-Z]{2}"
    r"|BYDAY=[+-]?[0-9]?[A-Z]{2}|BYMONTHDAY=[0-9,-]{1,30}|UNTIL=[0-9TZ]{8,16});?)+"
)


class Zones:
    """The time zones of a calendar; `report` gets a sentence about each that is unknown."""

    def __init__(self, default: tzinfo, definitions: dict[str, list[str]], report: Callable[[str], None]) -> None:
        self.default = default
        """For times without a zone."""
        self._definitions = definitions
        self._report = report
        self._found: dict[str, tzinfo] = {}

    def find(self, name: str) -> tzinfo:
        """Return the zone with a TZID, or the default."""
        if not name:
            return self.default
        if name not in self._found:
            found = known(name) or self._defined(name)
            if found is None:
                self._report(f"The time zone “{feed_texts.line(name, 60)}” is unknown; its times may be wrong.")
            self._found[name] = found or self.default
        return self._found[name]

    def _defined(self, name: str) -> tzinfo | None:
        lines = self._definitions.get(name, [])
        rules = [line for line in lines if line[:5].upper() == "RRULE"]
        if not lines or not all(_YEARLY.fullmatch(rule.strip().upper()) for rule in rules):
            return None
        try:
            definition = Timezone.from_ical("\r\n".join(lines))
            assert isinstance(definition, Timezone)
            found = definition.to_tz(lookup_tzid=False)
            offset = datetime(2026, 1, 1, tzinfo=found).utcoffset()
        except Exception:  # a definition can be wrong in any way
            return None
        return found if isinstance(found, tzinfo) and offset is not None and abs(offset) < timedelta(hours=24) else None


def known(name: str) -> tzinfo | None:
    """Return the zone that a name means: IANA's, also with a prefix such as `/example.org/1/`, or that of Windows."""
    name = name.strip().strip('"')[:_MAX_NAME]
    parts = [part for part in name.split("/") if part]
    for candidate in ("/".join(parts[start:]) for start in range(max(0, len(parts) - 3), len(parts))):
        found = _ZONES_BY_NAME.get(candidate.lower())
        if found:
            return named_zone(found)
    return None


_ZONES_BY_NAME = {name.lower(): name for name in available_timezones() if name not in ("Factory", "localtime")} | {
    name.lower(): zone for name, zone in WINDOWS_TO_OLSON.items()
}
