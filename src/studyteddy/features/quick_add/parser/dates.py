"""Dates in a line: named days, weekdays, calendar days and relative days."""

from __future__ import annotations

import calendar
from datetime import date, timedelta
from typing import NamedTuple

from studyteddy.features.quick_add.parser.calendar_days import later, month_day, next_date, valid_date
from studyteddy.features.quick_add.parser.line import Line, Match
from studyteddy.features.quick_add.parser.tokens import words
from studyteddy.platform.local_time.dates import FIRST_YEAR, LAST_YEAR

_SUFFIXES = {"en": {"st", "nd", "rd", "th"}, "de": {"ten", "te", "."}, "es": {"o", "."}, "fr": {"er", "e", "eme"}}
_ALL_SUFFIXES = frozenset().union(*_SUFFIXES.values())
_DASHES = "-–—"


class Today(NamedTuple):
    """The day that dates are relative to, and how the student writes dates."""

    day: date
    week_start: int
    """1 is Monday, 7 is Sunday."""
    month_first: bool
    """Whether 5/6 means May 6."""
    next_skips: bool
    """Whether “next friday” means the friday of next week."""
    dotted: bool = False
    """Whether 30.11. is a date without a preposition."""


class DateMatch(NamedTuple):
    """A date in a line with its readings, the most likely first."""

    start: int
    end: int
    days: tuple[date, ...]
    ahead: date | None = None
    """Today, if the weekday is today's: used if the line has a time that is still ahead."""
    time: int | None = None
    """Minutes after midnight, if the words imply a time: tonight."""
    due: bool = False
    """Whether it is marked as a deadline: by, due, bis, para, avant."""
    until: bool = False
    """Whether it can be the end of a recurrence."""


def read(line: Line, index: int, today: Today) -> DateMatch | None:
    """Return the date that starts at a token, including its prepositions."""
    until = line.match(index, "until")
    for kind in ("until", "by", "on"):
        match = line.match(index, kind)
        if match is None:
            continue
        start = line.skip(match.end, "on")
        due = kind == "by" or bool(line.match(index, "by"))
        found = _named(line, start, today, match) or _named(line, match.end, today, match)
        if found:
            return found._replace(start=index, due=due, until=until is not None)
    return _named(line, index, today, None)


def _named(line: Line, index: int, today: Today, lead: Match | None) -> DateMatch | None:
    """Return a date without its preposition, which is `lead`."""
    found = (
        _named_day(line, index, today)
        or _relative(line, index, today)
        or _compound(line, index, today)
        or _weekday(line, index, today, lead)
        or _period(line, index, today, lead)
        or calendar_day(line, index, today, lead)
    )
    if found is None or line.is_symbol(found.end, "'") or not all(_in_range(day) for day in found.days):
        return None
    if line.is_symbol(found.end, _DASHES) and line.is_adjacent(found.end + 1) and line.is_word(found.end + 1):
        return None
    return _with_part(line, found)


def _in_range(day: date) -> bool:
    return FIRST_YEAR <= day.year <= LAST_YEAR


def _with_part(line: Line, found: DateMatch) -> DateMatch:
    """Extend a date by a following part of the day: “monday morning”."""
    part = line.match(found.end, "part")
    if part is None or found.time is not None or not line.is_boundary(part.end):
        return found
    return found._replace(end=part.end, time=part.value)


def _named_day(line: Line, index: int, today: Today) -> DateMatch | None:
    evening = line.match(index, "tonight")
    if evening:
        return DateMatch(index, evening.end, (today.day,), time=evening.value)
    match = line.match(index, "day")
    if match is None or not line.is_boundary(match.end) or (index and line.tokens[index - 1].text in _GREETING):
        return None
    return DateMatch(index, match.end, (today.day + timedelta(days=match.value),))


_GREETING = words("la the am guten good every each jeden jeder cada chaque un einen")
"""Words after which “morgen” and “mañana” mean the morning."""


def _relative(line: Line, index: int, today: Today) -> DateMatch | None:
    """Return a relative date: “in 3 weeks”."""
    lead = line.match(index, "in")
    if lead is None:
        return None
    amount, end = amount_at(line, lead.end)
    unit = line.match(end, "unit")
    if amount is None or unit is None or not 0 < amount <= 999 or not line.is_boundary(unit.end):
        return None
    day = later(today.day, amount, unit.value)
    return DateMatch(index, unit.end, (day,)) if day else None


def amount_at(line: Line, index: int) -> tuple[int | None, int]:
    """Return an amount in digits or as a word, and the token after it."""
    number = line.number(index, maximum=999)
    if number is not None:
        return number, index + 1
    word = line.match(index, "amount")
    return (word.value, word.end) if word else (None, index)


def _weekday(line: Line, index: int, today: Today, lead: Match | None) -> DateMatch | None:
    """Return a weekday: friday, next friday, this friday."""
    before = line.match(index, "next") or line.match(index, "this")
    match = line.match(before.end if before else index, "weekday")
    if match is None or (index and line.match(index - 1, "ordinal")):
        return None  # “the last friday” is a recurrence
    after = line.match(match.end, "next")
    end = _end_of_weekday(line, match, after if not before else None)
    exact = _exact_after(line, end, today, match.value)
    if exact:
        return exact._replace(start=index)
    led = lead and line.tokens[index - 1].text not in _BEFORE_NOUNS
    if match.ambiguous and not (led or before or after or _is_date_position(line, index, match)):
        return None
    if not line.is_boundary(end, dash=True):
        return None
    is_next = bool(line.match(index, "next") or (after and not before))
    return _weekday_readings(today, index, end, match.value, is_next=is_next, is_this=bool(before) and not is_next)


def _compound(line: Line, index: int, today: Today) -> DateMatch | None:
    """Return a weekday with a part of the day in one word: Montagabend."""
    match = line.match(index, "compound")
    if match is None:
        return None
    day, minutes = divmod(match.value, 24 * 60)
    found = _weekday_readings(today, index, match.end, day, is_next=False, is_this=False)
    return found._replace(time=minutes)


def _end_of_weekday(line: Line, match: Match, after: Match | None) -> int:
    """Return the token after a weekday, including a following “next” or the dot of an abbreviation."""
    if after:
        return after.end
    is_abbreviated = line.is_symbol(match.end, ".") and (line.number(match.end + 1) is not None or match.ambiguous)
    return match.end + 1 if is_abbreviated else match.end


def _is_date_position(line: Line, index: int, match: Match) -> bool:
    """Return whether an ambiguous word is where only a date can be: before a time, a symbol or the end."""
    if match.language != line.language or not line.is_boundary(match.end):
        return False
    end = match.end
    if index and line.tokens[index - 1].text in _BEFORE_NOUNS:
        return line.number(end) is not None
    return not line.is_word(end) or line.consumed[end] or bool(line.match(end, "at") or line.match(end, "from"))


_BEFORE_NOUNS = words(
    "the a an my your his her our their of to about was is in with der die das den dem ein eine mein meine la le les un"
    " une mon ma ton son et el los las una mi tu su de del du des y and und i you he she they we ich er"
)
"""Words that are followed by a noun."""


def _exact_after(line: Line, index: int, today: Today, weekday: int) -> DateMatch | None:
    """Return the calendar day after a weekday: “thursday, 30 nov”; “friday 27” if it is a friday."""
    index += 1 if line.is_symbol(index, ",") else 0
    lead = line.match(index, "on")
    start = lead.end if lead else index
    found = calendar_day(line, start, today, lead)
    number = line.number(start, maximum=31)
    if found or number is None or not line.is_standalone(start):
        return found
    day, end = month_day(today.day, number), _after_suffix(line, start + 1)
    if day is None or day.weekday() != weekday or not line.is_boundary(end) or not line.is_terminated(end):
        return None
    counts = any(line.match(end, kind) for kind in ("unit", "span", "oclock", "halfday", "times"))
    return None if counts else DateMatch(start, end, (day,))


def _weekday_readings(today: Today, start: int, end: int, weekday: int, *, is_next: bool, is_this: bool) -> DateMatch:
    away = (weekday - today.day.weekday()) % 7
    if is_this:
        return DateMatch(start, end, (today.day + timedelta(days=away),))
    coming = today.day + timedelta(days=away or 7)
    if not is_next:
        return DateMatch(start, end, (coming,), ahead=None if away else today.day)
    skipped = week_of(today.day, today.week_start) + timedelta(days=7 + (weekday - today.week_start + 1) % 7)
    days = (skipped, coming) if today.next_skips else (coming, skipped)
    return DateMatch(start, end, tuple(dict.fromkeys(days)))


def week_of(day: date, week_start: int) -> date:
    """Return the first day of the week of a day."""
    return day - timedelta(days=(day.isoweekday() - week_start) % 7)


def _period(line: Line, index: int, today: Today, lead: Match | None) -> DateMatch | None:
    """Return a date within a period: next week, this weekend, the end of the month."""
    close = line.match(index, "end")
    if close and line.is_boundary(close.end):
        return DateMatch(index, close.end, (_end_of(today, close.value),))
    article = line.match(index, "on") if lead is None else None
    start = article.end if article else index
    before = line.match(start, "next") or line.match(start, "this") or line.match(index, "next")
    core = before.end if before else start
    weekend = line.match(core, "weekend")
    if weekend and (before or lead or article) and line.is_boundary(weekend.end, dash=True):
        return _weekend(line, index, weekend.end, today, is_next=bool(line.match(start, "next")))
    is_next = bool(line.match(start, "next") or line.match(index, "next"))
    return _next_period(line, index, core, today, is_next=is_next, is_this=bool(before) and not is_next)


def _next_period(line: Line, start: int, index: int, today: Today, *, is_next: bool, is_this: bool) -> DateMatch | None:
    """Return the first day of the next week, month or year; “next” can follow: la semaine prochaine."""
    unit = line.match(index, "unit")
    if unit is None or unit.value == 1:
        return None
    if is_next:
        return DateMatch(start, unit.end, (_begin_of_next(today, unit.value),))
    after = line.match(unit.end, "next")
    if after is None or is_this:
        return None
    return DateMatch(start, after.end, (_begin_of_next(today, unit.value),))


def _weekend(line: Line, start: int, end: int, today: Today, *, is_next: bool) -> DateMatch:
    after = line.match(end, "next")
    end = after.end if after else end
    saturday = today.day if today.day.weekday() >= 5 else today.day + timedelta(days=5 - today.day.weekday())
    if not (is_next or after):
        return DateMatch(start, end, (saturday,))
    skipped = today.day + timedelta(days=5 - today.day.weekday() + 7)
    coming = skipped if today.day.weekday() >= 5 else saturday
    days = (skipped, coming) if today.next_skips else (coming, skipped)
    return DateMatch(start, end, tuple(dict.fromkeys(days)))


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


# Calendar days.


def calendar_day(line: Line, index: int, today: Today, lead: Match | None) -> DateMatch | None:
    """Return a calendar day in digits or with a month name; `lead` is its preposition."""
    found = _month_first(line, index, today) or _iso(line, index)
    if found or line.number(index) is None or not line.is_standalone(index):
        return found
    return _numeric(line, index, today, lead) or _day_first(line, index, today) or _day_alone(line, index, today, lead)


def _iso(line: Line, index: int) -> DateMatch | None:
    """Return an ISO date: 2026-11-30 or 2026/11/30."""
    can_start = not line.is_adjacent(index) or index == 0 or line.tokens[index - 1].text in "([,;:"
    if line.digit_count(index) != 4 or not can_start or not line.is_symbol(index + 1, "-/"):
        return None
    month, day = line.number(index + 2), line.number(index + 4)
    is_complete = line.is_symbol(index + 3, line.tokens[index + 1].text) and line.is_boundary(index + 5)
    if month is None or day is None or not is_complete:
        return None
    if not line.is_adjacent(index + 2) or not line.is_adjacent(index + 4):
        return None
    found = valid_date(line.number(index) or 0, month, day)
    return DateMatch(index, index + 5, (found,)) if found else None


def _numeric(line: Line, index: int, today: Today, lead: Match | None) -> DateMatch | None:
    """Return a numeric date: 30.11., 30.11.2026, 30/11, 11/30, 30-11-2026."""
    if not line.is_symbol(index + 1, "./-") or not line.is_adjacent(index + 2):
        return None
    first, second = line.number(index, maximum=31), line.number(index + 2, maximum=31)
    if not first or not second or line.digit_count(index) > 2 or line.digit_count(index + 2) > 2:
        return None
    year, end = _numeric_year(line, index + 3), _end_without_year(line, index, today, lead)
    if year is not None:
        end = index + 5
    if end is None or not line.is_boundary(end):
        return None
    days = (next_date(today.day, month, day, year) for day, month in _day_month_readings(line, index, today))
    readings = tuple(dict.fromkeys(day for day in days if day))
    return DateMatch(index, end, readings) if readings else None


def _numeric_year(line: Line, index: int) -> int | None:
    """Return the year after the separator at a token, which must be the same as the one before the month."""
    if not line.is_symbol(index, line.tokens[index - 2].text) or not line.is_adjacent(index + 1):
        return None
    year = line.number(index + 1)
    if year is None or line.digit_count(index + 1) not in (2, 4):
        return None
    return year if line.digit_count(index + 1) == 4 else 2000 + year


def _end_without_year(line: Line, index: int, today: Today, lead: Match | None) -> int | None:
    """Return the token after a day and a month, or None if they can be something else: 3.4, 24/7, 3/4 of."""
    sign, end = line.tokens[index + 1].text, index + 3
    two_digits_each = line.digit_count(index) + line.digit_count(index + 2) == 4
    if sign == "." and line.is_symbol(end, ".") and (lead or today.dotted or two_digits_each):
        return end + 1
    if sign == "-" or (sign == "." and not lead):
        return None
    if line.texts[index : index + 3 : 2] == ("24", "7") or line.match(end, "of"):
        return None
    return end if sign != "/" or line.is_terminated(end) else None


def _day_month_readings(line: Line, index: int, today: Today) -> list[tuple[int, int]]:
    """Return the readings of two numbers as day and month; only a slash is ambiguous."""
    first, second = line.number(index) or 0, line.number(index + 2) or 0
    if line.tokens[index + 1].text != "/":
        return [(first, second)]
    readings = [(first, second), (second, first)]
    return readings[::-1] if today.month_first else readings


def _day_first(line: Line, index: int, today: Today) -> DateMatch | None:
    """Return a date such as 30 nov, 30th of November 2026, 30. November, 30 de noviembre de 2026, 1er mai."""
    day = line.number(index, maximum=31)
    end = _after_suffix(line, index + 1)
    end = line.skip(end, "of")
    month = line.match(end, "month")
    if not day or line.digit_count(index) > 2 or month is None:
        return None
    return _with_year(line, index, month, month.end, today, day)


def _month_first(line: Line, index: int, today: Today) -> DateMatch | None:
    """Return a date such as Nov 30 or November 30th, 2026."""
    month = line.match(index, "month")
    if month is None:
        return None
    place = month.end + (1 if line.is_symbol(month.end, ".") else 0)
    place = line.skip(place, "on") if line.language == "en" else place
    day = line.number(place, maximum=31)
    if not day or line.digit_count(place) > 2 or line.is_adjacent(place):
        return None
    end = _after_suffix(line, place + 1)
    if not line.is_boundary(end) or any(line.match(end, kind) for kind in ("oclock", "halfday", "span")):
        return None
    if month.value in (3, 5) and month.ambiguous and not line.is_terminated(end):
        return None  # “may 2 students …”
    return _with_year(line, index, month, end, today, day, comma=True)


def _with_year(
    line: Line, start: int, month: Match, end: int, today: Today, day: int, *, comma: bool = False
) -> DateMatch | None:
    place = end + (1 if line.is_symbol(end, ",." if comma else ".") else 0)
    place = line.skip(place, "of")
    year = line.number(place) if line.digit_count(place) == 4 and line.is_boundary(place + 1) else None
    if year is not None:
        end = place + 1
    else:
        end += 1 if line.is_symbol(end, ".") and month.end == end and line.is_adjacent(end) else 0
    if not line.is_boundary(end):
        return None
    found = next_date(today.day, month.value, day, year)
    return DateMatch(start, end, (found,)) if found else None


def _after_suffix(line: Line, index: int) -> int:
    if line.is_adjacent(index) and line.tokens[index].text in _ALL_SUFFIXES and not line.consumed[index]:
        return index + 1
    return index


def _day_alone(line: Line, index: int, today: Today, lead: Match | None) -> DateMatch | None:
    """Return a day such as the 5th, am 5., el 5, le 5: only after a preposition and without a noun to count."""
    if lead is None or lead.language not in (line.language, "en"):
        return None
    day = line.number(index, maximum=31)
    end = index + 1
    if line.is_adjacent(end) and line.tokens[end].text in _SUFFIXES[lead.language]:
        end += 1
    elif lead.language in ("en", "de"):
        return None
    if not day or line.digit_count(index) > 2 or not _ends_day(line, end):
        return None
    found = month_day(today.day, day)
    return DateMatch(index, end, (found,)) if found else None


def _ends_day(line: Line, index: int) -> bool:
    """Return whether a number before a token can be a day: no noun or unit follows."""
    if not line.is_boundary(index) or not line.is_terminated(index):
        return False
    return not any(line.match(index, kind) for kind in ("unit", "span", "oclock", "times"))
