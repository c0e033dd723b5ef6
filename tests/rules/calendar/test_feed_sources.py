"""Feeds shaped like those of learning platforms: identity, deadlines, and what they do to the format."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest
from tests.rules.calendar.feeds import feed

CANVAS = """\
DTSTAMP:20261101T120000Z
UID:event-assignment-{number}
DTSTART;VALUE=DATE;VALUE=DATE:20261204
DTEND;VALUE=DATE;VALUE=DATE:20261204
CLASS:PUBLIC
DESCRIPTION:Read <b>it</b>
SEQUENCE:0
SUMMARY:Essay on photosynthesis [BIO 101]
URL:https://canvas.example.edu/calendar?include_contexts=course_42&month=12&year=2026#assignment_{number}
X-ALT-DESC;FMTTYPE=text/html:<p>Read <b>it</b></p>"""
MOODLE_HEAD = "METHOD:PUBLISH\nPRODID:-//Moodle Pty Ltd//NONSGML Moodle Version 2024100100//EN"
MOODLE = """\
UID:{uid}@moodle.example.edu
SUMMARY:{title}
DESCRIPTION:Upload a PDF.\\n\\n\t
CLASS:PUBLIC
LAST-MODIFIED:20261101T120000Z
DTSTAMP:{stamp}
DTSTART:20261204T225900Z
DTEND:20261204T225900Z
CATEGORIES:BIO101"""
BLACKBOARD_HEAD = """\
PRODID:-//Blackboard Inc.//Calendar//EN
BEGIN:VTIMEZONE
TZID:America/Chicago
BEGIN:STANDARD
DTSTART:20071104T020000
TZOFFSETFROM:-0500
TZOFFSETTO:-0600
END:STANDARD
END:VTIMEZONE"""
BLACKBOARD = """\
DTSTAMP:20261101T120000Z
DTSTART;TZID=America/Chicago:20261204T235900
DTEND;TZID=America/Chicago:20261205T000000
SUMMARY:{title}
UID:{uid}"""


def test_canvas() -> None:
    event = "UID:event-calendar-event-7\nDTSTART:20261204T150000Z\nDTEND:20261204T160000Z\nSUMMARY:Due process [LAW]"
    override = CANVAS.format(number=9).replace("event-assignment-9", "event-assignment-override-9")
    found = feed(CANVAS.format(number=8), override, event, head="PRODID:icalendar-ruby\nX-WR-CALNAME:Ada (Canvas)")
    by_uid = {one.uid: one for one in found.events}
    due = by_uid["event-assignment-8"]
    assert (due.start_date, due.end_date) == (date(2026, 12, 4), date(2026, 12, 5))
    assert (due.title, due.description) == ("Essay on photosynthesis [BIO 101]", "Read it")
    assert due.url.endswith("include_contexts=course_42&month=12&year=2026#assignment_8")
    assert {uid: (one.is_deadline, one.is_busy) for uid, one in by_uid.items()} == {
        "event-assignment-8": (True, False),
        "event-assignment-override-9": (True, False),
        "event-calendar-event-7": (False, True),
    }
    assert {uid: one.course for uid, one in by_uid.items()} == {
        "event-assignment-8": "BIO 101",
        "event-assignment-override-9": "BIO 101",
        "event-calendar-event-7": "LAW",
    }
    assert found.problems == []


@pytest.mark.parametrize(
    ("title", "is_deadline"),
    [
        ("Essay is due", True),
        ("Quiz 1 closes", True),
        ("Vencimiento de Ensayo", True),
        ("エッセイ の提出期限", True),
        ("Aufsatz ist fällig.", True),
        ("Quiz 1 opens", False),
        ("Quiz 1 öffnet", False),
    ],
)
def test_moodle(title: str, is_deadline: bool) -> None:
    text = MOODLE.format(uid=17, title=f"{title} &amp; more", stamp="20261110T080000Z")
    one = feed(text, head=MOODLE_HEAD).events[0]
    assert (one.is_deadline, one.is_busy) == (is_deadline, not is_deadline)
    assert (one.uid, one.title) == ("17@moodle.example.edu", f"{title} & more")
    assert (one.description, one.course) == ("Upload a PDF.", "BIO101")
    assert one.starts_at == one.ends_at == datetime(2026, 12, 4, 22, 59, tzinfo=UTC)
    lecture = text.replace("DTEND:20261204T225900Z", "DTEND:20261204T235900Z")
    assert not feed(lecture, head=MOODLE_HEAD).events[0].is_deadline


@pytest.mark.parametrize(
    ("categories", "course"),
    [
        ("CATEGORIES:Biology\\, 2nd,Lab\nCATEGORIES:Other", "Biology, 2nd"),
        (f"CATEGORIES:{'c' * 200}", "c" * 100),
        ("CATEGORIES:,\x07", ""),
        ("CATEGORIES:\u200b\u3164", ""),
        ("CATEGORIES:<b>BIO</b> &amp; CHEM", "BIO & CHEM"),
        ("X-NOTHING:1", ""),
    ],
)
def test_a_course_is_a_line_of_text(categories: str, course: str) -> None:
    text = MOODLE.format(uid=17, title="Essay is due", stamp="20261110T080000Z").replace(
        "CATEGORIES:BIO101", categories
    )
    assert feed(text, head=MOODLE_HEAD).events[0].course == course


def test_only_learning_platforms_have_courses() -> None:
    event = "UID:7@example.org\nDTSTART:20261204T150000Z\nSUMMARY:Essay [BIO 101]\nCATEGORIES:BIO\nLOCATION:Room 5"
    assert feed(event).events[0].course == ""


def test_the_course_of_a_long_title_is_read() -> None:
    long = CANVAS.format(number=8).replace("Essay on photosynthesis", "x" * 300)
    one = feed(long).events[0]
    assert (len(one.title), one.course) == (200, "BIO 101")


def test_a_time_of_download_changes_nothing() -> None:
    texts = [
        MOODLE.format(uid=17, title="Essay is due", stamp=stamp) for stamp in ("20261110T080000Z", "20261111T090000Z")
    ]
    assert feed(texts[0], head=MOODLE_HEAD) == feed(texts[1], head=MOODLE_HEAD)


def test_blackboard() -> None:
    uid = "_blackboard.platform.gradebook2.GradableItem-_123_1"
    one = feed(BLACKBOARD.format(uid=uid, title="Lab report"), head=BLACKBOARD_HEAD).events[0]
    assert (one.uid, one.is_deadline) == (uid, True)
    assert one.starts_at == datetime(2026, 12, 5, 5, 59, tzinfo=UTC)
    meeting = BLACKBOARD.format(uid="_blackboard.data.calendar.CalendarEntry-_5_1", title="Office hours")
    assert not feed(meeting, head=BLACKBOARD_HEAD).events[0].is_deadline


@pytest.mark.parametrize("rest", ["_blackboard.platform.gradebook2.GradableItem-_123_1", "blackboard.example.edu"])
@pytest.mark.parametrize("stamps", [("20261101T120000Z-", "20261102T130000Z-"), ("1793534400000-", "1793620800000-")])
def test_a_uid_of_blackboard_is_the_same_at_each_download(rest: str, stamps: tuple[str, str]) -> None:
    def uid(stamp: str, title: str) -> str:
        text = BLACKBOARD.format(uid=f"{stamp}{rest}", title=title)
        return feed(text, head=BLACKBOARD_HEAD).events[0].uid

    assert uid(stamps[0], "Lab report") == uid(stamps[1], "Lab report")
    other = rest.replace("_123_", "_124_")
    text = BLACKBOARD.format(uid=f"{stamps[0]}{other}", title="Essay")
    assert feed(text, head=BLACKBOARD_HEAD).events[0].uid != uid(stamps[0], "Lab report")


def test_stamps_of_other_programs_are_part_of_the_uid() -> None:
    uids = ["20261101T120000Z-1@example.org", "20261102T120000Z-1@example.org"]
    found = feed(*(f"UID:{uid}\nDTSTART:20261204T100000Z" for uid in uids))
    assert [one.uid for one in found.events] == uids


def test_an_event_without_a_uid_has_one_that_lasts() -> None:
    one, other = "DTSTART:20261204T100000Z\nSUMMARY:One", "DTSTART:20261204T100000Z\nSUMMARY:Other"
    first, second = feed(one, other).events, feed(other, one).events
    assert {event.uid for event in first} == {event.uid for event in second}
    assert len({event.uid for event in first}) == 2


@pytest.mark.parametrize(
    ("title", "is_deadline"),
    [("Essay - Due", True), ("Essay - Available", False), ("Essay - Availability Ends", False), ("Due process", False)],
)
def test_brightspace(title: str, is_deadline: bool) -> None:
    text = f"UID:6606-99@x.brightspace.com\nDTSTART:20261204T225900Z\nDTEND:20261204T225900Z\nSUMMARY:{title}"
    found = feed(f"{text}\nLOCATION:Biology 101", head="PRODID:-//D2L//NONSGML D2L Calendar//EN").events[0]
    assert (found.is_deadline, found.location, found.course) == (is_deadline, "Biology 101", "Biology 101")


@pytest.mark.parametrize(
    ("path", "is_deadline"), [("assignment/5", True), ("assignment/5/assessment", True), ("event/5/profile", False)]
)
def test_schoology(path: str, is_deadline: bool) -> None:
    text = "UID:calendar-event-5@schoology.com\nDTSTART:20261204T225900Z\nDTEND:20261204T235900Z\nSUMMARY:Essay"
    found = feed(f"{text}\nURL:http://app.schoology.com/{path}").events[0]
    assert (found.is_deadline, found.starts_at) == (is_deadline, datetime(2026, 12, 4, 22, 59, tzinfo=UTC))


@pytest.mark.parametrize(
    ("title", "end", "is_deadline"),
    [
        ("Deadline: project report", "", True),
        ("Abgabe Blatt 5", "", True),
        ("Project report due", "\nDTEND:20261204T100000Z", True),
        ("Deadline: project report", "\nDTEND:20261204T110000Z", False),
        ("Lunch", "", False),
        ("Residue analysis", "", False),
    ],
)
def test_other_calendars(title: str, end: str, is_deadline: bool) -> None:
    assert feed(f"UID:a\nDTSTART:20261204T100000Z\nSUMMARY:{title}{end}").events[0].is_deadline == is_deadline
