"""Times of day in a line."""

from __future__ import annotations

from typing import NamedTuple

from studyteddy.features.quick_add.parser.dates import amount_at
from studyteddy.features.quick_add.parser.line import Line, Match

_DAY = 24 * 60


class TimeMatch(NamedTuple):
    """A time in a line: readings in minutes after midnight, the most likely first."""

    start: int
    end: int
    minutes: tuple[int, ...]


def read(line: Line, index: int) -> TimeMatch | None:
    """Return the time that starts at a token, including its prepositions."""
    found = (
        _after_deadline(line, index, "by")
        or _after_deadline(line, index, "until")
        or _after_at(line, index)
        or _after_from(line, index)
        or _core(line, index, None)
    )
    return found._replace(start=index) if found else None


def _after_deadline(line: Line, index: int, kind: str) -> TimeMatch | None:
    """Return a time such as by 5pm, until 5pm, bis um 17 Uhr."""
    match = line.match(index, kind)
    if match is None or not line.is_certain(match):
        return None
    lead = line.match(match.end, "at")
    return _core(line, lead.end if lead else match.end, lead)


def _after_at(line: Line, index: int) -> TimeMatch | None:
    match = line.match(index, "at")
    return _core(line, match.end, match if line.is_certain(match) else None) if match else None


def _after_from(line: Line, index: int) -> TimeMatch | None:
    match = line.match(index, "from")
    found = _core(line, match.end, match) if match else None
    # “de 4” is not a time, “de 4 a 6” is.
    return found if match and found and found.end > match.end + 1 else None


def _core(line: Line, index: int, lead: Match | None) -> TimeMatch | None:
    return _named(line, index, lead) or _past(line, index, lead) or _hour(line, index, lead)


def _named(line: Line, index: int, lead: Match | None) -> TimeMatch | None:
    """Return noon or midnight; midnight is the end of the day, or alternatively its start."""
    match = line.match(index, "clock")
    if match is None or not line.is_boundary(match.end):
        return None
    if lead is None and (match.language != line.language or match.ambiguous or not line.is_terminated(match.end)):
        return None
    return TimeMatch(index, match.end, (match.value, 0) if match.value == _DAY else (match.value,))


def _past(line: Line, index: int, lead: Match | None) -> TimeMatch | None:
    """Return a time such as half past 5, quarter to 6, halb 6, viertel nach 5."""
    match = line.match(index, "past")
    if match is None or not line.is_certain(match):
        return None
    hour, end = amount_at(line, match.end)
    if hour is None or not 1 <= hour <= 12 or not line.is_boundary(line.skip(end, "halfday")):
        return None
    hours, end = _hour_readings(line, hour, end)
    return TimeMatch(index, end, tuple((one * 60 + match.value) % _DAY for one in hours))


def _hour_readings(line: Line, hour: int, end: int) -> tuple[tuple[int, ...], int]:
    """Return the possible hours of the day for an hour of the 12-hour clock, and the token after it."""
    end = line.skip(end, "oclock") if not line.match(end, "halfday") else end
    half = _half_of_day(line, end)
    if half:
        return (hour % 12 + half.value,), half.end
    if hour == 12:
        return (12,), end
    afternoon = hour <= 7
    return ((hour + 12, hour) if afternoon else (hour, hour + 12)), end


def _half_of_day(line: Line, index: int) -> Match | None:
    match = line.match(index, "halfday")
    if match is None or not line.is_boundary(match.end, dash=True):
        return None
    if match.ambiguous and not line.is_adjacent(index) and match.language != line.language:
        return None  # “um 5 am Montag”
    return match


def _hour(line: Line, index: int, lead: Match | None) -> TimeMatch | None:
    hour = line.number(index, maximum=24)
    if hour is None:
        return _in_words(line, index, lead)
    if line.digit_count(index) > 2:
        return None
    minute, end, exact = _minutes(line, index + 1)
    if minute is None or minute > 59:
        return None
    half = _half_of_day(line, end)
    if half and 1 <= hour <= 12 and (line.is_standalone(index) or not line.tokens[index].adjacent):
        return _range(line, TimeMatch(index, half.end, ((hour % 12 + half.value) * 60 + minute,)))
    if not line.is_standalone(index):
        return None
    if exact:
        return _range(line, _with_minutes(line, index, end, hour, minute))
    return _from_to(line, index, end, hour) or _range(line, _spoken(line, index, end, hour, lead))


def _with_minutes(line: Line, index: int, end: int, hour: int, minute: int) -> TimeMatch | None:
    """Return a time with minutes; an hour of one digit is ambiguous in English: 5:30."""
    is_short = line.language == "en" and line.digit_count(index) == 1 and hour > 0
    if is_short and line.is_boundary(end, dash=True):
        hours, end = _hour_readings(line, hour, end)
        return TimeMatch(index, end, tuple(one * 60 + minute for one in hours))
    return _exact(line, index, line.skip(end, "oclock"), hour, minute)


def _in_words(line: Line, index: int, lead: Match | None) -> TimeMatch | None:
    """Return a time such as at nine, um drei Uhr, a las nueve, à neuf heures."""
    word = line.match(index, "amount")
    if word is None or lead is None or not line.is_certain(lead) or not 2 <= word.value <= 12:
        return None
    hours, end = _hour_readings(line, word.value, word.end)
    implied = end > word.end or line.is_terminated(end) or line.match(end, "plus")
    return _with_fraction(line, index, end, hours) if implied else None


def _minutes(line: Line, index: int) -> tuple[int | None, int, bool]:
    """Return the minutes after an hour, the token after them, and whether they suffice for a time."""
    if line.is_adjacent(index) and line.is_adjacent(index + 1) and line.digit_count(index + 1) == 2:
        if line.is_symbol(index, ":"):
            clear = not (line.is_symbol(index + 2, ":") and line.is_adjacent(index + 3))
            return (line.number(index + 1) if clear else None), index + 2, True
        if line.is_symbol(index, "."):
            after = index + 2
            if line.match(after, "halfday") or _is_clock(line, after):
                return line.number(index + 1), after, _is_clock(line, after)
    return 0, index, False


def _is_clock(line: Line, index: int) -> bool:
    match = line.match(index, "oclock")
    return match is not None and match.value == 24


def _exact(line: Line, start: int, end: int, hour: int, minute: int) -> TimeMatch | None:
    """Return a time on the 24-hour clock."""
    if not line.is_boundary(end, dash=True) or hour * 60 + minute > _DAY:
        match = line.match(end, "span")
        if not (match and match.value == 60 and line.is_boundary(match.end)):
            return None
        end = match.end
    if hour * 60 + minute > _DAY:
        return None
    half = _half_of_day(line, end)
    if half and 1 <= hour <= 12:
        return TimeMatch(start, half.end, ((hour % 12 + half.value) * 60 + minute,))
    return TimeMatch(start, end, (hour * 60 + minute,))


def _spoken(line: Line, index: int, end: int, hour: int, lead: Match | None) -> TimeMatch | None:
    """Return a time such as 15 Uhr, 15h, 17h30, 17 heures, 5 o'clock, or a bare number after “at”."""
    clock = line.match(end, "oclock")
    span = line.match(end, "span")
    if clock and clock.value == 24:
        minute = _trailing_minutes(line, clock.end)
        return _exact(line, index, clock.end + (minute is not None), hour, minute or 0)
    if span and span.value == 60 and (lead or _is_time_of_day(line, hour)):
        minute = _trailing_minutes(line, span.end)
        if minute is None:
            return _with_fraction(line, index, span.end, (hour,))
        return _exact(line, index, span.end + 1, hour, minute)
    if clock and clock.value == 0:
        return _oclock(line, index, clock.end, hour)
    return _bare(line, index, end, hour) if lead and line.is_certain(lead) else None


def _oclock(line: Line, index: int, end: int, hour: int) -> TimeMatch | None:
    hours: tuple[int, ...] = (hour,)
    if 1 <= hour <= 12:
        hours, end = _hour_readings(line, hour, end)
    return TimeMatch(index, end, tuple(one * 60 for one in hours)) if line.is_boundary(end) else None


def _bare(line: Line, index: int, end: int, hour: int) -> TimeMatch | None:
    """Return a bare hour: “at 5”. 1 to 7 means afternoon, otherwise morning; the other half of the day is a choice."""
    if hour > 23 or not line.is_boundary(end) or not (line.is_terminated(end) or line.match(end, "plus")):
        return None
    if any(line.match(end, kind) for kind in ("unit", "span", "times", "month")):
        return None
    hours: tuple[int, ...] = (hour,)
    end = _end_of_bare_range(line, end, hour) or end
    if 1 <= hour <= 12:
        hours, end = _hour_readings(line, hour, end)
    return _with_fraction(line, index, end, hours)


def _end_of_bare_range(line: Line, end: int, hour: int) -> int | None:
    """Return the token after the end of a range of bare hours: from 10 to 12."""
    index = _range_end(line, end)
    if index is None or hour >= (line.number(index, maximum=24) or 0):
        return None
    return index + 1 if line.is_boundary(index + 1) and line.is_terminated(index + 1) else None


def _with_fraction(line: Line, start: int, end: int, hours: tuple[int, ...]) -> TimeMatch | None:
    """Return the time with “y media” or “et quart”, and an optional half of the day."""
    plus = line.match(end, "plus")
    if plus is None:
        half = _half_of_day(line, end)
        if half and 1 <= hours[0] <= 12:
            return TimeMatch(start, half.end, ((hours[0] % 12 + half.value) * 60,))
        return TimeMatch(start, end, tuple(hour * 60 for hour in hours)) if line.is_boundary(end) else None
    half = _half_of_day(line, plus.end)
    if half:
        hours, end = (hours[0] % 12 + half.value,), half.end
    else:
        end = plus.end
    return TimeMatch(start, end, tuple((hour * 60 + plus.value) % _DAY for hour in hours))


def _trailing_minutes(line: Line, index: int) -> int | None:
    """Return the two digits after 15h or 15 Uhr."""
    minute = line.number(index, maximum=59)
    if (
        minute is None
        or line.digit_count(index) != 2
        or not line.is_boundary(index + 1)
        or line.match(index + 1, "span")
    ):
        return None
    return minute


def _is_time_of_day(line: Line, hour: int) -> bool:
    """Return whether 15h is a time: always after noon, in the morning only in languages that write times this way."""
    return hour < 24 and (hour > 12 or (hour >= 7 and line.language in ("fr", "es", "de")))


def _range(line: Line, found: TimeMatch | None) -> TimeMatch | None:
    """Extend a time by the end of its range: 3pm–5pm, 10h à 12h."""
    if found is None:
        return None
    last = _end_of_range(line, _range_end(line, found.end))
    return found._replace(end=last[1]) if last else found


def _from_to(line: Line, index: int, end: int, hour: int) -> TimeMatch | None:
    """Return the start of a range such as 3-5pm, 10–12 Uhr: the second number determines the first."""
    last = _end_of_range(line, _range_end(line, end))
    if last is None:
        return None
    later, after, half = last
    if half is not None and hour <= 12:
        begins = hour % 12 + (half if hour % 12 <= later % 12 else 0)
        return TimeMatch(index, after, (begins * 60,))
    return TimeMatch(index, after, (hour * 60,)) if hour < later else None


def _range_end(line: Line, index: int) -> int | None:
    """Return the token after a range separator."""
    if line.is_symbol(index, "-–—", adjacent=False):
        return index + 1
    match = line.match(index, "to")
    return match.end if match else None


def _end_of_range(line: Line, index: int | None) -> tuple[int, int, int | None] | None:
    """Return the hour in which a range ends, the token after it, and the half of the day if given."""
    hour = line.number(index, maximum=24) if index is not None else None
    if index is None or hour is None or line.digit_count(index) > 2:
        return None
    minute, end, exact = _minutes(line, index + 1)
    half = _half_of_day(line, end)
    if minute is None or minute > 59:
        return None
    if half:
        return (hour, half.end, half.value) if 1 <= hour <= 12 else None
    span = line.match(end, "span")
    hours = span is not None and span.value == 60 and len(line.tokens[end].text) == 1 and hour > 6
    if not (exact or hours or _is_clock(line, end)):
        return None
    end = span.end if span and hours else line.skip(end, "oclock")
    return (hour, end, None) if line.is_boundary(end) else None
