"""Recurrence in a line: every other day, jeden Montag, cada 2 semanas, tous les derniers vendredis du mois."""

from __future__ import annotations

from datetime import date, timedelta
from typing import NamedTuple

from studyteddy.features.tasks.service.quick_add.dates import amount_at, month_day, moved
from studyteddy.features.tasks.service.quick_add.line import Line, Mark

_DAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
_UNITS = {1: ("DAILY", 1), 7: ("WEEKLY", 1), 14: ("WEEKLY", 2), 30: ("MONTHLY", 1), 365: ("YEARLY", 1)}
_SETS = {5: (0, 1, 2, 3, 4), 2: (5, 6)}
_MOST = 999


class Repeat(NamedTuple):
    """How a task comes again."""

    start: int
    end: int
    often: str
    """The frequency of the rule."""
    interval: int = 1
    weekdays: tuple[int, ...] = ()
    """0 is Monday."""
    nth: int = 0
    """Which of these weekdays of a month; -1 is the last, 0 all."""
    month_day: int = 0
    """-1 is the last."""
    after_completion: bool = False
    times: int = 0
    """How often it comes; 0 is for ever."""
    time: int | None = None
    """Minutes after midnight, where the words tell them too: every morning."""

    def rule(self, *, week_start: int, until: str = "") -> str:
        """The RRULE; the first day of the week matters only where weeks are skipped."""
        days = ",".join(f"{self.nth or ''}{_DAYS[day]}" for day in self.weekdays)
        parts = {
            "FREQ": self.often,
            "INTERVAL": str(self.interval) if self.interval > 1 else "",
            "BYDAY": days,
            "BYMONTHDAY": str(self.month_day or ""),
            "COUNT": str(self.times or ""),
            "UNTIL": "" if self.times else until,
            "WKST": _DAYS[week_start - 1] if self.weekdays and self.interval > 1 and week_start != 1 else "",
        }
        return ";".join(f"{name}={value}" for name, value in parts.items() if value)

    def first(self, day: date) -> date:
        """The first of its days that is not before `day`."""
        if self.month_day < 0:
            return (moved(day.replace(day=1), 1, 30) or day) - timedelta(days=1)
        if self.month_day:
            return month_day(day, self.month_day) or day
        if not self.weekdays:
            return day
        if self.nth:
            months = [moved(day.replace(day=1), ahead, 30) for ahead in range(2)]
            found = [_nth(month, self.weekdays[0], self.nth) for month in months if month]
            return next((one for one in found if one >= day), day)
        return next(one for one in (day + timedelta(days=n) for n in range(7)) if one.weekday() in self.weekdays)


def _nth(month: date, weekday: int, nth: int) -> date:
    """The nth such weekday of the month that begins with that day, or its last."""
    if nth < 0:
        last = (moved(month, 1, 30) or month) - timedelta(days=1)
        return last - timedelta(days=(last.weekday() - weekday) % 7)
    return month + timedelta(days=(weekday - month.weekday()) % 7 + 7 * (nth - 1))


def read(line: Line, index: int) -> Repeat | None:
    """The recurrence that begins at a token."""
    found = _every(line, index) or _often(line, index) or _plural(line, index) or _day_of_month(line, index)
    if found is None or not line.stops(found.end):
        return None
    return _counted(line, found)


def _every(line: Line, index: int) -> Repeat | None:
    every = line.mark(index, "every")
    if every is None:
        return None
    after = line.is_sign(every.end, "!")
    start = every.end + after
    found = (
        _set(line, start)
        or _part(line, start)
        or _ordinal(line, start)
        or _some(line, start)
        or _weekdays(line, start)
        or _units(line, start, every)
        or _numbered(line, start)
    )
    return found._replace(start=index, after_completion=after) if found else None


def _set(line: Line, index: int) -> Repeat | None:
    mark = line.mark(index, "set")
    return Repeat(index, mark.end, "WEEKLY", weekdays=_SETS[mark.value]) if mark else None


def _part(line: Line, index: int) -> Repeat | None:
    """every morning."""
    mark = line.mark(index, "part")
    return Repeat(index, mark.end, "DAILY", time=mark.value) if mark else None


def _some(line: Line, index: int) -> Repeat | None:
    """cada dos martes."""
    amount, end = amount_at(line, index)
    weekday = line.mark(end, "weekday") or line.mark(end, "each")
    if weekday is None or amount is None or not 1 < amount <= _MOST:
        return None
    return Repeat(index, weekday.end, "WEEKLY", interval=amount, weekdays=(weekday.value,))


def _ordinal(line: Line, index: int) -> Repeat | None:
    """every other day, every second monday, every last friday of the month."""
    nth, end = _rank(line, index)
    if nth is None:
        return None
    unit = line.mark(end, "unit")
    month = line.mark(unit.end if unit and unit.value == 1 else end, "ofmonth")
    if month:
        return Repeat(index, month.end, "MONTHLY", month_day=nth)
    weekday = line.mark(end, "weekday") or line.mark(end, "each")
    if weekday:
        of_month = line.mark(weekday.end, "ofmonth")
        if of_month or nth != 2:
            close = of_month.end if of_month else weekday.end
            return Repeat(index, close, "MONTHLY", weekdays=(weekday.value,), nth=nth)
        return Repeat(index, weekday.end, "WEEKLY", interval=2, weekdays=(weekday.value,))
    if unit is None or nth < 1:
        return None
    return Repeat(index, unit.end, _UNITS[unit.value][0], interval=nth)


def _rank(line: Line, index: int) -> tuple[int | None, int]:
    """Which one: a word, or a number below five with its ending; the last is -1."""
    mark = line.mark(index, "ordinal")
    if mark:
        return mark.value, mark.end
    number = line.number(index, most=4)
    if number and line.glued(index + 1) and line.tokens[index + 1].text in ("st", "nd", "rd", "th", ".", "e"):
        return number, index + 2
    return None, index


def _weekdays(line: Line, index: int) -> Repeat | None:
    """every monday, every mon, wed and fri."""
    found: list[int] = []
    end, place = index, index
    while mark := line.mark(place, "weekday") or line.mark(place, "each"):
        found.append(mark.value)
        end = mark.end + (1 if line.is_sign(mark.end, ".") and line.glued(mark.end + 1) is False and mark.weak else 0)
        place = line.after(end, "and")
        place = line.after(place, "every") if place > end else len(line)
    if not found:
        return None
    return Repeat(index, end, "WEEKLY", weekdays=tuple(sorted(set(found))))


def _units(line: Line, index: int, every: Mark) -> Repeat | None:
    """every day, every 2 weeks, every month on the 15th."""
    amount, end = amount_at(line, index)
    unit = line.mark(end, "unit")
    if unit is None or (amount is not None and not 0 < amount <= _MOST):
        return None
    often, times = _UNITS[unit.value]
    return _on(line, Repeat(index, unit.end, often, interval=(amount or 1) * times))


def _numbered(line: Line, index: int) -> Repeat | None:
    """every 15th of the month."""
    day = line.number(index, most=31)
    if not day or not line.glued(index + 1) or not line.free(index):
        return None
    if line.tokens[index + 1].text not in ("st", "nd", "rd", "th", ".", "e"):
        return None
    close = line.mark(index + 2, "ofmonth")
    return Repeat(index, close.end if close else index + 2, "MONTHLY", month_day=day)


def _on(line: Line, found: Repeat) -> Repeat:
    """“on the 15th” after months, “on monday” after weeks."""
    lead = line.mark(found.end, "on")
    place = lead.end if lead else found.end
    if found.often == "WEEKLY":
        days = _weekdays(line, place) if lead else None
        return found._replace(end=days.end, weekdays=days.weekdays) if days else found
    day = line.number(place, most=31)
    if found.often != "MONTHLY" or lead is None or not day:
        return found
    end = place + 1
    if line.glued(end) and line.tokens[end].text in ("st", "nd", "rd", "th", ".", "er", "o"):
        end += 1
    return found._replace(end=end, month_day=day) if line.stops(end) and not line.mark(end, "month") else found


def _often(line: Line, index: int) -> Repeat | None:
    """daily, wöchentlich, and what is like it, where no noun follows: not “weekly report”."""
    mark = line.mark(index, "freq")
    if mark is None or not line.sure(mark) or not line.closed(mark.end):
        return None
    often, interval = _UNITS[mark.value]
    return _on(line, Repeat(index, mark.end, often, interval=interval))


def _plural(line: Line, index: int) -> Repeat | None:
    """mondays, montags, los lunes, weekdays."""
    lead = line.mark(index, "on")
    for start in (index, lead.end if lead else index):
        days = line.mark(start, "days")
        if days and line.closed(days.end):
            return Repeat(index, days.end, "WEEKLY", weekdays=_SETS[days.value])
        if line.mark(start, "each") and (found := _weekdays(line, start)):
            return found._replace(start=index)
    return None


def _day_of_month(line: Line, index: int) -> Repeat | None:
    """el 15 de cada mes, am 15. jeden Monats, the 15th of each month, le 15 de chaque mois."""
    lead = line.mark(index, "on")
    day = line.number(lead.end, most=31) if lead else None
    if lead is None or not day:
        return None
    end = lead.end + 1
    if line.glued(end) and line.tokens[end].text in ("st", "nd", "rd", "th", ".", "er", "o"):
        end += 1
    close = line.mark(end, "ofmonth")
    if close is None or line.tokens[close.end - 2].text not in _EACH:
        return None
    return Repeat(index, close.end, "MONTHLY", month_day=day)


_EACH = ("each", "every", "jeden", "jedes", "cada", "chaque")


def _counted(line: Line, found: Repeat) -> Repeat:
    """“10 times” at the end."""
    place = line.after(found.end, "and") if line.is_sign(found.end, ",") else found.end
    place = line.after(place, "for")
    count = line.number(place, most=_MOST)
    times = line.mark(place + 1, "times")
    if not count or times is None or not line.stops(times.end) or (times.weak and line.language != times.language):
        return found
    return found._replace(end=times.end, times=count)
