"""Reading calendars of others: times, texts, broken events, and what isn't a calendar."""

from __future__ import annotations

from datetime import date, datetime

import pytest
from tests.rules.calendar.feeds import SINCE, UNTIL, ZONE, calendar, feed, starts

from studyteddy.features.calendar.formats import feed_reader
from studyteddy.features.calendar.formats.feed_reader import read
from studyteddy.features.calendar.formats.feeds import MAX_EVENTS, MAX_PROBLEMS

LYING = """\
BEGIN:VTIMEZONE
TZID:{name}
BEGIN:STANDARD
DTSTART:19700101T000000
TZOFFSETFROM:{offset}
TZOFFSETTO:{offset}
END:STANDARD
END:VTIMEZONE"""


def _start(line: str, *, head: str = "", zone: str = ZONE) -> str:
    found = feed(f"UID:a\n{line}", head=head, zone=zone)
    assert found.is_complete
    return starts(found)[0]


@pytest.mark.parametrize(
    ("line", "start"),
    [
        ("DTSTART:20261201T100000Z", "2026-12-01T10:00Z"),
        ("DTSTART:20261201T100000", "2026-12-01T09:00Z"),
        ("DTSTART;TZID=America/New_York:20261201T100000", "2026-12-01T15:00Z"),
        ("DTSTART;TZID=america/new_york:20261201T100000", "2026-12-01T15:00Z"),
        ('DTSTART;TZID="America/New_York":20261201T100000', "2026-12-01T15:00Z"),
        ("DTSTART;TZID=America/New_York:20261201T100000Z", "2026-12-01T10:00Z"),
        ("DTSTART;TZID=/mozilla.org/20050126_1/Asia/Tokyo:20261201T100000", "2026-12-01T01:00Z"),
        ("DTSTART;TZID=W. Europe Standard Time:20260930T100000", "2026-09-30T08:00Z"),
        ("DTSTART;TZID=Eastern Standard Time:20261201T100000", "2026-12-01T15:00Z"),
        ("dtstart;tzid=Asia/Tokyo:20261201t100000", "2026-12-01T01:00Z"),
        ("DTSTART;VALUE=DATE:20261201", "2026-12-01"),
        ("DTSTART:20261201", "2026-12-01"),
        ("DTSTART;VALUE=DATE;VALUE=DATE:20261201", "2026-12-01"),
        ("DTSTART;TZID=Europe/Berlin:20261025T023000", "2026-10-25T00:30Z"),  # the first of two
        ("DTSTART;TZID=Europe/Berlin:20270328T023000", "2027-03-28T01:30Z"),  # skipped: later by the gap
        ("DTSTART:20261201T100060Z", "2026-12-01T10:00Z"),  # a leap second
    ],
)
def test_starts_are_read_in_their_zones(line: str, start: str) -> None:
    assert _start(line) == start


def test_times_without_a_zone_are_in_that_of_the_calendar_or_the_student() -> None:
    line = "DTSTART:20261201T100000"
    assert _start(line, zone="Asia/Tokyo") == "2026-12-01T01:00Z"
    assert _start(line, head="X-WR-TIMEZONE:America/New_York") == "2026-12-01T15:00Z"
    assert _start(line, head="X-WR-TIMEZONE:Nowhere") == "2026-12-01T09:00Z"


def test_the_name_of_a_zone_is_believed_before_its_definition() -> None:
    lying = LYING.format(name="Europe/Berlin", offset="+0900")
    assert _start("DTSTART;TZID=Europe/Berlin:20261201T100000", head=lying) == "2026-12-01T09:00Z"
    own = LYING.format(name="Campus time", offset="-0330")
    assert _start("DTSTART;TZID=Campus time:20261201T100000", head=own) == "2026-12-01T13:30Z"


def test_a_definition_with_summer_time_is_followed() -> None:
    definition = """\
BEGIN:VTIMEZONE
TZID:(UTC-06:00) Campus
BEGIN:STANDARD
DTSTART:16010101T020000
TZOFFSETFROM:-0500
TZOFFSETTO:-0600
RRULE:FREQ=YEARLY;INTERVAL=1;BYDAY=1SU;BYMONTH=11
END:STANDARD
BEGIN:DAYLIGHT
DTSTART:16010101T020000
TZOFFSETFROM:-0600
TZOFFSETTO:-0500
RRULE:FREQ=YEARLY;INTERVAL=1;BYDAY=2SU;BYMONTH=3
END:DAYLIGHT
END:VTIMEZONE"""
    line = 'DTSTART;TZID="(UTC-06:00) Campus":'
    assert _start(f"{line}20261030T100000", head=definition) == "2026-10-30T15:00Z"
    assert _start(f"{line}20261102T100000", head=definition) == "2026-11-02T16:00Z"
    weekly = f"UID:a\n{line}20261030T100000\nRRULE:FREQ=WEEKLY;COUNT=2"
    assert starts(feed(weekly, head=definition)) == ["2026-10-30T15:00Z", "2026-11-06T16:00Z"]


@pytest.mark.parametrize(
    "definition",
    [
        "",
        "BEGIN:VTIMEZONE\nTZID:Campus\nEND:VTIMEZONE",
        LYING.format(name="Campus", offset="+9900"),
        LYING.format(name="Campus", offset="soon"),
        LYING.format(name="Campus", offset="+0900").replace("END:STANDARD", "RRULE:FREQ=SECONDLY\nEND:STANDARD"),
        LYING.format(name="Campus", offset="+0900").replace("END:STANDARD", "X:" + "x" * 30_000 + "\nEND:STANDARD"),
    ],
)
def test_an_unknown_zone_is_reported_once(definition: str) -> None:
    line = "DTSTART;TZID=Campus:20261201T100000"
    found = feed(f"UID:a\n{line}", f"UID:b\n{line}", head=definition)
    assert starts(found) == ["2026-12-01T09:00Z"] * 2
    assert found.problems == ["The time zone “Campus” is unknown; its times may be wrong."]


@pytest.mark.parametrize(
    ("lines", "minutes"),
    [
        ("DTSTART:20261201T100000Z", 0),
        ("DTSTART:20261201T100000Z\nDTEND:20261201T113000Z", 90),
        ("DTSTART:20261201T100000Z\nDTEND:20261201T100000Z", 0),
        ("DTSTART:20261201T100000Z\nDTEND:20261201T090000Z", 0),
        ("DTSTART:20261201T100000Z\nDTEND;VALUE=DATE:20261202", 0),
        ("DTSTART:20261201T100000Z\nDTEND;TZID=Europe/Berlin:20261201T113000", 30),
        ("DTSTART:20261201T100000Z\nDURATION:PT1H15M", 75),
        ("DTSTART:20261201T100000Z\nDURATION:-PT1H", 0),
        ("DTSTART;TZID=Europe/Berlin:20261024T220000\nDTEND;TZID=Europe/Berlin:20261025T060000", 540),
    ],
)
def test_lengths_are_never_negative(lines: str, minutes: int) -> None:
    found = feed(f"UID:a\n{lines}").events[0]
    assert found.starts_at is not None
    assert found.ends_at is not None
    assert (found.ends_at - found.starts_at).total_seconds() == minutes * 60
    assert found.start_date is None
    assert found.end_date is None


@pytest.mark.parametrize(
    ("lines", "end"),
    [
        ("DTSTART;VALUE=DATE:20261201", date(2026, 12, 2)),
        ("DTSTART;VALUE=DATE:20261201\nDTEND;VALUE=DATE:20261201", date(2026, 12, 2)),
        ("DTSTART;VALUE=DATE:20261201\nDTEND;VALUE=DATE:20261130", date(2026, 12, 2)),
        ("DTSTART;VALUE=DATE:20261201\nDTEND;VALUE=DATE:20261204", date(2026, 12, 4)),
        ("DTSTART;VALUE=DATE:20261201\nDURATION:P2D", date(2026, 12, 3)),
    ],
)
def test_all_day_events_have_whole_days(lines: str, end: date) -> None:
    found = feed(f"UID:a\n{lines}").events[0]
    assert (found.start_date, found.end_date) == (date(2026, 12, 1), end)
    assert found.starts_at is None
    assert found.ends_at is None


def test_events_outside_the_days_are_left_out() -> None:
    found = feed(
        "UID:before\nDTSTART:20260831T100000Z\nDTEND:20260831T110000Z",
        "UID:into\nDTSTART:20260831T210000Z\nDTEND:20260831T223000Z",
        "UID:until\nDTSTART:20260831T210000Z\nDTEND:20260831T220000Z",
        "UID:first\nDTSTART:20260831T220000Z",
        "UID:last\nDTSTART:20270331T215900Z",
        "UID:after\nDTSTART:20270331T220000Z",
        "UID:days before\nDTSTART;VALUE=DATE:20260830\nDTEND;VALUE=DATE:20260901",
        "UID:days into\nDTSTART;VALUE=DATE:20260830\nDTEND;VALUE=DATE:20260902",
        "UID:last day\nDTSTART;VALUE=DATE:20270331",
        "UID:day after\nDTSTART;VALUE=DATE:20270401",
    )
    assert {one.uid for one in found.events} == {"into", "first", "last", "days into", "last day"}
    assert found.is_complete
    assert found.problems == []


def test_texts_are_plain_and_bounded() -> None:
    found = feed(
        "UID:a\nDTSTART:20261201T100000Z\nSUMMARY: Maths\\, part 1\\; &quot;Sets&quot; \\n next\x07"
        "\nDESCRIPTION:<p>Read <b>chapter&nbsp;5</b>.</p><ul><li>One</li><li>Two</li></ul><script>alert('x')</script>"
        "if a <b and b< c &lt;i&gt;\nLOCATION:Room\\\\ 5\nURL:https://example.org/a?b=1&amp;c=2"
        "\nCATEGORIES:Lab\nTRANSP:TRANSPARENT",
        f"UID:{'u' * 300}\nDTSTART:20261202T100000Z"
        f"\nSUMMARY:{'x' * 900}\nDESCRIPTION:{'y' * 9000}\nLOCATION:{'z' * 900}"
        f"\nURL:https://example.org/{'a' * 2000}",
        "UID:c\nDTSTART:20261203T100000Z\nX-ALT-DESC;FMTTYPE=text/html:<html><head><title>t</title></head>Hi<br>you",
        head="X-WR-CALNAME:My courses",
    )
    assert found.name == "My courses"
    one, two, three = found.events
    assert one.title == 'Maths, part 1; "Sets" next'
    assert one.description == "Read chapter 5.\n\n- One\n\n- Two\n\nif a <b and b< c <i>"
    assert one.location == "Room\\ 5"
    assert one.url == "https://example.org/a?b=1&c=2"
    assert one.course == ""
    assert (one.is_busy, two.is_busy) == (False, True)
    assert [len(text) for text in (two.title, two.description, two.location, two.url)] == [200, 5000, 200, 0]
    assert len(two.uid) < 60
    assert (three.title, three.description) == ("Untitled", "Hi\nyou")


@pytest.mark.parametrize(
    "url", ["javascript:alert(1)", "ftp://example.org", "//example.org", "https://", "https://a b"]
)
def test_only_addresses_of_the_web_are_kept(url: str) -> None:
    assert feed(f"UID:a\nDTSTART:20261201T100000Z\nURL:{url}").events[0].url == ""


def test_folded_lines_are_put_together_even_within_a_character() -> None:
    body = calendar("UID:a\nDTSTART:20261201T100000Z\nSUMMARY:Übung über Brüche").replace(
        "Übung".encode(), b"\xc3\r\n \x9cbung\r\n\t"
    )
    assert read(body, zone=ZONE, since=SINCE, until=UNTIL).events[0].title == "Übung über Brüche"


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "cp1252"])
def test_encodings_are_recognised(encoding: str) -> None:
    body = calendar("UID:a\nDTSTART:20261201T100000Z\nSUMMARY:Übung über Brüche").decode().encode(encoding)
    assert read(body, zone=ZONE, since=SINCE, until=UNTIL).events[0].title == "Übung über Brüche"


@pytest.mark.parametrize("end", ["\n", "\r"])
def test_line_ends_can_be_any(end: str) -> None:
    body = calendar("UID:a\nDTSTART:20261201T100000Z").replace(b"\r\n", end.encode())
    assert len(read(body, zone=ZONE, since=SINCE, until=UNTIL).events) == 1


def test_a_broken_event_costs_no_other_event() -> None:
    broken = [
        "UID:a\nSUMMARY:No start",
        "UID:b\nSUMMARY:Bad start\nDTSTART:tomorrow",
        "UID:c\nSUMMARY:Bad day\nDTSTART:20261332T100000Z",
        "UID:d\nSUMMARY:Bad end\nDTSTART:20261201T100000Z\nDTEND:later",
        "UID:e\nSUMMARY:Bad duration\nDTSTART:20261201T100000Z\nDURATION:long",
        "UID:f\nSUMMARY:Endless\nDTSTART:20261201T100000Z\nDURATION:P99999999999D",
        "UID:g\nSUMMARY:Far\nDTSTART:99991231T235959Z",
    ]
    good = "UID:good\nDTSTART:20261201T100000Z\nSUMMARY:Good"
    found = feed(*broken, good)
    assert [one.title for one in found.events] == ["Good"]
    assert not found.is_complete  # what they replace may still be there
    assert len(found.problems) == len(broken)
    assert found.problems[0] == "“No start” can't be read: it has no start."
    assert found.problems[1] == "“Bad start” can't be read: “tomorrow” isn't a time."


def test_problems_are_limited() -> None:
    found = feed(*(f"UID:{number}\nSUMMARY:Event {number}" for number in range(30)))
    assert len(found.problems) == MAX_PROBLEMS
    assert found.problems[-1] == "There are more problems of this kind: 11."


def test_alarms_and_other_components_are_passed_over() -> None:
    alarm = "BEGIN:VALARM\nSUMMARY:Alarm\nDTSTART:20270101T000000Z\nBEGIN:X-DEEP\nUID:x\nEND:X-DEEP\nEND:VALARM"
    task = "BEGIN:VTODO\nUID:t\nDTSTART:20261201T100000Z\nEND:VTODO"
    found = feed(f"UID:a\n{alarm}\nDTSTART:20261201T100000Z\nSUMMARY:Event\n{alarm}", head=task)
    assert [(one.title, one.uid) for one in found.events] == [("Event", "a")]


def test_an_event_without_an_end_does_not_hide_the_next() -> None:
    body = calendar("UID:a\nDTSTART:20261201T100000Z", "UID:b\nDTSTART:20261202T100000Z").replace(
        b"END:VEVENT\r\n", b"", 1
    )
    assert [one.uid for one in read(body, zone=ZONE, since=SINCE, until=UNTIL).events] == ["a", "b"]


def test_what_is_cancelled_is_left_out() -> None:
    line = "DTSTART:20261201T100000Z"
    assert feed(f"UID:a\n{line}\nSTATUS:CANCELLED", f"UID:b\n{line}\nSTATUS:TENTATIVE").events[0].uid == "b"
    cancelled = feed(f"UID:a\n{line}", head="METHOD:CANCEL")
    assert (cancelled.events, cancelled.is_complete) == ([], True)


def test_the_latest_version_of_an_event_counts() -> None:
    found = feed(
        "UID:a\nSEQUENCE:2\nDTSTART:20261203T100000Z\nSUMMARY:New",
        "UID:a\nSEQUENCE:1\nDTSTART:20261202T100000Z\nSUMMARY:Old",
    )
    assert [one.title for one in found.events] == ["New"]


def test_events_that_share_a_uid_are_told_apart_by_their_starts() -> None:
    found = feed(
        "UID:a\nDTSTART:20261202T100000Z", "UID:a\nDTSTART:20261203T100000Z", "UID:a\nDTSTART:20261203T100000Z"
    )
    assert [(one.uid, one.recurrence_id) for one in found.events] == [
        ("a", "2026-12-02T10:00:00Z"),
        ("a", "2026-12-03T10:00:00Z"),
    ]


@pytest.mark.parametrize(
    ("body", "problem"),
    [
        (b"", feed_reader.EMPTY),
        (b"\xef\xbb\xbf \r\n\x00", feed_reader.EMPTY),
        (b"<!DOCTYPE html><html><body>Sign in</body></html>", feed_reader.WEB_PAGE),
        (b"\r\n<HTML>" + calendar("UID:a\nDTSTART:20261201T100000Z") + b"</HTML>", feed_reader.WEB_PAGE),
        (b'{"error": "unauthorized"}', feed_reader.NO_CALENDAR),
        (b"BEGIN:VCARD\r\nEND:VCARD\r\n", feed_reader.NO_CALENDAR),
        (b"\x89PNG\r\n\x1a\n\x00", feed_reader.NO_CALENDAR),
    ],
)
def test_what_is_not_a_calendar_is_not_complete(body: bytes, problem: str) -> None:
    found = read(body, zone=ZONE, since=SINCE, until=UNTIL)
    assert (found.events, found.problems, found.is_complete) == ([], [problem], False)


def test_a_calendar_that_is_cut_is_not_complete_wherever_it_ends() -> None:
    body = calendar("UID:a\nDTSTART:20261201T100000Z", "UID:b\nDTSTART:20261202T100000Z", head=LYING)
    last = body.index(b"END:VCALENDAR")
    for length in range(1, last + len(b"END:VCALENDAR") - 1):
        found = read(body[:length], zone=ZONE, since=SINCE, until=UNTIL)
        assert not found.is_complete
    whole = read(body, zone=ZONE, since=SINCE, until=UNTIL)
    assert (len(whole.events), whole.is_complete) == (2, True)


def test_an_empty_calendar_is_complete() -> None:
    assert feed().is_complete


def test_the_first_events_are_taken() -> None:
    lines = (
        f"UID:{number}\nDTSTART:{datetime(2026, 12, 1, number // 60 % 24, number % 60):%Y%m%dT%H%M%S}Z"
        for number in range(MAX_EVENTS + 2)
    )
    found = feed(*lines, "UID:last\nDTSTART:20270101T000000Z", "UID:first\nDTSTART;VALUE=DATE:20261130")
    assert len(found.events) == MAX_EVENTS
    assert found.events[0].uid == "first"
    assert found.problems == [feed_reader.TOO_MANY]
    instants = [one.starts_at for one in found.events[1:] if one.starts_at]
    assert instants == sorted(instants)
