"""Dates in a line: days by name, weekdays, days of a month, and counted ones."""

from __future__ import annotations

import calendar
from datetime import date, timedelta
from typing import NamedTuple

from studyteddy.features.tasks.service.quick_add.letters import words
from studyteddy.features.tasks.service.quick_add.line import Line, Mark

FIRST_YEAR, LAST_YEAR = 1970, 2999
_SUFFIXES = {
    "en": {"st", "nd", "rd", "th"}, "de": {"ten", "te", "."}, "es": {"o", "."}, "fr": {"er", "e", "eme"}
}  # fmt: skip
_ALL_SUFFIXES = frozenset().union(*_SUFFIXES.values())
_DASHES = "-–—"


class Today(NamedTuple):
    """What dates are counted from, and the student's habits."""

    day: date
    week_start: int
    """1 is Monday, 7 is Sunday."""
    month_first: bool
    """Reads 5/6 as May 6."""
    next_skips: bool
    """Reads “next friday” as the friday of next week."""
    dotted: bool = False
    """Reads 30.11. as a day without anything that says so."""


class Dated(NamedTuple):
    """A date of a line: its readings, the first of which is meant most likely."""

    start: int
    end: int
    days: tuple[date, ...]
    ahead: date | None = None
    """Today, for a weekday that is today's: meant if a time is given that is still to come."""
    time: int | None = None
    """Minutes after midnight, where the words tell them too: tonight."""
    due: bool = False
    """Marked as the end of something: by, due, bis, para, avant."""
    until: bool = False
    """May be where a recurrence ends."""


def read(line: Line, index: int, today: Today) -> Dated | None:
    """The date that begins at a token, with the words that lead to it."""
    until = line.mark(index, "until")
    for kind in ("until", "by", "on"):
        mark = line.mark(index, kind)
        if mark is None:
            continue
        start = line.after(mark.end, "on")
        due = kind == "by" or bool(line.mark(index, "by"))
        found = _named(line, start, today, mark) or _named(line, mark.end, today, mark)
        if found:
            return found._replace(start=index, due=due, until=until is not None)
    return _named(line, index, today, None)


def _named(line: Line, index: int, today: Today, lead: Mark | None) -> Dated | None:
    """A date without leading words; `lead` is what led to it."""
    found = (
        _by_name(line, index, today)
        or _counted(line, index, today)
        or _weekday(line, index, today, lead)
        or _period(line, index, today, lead)
        or calendar_day(line, index, today, lead)
    )
    if found is None or line.is_sign(found.end, "'") or not all(_known(day) for day in found.days):
        return None
    if line.is_sign(found.end, _DASHES) and line.glued(found.end + 1) and line.is_word(found.end + 1):
        return None
    return _with_part(line, found)


def _known(day: date) -> bool:
    return FIRST_YEAR <= day.year <= LAST_YEAR


def _with_part(line: Line, found: Dated) -> Dated:
    """“monday morning”: a part of the day right after a date."""
    part = line.mark(found.end, "part")
    if part is None or found.time is not None or not line.stops(part.end):
        return found
    return found._replace(end=part.end, time=part.value)


def _by_name(line: Line, index: int, today: Today) -> Dated | None:
    evening = line.mark(index, "tonight")
    if evening:
        return Dated(index, evening.end, (today.day,), time=evening.value)
    mark = line.mark(index, "day")
    if mark is None or not line.stops(mark.end) or (index and line.tokens[index - 1].text in _GREETING):
        return None
    return Dated(index, mark.end, (today.day + timedelta(days=mark.value),))


_GREETING = words("la the am guten good every each jeden jeder cada chaque un einen")
"""Before these “morgen” and “mañana” are the morning."""


def _counted(line: Line, index: int, today: Today) -> Dated | None:
    """“in 3 weeks”."""
    lead = line.mark(index, "in")
    if lead is None:
        return None
    amount, end = amount_at(line, lead.end)
    unit = line.mark(end, "unit")
    if amount is None or unit is None or not 0 < amount <= 999 or not line.stops(unit.end):
        return None
    day = moved(today.day, amount, unit.value)
    return Dated(index, unit.end, (day,)) if day else None


def amount_at(line: Line, index: int) -> tuple[int | None, int]:
    """How many, in digits or as a word, and the token after it."""
    number = line.number(index, most=999)
    if number is not None:
        return number, index + 1
    word = line.mark(index, "amount")
    return (word.value, word.end) if word else (None, index)


def moved(day: date, amount: int, unit: int) -> date | None:
    """A day so many days, weeks, months or years later; the last of its month where it has no such day."""
    if unit < 30:
        return day + timedelta(days=amount * unit)
    months = day.month - 1 + amount * (1 if unit == 30 else 12)
    year, month = day.year + months // 12, months % 12 + 1
    if year > LAST_YEAR:
        return None
    return date(year, month, min(day.day, calendar.monthrange(year, month)[1]))


def _weekday(line: Line, index: int, today: Today, lead: Mark | None) -> Dated | None:
    both = line.mark(index, "compound")
    if both:
        day, minutes = divmod(both.value, 24 * 60)
        return _reading(today, index, both.end, day, is_next=False, is_this=False)._replace(time=minutes)
    before = line.mark(index, "next") or line.mark(index, "this")
    is_next = bool(line.mark(index, "next"))
    mark = line.mark(before.end if before else index, "weekday")
    if mark is None or (index and line.mark(index - 1, "ordinal")):
        return None  # “the last friday” is none of these
    end = mark.end
    after = line.mark(end, "next")
    if after and not before:
        end, is_next = after.end, True
    elif line.is_sign(end, ".") and (line.number(end + 1) is not None or mark.weak):
        end += 1  # an abbreviation
    exact = _exact_after(line, end, today, mark.value)
    if exact:
        return exact._replace(start=index)
    led = lead and line.tokens[index - 1].text not in _LEANING
    if mark.weak and not (led or before or after or _fits(line, index, mark)):
        return None
    if not line.stops(end, dash=True):
        return None
    return _reading(today, index, end, mark.value, is_next=is_next, is_this=bool(before) and not is_next)


def _fits(line: Line, index: int, mark: Mark) -> bool:
    """Whether a weak word stands where only a date does: before a time, a sign, or the end, and after no small word."""
    if mark.language != line.language or not line.stops(mark.end):
        return False
    end = mark.end
    if index and line.tokens[index - 1].text in _LEANING:
        return line.number(end) is not None
    return not line.is_word(end) or line.used[end] or bool(line.mark(end, "at") or line.mark(end, "from"))


_LEANING = words(
    "the a an my your his her our their of to about was is in with der die das den dem ein eine mein meine la le les un"
    " une mon ma ton son et el los las una mi tu su de del du des y and und i you he she they we ich er"
)
"""Words that lean on the next one: what follows them is a noun."""


def _exact_after(line: Line, index: int, today: Today, weekday: int) -> Dated | None:
    """“thursday, 30 nov”: the day of a month after a weekday says it better; “friday 27” if that is a friday."""
    index += 1 if line.is_sign(index, ",") else 0
    lead = line.mark(index, "on")
    start = lead.end if lead else index
    found = calendar_day(line, start, today, lead)
    number = line.number(start, most=31)
    if found or number is None or not line.free(start):
        return found
    day, end = month_day(today.day, number), _after_suffix(line, start + 1)
    if day is None or day.weekday() != weekday or not line.stops(end) or not line.closed(end):
        return None
    counts = any(line.mark(end, kind) for kind in ("unit", "span", "oclock", "halfday", "times"))
    return None if counts else Dated(start, end, (day,))


def _reading(today: Today, start: int, end: int, weekday: int, *, is_next: bool, is_this: bool) -> Dated:
    away = (weekday - today.day.weekday()) % 7
    if is_this:
        return Dated(start, end, (today.day + timedelta(days=away),))
    coming = today.day + timedelta(days=away or 7)
    if not is_next:
        return Dated(start, end, (coming,), ahead=None if away else today.day)
    skipped = week_of(today.day, today.week_start) + timedelta(days=7 + (weekday - today.week_start + 1) % 7)
    days = (skipped, coming) if today.next_skips else (coming, skipped)
    return Dated(start, end, tuple(dict.fromkeys(days)))


def week_of(day: date, week_start: int) -> date:
    """The first day of the week of a day."""
    return day - timedelta(days=(day.isoweekday() - week_start) % 7)


def _period(line: Line, index: int, today: Today, lead: Mark | None) -> Dated | None:
    """Next week, this weekend, the end of the month."""
    close = line.mark(index, "end")
    if close and line.stops(close.end):
        return Dated(index, close.end, (_end_of(today, close.value),))
    article = line.mark(index, "on") if lead is None else None
    start = article.end if article else index
    before = line.mark(start, "next") or line.mark(start, "this") or line.mark(index, "next")
    core = before.end if before else start
    week_end = line.mark(core, "weekend")
    if week_end and (before or lead or article) and line.stops(week_end.end, dash=True):
        return _weekend(line, index, week_end.end, today, is_next=bool(line.mark(start, "next")))
    unit = line.mark(core, "unit")
    if unit is None or unit.value == 1:
        return None
    after = line.mark(unit.end, "next")
    is_next = bool(before and (line.mark(start, "next") or line.mark(index, "next")))
    if not (is_next or (after and not before)):
        return None
    return Dated(index, after.end if after and not is_next else unit.end, (_begin_of_next(today, unit.value),))


def _weekend(line: Line, start: int, end: int, today: Today, *, is_next: bool) -> Dated:
    after = line.mark(end, "next")
    end = after.end if after else end
    saturday = today.day if today.day.weekday() >= 5 else today.day + timedelta(days=5 - today.day.weekday())
    if not (is_next or after):
        return Dated(start, end, (saturday,))
    skipped = today.day + timedelta(days=5 - today.day.weekday() + 7)
    coming = skipped if today.day.weekday() >= 5 else saturday
    days = (skipped, coming) if today.next_skips else (coming, skipped)
    return Dated(start, end, tuple(dict.fromkeys(days)))


def _end_of(today: Today, unit: int) -> date:
    day = today.day
    if unit == 7:
        return week_of(day, today.week_start) + timedelta(days=6)
    if unit == 365:
        return date(day.year, 12, 31)
    return date(day.year, day.month, calendar.monthrange(day.year, day.month)[1])


def _begin_of_next(today: Today, unit: int) -> date:
    day = today.day
    if unit == 7:
        return week_of(day, today.week_start) + timedelta(days=7)
    if unit == 365:
        return date(day.year + 1, 1, 1)
    return date(day.year + day.month // 12, day.month % 12 + 1, 1)


# Days of a month.


def calendar_day(line: Line, index: int, today: Today, lead: Mark | None) -> Dated | None:
    """A day of a month in digits or with the month's name; `lead` is the word that led to it."""
    found = _month_first(line, index, today) or _iso(line, index)
    if found or line.number(index) is None or not line.free(index):
        return found
    return _parted(line, index, today, lead) or _day_first(line, index, today) or _day_alone(line, index, today, lead)


def _iso(line: Line, index: int) -> Dated | None:
    """2026-11-30 or 2026/11/30."""
    opens = not line.glued(index) or index == 0 or line.tokens[index - 1].text in "([,;:"
    if line.digits(index) != 4 or not opens or not line.is_sign(index + 1, "-/"):
        return None
    sign = line.tokens[index + 1].text
    month, day = line.number(index + 2), line.number(index + 4)
    glued = line.glued(index + 2) and line.is_sign(index + 3, sign) and line.glued(index + 4)
    if not glued or month is None or day is None or not line.stops(index + 5):
        return None
    found = _real(line.number(index) or 0, month, day)
    return Dated(index, index + 5, (found,)) if found else None


def _parted(line: Line, index: int, today: Today, lead: Mark | None) -> Dated | None:
    """30.11., 30.11.2026, 30/11, 11/30, 30-11-2026."""
    if not line.is_sign(index + 1, "./-") or not line.glued(index + 2):
        return None
    first, second = line.number(index, most=31), line.number(index + 2, most=31)
    sign, end = line.tokens[index + 1].text, index + 3
    if not first or not second or line.digits(index) > 2 or line.digits(index + 2) > 2:
        return None
    year = None
    if line.is_sign(end, sign) and line.glued(end + 1) and line.digits(end + 1) in (2, 4):
        year = line.number(end + 1) or 0
        year, end = (year if line.digits(end + 1) == 4 else 2000 + year), end + 2
    elif (
        sign == "."
        and line.is_sign(end, ".")
        and (lead or today.dotted or line.digits(index) + line.digits(index + 2) == 4)
    ):
        end += 1
    elif sign == "-" or (sign == "." and not lead) or (first, second) == (24, 7) or line.mark(end, "of"):
        return None
    if not line.stops(end) or (sign == "/" and year is None and not line.closed(end)):
        return None
    readings = [(first, second)] if sign != "/" else [(first, second), (second, first)]
    if sign == "/" and today.month_first:
        readings.reverse()
    days = [_placed(today, month, day, year) for day, month in readings]
    sure = tuple(dict.fromkeys(day for day in days if day))
    return Dated(index, end, sure) if sure else None


def _day_first(line: Line, index: int, today: Today) -> Dated | None:
    """30 nov, 30th of November 2026, 30. November, 30 de noviembre de 2026, 1er mai."""
    day = line.number(index, most=31)
    end = _after_suffix(line, index + 1)
    end = line.after(end, "of")
    month = line.mark(end, "month")
    if not day or line.digits(index) > 2 or month is None:
        return None
    return _with_year(line, index, month, month.end, today, day)


def _month_first(line: Line, index: int, today: Today) -> Dated | None:
    """Nov 30, November 30th, 2026."""
    month = line.mark(index, "month")
    if month is None:
        return None
    place = month.end + (1 if line.is_sign(month.end, ".") else 0)
    place = line.after(place, "on") if line.language == "en" else place
    day = line.number(place, most=31)
    if not day or line.digits(place) > 2 or line.glued(place):
        return None
    end = _after_suffix(line, place + 1)
    if not line.stops(end) or line.mark(end, "oclock") or line.mark(end, "halfday") or line.mark(end, "span"):
        return None
    if month.value in (3, 5) and month.weak and not line.closed(end):
        return None  # “may 2 students …”
    return _with_year(line, index, month, end, today, day, comma=True)


def _with_year(
    line: Line, start: int, month: Mark, end: int, today: Today, day: int, *, comma: bool = False
) -> Dated | None:
    place = end + (1 if line.is_sign(end, ",." if comma else ".") else 0)
    place = line.after(place, "of")
    year = line.number(place) if line.digits(place) == 4 and line.stops(place + 1) else None
    if year is not None:
        end = place + 1
    else:
        end += 1 if line.is_sign(end, ".") and month.end == end and line.glued(end) else 0
    if not line.stops(end):
        return None
    found = _placed(today, month.value, day, year)
    return Dated(start, end, (found,)) if found else None


def _after_suffix(line: Line, index: int) -> int:
    if line.glued(index) and line.tokens[index].text in _ALL_SUFFIXES and not line.used[index]:
        return index + 1
    return index


def _day_alone(line: Line, index: int, today: Today, lead: Mark | None) -> Dated | None:
    """the 5th, am 5., el 5, le 5: only after a word that leads to a day, and with nothing that it could count."""
    if lead is None or lead.language not in (line.language, "en"):
        return None
    day = line.number(index, most=31)
    end = index + 1
    if line.glued(end) and line.tokens[end].text in _SUFFIXES[lead.language]:
        end += 1
    elif lead.language in ("en", "de"):
        return None
    if not day or line.digits(index) > 2 or not line.stops(end) or not line.closed(end):
        return None
    if line.mark(end, "unit") or line.mark(end, "span") or line.mark(end, "oclock") or line.mark(end, "times"):
        return None
    found = month_day(today.day, day)
    return Dated(index, end, (found,)) if found else None


def month_day(today: date, day: int) -> date | None:
    """The next day of that number, today included; months without it are passed over."""
    for ahead in range(4):
        first = moved(today.replace(day=1), ahead, 30)
        found = _real(first.year, first.month, day) if first else None
        if found and found >= today:
            return found
    return None


def _placed(today: Today, month: int, day: int, year: int | None) -> date | None:
    """A day of a month in that year, or in the next year that has it and is not over."""
    if year is not None:
        return _real(year, month, day)
    for ahead in range(9):
        found = _real(today.day.year + ahead, month, day)
        if found and found >= today.day:
            return found
    return None


def _real(year: int, month: int, day: int) -> date | None:
    """That date, if the calendar has it."""
    if not (FIRST_YEAR <= year <= LAST_YEAR and 1 <= month <= 12):
        return None
    return date(year, month, day) if 1 <= day <= calendar.monthrange(year, month)[1] else None
