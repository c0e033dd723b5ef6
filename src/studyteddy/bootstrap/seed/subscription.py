"""The calendar that the student subscribes to: lectures, courses and a lab of the term, and a dentist.

Its server doesn't exist. What it would return is read once, as any calendar is, and then not for a year: until then the
calendar shows no problem, unless the student has it read.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from studyteddy.bootstrap.seed.days import Days
from studyteddy.bootstrap.seed.history import FIRST_DAY
from studyteddy.bootstrap.seed.steps import Step, Subscribe
from studyteddy.bootstrap.seed.texts import Texts
from studyteddy.features.calendar.formats.ics import text_line

URL = "https://calendar.example/ada.ics"
YEAR = timedelta(days=365)

_LESSONS = [
    (0, "08:15", "09:45", "lecture", "physics"),
    (0, "12:30", "13:45", "lecture", "maths"),
    (1, "08:15", "09:45", "lecture", "history"),
    (1, "12:30", "13:45", "course", "spanish"),
    (2, "08:00", "09:50", "lab", "chemistry"),
    (3, "08:15", "09:45", "lecture", "physics"),
    (3, "12:30", "13:45", "course", "spanish"),
    (4, "08:15", "09:45", "lecture", "maths"),
]
"""Weekday (Monday is 0), begin, end, kind and subject, between the hours of focus sessions."""
_DENTIST = (2, "12:30", "13:15")


def subscription(days: Days, texts: Texts) -> Step:
    """Return the step that subscribes to the calendar."""
    return Step(days.earlier_today("07:40", 0.3), Subscribe(URL, "\r\n".join(_lines(days, texts)), YEAR))


def _lines(days: Days, texts: Texts) -> Iterator[str]:
    words = texts.calendar
    yield from ("BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//Study Teddy//Sample data//EN")
    yield text_line("X-WR-CALNAME", words.name)
    first, last = days.monday(FIRST_DAY), days.monday(7)
    titles = {"lecture": words.lecture, "course": words.course, "lab": words.lab}
    for weekday, begin, end, kind, subject in _LESSONS:
        title = titles[kind].format(texts.subjects[subject].name)
        rule = f"RRULE:FREQ=WEEKLY;COUNT={(last - first) // 7 + 1}"
        yield from _event(days, f"{subject}-{weekday}", first + weekday, begin, end, title, rule)
    weekday, begin, end = _DENTIST
    next_one = next(day for day in range(1, 8) if days.day(day).weekday() == weekday)
    yield from _event(days, "dentist", next_one, begin, end, words.dentist)
    yield "END:VCALENDAR"


def _event(days: Days, uid: str, day: int, begin: str, end: str, title: str, *rules: str) -> Iterator[str]:
    """Yield the lines of an event at the student's local time."""
    date = f"{days.day(day):%Y%m%d}"
    yield from ("BEGIN:VEVENT", f"UID:{uid}@calendar.example", f"DTSTAMP:{date}T000000Z")
    yield from (f"DTSTART:{date}T{begin.replace(':', '')}00", f"DTEND:{date}T{end.replace(':', '')}00")
    yield from (text_line("SUMMARY", title), *rules, "END:VEVENT")
