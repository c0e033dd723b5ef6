"""Moving an event in an iCalendar text of others."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from studyteddy.features.calendar.formats.ics_edit import moved

AT = datetime(2026, 12, 7, 9, tzinfo=UTC)
TO = AT + timedelta(hours=5)
MASTER = ("UID:x", "SUMMARY:Old", "DTSTART:20261207T090000Z", "DTEND:20261207T100000Z", "RRULE:FREQ=DAILY;COUNT=3")
EXCEPTION = ("UID:x", "RECURRENCE-ID:20261208T090000Z", "SUMMARY:Other", "DTSTART:20261209T090000Z", "DURATION:PT1H")
ALARM = ("BEGIN:VALARM", "TRIGGER:-PT10M", "DURATION:PT5M", "REPEAT:1", "SUMMARY:Ring", "END:VALARM")


def text(*events: tuple[str, ...], line_end: str = "\r\n") -> bytes:
    inner = [line for event in events for line in ("BEGIN:VEVENT", *event, "END:VEVENT")]
    return "".join(f"{line}{line_end}" for line in ("BEGIN:VCALENDAR", *inner, "END:VCALENDAR")).encode()


def lines(body: bytes) -> list[str]:
    """Return the lines of a text after it was moved."""
    after = moved(body, title="New", starts_at=TO, ends_at=TO + timedelta(hours=1), now=AT).decode()
    assert after.endswith("\r\n")
    return after.replace("\r\n ", "").split("\r\n")[:-1]


@pytest.mark.parametrize("line_end", ["\r\n", "\n"])
def test_title_and_time_change_and_nothing_else(line_end: str) -> None:
    new = ["DTSTAMP:20261207T090000Z", "LAST-MODIFIED:20261207T090000Z"]
    new += ["DTSTART:20261207T140000Z", "DTEND:20261207T150000Z", "SUMMARY:New"]
    kept = ["UID:x", "RRULE:FREQ=DAILY;COUNT=3", *ALARM]
    expected = ["BEGIN:VCALENDAR", "BEGIN:VEVENT", *new, *kept, "END:VEVENT", "END:VCALENDAR"]
    assert lines(text((*MASTER, *ALARM), line_end=line_end)) == expected


@pytest.mark.parametrize("inside", ["\u2028", "\u2029", "\x85", "\x0b", "\x0c", "\x1c", "\x1e"])
def test_a_line_ends_only_at_a_line_feed(inside: str) -> None:
    notes = f"DESCRIPTION:bring{inside}SUMMARY:the book{inside} and a pen"
    assert notes in lines(text((*MASTER, notes)))


@pytest.mark.parametrize(
    "events", [(EXCEPTION, MASTER), (MASTER, EXCEPTION), ((*ALARM, *EXCEPTION), MASTER, EXCEPTION)]
)
def test_a_series_is_moved_and_not_its_exceptions(events: tuple[tuple[str, ...], ...]) -> None:
    after = "\n".join(lines(text(*events)))
    for event in events:
        assert ("\n".join(event) in after) == (event is not MASTER)
    assert (after.count("DTSTART:20261207T140000Z"), after.count("SUMMARY:New")) == (1, 1)


@pytest.mark.parametrize("body", [b"", text(), text(EXCEPTION)])
def test_without_an_event_nothing_is_moved(body: bytes) -> None:
    with pytest.raises(ValueError, match="no event"):
        lines(body)
