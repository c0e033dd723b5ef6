"""Recurrence rules (RFC 5545 §3.3.10): parsed strictly, expanded in wall-clock time, and only so far.

A rule is expanded on *local* dates and times without a zone, and each result gets its zone afterwards: nine o'clock
stays nine o'clock when the clocks change. A time that the clocks skip moves forward by the gap; of a time that comes
twice the first is meant.

The engine is dateutil's. It may search for an instance that does not exist until the year 9999, so it is given an
interval that counts how often it is used: every step of the engine adds the interval, and after `MOST_STEPS` the
search ends.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from itertools import islice
from typing import Any, Literal

from dateutil.relativedelta import relativedelta
from dateutil.rrule import DAILY, HOURLY, MONTHLY, WEEKLY, YEARLY, rrule, weekday
from msgspec import Struct

from studyteddy.platform.moments import zone

MOST_STEPS = 40_000
"""What one search may cost, in days that it looks at: a century of years or months, 27 years of single days."""
MOST_COUNT = 1000
MOST_INTERVAL = 1000

_FREQUENCIES: dict[str, Literal[0, 1, 2, 3, 4]] = {
    "HOURLY": HOURLY,
    "DAILY": DAILY,
    "WEEKLY": WEEKLY,
    "MONTHLY": MONTHLY,
    "YEARLY": YEARLY,
}
_COST = {HOURLY: 4, DAILY: 4, WEEKLY: 7, MONTHLY: 31, YEARLY: 366}
"""What a step of the engine costs: about the days that it looks at, and of a single day the way to it."""
_STEP = {HOURLY: timedelta(hours=1), DAILY: timedelta(days=1), WEEKLY: timedelta(weeks=1)}
"""The steps that are always equally long."""
_WEEKDAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
_SIGNED = {"BYSETPOS": 366, "BYMONTHDAY": 31, "BYYEARDAY": 366, "BYWEEKNO": 53}
_PLAIN = {"BYSECOND": (0, 59), "BYMINUTE": (0, 59), "BYHOUR": (0, 23), "BYMONTH": (1, 12)}
_NAMES = {
    "BYSETPOS": "bysetpos", "BYMONTHDAY": "bymonthday", "BYYEARDAY": "byyearday", "BYWEEKNO": "byweekno",
    "BYSECOND": "bysecond", "BYMINUTE": "byminute", "BYHOUR": "byhour", "BYMONTH": "bymonth",
}  # fmt: skip
_ALLOWED = {"FREQ", "INTERVAL", "COUNT", "UNTIL", "WKST", "BYDAY", *_SIGNED, *_PLAIN}
_OF_TIMES = {"BYSECOND", "BYMINUTE", "BYHOUR"}
_NUMBER = re.compile(r"[0-9]{1,4}")
_SIGNED_NUMBER = re.compile(r"[+-]?[0-9]{1,4}")
_DAY = re.compile(r"([+-]?[0-9]{1,2})?(MO|TU|WE|TH|FR|SA|SU)")
_UNTIL = re.compile(r"([0-9]{4})([0-9]{2})([0-9]{2})(?:T([0-9]{2})([0-9]{2})([0-9]{2})(Z)?)?")


class BadRule(Exception):
    """A rule that cannot be kept: a stable `code`, and what to do instead."""

    def __init__(self, code: str, detail: str) -> None:
        super().__init__(detail)
        self.code = code
        self.detail = detail


class TooFar(Exception):
    """The search went on for `MOST_STEPS` and was ended."""


class Rule(Struct, frozen=True):
    """A rule as it was read; `text` is its canonical form, without the name of the property."""

    text: str
    freq: Literal[0, 1, 2, 3, 4]
    interval: int
    count: int | None
    until: datetime | None
    """The last local moment; for a rule of UTC moments, in UTC (`until_utc`)."""
    until_utc: bool
    wkst: int
    by: dict[str, tuple[int, ...]]
    byday: tuple[weekday, ...]

    def with_count(self, count: int) -> str:
        """The text of the same rule with so many instances."""
        return re.sub(r"COUNT=[0-9]+", f"COUNT={count}", self.text)


class _Counted(int):
    """An interval that counts its uses and ends the search when there were too many."""

    left: int
    cost: int

    def __add__(self, other: int) -> int:
        self._use()
        return int(self) + other

    __radd__ = __add__

    def __mul__(self, other: int) -> int:
        self._use()
        return int(self) * other

    __rmul__ = __mul__

    def _use(self) -> None:
        self.left -= self.cost
        if self.left < 0:
            raise TooFar


def parse(text: str, *, all_day: bool) -> Rule:
    """Reads an RRULE; raises `BadRule`. A series of whole days knows no hours."""
    parts = _parts(text)
    frequency = parts.get("FREQ", "")
    if frequency in ("SECONDLY", "MINUTELY"):
        raise BadRule("too_frequent", "Repeat hourly at most.")
    if frequency not in _FREQUENCIES:
        raise BadRule("bad_rule", "Say how often: FREQ=DAILY, WEEKLY, MONTHLY or YEARLY.")
    if all_day and (frequency == "HOURLY" or _OF_TIMES & set(parts)):
        raise BadRule("rule_of_times", "A task due on a day repeats by days: give a due time to repeat by hours.")
    if any("," in parts.get(name, "") for name in ("BYMINUTE", "BYSECOND")):
        raise BadRule("too_frequent", "Repeat hourly at most: give one BYMINUTE and one BYSECOND.")
    if "COUNT" in parts and "UNTIL" in parts:
        raise BadRule("bad_rule", "Give COUNT or UNTIL, not both.")
    until = _until(parts["UNTIL"]) if "UNTIL" in parts else None
    rule = Rule(
        text=";".join(f"{name}={value}" for name, value in parts.items()),
        freq=_FREQUENCIES[frequency],
        interval=_number("INTERVAL", parts.get("INTERVAL", "1"), 1, MOST_INTERVAL),
        count=_number("COUNT", parts["COUNT"], 1, MOST_COUNT) if "COUNT" in parts else None,
        until=until,
        until_utc=parts.get("UNTIL", "").endswith("Z"),
        wkst=_weekday(parts.get("WKST", "MO")),
        by={name: _numbers(name, value) for name, value in parts.items() if name in _NAMES},
        byday=tuple(_byday(parts["BYDAY"], frequency, parts)) if "BYDAY" in parts else (),
    )
    _check_combination(rule, parts)
    return rule


def expand(rule: Rule, start: datetime, *, time_zone: str, since: datetime | None = None) -> Iterator[datetime]:
    """The local moments of a rule that begins at the local `start`, in order; raises `TooFar` after `MOST_STEPS`.

    `start` is the first one only if it matches. Those before `since` are left out; how many they are costs little
    where steps are equally long and need not be counted. A rule without COUNT goes on from any of its instances as
    from the first.
    """
    since = since or start
    for found, moment in enumerate(_engine(rule, _near(rule, start, since), _last(rule, time_zone))):
        if found >= MOST_STEPS:
            raise TooFar
        if moment >= since:
            yield moment


def first(rule: Rule, start: datetime, *, time_zone: str) -> datetime | None:
    """The first instance at or after the local `start`; nothing when there is none in a search of `MOST_STEPS`."""
    try:
        return next(expand(rule, start, time_zone=time_zone), None)
    except TooFar:
        return None


def later(rule: Rule, day: date, at: time) -> datetime:
    """One interval after a local `day`, at the wall time `at`: how a task repeats after its completion."""
    span = {
        YEARLY: relativedelta(years=rule.interval),
        MONTHLY: relativedelta(months=rule.interval),
        WEEKLY: relativedelta(weeks=rule.interval),
        DAILY: relativedelta(days=rule.interval),
    }
    moved: datetime = datetime.combine(day, at) + span[rule.freq]
    return moved


def instant(local: datetime, time_zone: str) -> datetime:
    """The instant of a local moment, in UTC: a skipped time moves forward by the gap, of two the first counts."""
    return local.replace(tzinfo=zone(time_zone), fold=0).astimezone(UTC)


def wall(at: datetime, time_zone: str) -> datetime:
    """What the clock on the wall shows at the instant `at`."""
    return at.astimezone(zone(time_zone)).replace(tzinfo=None, fold=0)


def _near(rule: Rule, start: datetime, since: datetime) -> datetime:
    """The last whole interval after `start` that is not after `since`: what comes from there on is the same."""
    if rule.freq not in _STEP or rule.count is not None or since <= start:
        return start
    step = _STEP[rule.freq] * rule.interval
    return start + (since - start) // step * step


def _engine(rule: Rule, start: datetime, until: datetime | None) -> Iterator[datetime]:
    interval = _Counted(rule.interval)
    interval.left, interval.cost = MOST_STEPS, _cost(rule)
    by: dict[str, Any] = {_NAMES[name]: values for name, values in rule.by.items()}
    begin, count = start, rule.count
    if rule.freq == WEEKLY and "BYSETPOS" in rule.by:
        # The engine would count the positions of the first week from its start only, not from the week's beginning.
        begin, count = start - timedelta(days=(start.weekday() - rule.wkst) % 7), None
    try:
        found = rrule(
            rule.freq,
            dtstart=begin,
            interval=interval,
            wkst=rule.wkst,
            count=count,
            until=until,
            byweekday=_days(rule, start) or None,
            **by,
        )
        yield from islice((moment for moment in found if moment >= start), rule.count)
    except (ValueError, OverflowError):
        return  # hours that this interval never meets, or the end of the calendar: there are no more


def _cost(rule: Rule) -> int:
    """What a step costs with the way to it, which the engine goes by months, and with the positions to choose."""
    days = (_STEP[rule.freq] * rule.interval).days if rule.freq in _STEP else 0
    return (_COST[rule.freq] + days // 8) * (1 + len(rule.by.get("BYSETPOS", ())) // 3)


def _days(rule: Rule, start: datetime) -> tuple[weekday, ...]:
    """The weekdays for the engine, which reads some of them not as RFC 5545 does."""
    if not rule.byday and rule.freq == WEEKLY:
        return (weekday(start.weekday()),)
    if not rule.byday and "BYWEEKNO" in rule.by and not {"BYMONTHDAY", "BYYEARDAY"} & set(rule.by):
        return (weekday(start.weekday()),)  # the engine would give all seven days of the week
    if len({day.n is None for day in rule.byday}) < 2:
        return rule.byday
    # Of `MO,1FR` the engine would give only what is both: each Monday gets its number.
    numbers = range(1, _most_weekdays(rule.freq == MONTHLY or "BYMONTH" in rule.by) + 1)
    return tuple(day(n) for day in rule.byday for n in ([day.n] if day.n else numbers))


def _most_weekdays(of_a_month: bool) -> int:
    return 5 if of_a_month else 53


def _last(rule: Rule, time_zone: str) -> datetime | None:
    if rule.until is None or not rule.until_utc:
        return rule.until
    try:
        return wall(rule.until.replace(tzinfo=UTC), time_zone)
    except OverflowError:
        return rule.until  # the first or the last day of the calendar


def _parts(text: str) -> dict[str, str]:
    parts: dict[str, str] = {}
    for pair in text.upper().removeprefix("RRULE:").rstrip(";").split(";"):
        name, sign, value = pair.partition("=")
        if not sign or not value or name not in _ALLOWED or name in parts:
            raise BadRule(
                "bad_rule", f"This is not a rule like FREQ=WEEKLY;BYDAY=MO: look at {name[:20] or pair[:20]}."
            )
        parts[name] = value
    return parts


def _number(name: str, text: str, least: int, most: int) -> int:
    shape = _SIGNED_NUMBER if least < 0 else _NUMBER
    if not shape.fullmatch(text) or not least <= int(text) <= most:
        raise BadRule("bad_rule", f"{name} is a number from {least} to {most}.")
    return int(text)


def _numbers(name: str, text: str) -> tuple[int, ...]:
    least, most = _PLAIN.get(name) or (-_SIGNED[name], _SIGNED[name])
    values = tuple(dict.fromkeys(_number(name, one, least, most) for one in text.split(",")))
    if name in _SIGNED and 0 in values:
        raise BadRule("bad_rule", f"{name} counts from 1, or from -1 at the end.")
    return values


def _weekday(text: str) -> int:
    if text not in _WEEKDAYS:
        raise BadRule("bad_rule", "WKST is one of MO, TU, WE, TH, FR, SA and SU.")
    return _WEEKDAYS.index(text)


def _byday(text: str, frequency: str, parts: dict[str, str]) -> Iterator[weekday]:
    most = _most_weekdays(frequency == "MONTHLY" or "BYMONTH" in parts)
    for one in dict.fromkeys(text.split(",")):
        found = _DAY.fullmatch(one)
        if not found or (found[1] and not 1 <= abs(int(found[1])) <= most):
            detail = f"BYDAY is a list of MO, TU, ..., perhaps with a number up to {most}: -1FR is the last Friday."
            raise BadRule("bad_rule", detail)
        if found[1] and (frequency not in ("MONTHLY", "YEARLY") or "BYWEEKNO" in parts):
            raise BadRule("bad_rule", "A numbered weekday belongs to a month or a year.")
        yield weekday(_WEEKDAYS.index(found[2]), int(found[1])) if found[1] else weekday(_WEEKDAYS.index(found[2]))


def _until(text: str) -> datetime:
    """The last moment that `UNTIL` lets pass: of a date, its whole day."""
    found = _UNTIL.fullmatch(text)
    try:
        if found is None:
            raise ValueError(text)
        day = date(int(found[1]), int(found[2]), int(found[3]))
        if found[4] is None:
            return datetime.combine(day, time.max)
        return datetime.combine(day, time(int(found[4]), int(found[5]), int(found[6])))
    except ValueError as fault:
        raise BadRule("bad_rule", "UNTIL is a date like 20261231 or a moment like 20261231T225959Z.") from fault


def _check_combination(rule: Rule, parts: dict[str, str]) -> None:
    """What RFC 5545 forbids together."""
    forbidden = {
        "BYWEEKNO": {HOURLY, DAILY, WEEKLY, MONTHLY},
        "BYYEARDAY": {DAILY, WEEKLY, MONTHLY},
        "BYMONTHDAY": {WEEKLY},
    }
    for name, frequencies in forbidden.items():
        if name in parts and rule.freq in frequencies:
            raise BadRule("bad_rule", f"{name} does not go with FREQ={parts['FREQ']}.")
    if "BYSETPOS" in parts and not (set(parts) & ({"BYDAY", *_NAMES} - {"BYSETPOS"})):
        raise BadRule("bad_rule", "BYSETPOS chooses among the days of another BY part: give one.")


def date_time(local: datetime, *, all_day: bool) -> str:
    """How an occurrence is named: `2026-11-26`, or `2026-11-26T15:00:00` with a time."""
    return local.date().isoformat() if all_day else local.isoformat(timespec="seconds")
