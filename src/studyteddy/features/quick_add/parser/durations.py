"""Durations in a line, including those that say when something is due: in 2 hours."""

from __future__ import annotations

from typing import NamedTuple

from studyteddy.features.quick_add.parser.line import Line

_MAX_MINUTES = 10_080
"""The maximum estimate: the minutes of a week."""


class DurationMatch(NamedTuple):
    """A duration in a line, in minutes."""

    start: int
    end: int
    minutes: int


def read(line: Line, index: int) -> DurationMatch | None:
    """Return the duration that starts at a token: 60m, 1h30, 1.5 hours, half an hour, for two hours."""
    lead = line.match(index, "for")
    if lead:
        found = _duration_at(line, lead.end, marked=True)
        if found:
            return found._replace(start=index)
    return _duration_at(line, index, marked=False)


def from_now(line: Line, index: int) -> DurationMatch | None:
    """Return the time from now that starts at a token: in 2 hours, dans 30 minutes."""
    lead = line.match(index, "in")
    found = _duration_at(line, lead.end, marked=True) if lead else None
    return found._replace(start=index) if found else None


def _duration_at(line: Line, index: int, *, marked: bool) -> DurationMatch | None:
    named = line.match(index, "length")
    if named:
        return DurationMatch(index, named.end, named.value) if line.is_boundary(named.end) else None
    amount, end = _quantity(line, index, marked=marked)
    span = line.match(end, "span")
    if amount is None or span is None or _follows_every(line, index):
        return None
    if span.ambiguous and not line.is_adjacent(end):
        return None  # “5 m” can be metres
    minutes, after = round(amount * span.value), span.end
    if span.value == 60 and amount == int(amount):
        more, after = _extra_minutes(line, after)
        minutes += more
    if not 1 <= minutes <= _MAX_MINUTES or not line.is_boundary(after):
        return None
    return DurationMatch(index, after, minutes)


def _follows_every(line: Line, index: int) -> bool:
    """Return whether the number belongs to a recurrence: every 2 hours."""
    return bool(index) and line.match(index - 1, "every") is not None


def _quantity(line: Line, index: int, *, marked: bool) -> tuple[float | None, int]:
    number = line.number(index)
    if number is None:
        return _amount_in_words(line, index, marked=marked)
    if not line.is_standalone(index):
        return None, index
    end = index + 1
    if line.is_symbol(end, ".,") and line.is_adjacent(end + 1) and 1 <= line.digit_count(end + 1) <= 2:
        return float(f"{number}.{line.tokens[end + 1].text}"), end + 2
    if line.is_symbol(end, "-") and line.is_adjacent(end + 1):
        return number, end + 1
    return number, end


def _amount_in_words(line: Line, index: int, *, marked: bool) -> tuple[float | None, int]:
    """Return an amount in words, and the token after it; an ambiguous “one” needs a preposition or an hour."""
    word = line.match(index, "amount")
    if word is None:
        return None, index
    is_amount = marked or word.value > 1 or not word.ambiguous or _is_hour(line, word.end)
    return (word.value, word.end) if is_amount else (None, index)


def _is_hour(line: Line, index: int) -> bool:
    match = line.match(index, "span")
    return match is not None and match.value == 60


def _extra_minutes(line: Line, index: int) -> tuple[int, int]:
    """Return the minutes after whole hours: 1h30, 1h 30m, 1 hour and 30 minutes, 1 h et demie."""
    half = line.match(index, "plus")
    if half and half.value > 0:
        return half.value, half.end
    place = line.skip(index, "and")
    minutes = line.number(place, maximum=59)
    if minutes is None:
        return 0, index
    span = line.match(place + 1, "span")
    if span and span.value == 1 and line.is_boundary(span.end):
        return minutes, span.end
    if line.is_adjacent(place) and line.digit_count(place) == 2 and line.is_boundary(place + 1):
        return minutes, place + 1
    return 0, index
