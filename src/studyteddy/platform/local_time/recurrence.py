"""Recurrence rules (RFC 5545 §3.3.10): strict parsing and bounded expansion in wall-clock time.

Rules are expanded on *local* dates and times without a time zone, which is applied to each result afterwards, so that
nine o'clock stays nine o'clock across clock changes. Skipped times move forward by the gap; ambiguous times are the
first of the two.

The engine is dateutil. It would search until the year 9999 for an occurrence that doesn't exist, so it receives an
interval that counts its uses: every step of the engine adds the interval, and the search ends after `MOST_STEPS`.
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

from studyteddy.platform.local_time.dates import zone

MOST_STEPS = 40_000
"""Budget of a search in days examined: a century of years or months, or 27 years of single days."""
MAX_COUNT = 1000
MAX_INTERVAL = 1000

_FREQUENCIES: dict[str, Literal[0, 1, 2, 3, 4]] = {
    "HOURLY": HOURLY,
    "DAILY": DAILY,
    "WEEKLY": WEEKLY,
    "MONTHLY": MONTHLY,
    "YEARLY": YEARLY,
}
_COST = {HOURLY: 4, DAILY: 4, WEEKLY: 7, MONTHLY: 31, YEARLY: 366}
"""Cost of an engine step: roughly the days it examines, plus overhead for short steps."""
_STEP = {HOURLY: timedelta(hours=1), DAILY: timedelta(days=1), WEEKLY: timedelta(weeks=1)}
"""Steps of constant length."""
_WEEKDAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
_SIGNED = {"BYSETPOS": 366, "BYMONTHDAY": 31, "BYYEARDAY": 366, "BYWEEKNO": 53}
_PLAIN = {"BYSECOND": (0, 59), "BYMINUTE": (0, 59), "BYHOUR": (0, 23), "BYMONTH": (1, 12)}
_NAMES = {
    "BYSETPOS": "bysetpos",
    "BYMONTHDAY": "bymonthday",
    "BYYEARDAY": "byyearday",
    "BYWEEKNO": "byweekno",
    "BYSECOND": "bysecond",
    "BYMINUTE": "byminute",
    "BYHOUR": "byhour",
    "BYMONTH": "bymonth",
}
_ALLOWED = {"FREQ", "INTERVAL", "COUNT", "UNTIL", "WKST", "BYDAY", *_SIGNED, *_PLAIN}
_TIME_PARTS = {"BYSECOND", "BYMINUTE", "BYHOUR"}
_NUMBER = re.compile(r"[0-9]{1,4}")
_SIGNED_NUMBER = re.compile(r"[+-]?[0-9]{1,4}")
_DAY = re.compile(r"([+-]?[0-9]{1,2})?(MO|TU|WE|TH|FR|SA|SU)")
_UNTIL = re.compile(r"([0-9]{4})([0-9]{2})([0-9]{2})(?:T([0-9]{2})([0-9]{2})([0-9]{2})(Z)?)?")


class BadRule(Exception):
    """An invalid rule: a stable `code`, and a sentence for the user."""

    def __init__(self, code: str, detail: str) -> None:
        super().__init__(detail)
        self.code = code
        self.detail = detail


class TooFar(Exception):
    """The search exceeded `MOST_STEPS`."""


class Rule(Struct, frozen=True):
    """A parsed rule; `text` is its canonical form, without the property name."""

    text: str
    freq: Literal[0, 1, 2, 3, 4]
    interval: int
    count: int | None
    until: datetime | None
    """The last local time; in UTC if `until_utc`."""
    until_utc: bool
    wkst: int
    by: dict[str, tuple[int, ...]]
    byday: tuple[weekday, ...]

    def with_count(self, count: int) -> str:
        """Return the text of the rule with a different count."""
        return re.sub(r"COUNT=[0-9]+", f"COUNT={count}", self.text)


class _Counted(int):
    """An interval that counts its uses and ends the search when the budget is exhausted."""

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
    """Parse an RRULE; raise `BadRule`. All-day series can't use hours."""
    parts = _parts(text)
    frequency = parts.get("FREQ", "")
    if frequency in ("SECONDLY", "MINUTELY"):
        raise BadRule("too_frequent", "The rule can't repeat more often than hourly.")
    if frequency not in _FREQUENCIES:
        raise BadRule("bad_rule", "FREQ is required: DAILY, WEEKLY, MONTHLY, or YEARLY.")
    if all_day and (frequency == "HOURLY" or _TIME_PARTS & set(parts)):
        raise BadRule("rule_of_times", "An all-day task can't repeat by hours. Set a due time first.")
    if any("," in parts.get(name, "") for name in ("BYMINUTE", "BYSECOND")):
        raise BadRule(
            "too_frequent",
            "The rule can't repeat more often than hourly. Use one value each for BYMINUTE and BYSECOND.",
        )
    if "COUNT" in parts and "UNTIL" in parts:
        raise BadRule("bad_rule", "COUNT and UNTIL can't be combined.")
    until = _until(parts["UNTIL"]) if "UNTIL" in parts else None
    rule = Rule(
        text=";".join(f"{name}={value}" for name, value in parts.items()),
        freq=_FREQUENCIES[frequency],
        interval=_number("INTERVAL", parts.get("INTERVAL", "1"), 1, MAX_INTERVAL),
        count=_number("COUNT", parts["COUNT"], 1, MAX_COUNT) if "COUNT" in parts else None,
        until=until,
        until_utc=parts.get("UNTIL", "").endswith("Z"),
        wkst=_weekday(parts.get("WKST", "MO")),
        by={name: _numbers(name, value) for name, value in parts.items() if name in _NAMES},
        byday=tuple(_byday(parts["BYDAY"], frequency, parts)) if "BYDAY" in parts else (),
    )
    _check_combination(rule, parts)
    return rule


def expand(rule: Rule, start: datetime, *, time_zone: str, since: datetime | None = None) -> Iterator[datetime]:
    """Yield the local times of a rule that starts at the local `start`, in order; raise `TooFar` after `MOST_STEPS`.

    `start` is included only if it matches. Times before `since` are skipped, which is cheap for rules with steps of
    constant length and without COUNT: such a rule continues from any of its occurrences as from the first.
    """
    since = since or start
    for found, moment in enumerate(_engine(rule, _near(rule, start, since), _last(rule, time_zone))):
        if found >= MOST_STEPS:
            raise TooFar
        if moment >= since:
            yield moment


def first(rule: Rule, start: datetime, *, time_zone: str) -> datetime | None:
    """Return the first occurrence at or after the local `start`, or `None` if a search of `MOST_STEPS` finds none."""
    try:
        return next(expand(rule, start, time_zone=time_zone), None)
    except TooFar:
        return None


def later(rule: Rule, day: date, at: time) -> datetime:
    """Return the local time one interval after `day`, at `at`: for tasks that repeat after completion."""
    span = {
        YEARLY: relativedelta(years=rule.interval),
        MONTHLY: relativedelta(months=rule.interval),
        WEEKLY: relativedelta(weeks=rule.interval),
        DAILY: relativedelta(days=rule.interval),
    }
    moved: datetime = datetime.combine(day, at) + span[rule.freq]
    return moved


def instant(local: datetime, time_zone: str) -> datetime:
    """Convert a local time to UTC; skipped times move forward by the gap, ambiguous ones are the first of the two."""
    return local.replace(tzinfo=zone(time_zone), fold=0).astimezone(UTC)


def wall(at: datetime, time_zone: str) -> datetime:
    """Return the wall-clock time at the instant `at`."""
    return at.astimezone(zone(time_zone)).replace(tzinfo=None, fold=0)


def _near(rule: Rule, start: datetime, since: datetime) -> datetime:
    """Return the last whole interval from `start` that isn't after `since`; later occurrences stay the same."""
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
        # The engine would count the positions in the first week from its start, not from the beginning of the week.
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
        return  # hours that the interval never reaches, or the end of the calendar: no more occurrences


def _cost(rule: Rule) -> int:
    """Return the cost of a step, including skipped months and the positions to select."""
    days = (_STEP[rule.freq] * rule.interval).days if rule.freq in _STEP else 0
    return (_COST[rule.freq] + days // 8) * (1 + len(rule.by.get("BYSETPOS", ())) // 3)


def _days(rule: Rule, start: datetime) -> tuple[weekday, ...]:
    """Return the weekdays for the engine, adapted where it deviates from RFC 5545."""
    if not rule.byday and rule.freq == WEEKLY:
        return (weekday(start.weekday()),)
    if not rule.byday and "BYWEEKNO" in rule.by and not {"BYMONTHDAY", "BYYEARDAY"} & set(rule.by):
        return (weekday(start.weekday()),)  # the engine would return all seven days of the week
    if len({day.n is None for day in rule.byday}) < 2:
        return rule.byday
    # For `MO,1FR`, the engine would return only days that match both: number each Monday instead.
    numbers = range(1, _max_weekdays(rule.freq == MONTHLY or "BYMONTH" in rule.by) + 1)
    return tuple(day(n) for day in rule.byday for n in ([day.n] if day.n else numbers))


def _max_weekdays(of_a_month: bool) -> int:
    return 5 if of_a_month else 53


def _last(rule: Rule, time_zone: str) -> datetime | None:
    if rule.until is None or not rule.until_utc:
        return rule.until
    try:
        return wall(rule.until.replace(tzinfo=UTC), time_zone)
    except OverflowError:
        return rule.until  # the first or last day of the calendar


def _parts(text: str) -> dict[str, str]:
    parts: dict[str, str] = {}
    for pair in text.upper().removeprefix("RRULE:").rstrip(";").split(";"):
        name, sign, value = pair.partition("=")
        if not sign or not value or name not in _ALLOWED or name in parts:
            raise BadRule(
                "bad_rule", f"The rule is invalid at {name[:20] or pair[:20]}. Use the form FREQ=WEEKLY;BYDAY=MO."
            )
        parts[name] = value
    return parts


def _number(name: str, text: str, minimum: int, maximum: int) -> int:
    shape = _SIGNED_NUMBER if minimum < 0 else _NUMBER
    if not shape.fullmatch(text) or not minimum <= int(text) <= maximum:
        raise BadRule("bad_rule", f"{name} must be a number from {minimum} to {maximum}.")
    return int(text)


def _numbers(name: str, text: str) -> tuple[int, ...]:
    minimum, maximum = _PLAIN.get(name) or (-_SIGNED[name], _SIGNED[name])
    values = tuple(dict.fromkeys(_number(name, one, minimum, maximum) for one in text.split(",")))
    if name in _SIGNED and 0 in values:
        raise BadRule("bad_rule", f"{name} can't be 0. Use 1 for the first or -1 for the last.")
    return values


def _weekday(text: str) -> int:
    if text not in _WEEKDAYS:
        raise BadRule("bad_rule", "WKST must be MO, TU, WE, TH, FR, SA, or SU.")
    return _WEEKDAYS.index(text)


def _byday(text: str, frequency: str, parts: dict[str, str]) -> Iterator[weekday]:
    maximum = _max_weekdays(frequency == "MONTHLY" or "BYMONTH" in parts)
    for one in dict.fromkeys(text.split(",")):
        found = _DAY.fullmatch(one)
        if not found or (found[1] and not 1 <= abs(int(found[1])) <= maximum):
            detail = f"BYDAY must be a list of MO, TU, …, optionally with a number up to {maximum}, such as -1FR."
            raise BadRule("bad_rule", detail)
        if found[1] and (frequency not in ("MONTHLY", "YEARLY") or "BYWEEKNO" in parts):
            raise BadRule("bad_rule", "Numbered weekdays require FREQ=MONTHLY or FREQ=YEARLY without BYWEEKNO.")
        yield weekday(_WEEKDAYS.index(found[2]), int(found[1])) if found[1] else weekday(_WEEKDAYS.index(found[2]))


def _until(text: str) -> datetime:
    """Parse `UNTIL`, the last allowed time; a date includes its whole day."""
    found = _UNTIL.fullmatch(text)
    try:
        if found is None:
            raise ValueError(text)
        day = date(int(found[1]), int(found[2]), int(found[3]))
        if found[4] is None:
            return datetime.combine(day, time.max)
        return datetime.combine(day, time(int(found[4]), int(found[5]), int(found[6])))
    except ValueError as fault:
        raise BadRule(
            "bad_rule", "UNTIL must be a date such as 20261231 or a time such as 20261231T225959Z."
        ) from fault


def _check_combination(rule: Rule, parts: dict[str, str]) -> None:
    """Reject the combinations that RFC 5545 forbids."""
    forbidden = {
        "BYWEEKNO": {HOURLY, DAILY, WEEKLY, MONTHLY},
        "BYYEARDAY": {DAILY, WEEKLY, MONTHLY},
        "BYMONTHDAY": {WEEKLY},
    }
    for name, frequencies in forbidden.items():
        if name in parts and rule.freq in frequencies:
            raise BadRule("bad_rule", f"{name} can't be combined with FREQ={parts['FREQ']}.")
    if "BYSETPOS" in parts and not (set(parts) & ({"BYDAY", *_NAMES} - {"BYSETPOS"})):
        raise BadRule("bad_rule", "BYSETPOS requires another BY part.")


def date_time(local: datetime, *, all_day: bool) -> str:
    """Return the name of an occurrence: `2026-11-26`, or `2026-11-26T15:00:00` with a time."""
    return local.date().isoformat() if all_day else local.isoformat(timespec="seconds")
