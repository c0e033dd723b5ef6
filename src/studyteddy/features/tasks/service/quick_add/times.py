"""Times of day and durations in a line."""

from __future__ import annotations

from typing import NamedTuple

from studyteddy.features.tasks.service.quick_add.dates import amount_at
from studyteddy.features.tasks.service.quick_add.line import Line, Mark

_LONGEST = 10_080
"""Minutes of a week: the longest estimate."""
_DAY = 24 * 60


class Timed(NamedTuple):
    """A time of a line: minutes after midnight, the likeliest reading first."""

    start: int
    end: int
    minutes: tuple[int, ...]


class Lasting(NamedTuple):
    """A duration of a line in minutes; `ahead` when it says how soon something is: in 2 hours."""

    start: int
    end: int
    minutes: int


def read(line: Line, index: int) -> Timed | None:
    """The time that begins at a token, with the words that lead to it."""
    for kind in ("by", "until", "at"):
        mark = line.mark(index, kind)
        if mark and line.sure(mark):
            second = line.mark(mark.end, "at") if kind != "at" else None
            lead = second or (mark if kind == "at" else None)
            found = _core(line, second.end if second else mark.end, lead)
            if found:
                return found._replace(start=index)
    start = line.mark(index, "from")
    if start:
        found = _core(line, start.end, start)
        if found and found.end > start.end + 1:  # “de 4” is no time, “de 4 a 6” is one
            return found._replace(start=index)
    weak = line.mark(index, "at")
    if weak and not line.sure(weak):
        found = _core(line, weak.end, None)
        if found:
            return found._replace(start=index)
    return _core(line, index, None)


def _core(line: Line, index: int, lead: Mark | None) -> Timed | None:
    return _named(line, index, lead) or _past(line, index, lead) or _hour(line, index, lead)


def _named(line: Line, index: int, lead: Mark | None) -> Timed | None:
    """Noon and midnight; midnight is the end of the day, unless it is its beginning."""
    mark = line.mark(index, "clock")
    if mark is None or not line.stops(mark.end):
        return None
    if lead is None and (mark.language != line.language or mark.weak or not line.closed(mark.end)):
        return None
    return Timed(index, mark.end, (mark.value, 0) if mark.value == _DAY else (mark.value,))


def _past(line: Line, index: int, lead: Mark | None) -> Timed | None:
    """half past 5, quarter to 6, halb 6, viertel nach 5."""
    mark = line.mark(index, "past")
    if mark is None or not line.sure(mark):
        return None
    hour, end = amount_at(line, mark.end)
    if hour is None or not 1 <= hour <= 12 or not line.stops(line.after(end, "halfday")):
        return None
    hours, end = _either_half(line, hour, end)
    return Timed(index, end, tuple((one * 60 + mark.value) % _DAY for one in hours))


def _either_half(line: Line, hour: int, end: int) -> tuple[tuple[int, ...], int]:
    """The hours of the day that an hour of the clock may be, and the token after what tells it."""
    end = line.after(end, "oclock") if not line.mark(end, "halfday") else end
    half = _halfday(line, end)
    if half:
        return (hour % 12 + half.value,), half.end
    if hour == 12:
        return (12,), end
    afternoon = hour <= 7
    return ((hour + 12, hour) if afternoon else (hour, hour + 12)), end


def _halfday(line: Line, index: int) -> Mark | None:
    mark = line.mark(index, "halfday")
    if mark is None or not line.stops(mark.end, dash=True):
        return None
    if mark.weak and not line.glued(index) and mark.language != line.language:
        return None  # “um 5 am Montag”
    return mark


def _hour(line: Line, index: int, lead: Mark | None) -> Timed | None:
    hour = line.number(index, most=24)
    if hour is None:
        return _in_words(line, index, lead)
    if line.digits(index) > 2:
        return None
    minute, end, exact = _minutes(line, index + 1)
    if minute is None or minute > 59:
        return None
    half = _halfday(line, end)
    if half and 1 <= hour <= 12 and not (line.tokens[index].glued and not line.free(index)):
        return _range(line, Timed(index, half.end, ((hour % 12 + half.value) * 60 + minute,)))
    if not line.free(index):
        return None
    if exact and line.language == "en" and line.digits(index) == 1 and hour and line.stops(end, dash=True):
        hours, end = _either_half(line, hour, end)
        return _range(line, Timed(index, end, tuple(one * 60 + minute for one in hours)))
    if exact:
        return _range(line, _whole(line, index, line.after(end, "oclock"), hour, minute))
    return _from_to(line, index, end, hour) or _range(line, _spoken(line, index, end, hour, lead))


def _in_words(line: Line, index: int, lead: Mark | None) -> Timed | None:
    """at nine, um drei Uhr, a las nueve, à neuf heures."""
    word = line.mark(index, "amount")
    if word is None or lead is None or not line.sure(lead) or not 2 <= word.value <= 12:
        return None
    hours, end = _either_half(line, word.value, word.end)
    told = end > word.end or line.closed(end) or line.mark(end, "plus")
    return _added(line, index, end, hours) if told else None


def _minutes(line: Line, index: int) -> tuple[int | None, int, bool]:
    """The minutes after an hour, the token after them, and whether they make it a time by themselves."""
    if line.glued(index) and line.glued(index + 1) and line.digits(index + 1) == 2:
        if line.is_sign(index, ":"):
            clear = not (line.is_sign(index + 2, ":") and line.glued(index + 3))
            return (line.number(index + 1) if clear else None), index + 2, True
        if line.is_sign(index, "."):
            after = index + 2
            if line.mark(after, "halfday") or _is_clock(line, after):
                return line.number(index + 1), after, _is_clock(line, after)
    return 0, index, False


def _is_clock(line: Line, index: int) -> bool:
    mark = line.mark(index, "oclock")
    return mark is not None and mark.value == 24


def _whole(line: Line, start: int, end: int, hour: int, minute: int) -> Timed | None:
    """A time of the 24-hour clock."""
    if not line.stops(end, dash=True) or hour * 60 + minute > _DAY:
        mark = line.mark(end, "span")
        if not (mark and mark.value == 60 and line.stops(mark.end)):
            return None
        end = mark.end
    if hour * 60 + minute > _DAY:
        return None
    half = _halfday(line, end)
    if half and 1 <= hour <= 12:
        return Timed(start, half.end, ((hour % 12 + half.value) * 60 + minute,))
    return Timed(start, end, (hour * 60 + minute,))


def _spoken(line: Line, index: int, end: int, hour: int, lead: Mark | None) -> Timed | None:
    """15 Uhr, 15h, 17h30, 17 heures, 5 o'clock, and a bare number after “at”."""
    clock = line.mark(end, "oclock")
    span = line.mark(end, "span")
    if clock and clock.value == 24:
        minute = _trailing(line, clock.end)
        return _whole(line, index, clock.end + (minute is not None), hour, minute or 0)
    if span and span.value == 60 and (lead or _is_time_not_length(line, hour)):
        minute = _trailing(line, span.end)
        if minute is None and hour * 60 <= _DAY:
            return _added(line, index, span.end, (hour,))
        return _whole(line, index, span.end + (minute is not None), hour, minute or 0)
    if clock and clock.value == 0:
        hours, after = _either_half(line, hour, clock.end) if 1 <= hour <= 12 else ((hour,), clock.end)
        return Timed(index, after, tuple(one * 60 for one in hours)) if line.stops(after) else None
    if lead is None or not line.sure(lead) or not line.stops(end) or hour > 23:
        return None
    return _bare(line, index, end, hour)


def _bare(line: Line, index: int, end: int, hour: int) -> Timed | None:
    """“at 5”: afternoon for 1 to 7, else morning; the other half of the day is a choice."""
    if not line.closed(end) and not line.mark(end, "plus"):
        return None
    if any(line.mark(end, kind) for kind in ("unit", "span", "times", "month")):
        return None
    hours: tuple[int, ...] = (hour,)
    later = _linked(line, end)
    if later and hour < (line.number(later, most=24) or 0) and line.stops(later + 1) and line.closed(later + 1):
        end = later + 1  # from 10 to 12
    if 1 <= hour <= 12:
        hours, end = _either_half(line, hour, end)
    return _added(line, index, end, hours)


def _added(line: Line, start: int, end: int, hours: tuple[int, ...]) -> Timed | None:
    """With “y media”, “et quart”, and then perhaps the half of the day."""
    plus = line.mark(end, "plus")
    if plus is None:
        half = _halfday(line, end)
        if half and 1 <= hours[0] <= 12:
            return Timed(start, half.end, ((hours[0] % 12 + half.value) * 60,))
        return Timed(start, end, tuple(hour * 60 for hour in hours)) if line.stops(end) else None
    half = _halfday(line, plus.end)
    if half:
        hours, end = (hours[0] % 12 + half.value,), half.end
    else:
        end = plus.end
    return Timed(start, end, tuple((hour * 60 + plus.value) % _DAY for hour in hours))


def _trailing(line: Line, index: int) -> int | None:
    """Two digits after 15h or 15 Uhr."""
    minute = line.number(index, most=59)
    if minute is None or line.digits(index) != 2 or not line.stops(index + 1) or line.mark(index + 1, "span"):
        return None
    return minute


def _is_time_not_length(line: Line, hour: int) -> bool:
    """Whether 15h tells a time: after noon always, in the morning only where people write times so."""
    return hour < 24 and (hour > 12 or (hour >= 7 and line.language in ("fr", "es", "de")))


def _range(line: Line, found: Timed | None) -> Timed | None:
    """3pm–5pm and 10h à 12h begin at the first time; the other is taken with it."""
    if found is None:
        return None
    last = _last(line, _linked(line, found.end))
    return found._replace(end=last[1]) if last else found


def _from_to(line: Line, index: int, end: int, hour: int) -> Timed | None:
    """3-5pm, 10–12 Uhr, von 10 bis 12 Uhr: what follows the second number tells what the first one is."""
    last = _last(line, _linked(line, end))
    if last is None:
        return None
    later, after, half = last
    if half is not None and hour <= 12:
        begins = hour % 12 + (half if hour % 12 <= later % 12 else 0)
        return Timed(index, after, (begins * 60,))
    return Timed(index, after, (hour * 60,)) if hour < later else None


def _linked(line: Line, index: int) -> int | None:
    """The token after what leads to the end of a range."""
    if line.is_sign(index, "-–—", glued=False):
        return index + 1
    mark = line.mark(index, "to")
    return mark.end if mark else None


def _last(line: Line, index: int | None) -> tuple[int, int, int | None] | None:
    """The hour in which a range ends, the token after it, and the half of the day if it is told."""
    hour = line.number(index, most=24) if index is not None else None
    if index is None or hour is None or line.digits(index) > 2:
        return None
    minute, end, exact = _minutes(line, index + 1)
    half = _halfday(line, end)
    if minute is None or minute > 59:
        return None
    if half:
        return (hour, half.end, half.value) if 1 <= hour <= 12 else None
    span = line.mark(end, "span")
    hours = span is not None and span.value == 60 and len(line.tokens[end].text) == 1 and hour > 6
    if not (exact or hours or _is_clock(line, end)):
        return None
    end = span.end if span and hours else line.after(end, "oclock")
    return (hour, end, None) if line.stops(end) else None


# Durations.


def lasting(line: Line, index: int) -> Lasting | None:
    """The duration that begins at a token: 60m, 1h30, 1.5 hours, half an hour, for two hours."""
    lead = line.mark(index, "for")
    if lead:
        found = _length(line, lead.end, marked=True)
        if found:
            return found._replace(start=index)
    return _length(line, index, marked=False)


def soon(line: Line, index: int) -> Lasting | None:
    """How soon something is: in 2 hours, dans 30 minutes."""
    lead = line.mark(index, "in")
    found = _length(line, lead.end, marked=True) if lead else None
    return found._replace(start=index) if found else None


def _length(line: Line, index: int, *, marked: bool) -> Lasting | None:
    named = line.mark(index, "length")
    if named:
        return Lasting(index, named.end, named.value) if line.stops(named.end) else None
    amount, end = _quantity(line, index, marked=marked)
    span = line.mark(end, "span")
    if amount is None or span is None or _counts(line, index):
        return None
    if span.weak and not line.glued(end):
        return None  # “5 m” may be metres
    minutes, after = round(amount * span.value), span.end
    if span.value == 60 and amount == int(amount):
        more, after = _rest(line, after)
        minutes += more
    if not 1 <= minutes <= _LONGEST or not line.stops(after):
        return None
    return Lasting(index, after, minutes)


def _counts(line: Line, index: int) -> bool:
    """Whether the number belongs to a word before it: every 2 hours."""
    return bool(index) and line.mark(index - 1, "every") is not None


def _quantity(line: Line, index: int, *, marked: bool) -> tuple[float | None, int]:
    number = line.number(index)
    if number is None:
        word = line.mark(index, "amount")
        whole = word and (marked or word.value > 1 or not word.weak or _is_hour(line, word.end))
        return (word.value, word.end) if word and whole else (None, index)
    if not line.free(index):
        return None, index
    end = index + 1
    if line.is_sign(end, ".,") and line.glued(end + 1) and 1 <= line.digits(end + 1) <= 2:
        return float(f"{number}.{line.tokens[end + 1].text}"), end + 2
    if line.is_sign(end, "-") and line.glued(end + 1):
        return number, end + 1
    return number, end


def _is_hour(line: Line, index: int) -> bool:
    mark = line.mark(index, "span")
    return mark is not None and mark.value == 60


def _rest(line: Line, index: int) -> tuple[int, int]:
    """The minutes after whole hours: 1h30, 1h 30m, 1 hour and 30 minutes, 1 h et demie."""
    half = line.mark(index, "plus")
    if half and half.value > 0:
        return half.value, half.end
    place = line.after(index, "and")
    minutes = line.number(place, most=59)
    if minutes is None:
        return 0, index
    span = line.mark(place + 1, "span")
    if span and span.value == 1 and line.stops(span.end):
        return minutes, span.end
    if line.glued(place) and line.digits(place) == 2 and line.stops(place + 1):
        return minutes, place + 1
    return 0, index
