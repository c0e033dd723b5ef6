"""Calendars to read: shaped like those of learning platforms, and built from single events."""

from __future__ import annotations

from datetime import date

from studyteddy.features.calendar.formats.feed_reader import read
from studyteddy.features.calendar.formats.feeds import Feed

ZONE, SINCE, UNTIL = "Europe/Berlin", date(2026, 9, 1), date(2027, 3, 31)


def calendar(*events: str, head: str = "") -> bytes:
    """A calendar with these events; lines are separated by LF here, and an event is what stands inside VEVENT."""
    lines = ["BEGIN:VCALENDAR", "VERSION:2.0", *head.split("\n")]
    for event in events:
        lines += ["BEGIN:VEVENT", *event.strip().split("\n"), "END:VEVENT"]
    return "\r\n".join([*(line for line in lines if line), "END:VCALENDAR", ""]).encode()


def feed(*events: str, head: str = "", zone: str = ZONE, since: date = SINCE, until: date = UNTIL) -> Feed:
    return read(calendar(*events, head=head), zone=zone, since=since, until=until)


def starts(found: Feed) -> list[str]:
    """The starts of the events: `2026-11-30T09:00Z`, or dates."""
    return [f"{one.starts_at:%Y-%m-%dT%H:%MZ}" if one.starts_at else f"{one.start_date}" for one in found.events]
