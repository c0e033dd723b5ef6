"""An event of another calendar as an iCalendar object (RFC 5545): the form in which events of every source are read."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime
from typing import Final

import msgspec

from studyteddy.features.calendar.formats import ics

_HEAD: Final = ("BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//Study Teddy//Study Teddy//EN", "BEGIN:VEVENT")


class RemoteEvent(msgspec.Struct, frozen=True):
    """An event, from `start` to `end`, both with a zone, or without one (the student's applies), or, all day, dates."""

    uid: str
    title: str
    start: datetime | date
    end: datetime | date
    """All day: the day after the last one."""
    is_busy: bool
    is_cancelled: bool = False
    description: str = ""
    location: str = ""


def written(event: RemoteEvent) -> bytes:
    """Return an iCalendar object with the event; it is the same for the same event."""
    lines = (*_HEAD, *_lines(event), "END:VEVENT", "END:VCALENDAR")
    return "".join(f"{piece}\r\n" for line in lines for piece in ics.folded(line)).encode()


def _lines(event: RemoteEvent) -> Iterator[str]:
    yield ics.text_line("UID", event.uid)
    yield f"DTSTAMP:{_stamp(event.start)}"  # required, and not read
    yield f"DTSTART{_value(event.start)}"
    yield f"DTEND{_value(event.end)}"
    yield ics.text_line("SUMMARY", event.title)
    if event.description:
        yield ics.text_line("DESCRIPTION", event.description)
    if event.location:
        yield ics.text_line("LOCATION", event.location)
    yield f"TRANSP:{'OPAQUE' if event.is_busy else 'TRANSPARENT'}"
    if event.is_cancelled:
        yield "STATUS:CANCELLED"


def _value(at: datetime | date) -> str:
    if not isinstance(at, datetime):
        return f";VALUE=DATE:{at:%Y%m%d}"
    return f":{at:%Y%m%dT%H%M%S}" if at.tzinfo is None else f":{ics.instant(at)}"


def _stamp(at: datetime | date) -> str:
    return ics.instant(at) if isinstance(at, datetime) and at.tzinfo else f"{at:%Y%m%d}T000000Z"
