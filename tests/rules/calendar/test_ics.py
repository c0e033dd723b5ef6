"""Calendars as text: what readers of RFC 5545 must find in them, and what a title can't do."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import icalendar
import pytest
from hypothesis import given
from hypothesis import strategies as st

from studyteddy.features.calendar.formats.ics import CalendarEvent, written

AT = datetime(2030, 3, 5, 17, 0, tzinfo=UTC)


def event(title: str = "Essay", **changes: object) -> CalendarEvent:
    fields = {"uid": "task-1@studyteddy", "start": AT, "minutes": 50, "busy": True, "changed_at": AT}
    return CalendarEvent(title=title, **fields | changes)  # type: ignore[arg-type]


def lines(*events: CalendarEvent) -> list[str]:
    text = written("Study Teddy", events, refresh=timedelta(hours=1))
    assert text.endswith("END:VCALENDAR\r\n")
    assert "\n" not in text.replace("\r\n", "")
    return text.replace("\r\n ", "").split("\r\n")[:-1]


def value(found: list[str], name: str) -> str:
    return next(line for line in found if line.startswith(f"{name}:")).removeprefix(f"{name}:")


def unescaped(text: str) -> str:
    """The text of a value, by section 3.3.11."""
    out, rest = "", iter(text)
    for letter in rest:
        out += {"n": "\n"}.get(following := next(rest), following) if letter == "\\" else letter
    return out


def test_an_event_at_an_instant_has_a_start_and_an_end_in_utc() -> None:
    found = lines(event(alarm_minutes=10, url="https://study.example/week", category="Maths, Physics"))
    assert [line for line in found if line.startswith("DT")] == [
        "DTSTAMP:20300305T170000Z",
        "DTSTART:20300305T170000Z",
        "DTEND:20300305T175000Z",
    ]
    assert "TRIGGER:-PT10M" in found
    assert "TRANSP:OPAQUE" in found
    assert "CATEGORIES:Maths\\, Physics" in found
    assert [found.count(f"{side}:{part}") for side in ("BEGIN", "END") for part in ("VEVENT", "VALARM")] == [1] * 4


def test_an_event_all_day_ends_on_the_next_day() -> None:
    found = lines(event(start=date(2028, 2, 29), minutes=0, busy=False))
    assert [line for line in found if line.startswith(("DTSTART", "DTEND"))] == [
        "DTSTART;VALUE=DATE:20280229",
        "DTEND;VALUE=DATE:20280301",
    ]
    assert "TRANSP:TRANSPARENT" in found
    assert "BEGIN:VALARM" not in found


@pytest.mark.parametrize(
    "title",
    [
        "Essay\r\nATTENDEE:mailto:eve@example.org",
        "Essay\nEND:VEVENT\nBEGIN:VEVENT",
        "Essay\rX-HACKED:1",
        "a\u2028X-HACKED:1\x85X-HACKED:2\x0bX",
        "a;b,c\\n:d\\",
        "\x00\x1b[31m",
    ],
)
def test_a_title_never_becomes_a_property(title: str) -> None:
    plain, found = lines(event()), lines(event(title))
    assert [line.partition(":")[0] for line in found] == [line.partition(":")[0] for line in plain]


@given(st.text(max_size=400))
def test_a_text_is_folded_at_75_bytes_and_read_back_whole(title: str) -> None:
    text = written("x", [event(title)], refresh=timedelta(hours=1))
    assert all(len(line.encode("utf-8", "surrogatepass")) <= 75 for line in text.split("\r\n"))
    readable = "".join(letter if letter == "\t" or letter.isprintable() else "?" for letter in title)
    if readable == title:
        assert unescaped(value(text.replace("\r\n ", "").split("\r\n"), "SUMMARY")) == title


@given(st.text(max_size=200), st.datetimes(datetime(2000, 1, 1), datetime(2100, 1, 1)), st.integers(0, 600))
def test_another_reader_finds_the_same_events(title: str, start: datetime, minutes: int) -> None:
    at = start.replace(microsecond=0, tzinfo=UTC)
    sent = event(title, start=at, minutes=minutes, description=title, category=title, alarm_minutes=10)
    calendar = icalendar.Calendar.from_ical(written("Study Teddy", [sent], refresh=timedelta(hours=1)).encode())
    (found,) = calendar.walk("VEVENT")
    assert found.errors == []
    assert (found.decoded("dtstart"), found.decoded("dtend")) == (at, at + timedelta(minutes=minutes))
    assert str(found["uid"]) == sent.uid
    (alarm,) = found.walk("VALARM")
    assert alarm.decoded("trigger") == timedelta(minutes=-10)
    shown = "".join(letter if letter.isprintable() or letter in "\t\n" else " " for letter in title)
    if shown == title:
        assert (str(found["summary"]), str(found.get("description", ""))) == (title, title)
