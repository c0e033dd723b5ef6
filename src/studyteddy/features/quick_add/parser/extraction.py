"""Extraction of dates, times, durations and recurrences: the first of each kind counts, and they never overlap."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple, TypeAlias, TypeVar

from studyteddy.features.quick_add.parser import dates, durations, recurrence, times
from studyteddy.features.quick_add.parser.dates import DateMatch, Today
from studyteddy.features.quick_add.parser.durations import DurationMatch
from studyteddy.features.quick_add.parser.line import Line
from studyteddy.features.quick_add.parser.recurrence import RecurrenceMatch
from studyteddy.features.quick_add.parser.times import TimeMatch


class Part(NamedTuple):
    """A range of tokens."""

    start: int
    end: int


Candidate: TypeAlias = RecurrenceMatch | DurationMatch | DateMatch | TimeMatch | Part
K = TypeVar("K")


class Found(NamedTuple):
    """What was found in a line."""

    date: DateMatch | None = None
    until: DateMatch | None = None
    """The end of the recurrence."""
    time: TimeMatch | None = None
    from_now: DurationMatch | None = None
    """The time from now until the task is due."""
    duration: DurationMatch | None = None
    recurrence: RecurrenceMatch | None = None
    after_completion: Part | None = None
    """Marks the recurrence as counted from each completion."""

    def parts(self) -> list[Part]:
        """Return the token ranges of everything found."""
        return [Part(one.start, one.end) for one in self if one is not None]


def read(line: Line, today: Today) -> Found:
    """Extract everything from left to right and mark its tokens as consumed."""
    candidates: list[Candidate] = []
    delays: list[DurationMatch] = []
    index = 0
    while index < len(line):
        if line.is_inside_name(index) or not line.can_match(index):
            index += 1
        elif repeat := recurrence.read(line, index):
            candidates.append(repeat)
            index = repeat.end
        elif delay := durations.from_now(line, index):
            delays.append(delay)
            index = delay.end
        elif candidate := _candidate(line, index, today):
            candidates.append(candidate)
            index = candidate.end
        else:
            index += 1
    found = _select(candidates, delays)
    for part in found.parts():
        line.consume(part.start, part.end)
    return found


def _candidate(line: Line, index: int, today: Today) -> DateMatch | TimeMatch | DurationMatch | Part | None:
    match = line.match(index, "after")
    if match:
        return Part(index, match.end)
    return dates.read(line, index, today) or times.read(line, index) or durations.read(line, index)


def _select(candidates: Sequence[Candidate], delays: list[DurationMatch]) -> Found:
    """Select the first of each kind; a time from now only counts without a date and a time."""
    repeat = _first(RecurrenceMatch, candidates)
    days = [one for one in candidates if isinstance(one, DateMatch)]
    until = next((day for day in days if day.until), None) if repeat else None
    date = _due_date([day for day in days if day is not until])
    time = _first(TimeMatch, candidates)
    return Found(
        date=date,
        until=until,
        time=time,
        from_now=delays[0] if delays and not (time or date) else None,
        duration=_first(DurationMatch, candidates),
        recurrence=repeat,
        after_completion=_first(Part, candidates) if repeat else None,
    )


def _first(kind: type[K], candidates: Sequence[Candidate]) -> K | None:
    return next((one for one in candidates if isinstance(one, kind)), None)


def _due_date(days: list[DateMatch]) -> DateMatch | None:
    """Return the first date that is marked as a deadline, otherwise the first one."""
    return next((day for day in days if day.due or day.until), days[0] if days else None)
