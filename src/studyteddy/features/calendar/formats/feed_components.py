"""The lines of an iCalendar text, as the properties of its events and the definitions of its time zones."""

from __future__ import annotations

import codecs
import re
from dataclasses import dataclass, field

MAX_COMPONENTS = 60_000
_MAX_LINES = 5000
_MAX_ZONES, _MAX_ZONE = 200, 20_000
"""Time zones of a calendar, and characters of one."""
_FOLD = re.compile(rb"(?:\r\n|\n|\r)[ \t]")
_LINE_END = re.compile(r"\r\n|\n|\r")
_EVENT = re.compile(
    r"(UID|DTSTART|DTEND|DURATION|RRULE|RDATE|EXDATE|RECURRENCE-ID|SEQUENCE|STATUS|TRANSP|SUMMARY|DESCRIPTION|LOCATION"
    r"|URL|CATEGORIES|X-MICROSOFT-CDO-BUSYSTATUS|X-ALT-DESC)[;:]",
    re.IGNORECASE,
)
_CALENDAR = re.compile(r"(PRODID|METHOD|NAME|X-WR-CALNAME|X-WR-TIMEZONE)[;:]", re.IGNORECASE)
_PROPERTY = re.compile(r'([A-Za-z0-9-]+)((?:;[^":;]*(?:"[^"]*"[^":;]*)*)*):(.*)', re.DOTALL)
_PARAMETER = re.compile(r';([A-Za-z0-9-]+)=(?:"([^"]*)"|([^;]*))')


class Property:
    """The value of a property, still escaped, and its parameters, names in upper case."""

    __slots__ = ("_parameters", "value")

    def __init__(self, parameters: str, value: str) -> None:
        self._parameters, self.value = parameters, value

    def parameter(self, name: str) -> str:
        found = _PARAMETER.findall(self._parameters) if self._parameters else ()
        return next((quoted or plain for key, quoted, plain in found if key.upper() == name), "")


@dataclass(slots=True)
class Component:
    """The properties of an event or a calendar, names in upper case."""

    properties: dict[str, list[Property]] = field(default_factory=dict)

    def add(self, line: str) -> None:
        found = _PROPERTY.fullmatch(line)
        if found:
            self.properties.setdefault(found[1].upper(), []).append(Property(found[2], found[3]))

    def get(self, name: str) -> Property | None:
        found = self.properties.get(name)
        return found[0] if found else None

    def all(self, name: str) -> list[Property]:
        return self.properties.get(name, [])

    def value(self, name: str) -> str:
        found = self.get(name)
        return found.value.strip() if found else ""


@dataclass(slots=True)
class Text:
    """What a text contains. `is_cut` if it ends within a calendar, `is_too_long` if not all events were taken."""

    calendar: Component = field(default_factory=Component)
    events: list[Component] = field(default_factory=list)
    zones: dict[str, list[str]] = field(default_factory=dict)
    calendars: int = 0
    is_cut: bool = False
    is_too_long: bool = False


def decoded(body: bytes) -> str:
    """Return a body as text with its folded lines put together; a fold can divide a character."""
    if body.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        body = body.decode("utf-16", "replace").encode()
    body = _FOLD.sub(b"", body.removeprefix(codecs.BOM_UTF8))
    try:
        return body.decode()
    except UnicodeDecodeError:
        broken = body.decode("utf-8", "replace")
        # A few wrong bytes are a damaged text; many are another encoding.
        return broken if broken.count("\ufffd") * 4 < _beyond_ascii(broken) else body.decode("cp1252", "replace")


def _beyond_ascii(text: str) -> int:
    return sum(1 for letter in text if letter > "\x7f")


def split(text: str) -> Text:
    """Return the components of a text. Alarms and whatever else is inside an event are passed over."""
    return _Splitter().split(text)


class _Splitter:
    def __init__(self) -> None:
        self.found = Text()
        self.event: Component | None = None
        self.zone: list[str] | None = None
        self.open = 0
        """Calendars that have begun."""
        self.depth = 0
        """Components that have begun in the event, or in the calendar beside events."""
        self.lines = 0

    def split(self, text: str) -> Text:
        for line in _LINE_END.split(text):
            if self.zone is not None:
                self.zone.append(line)
            head = line[:6].upper()
            if head == "BEGIN:":
                self._begin(line[6:].strip().upper())
            elif head.startswith("END:"):
                self._end(line[4:].strip().upper())
            elif self.depth == 0 and self.open:
                self._property(line)
        self.found.is_cut = self.open > 0
        return self.found

    def _begin(self, name: str) -> None:
        if name == "VCALENDAR":
            self.open, self.depth, self.event, self.zone = 1, 0, None, None
            self.found.calendars += 1
        elif name == "VEVENT" and self.open:
            self._close()  # an event without an end; events never contain each other
            self.event, self.lines, self.depth = Component(), 0, 0
        else:
            self.depth += 1
            if name == "VTIMEZONE" and self.depth == 1 and self.event is None:
                self.zone = ["BEGIN:VTIMEZONE"]

    def _end(self, name: str) -> None:
        if name == "VCALENDAR":
            self._close()
            self.open = self.depth = 0
        elif name == "VEVENT":
            self._close()
            self.depth = 0
        elif self.depth:
            self.depth -= 1
            if name == "VTIMEZONE" and self.zone is not None:
                self._add_zone(self.zone)
                self.zone = None

    def _close(self) -> None:
        if self.event is not None:
            if len(self.found.events) < MAX_COMPONENTS:
                self.found.events.append(self.event)
            else:
                self.found.is_too_long = True
        self.event = None

    def _add_zone(self, lines: list[str]) -> None:
        name = next((line.partition(":")[2].strip() for line in lines if line[:5].upper() == "TZID:"), "")
        if name and sum(map(len, lines)) < _MAX_ZONE and len(self.found.zones) < _MAX_ZONES:
            self.found.zones.setdefault(name, lines)

    def _property(self, line: str) -> None:
        if self.event is None:
            if _CALENDAR.match(line):
                self.found.calendar.add(line)
        elif self.lines < _MAX_LINES and _EVENT.match(line):
            self.lines += 1
            self.event.add(line)
