"""Calendars as iCalendar text (RFC 5545), as other programs subscribe to them.

Written by hand: `icalendar` takes a millisecond for an event (docs/adr/0027).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, timedelta

import msgspec

_FOLD = 75
"""Bytes of a line, without its end (section 3.1)."""
_ESCAPED = str.maketrans({"\\": "\\\\", ";": "\\;", ",": "\\,", "\n": "\\n"})
_CONTROLS = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029]")
_HEAD = ("BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//Study Teddy//Study Teddy//EN", "METHOD:PUBLISH")


class CalendarEvent(msgspec.Struct, frozen=True):
    """An event: at an instant, or all day if `start` is a date."""

    uid: str
    title: str
    start: datetime | date
    minutes: int
    """0 for all day, or for an instant."""
    busy: bool
    changed_at: datetime
    description: str = ""
    category: str = ""
    url: str = ""
    alarm_minutes: int | None = None
    """How long before the start to remind, or None."""


def written(name: str, events: Sequence[CalendarEvent], *, refresh: timedelta) -> str:
    """Return a calendar as text with CR LF line ends; `refresh` is how often to read it again."""
    hours = f"PT{max(1, round(refresh / timedelta(hours=1)))}H"
    lines = [
        *_HEAD,
        text_line("NAME", name),
        text_line("X-WR-CALNAME", name),
        f"REFRESH-INTERVAL;VALUE=DURATION:{hours}",
        f"X-PUBLISHED-TTL:{hours}",
        *(line for event in events for line in _event(event)),
        "END:VCALENDAR",
    ]
    return "".join(f"{piece}\r\n" for line in lines for piece in folded(line))


def _event(event: CalendarEvent) -> Iterator[str]:
    changed = instant(event.changed_at)
    yield "BEGIN:VEVENT"
    yield f"UID:{event.uid}"
    yield f"DTSTAMP:{changed}"
    yield f"LAST-MODIFIED:{changed}"
    if isinstance(event.start, datetime):
        yield f"DTSTART:{instant(event.start)}"
        yield f"DTEND:{instant(event.start + timedelta(minutes=event.minutes))}"
    else:
        yield f"DTSTART;VALUE=DATE:{event.start:%Y%m%d}"
        yield f"DTEND;VALUE=DATE:{event.start + timedelta(days=1):%Y%m%d}"
    yield text_line("SUMMARY", event.title)
    if event.description:
        yield text_line("DESCRIPTION", event.description)
    if event.category:
        yield text_line("CATEGORIES", event.category)
    if event.url:
        yield f"URL:{event.url}"
    yield f"TRANSP:{'OPAQUE' if event.busy else 'TRANSPARENT'}"
    if event.alarm_minutes is not None:
        yield "BEGIN:VALARM"
        yield "ACTION:DISPLAY"
        yield text_line("DESCRIPTION", event.title)
        yield f"TRIGGER:-PT{event.alarm_minutes}M"
        yield "END:VALARM"
    yield "END:VEVENT"


def instant(at: datetime) -> str:
    """Return an instant as RFC 5545 writes it in UTC."""
    return f"{at.astimezone(UTC):%Y%m%dT%H%M%SZ}"


def escaped(text: str) -> str:
    """Return a text as the value of a property."""
    return text.translate(_ESCAPED)


def text_line(name: str, value: str) -> str:
    """Return a property with a text of a person: it can't become another property, or leave its value."""
    clean = _CONTROLS.sub(" ", value.replace("\r\n", "\n").replace("\r", "\n"))
    return f"{name}:{escaped(clean)}"


def folded(line: str) -> Iterator[str]:
    """Yield a line in pieces of at most 75 bytes that divide no character; those after the first begin with a space."""
    if len(line) * 4 <= _FOLD or len(line.encode()) <= _FOLD:
        yield line
        return
    start, width, limit, prefix = 0, 0, _FOLD, ""
    for end, letter in enumerate(line):
        size = len(letter.encode())
        if width + size > limit:
            yield prefix + line[start:end]
            start, width, limit, prefix = end, 0, _FOLD - 1, " "
        width += size
    yield prefix + line[start:]
