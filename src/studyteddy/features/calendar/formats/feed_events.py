"""One event of a foreign calendar: when it is, how it repeats, and its texts."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta, tzinfo

from icalendar import vDuration

from studyteddy.features.calendar.formats import feed_texts
from studyteddy.features.calendar.formats.feed_components import Component, Property
from studyteddy.features.calendar.formats.feed_sources import course_of, is_deadline, lasting_uid
from studyteddy.features.calendar.formats.feed_zones import Zones
from studyteddy.features.calendar.formats.feeds import (
    MAX_COURSE,
    MAX_DESCRIPTION,
    MAX_LOCATION,
    MAX_TITLE,
    MAX_UID,
    MAX_URL,
    UNTITLED,
)
from studyteddy.platform.local_time.dates import LAST_YEAR
from studyteddy.platform.text import is_visible

_MOMENT = re.compile(r"([0-9]{4})([0-9]{2})([0-9]{2})(?:T([0-9]{2})([0-9]{2})([0-9]{2})?(Z)?)?", re.IGNORECASE)
_MAX_DATES = 5000
_DAY = timedelta(days=1)
MAX_LENGTH = timedelta(days=366)


class Broken(Exception):
    """An event that can't be read; the message ends the sentence "It can't be read: …"."""


@dataclass(frozen=True, slots=True)
class Moment:
    """A local time in a zone, or a day if `zone` is None; `local` is midnight then."""

    local: datetime
    zone: tzinfo | None

    def utc(self) -> datetime:
        """Return the instant; a skipped time moves forward, an ambiguous one is the first of the two."""
        return self.local.replace(tzinfo=self.zone, fold=0).astimezone(UTC)

    def key(self) -> str:
        """Return the name of the occurrence at this moment."""
        return self.day() if self.zone is None else f"{self.utc():%Y-%m-%dT%H:%M:%SZ}"

    def day(self) -> str:
        return self.local.date().isoformat()


@dataclass(frozen=True, slots=True)
class Texts:
    title: str
    description: str
    location: str
    url: str
    course: str
    is_busy: bool
    is_deadline: bool


@dataclass(frozen=True, slots=True)
class Event:
    """The dates of an event; `component` has its texts."""

    uid: str
    start: Moment
    length: timedelta
    rules: list[str]
    dates: list[Moment]
    """Further occurrences."""
    excluded: list[Moment]
    replaces: Moment | None
    """The occurrence that it replaces, in its series."""
    replaces_following: bool
    """It replaces all occurrences after that one as well."""
    is_cancelled: bool
    sequence: int
    component: Component

    @property
    def is_series(self) -> bool:
        return bool(self.rules or self.dates)


def parsed(component: Component, zones: Zones, program: str) -> Event:
    """Return an event; raise `Broken`, or any other exception for values of unexpected forms."""
    begin = component.get("DTSTART")
    if begin is None:
        raise Broken("it has no start")
    start = moment(begin, zones)
    series = component.get("RECURRENCE-ID")
    sequence = component.value("SEQUENCE")
    status = component.value("STATUS").upper()
    uid = feed_texts.line(component.value("UID"), 4000)
    otherwise = f"{title_of(component)}\n{begin.value.strip()}\n{component.value('URL')}"
    return Event(
        uid=lasting_uid(uid, program, otherwise=otherwise, limit=MAX_UID),
        start=start,
        length=_length(component, start, zones),
        rules=[rule.value.strip() for rule in component.all("RRULE")[:3] if rule.value.strip()],
        dates=_moments(component.all("RDATE"), zones),
        excluded=_moments(component.all("EXDATE"), zones),
        replaces=moment(series, zones) if series else None,
        replaces_following=series is not None and series.parameter("RANGE").upper() == "THISANDFUTURE",
        is_cancelled=status in ("CANCELLED", "CANCELED"),
        sequence=int(sequence) if re.fullmatch(r"[0-9]{1,9}", sequence) else 0,
        component=component,
    )


def title_of(component: Component) -> str:
    return feed_texts.line(component.value("SUMMARY"), MAX_TITLE) or UNTITLED


def texts_of(event: Event, program: str) -> Texts:
    component = event.component
    title, url = title_of(component), feed_texts.web_address(component.value("URL"), MAX_URL)
    uid = component.value("UID")
    has_length = event.length > (_DAY if event.start.zone is None else timedelta())
    due = is_deadline(uid=uid, title=title, url=url, program=program, has_length=has_length)
    location = feed_texts.line(component.value("LOCATION"), MAX_LOCATION)
    summary = feed_texts.line(component.value("SUMMARY"), 1000)
    categories = feed_texts.listed(component.value("CATEGORIES"), MAX_COURSE)
    course = course_of(uid=uid, summary=summary, location=location, categories=categories, program=program)
    shown_as = component.value("X-MICROSOFT-CDO-BUSYSTATUS").upper()
    is_free = component.value("TRANSP").upper() == "TRANSPARENT" or shown_as == "FREE"
    description = feed_texts.paragraphs(component.value("DESCRIPTION"), MAX_DESCRIPTION)
    return Texts(
        title=title,
        description=description or feed_texts.paragraphs(component.value("X-ALT-DESC"), MAX_DESCRIPTION),
        location=location,
        url=url,
        course=course[:MAX_COURSE] if is_visible(course) else "",
        is_busy=not is_free and not due,
        is_deadline=due,
    )


def moment(value: Property, zones: Zones) -> Moment:
    return _moment(value.value.strip(), value.parameter("TZID"), zones)


def _moment(text: str, zone_name: str, zones: Zones) -> Moment:
    found = _MOMENT.fullmatch(text)
    if found is None:
        raise Broken(f"“{feed_texts.line(text, 40)}” isn't a time")
    try:
        day = datetime(int(found[1]), int(found[2]), int(found[3]))  # noqa: DTZ001 - a local time
        clock = time(int(found[4] or 0), int(found[5] or 0), min(int(found[6] or 0), 59))
    except ValueError:
        raise Broken(f"“{feed_texts.line(text, 40)}” isn't a time") from None
    if not 1 < day.year < LAST_YEAR:
        raise Broken(f"the year {day.year} is out of range")
    if found[4] is None:
        return Moment(day, None)
    return Moment(datetime.combine(day, clock), UTC if found[7] else zones.find(zone_name))


def _moments(values: list[Property], zones: Zones) -> list[Moment]:
    """Return the moments of lists; of periods, their starts. What can't be read is left out."""
    moments = list[Moment]()
    for value in values:
        zone_name = value.parameter("TZID")
        for item in value.value.split(",", _MAX_DATES)[:_MAX_DATES]:
            if len(moments) < _MAX_DATES and item.strip():
                try:
                    moments.append(_moment(item.partition("/")[0].strip(), zone_name, zones))
                except Broken:
                    continue
    return moments


def _length(component: Component, start: Moment, zones: Zones) -> timedelta:
    """Return how long an event is: whole days, at least one, if it is all day; else not negative."""
    end, duration = component.get("DTEND"), component.value("DURATION")
    length = timedelta()
    if end is not None and end.value.strip():
        last = moment(end, zones)
        if start.zone is None:
            length = last.local - start.local
        elif last.zone is not None:
            length = last.utc() - start.utc()
    elif duration:
        length = vDuration.from_ical(duration[:40])  # type: ignore[no-untyped-call]
    if start.zone is None:
        length = max(timedelta(days=length.days), _DAY)
    return min(max(length, timedelta()), MAX_LENGTH)
