"""The occurrences of events: rules, added and excluded dates, and changes of one or of all following occurrences.

Rules are expanded by `platform.local_time.recurrence`, which counts its steps: no rule can run away.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from itertools import islice

from studyteddy.features.calendar.formats.feed_events import MAX_LENGTH, Event, Moment
from studyteddy.features.calendar.formats.feeds import MAX_EVENTS_OF_A_SERIES
from studyteddy.platform.local_time import recurrence
from studyteddy.platform.local_time.recurrence import BadRule, TooFar

_DAY = timedelta(days=1)
_PARTS = re.compile(r"(FREQ|INTERVAL|COUNT|UNTIL|WKST|BY[A-Z]+)=([^;=]+)")
_TIMES = ("BYHOUR", "BYMINUTE", "BYSECOND")


class Window:
    """The days to read, both included, in the student's zone."""

    def __init__(self, since: date, until: date, zone: tzinfo) -> None:
        self.since, self.until = since, until
        self.begin = datetime.combine(since, time(), zone).astimezone(UTC)
        self.end = datetime.combine(until + _DAY, time(), zone).astimezone(UTC)

    def has(self, start: Moment, length: timedelta) -> bool:
        """Return whether any of the time is in the window."""
        if start.zone is None:
            return start.local.date() <= self.until and (start.local + length).date() > self.since
        at = start.utc()
        return at < self.end and (at >= self.begin or at + length > self.begin)


@dataclass(frozen=True, slots=True)
class Occurrence:
    """`id` is the name of its place in the series, "" without one; `event` has the texts."""

    id: str
    start: Moment
    length: timedelta
    event: Event


def occurrences(
    group: list[Event], window: Window, default: tzinfo, report: Callable[[Event, str], None]
) -> Iterator[Occurrence]:
    """Yield what takes place in the window of the events with one UID; `report` gets the ends of sentences."""
    changes = [event for event in group if event.replaces is not None]
    for main in _latest([event for event in group if event.replaces is None]):
        if main.is_cancelled:
            changes = []  # with the series, its changed occurrences are cancelled
            continue
        if main.is_series or changes:
            yield from _of_series(main, changes, window, default, report)
            changes = []
        elif window.has(main.start, main.length):
            several = sum(other.replaces is None for other in group) > 1
            yield Occurrence(main.start.key() if several else "", main.start, main.length, main)
    for change in changes:  # of a series that isn't there
        yield from _changed(change, window)


def _latest(events: list[Event]) -> list[Event]:
    """Return the events that count: the latest version, which can be several where a UID is shared by mistake."""
    last = max((event.sequence for event in events), default=0)
    return list({event.start: event for event in events if event.sequence == last}.values())


def _changed(change: Event, window: Window) -> Iterator[Occurrence]:
    assert change.replaces is not None
    if not change.is_cancelled and window.has(change.start, change.length):
        yield Occurrence(change.replaces.key(), change.start, change.length, change)


def _of_series(
    main: Event, changes: list[Event], window: Window, default: tzinfo, report: Callable[[Event, str], None]
) -> Iterator[Occurrence]:
    single = {_key(change.replaces, main): change for change in changes if change.replaces}
    following = sorted(
        (change for change in changes if change.replaces_following and change.replaces),
        key=lambda change: _order(change.replaces or change.start, main),
    )
    excluded = {_key(moment, main) for moment in main.excluded}
    found = 0
    for slot in _slots(main, _span(main, following, window), default, report):
        key = slot.key()
        if excluded.intersection((key, slot.day())):
            continue
        if key in single or slot.day() in single:
            continue  # it is where the change puts it
        occurrence = _at(slot, key, main, following)
        if occurrence is None or not window.has(occurrence.start, occurrence.length):
            continue
        found += 1
        if found > MAX_EVENTS_OF_A_SERIES:
            report(main, f"repeats too often; its first {MAX_EVENTS_OF_A_SERIES} dates are shown")
            break
        yield occurrence
    for change in single.values():
        yield from _changed(change, window)


def _at(slot: Moment, key: str, main: Event, following: list[Event]) -> Occurrence | None:
    """Return an occurrence as the last change of it and all following ones makes it, or None if that cancels it."""
    order = _order(slot, main)
    for change in reversed(following):
        assert change.replaces is not None
        if _order(change.replaces, main) <= order:
            if change.is_cancelled:
                return None
            if (change.start.zone is None) != (slot.zone is None):
                return Occurrence(key, slot, main.length, change)
            moved = slot.local + (change.start.local - _in_zone(change.replaces, main).local)
            return Occurrence(key, Moment(moved, change.start.zone), change.length, change)
    return Occurrence(key, slot, main.length, main)


def _span(main: Event, following: list[Event], window: Window) -> tuple[datetime, datetime]:
    """Return the local times between which an occurrence can be, to reach into the window in any zone."""
    reach = main.length
    for change in following:
        assert change.replaces is not None
        reach = max(reach, change.length + abs(change.start.local - change.replaces.local))
    reach = min(reach, MAX_LENGTH) + 2 * _DAY
    return datetime.combine(window.since, time()) - reach, datetime.combine(window.until, time()) + reach


def _slots(
    main: Event, span: tuple[datetime, datetime], default: tzinfo, report: Callable[[Event, str], None]
) -> Iterator[Moment]:
    """Yield when the occurrences of a span would be without changes, in order by rule, each once."""
    seen = set[datetime]()
    for moments in ([main.start], main.dates, *(_by_rule(rule, main, span, default, report) for rule in main.rules)):
        for moment in (_in_zone(moment, main) for moment in moments):
            if span[0] <= moment.local <= span[1] and moment.local not in seen:
                seen.add(moment.local)
                yield moment


def _by_rule(
    text: str, main: Event, span: tuple[datetime, datetime], default: tzinfo, report: Callable[[Event, str], None]
) -> Iterator[Moment]:
    try:
        parts = _parts(text, main, default)
        count = int(parts.pop("COUNT")) if len(parts.get("COUNT", "")) in range(1, 8) else None
        rule = recurrence.parse(
            ";".join(f"{name}={value}" for name, value in parts.items()), all_day=main.start.zone is None
        )
    except (BadRule, ValueError, OverflowError):
        report(main, "repeats in a way that can't be read; only its first date is shown")
        return
    since = main.start.local if count is not None else max(main.start.local, span[0])
    found = recurrence.expand(rule, main.start.local, time_zone="UTC", since=since)
    try:
        for local in islice(found, count):
            if local > span[1]:
                return
            yield Moment(local, main.start.zone)
    except TooFar:
        report(main, "repeats too often; only its first dates are shown")


def _parts(text: str, main: Event, default: tzinfo) -> dict[str, str]:
    """Return the parts of a rule in the form that `recurrence` understands: UNTIL in the local time of the event."""
    parts = dict(_PARTS.findall(text.upper().replace(" ", "")))
    if main.start.zone is None:
        parts = {name: value for name, value in parts.items() if name not in _TIMES}
    until = parts.get("UNTIL", "")
    if until.endswith("Z"):
        at = datetime.strptime(until, "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
        parts["UNTIL"] = f"{at.astimezone(main.start.zone or default):%Y%m%dT%H%M%S}"
    elif len(until) > 8 and main.start.zone is None:
        parts["UNTIL"] = until[:8]
    return parts


def _in_zone(moment: Moment, main: Event) -> Moment:
    """Return a moment as one of the series: in its zone, or as a day. A day in a series of times is at its time."""
    zone = main.start.zone
    if zone is None:
        return Moment(datetime.combine(moment.local, time()), None)
    if moment.zone is None:
        return Moment(datetime.combine(moment.local, main.start.local.time()), zone)
    if moment.zone is zone:
        return moment
    return Moment(moment.utc().astimezone(zone).replace(tzinfo=None, fold=0), zone)


def _key(moment: Moment, main: Event) -> str:
    """Return the key of a place in a series; a day means each occurrence on it."""
    return moment.day() if moment.zone is None or main.start.zone is None else moment.key()


def _order(moment: Moment, main: Event) -> datetime:
    return _in_zone(moment, main).local
