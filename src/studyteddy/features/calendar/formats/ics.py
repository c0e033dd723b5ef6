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
        _text("NAME", name),
        _text("X-WR-CALNAME", name),
        f"REFRESH-INTERVAL;VALUE=DURATION:{hours}",
        f"X-PUBLISHED-TTL:{hours}",
        *(line for event in events for line in _event(event)),
        "END:VCALENDAR",
    ]
    return "".join(f"{folded}\r\n" for line in lines for folded in _folded(line))


def single(
    uid: str,
    title: str,
    start: datetime | date,
    end: datetime | date,
    *,
    changed_at: datetime,
    busy: bool = True,
    tentative: bool = False,
) -> bytes:
    """Return a calendar with one event: `start` and `end` are instants, or days, of which the last isn't included."""
    lines = [
        *_HEAD,
        "BEGIN:VEVENT",
        _text("UID", uid),
        f"DTSTAMP:{_instant(changed_at)}",
        f"DTSTART{_when(start)}",
        f"DTEND{_when(end)}",
        _text("SUMMARY", title),
        f"STATUS:{'TENTATIVE' if tentative else 'CONFIRMED'}",
        f"TRANSP:{'OPAQUE' if busy else 'TRANSPARENT'}",
        "END:VEVENT",
        "END:VCALENDAR",
    ]
    return "".join(f"{folded}\r\n" for line in lines for folded in _folded(line)).encode()


def _event(event: CalendarEvent) -> Iterator[str]:
    changed = _instant(event.changed_at)
    yield "BEGIN:VEVENT"
    yield f"UID:{event.uid}"
    yield f"DTSTAMP:{changed}"
    yield f"LAST-MODIFIED:{changed}"
    length = timedelta(minutes=event.minutes) if isinstance(event.start, datetime) else timedelta(days=1)
    yield f"DTSTART{_when(event.start)}"
    yield f"DTEND{_when(event.start + length)}"
    yield _text("SUMMARY", event.title)
    if event.description:
        yield _text("DESCRIPTION", event.description)
    if event.category:
        yield _text("CATEGORIES", event.category)
    if event.url:
        yield f"URL:{event.url}"
    yield f"TRANSP:{'OPAQUE' if event.busy else 'TRANSPARENT'}"
    if event.alarm_minutes is not None:
        yield "BEGIN:VALARM"
        yield "ACTION:DISPLAY"
        yield _text("DESCRIPTION", event.title)
        yield f"TRIGGER:-PT{event.alarm_minutes}M"
        yield "END:VALARM"
    yield "END:VEVENT"


def _when(at: datetime | date) -> str:
    """Return the parameters and value of a property with an instant or a day."""
    return f":{_instant(at)}" if isinstance(at, datetime) else f";VALUE=DATE:{at:%Y%m%d}"


def _instant(at: datetime) -> str:
    return f"{at.astimezone(UTC):%Y%m%dT%H%M%SZ}"


def _text(name: str, value: str) -> str:
    """Return a property with a text of a person: it can't become another property, or leave its value."""
    clean = _CONTROLS.sub(" ", value.replace("\r\n", "\n").replace("\r", "\n"))
    return f"{name}:{clean.translate(_ESCAPED)}"


def _folded(line: str) -> Iterator[str]:
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
