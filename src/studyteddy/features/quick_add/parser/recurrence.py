"""Recurrences in a line: every other day, jeden Montag, cada 2 semanas, tous les derniers vendredis du mois."""

from __future__ import annotations

from datetime import date, timedelta
from typing import NamedTuple

from studyteddy.features.quick_add.parser.calendar_days import later, month_day
from studyteddy.features.quick_add.parser.dates import amount_at
from studyteddy.features.quick_add.parser.line import Line, Match

_DAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
_UNITS = {1: ("DAILY", 1), 7: ("WEEKLY", 1), 14: ("WEEKLY", 2), 30: ("MONTHLY", 1), 365: ("YEARLY", 1)}
_SETS = {5: (0, 1, 2, 3, 4), 2: (5, 6)}
_MAX_NUMBER = 999


class RecurrenceMatch(NamedTuple):
    """A recurrence in a line."""

    start: int
    end: int
    frequency: str
    """The FREQ of the rule."""
    interval: int = 1
    weekdays: tuple[int, ...] = ()
    """0 is Monday."""
    nth: int = 0
    """The position of the weekday in the month; -1 is the last, 0 all."""
    month_day: int = 0
    """The day of the month; -1 is the last."""
    after_completion: bool = False
    times: int = 0
    """The number of occurrences; 0 is unlimited."""
    time: int | None = None
    """Minutes after midnight, if the words imply a time: every morning."""

    def rule(self, *, week_start: int, until: str = "") -> str:
        """Return the RRULE; WKST is only relevant if weeks are skipped."""
        days = ",".join(f"{self.nth or ''}{_DAYS[day]}" for day in self.weekdays)
        parts = {
            "FREQ": self.frequency,
            "INTERVAL": str(self.interval) if self.interval > 1 else "",
            "BYDAY": days,
            "BYMONTHDAY": str(self.month_day or ""),
            "COUNT": str(self.times or ""),
            "UNTIL": "" if self.times else until,
            "WKST": _DAYS[week_start - 1] if self.weekdays and self.interval > 1 and week_start != 1 else "",
        }
        return ";".join(f"{name}={value}" for name, value in parts.items() if value)

    def first(self, day: date) -> date:
        """Return the first occurrence on or after `day`."""
        if self.month_day < 0:
            return (later(day.replace(day=1), 1, 30) or day) - timedelta(days=1)
        if self.month_day:
            return month_day(day, self.month_day) or day
        if not self.weekdays:
            return day
        if self.nth:
            return self._first_nth(day)
        return next(one for one in (day + timedelta(days=n) for n in range(7)) if one.weekday() in self.weekdays)

    def _first_nth(self, day: date) -> date:
        months = [later(day.replace(day=1), ahead, 30) for ahead in range(2)]
        found = [_nth(month, self.weekdays[0], self.nth) for month in months if month]
        return next((one for one in found if one >= day), day)


def _nth(month: date, weekday: int, nth: int) -> date:
    """Return the nth or the last such weekday of the month that starts on `month`."""
    if nth < 0:
        last = (later(month, 1, 30) or month) - timedelta(days=1)
        return last - timedelta(days=(last.weekday() - weekday) % 7)
    return month + timedelta(days=(weekday - month.weekday()) % 7 + 7 * (nth - 1))


def read(line: Line, index: int) -> RecurrenceMatch | None:
    """Return the recurrence that starts at a token."""
    found = _every(line, index) or _frequency(line, index) or _plural(line, index) or _day_of_month(line, index)
    if found is None or not line.is_boundary(found.end):
        return None
    return _counted(line, found)


def _every(line: Line, index: int) -> RecurrenceMatch | None:
    every = line.match(index, "every")
    if every is None:
        return None
    after = line.is_symbol(every.end, "!")
    start = every.end + after
    found = (
        _set(line, start)
        or _part(line, start)
        or _ordinal(line, start)
        or _every_nth(line, start)
        or _weekdays(line, start)
        or _units(line, start, every)
        or _numbered(line, start)
    )
    return found._replace(start=index, after_completion=after) if found else None


def _set(line: Line, index: int) -> RecurrenceMatch | None:
    match = line.match(index, "set")
    return RecurrenceMatch(index, match.end, "WEEKLY", weekdays=_SETS[match.value]) if match else None


def _part(line: Line, index: int) -> RecurrenceMatch | None:
    """Return a recurrence such as every morning."""
    match = line.match(index, "part")
    return RecurrenceMatch(index, match.end, "DAILY", time=match.value) if match else None


def _every_nth(line: Line, index: int) -> RecurrenceMatch | None:
    """Return a recurrence such as cada dos martes."""
    amount, end = amount_at(line, index)
    weekday = line.match(end, "weekday") or line.match(end, "each")
    if weekday is None or amount is None or not 1 < amount <= _MAX_NUMBER:
        return None
    return RecurrenceMatch(index, weekday.end, "WEEKLY", interval=amount, weekdays=(weekday.value,))


def _ordinal(line: Line, index: int) -> RecurrenceMatch | None:
    """Return a recurrence such as every other day, every second monday, every last friday of the month."""
    nth, end = _ordinal_at(line, index)
    if nth is None:
        return None
    unit = line.match(end, "unit")
    month = line.match(unit.end if unit and unit.value == 1 else end, "ofmonth")
    if month:
        return RecurrenceMatch(index, month.end, "MONTHLY", month_day=nth)
    weekday = line.match(end, "weekday") or line.match(end, "each")
    if weekday:
        of_month = line.match(weekday.end, "ofmonth")
        if of_month or nth != 2:
            close = of_month.end if of_month else weekday.end
            return RecurrenceMatch(index, close, "MONTHLY", weekdays=(weekday.value,), nth=nth)
        return RecurrenceMatch(index, weekday.end, "WEEKLY", interval=2, weekdays=(weekday.value,))
    if unit is None or nth < 1:
        return None
    return RecurrenceMatch(index, unit.end, _UNITS[unit.value][0], interval=nth)


def _ordinal_at(line: Line, index: int) -> tuple[int | None, int]:
    """Return an ordinal (a word, or a number below five with its suffix; -1 is the last) and the token after it."""
    match = line.match(index, "ordinal")
    if match:
        return match.value, match.end
    number = line.number(index, maximum=4)
    if number and line.is_adjacent(index + 1) and line.tokens[index + 1].text in ("st", "nd", "rd", "th", ".", "e"):
        return number, index + 2
    return None, index


def _weekdays(line: Line, index: int) -> RecurrenceMatch | None:
    """Return a recurrence such as every monday; every mon, wed and fri."""
    found: list[int] = []
    end, place = index, index
    while match := line.match(place, "weekday") or line.match(place, "each"):
        found.append(match.value)
        end = match.end + (
            1 if line.is_symbol(match.end, ".") and line.is_adjacent(match.end + 1) is False and match.ambiguous else 0
        )
        place = line.skip(end, "and")
        place = line.skip(place, "every") if place > end else len(line)
    if not found:
        return None
    return RecurrenceMatch(index, end, "WEEKLY", weekdays=tuple(sorted(set(found))))


def _units(line: Line, index: int, every: Match) -> RecurrenceMatch | None:
    """Return a recurrence such as every day, every 2 weeks, every month on the 15th."""
    amount, end = amount_at(line, index)
    unit = line.match(end, "unit")
    if unit is None or (amount is not None and not 0 < amount <= _MAX_NUMBER):
        return None
    frequency, times = _UNITS[unit.value]
    return _with_day(line, RecurrenceMatch(index, unit.end, frequency, interval=(amount or 1) * times))


def _numbered(line: Line, index: int) -> RecurrenceMatch | None:
    """Return a recurrence such as every 15th of the month."""
    day = line.number(index, maximum=31)
    if not day or not line.is_adjacent(index + 1) or not line.is_standalone(index):
        return None
    if line.tokens[index + 1].text not in ("st", "nd", "rd", "th", ".", "e"):
        return None
    close = line.match(index + 2, "ofmonth")
    return RecurrenceMatch(index, close.end if close else index + 2, "MONTHLY", month_day=day)


def _with_day(line: Line, found: RecurrenceMatch) -> RecurrenceMatch:
    """Extend a recurrence by “on the 15th” after months or “on monday” after weeks."""
    lead = line.match(found.end, "on")
    place = lead.end if lead else found.end
    if found.frequency == "WEEKLY":
        days = _weekdays(line, place) if lead else None
        return found._replace(end=days.end, weekdays=days.weekdays) if days else found
    day = line.number(place, maximum=31)
    if found.frequency != "MONTHLY" or lead is None or not day:
        return found
    end = place + 1
    if line.is_adjacent(end) and line.tokens[end].text in ("st", "nd", "rd", "th", ".", "er", "o"):
        end += 1
    return found._replace(end=end, month_day=day) if line.is_boundary(end) and not line.match(end, "month") else found


def _frequency(line: Line, index: int) -> RecurrenceMatch | None:
    """Return a recurrence such as daily or wöchentlich, unless a noun follows as in “weekly report”."""
    match = line.match(index, "freq")
    if match is None or not line.is_certain(match) or not line.is_terminated(match.end):
        return None
    frequency, interval = _UNITS[match.value]
    return _with_day(line, RecurrenceMatch(index, match.end, frequency, interval=interval))


def _plural(line: Line, index: int) -> RecurrenceMatch | None:
    """Return a recurrence such as mondays, montags, los lunes, weekdays."""
    lead = line.match(index, "on")
    for start in (index, lead.end if lead else index):
        days = line.match(start, "days")
        if days and line.is_terminated(days.end):
            return RecurrenceMatch(index, days.end, "WEEKLY", weekdays=_SETS[days.value])
        if line.match(start, "each") and (found := _weekdays(line, start)):
            return found._replace(start=index)
    return None


def _day_of_month(line: Line, index: int) -> RecurrenceMatch | None:
    """Return a recurrence such as el 15 de cada mes, am 15. jeden Monats, the 15th of each month."""
    lead = line.match(index, "on")
    day = line.number(lead.end, maximum=31) if lead else None
    if lead is None or not day:
        return None
    end = lead.end + 1
    if line.is_adjacent(end) and line.tokens[end].text in ("st", "nd", "rd", "th", ".", "er", "o"):
        end += 1
    close = line.match(end, "ofmonth")
    if close is None or line.tokens[close.end - 2].text not in _EACH:
        return None
    return RecurrenceMatch(index, close.end, "MONTHLY", month_day=day)


_EACH = ("each", "every", "jeden", "jedes", "cada", "chaque")


def _counted(line: Line, found: RecurrenceMatch) -> RecurrenceMatch:
    """Extend a recurrence by a count: “10 times”."""
    place = line.skip(found.end, "and") if line.is_symbol(found.end, ",") else found.end
    place = line.skip(place, "for")
    count = line.number(place, maximum=_MAX_NUMBER)
    times = line.match(place + 1, "times")
    if (
        not count
        or times is None
        or not line.is_boundary(times.end)
        or (times.ambiguous and line.language != times.language)
    ):
        return found
    return found._replace(end=times.end, times=count)
