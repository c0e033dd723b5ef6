"""A foreign calendar, from its bytes to its events. Runs in a process of its own (`feed_child`)."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, tzinfo

from studyteddy.features.calendar.formats import feed_components, feed_series, feed_texts
from studyteddy.features.calendar.formats.feed_components import Component
from studyteddy.features.calendar.formats.feed_events import Broken, Event, Texts, parsed, texts_of, title_of
from studyteddy.features.calendar.formats.feed_series import Occurrence, Window
from studyteddy.features.calendar.formats.feed_zones import Zones, known
from studyteddy.features.calendar.formats.feeds import MAX_EVENTS, MAX_PROBLEMS, MAX_TITLE, Feed, FeedEvent
from studyteddy.platform.local_time.dates import zone as named_zone

_MAX_OCCURRENCES = 60_000
"""What is collected before the first `MAX_EVENTS` are taken."""
_MAX_DESCRIPTIONS = 4_000_000
"""Characters of all descriptions."""
_WEB_PAGE = re.compile(r"<(?:!doctype\s+html|html|head|body|script|meta)\b", re.IGNORECASE)

EMPTY = "The address returned nothing."
WEB_PAGE = "The address shows a web page, not a calendar; perhaps it needs a sign-in."
NO_CALENDAR = "The address doesn't return a calendar."
CUT = "The calendar ends in the middle; the rest of it is missing."
TOO_MANY = "The calendar has too many events; some of them aren't shown."


@dataclass
class _Problems:
    sentences: dict[str, None] = field(default_factory=dict)
    more: int = 0
    is_lossy: bool = False
    """Whether events are missing because of a problem."""

    def add(self, sentence: str) -> None:
        if sentence in self.sentences:
            return
        if len(self.sentences) < MAX_PROBLEMS - 1:
            self.sentences[sentence] = None
        else:
            self.more += 1

    def about(self, event: Event, end: str) -> None:
        self.is_lossy = True
        self.add(f"“{title_of(event.component)[:80]}” {end}.")

    def listed(self) -> list[str]:
        more = [f"There are more problems of this kind: {self.more}."] if self.more else []
        return [*self.sentences, *more]


def read(body: bytes, *, zone: str, since: date, until: date) -> Feed:
    """Return what `feeds.read_feed` describes; takes as much memory and time as it needs."""
    text = feed_components.decoded(body)
    found = feed_components.split(text)
    if not found.calendars or text.lstrip()[:1] == "<":
        return Feed(problems=[_instead(text)])
    student = named_zone(zone)
    problems = _Problems()
    zones = Zones(known(_line(found.calendar, "X-WR-TIMEZONE")) or student, found.zones, problems.add)
    program = _line(found.calendar, "PRODID")
    groups = {} if found.calendar.value("METHOD").upper() == "CANCEL" else _groups(found, zones, program, problems)
    collected, is_whole = _collected(groups, Window(since, until, student), zones.default, problems)
    events, is_all = _events(collected, program, student)
    for sentence, applies in ((CUT, found.is_cut), (TOO_MANY, found.is_too_long or not is_whole or not is_all)):
        if applies:
            problems.sentences = {sentence: None, **problems.sentences}
    return Feed(
        name=_line(found.calendar, "X-WR-CALNAME") or _line(found.calendar, "NAME"),
        events=events,
        problems=problems.listed()[:MAX_PROBLEMS],
        is_complete=not (found.is_cut or found.is_too_long or problems.is_lossy) and is_whole and is_all,
    )


def _instead(text: str) -> str:
    if not text.strip("\x00 \t\r\n\ufeff"):
        return EMPTY
    return WEB_PAGE if _WEB_PAGE.search(text[:20_000]) else NO_CALENDAR


def _line(calendar: Component, name: str) -> str:
    return feed_texts.line(calendar.value(name), MAX_TITLE)


def _groups(found: feed_components.Text, zones: Zones, program: str, problems: _Problems) -> dict[str, list[Event]]:
    """Return the events by UID. An event that can't be read is reported, and costs no other."""
    groups: dict[str, list[Event]] = {}
    for component in found.events:
        try:
            event = parsed(component, zones, program)
        except Exception as fault:
            reason = str(fault) if isinstance(fault, Broken) else "it has an unexpected form"
            problems.is_lossy = True
            problems.add(f"“{title_of(component)[:80]}” can't be read: {reason}.")
            continue
        groups.setdefault(event.uid, []).append(event)
    return groups


def _collected(
    groups: dict[str, list[Event]], window: Window, default: tzinfo, problems: _Problems
) -> tuple[dict[tuple[str, str], Occurrence], bool]:
    """Return what takes place in the window, and whether that is all of it."""
    collected: dict[tuple[str, str], Occurrence] = {}
    for group in groups.values():
        try:
            for occurrence in feed_series.occurrences(group, window, default, problems.about):
                collected.setdefault((group[0].uid, occurrence.id), occurrence)
                if len(collected) > _MAX_OCCURRENCES:
                    return collected, False
        except Exception:  # dates at the end of the calendar, zones that contradict themselves
            problems.about(group[0], "can't be read: its dates have an unexpected form")
    return collected, True


def _events(
    collected: dict[tuple[str, str], Occurrence], program: str, student: tzinfo
) -> tuple[list[FeedEvent], bool]:
    """Return the first events by start, and whether these are all."""
    ordered = sorted(collected.items(), key=lambda item: (_begin(item[1], student), item[0]))
    events, texts, left = list[FeedEvent](), dict[int, Texts](), _MAX_DESCRIPTIONS
    for (uid, place), occurrence in ordered[:MAX_EVENTS]:
        event = occurrence.event
        if id(event) not in texts:
            texts[id(event)] = texts_of(event, program)
        words, is_days = texts[id(event)], occurrence.start.zone is None
        left -= len(words.description)
        events.append(
            FeedEvent(
                uid=uid,
                recurrence_id=place,
                title=words.title,
                description=words.description if left >= 0 else "",
                location=words.location,
                url=words.url,
                course=words.course,
                is_busy=words.is_busy,
                is_deadline=words.is_deadline,
                starts_at=None if is_days else occurrence.start.utc(),
                ends_at=None if is_days else occurrence.start.utc() + occurrence.length,
                start_date=occurrence.start.local.date() if is_days else None,
                end_date=(occurrence.start.local + occurrence.length).date() if is_days else None,
            )
        )
    return events, len(ordered) <= MAX_EVENTS


def _begin(occurrence: Occurrence, student: tzinfo) -> datetime:
    start = occurrence.start
    return start.utc() if start.zone is not None else start.local.replace(tzinfo=student).astimezone(UTC)
