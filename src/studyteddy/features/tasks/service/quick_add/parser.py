"""From a line to a task, without asking anybody: the pure half of quick add."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from msgspec.structs import replace

from studyteddy.features.tasks.schemas.quick_add import (
    Choice,
    LineField,
    Option,
    ParsedLine,
    ParsedRecurrence,
    ParsedTask,
    Span,
)
from studyteddy.features.tasks.schemas.single import tidied
from studyteddy.features.tasks.service.quick_add import scan, signs
from studyteddy.features.tasks.service.quick_add.dates import Today
from studyteddy.features.tasks.service.quick_add.due import Due, Moments
from studyteddy.features.tasks.service.quick_add.languages import LANGUAGES
from studyteddy.features.tasks.service.quick_add.line import Line, Placed
from studyteddy.features.tasks.service.quick_add.scan import Part
from studyteddy.features.tasks.service.quick_add.title import title
from studyteddy.platform.moments import Clockwork


class Habits(NamedTuple):
    """What a line is read by: whose day it is, their language, and the day (1 is Monday) their week begins with."""

    clock: Clockwork
    locale: str = "en"
    week_start: int = 1


def parse(text: str, *, now: datetime, habits: Habits, subjects: Iterable[tuple[UUID, str]] = ()) -> ParsedLine:
    """Reads a line at an instant; the same line, instant, habits and subjects always give the same.

    The work grows with the length of the line times the number of subjects, and never faster.
    """
    code = habits.locale.partition("-")[0]
    line = Line(text, code if code in LANGUAGES else "en")
    notes = _Notes(line)
    labels, priority = signs.labels(line), signs.priority(line)
    names = signs.Subjects(subjects)
    named = names.signed(line)
    found = scan.read(line, _today(line, now, habits))
    named = named or names.plain(line)
    for label in labels:
        notes.tell(label, "labels", label.value)
    if priority:
        notes.tell(priority, "priority", priority.level)
    if found.lasting:
        notes.tell(found.lasting, "estimatedMinutes", str(found.lasting.minutes))
    if named:
        notes.tell(named, "subjectId", str(named.subjects[0][0]), cut=named.cut)
        notes.offer(named, "subjectId", [Option(str(id), name) for id, name in named.subjects])
    moments = Moments(found, habits.clock, now)
    due = _due(notes, moments)
    task = ParsedTask(
        title="",
        subject_id=named.subjects[0][0] if named else None,
        due_date=due.day if due and due.at is None else None,
        due_at=due.at if due else None,
        due_zone=habits.clock.time_zone if due else None,
        priority=priority.level if priority else None,
        estimated_minutes=found.lasting.minutes if found.lasting else None,
        labels=tidied(label.value for label in labels),
        recurrence=_recurrence(notes, moments, due, habits.week_start),
    )
    return notes.line_of(task)


def _today(line: Line, now: datetime, habits: Habits) -> Today:
    english = line.language == "en"
    return Today(
        habits.clock.date_of(now),
        habits.week_start,
        month_first=english and habits.locale in ("en", "en-US"),
        next_skips=LANGUAGES[line.language].NEXT_SKIPS_A_WEEK,
        dotted=not english or not habits.locale.startswith("en"),
    )


class _Notes:
    """What is told of the parts of one line."""

    def __init__(self, line: Line) -> None:
        self.line = line
        self.spans: list[Span] = []
        self.choices: list[Choice] = []
        self.cuts: list[tuple[int, int]] = []

    def place(self, part: Placed) -> tuple[int, int]:
        """Where some tokens stand in the text."""
        return self.line.tokens[part.start].start, self.line.tokens[part.end - 1].end

    def tell(self, part: Placed, field: LineField, value: str, *, cut: bool = True) -> None:
        """This part of the line gave that value; it leaves the title unless it is a word of it."""
        self.spans.append(Span(*self.place(part), field, value))
        if cut:
            self.cuts.append(self.place(part))

    def offer(self, part: Placed, field: LineField, options: list[Option]) -> None:
        """This part of the line has several readings."""
        if len(options) > 1:
            self.choices.append(Choice(field, *self.place(part), options))

    def line_of(self, task: ParsedTask) -> ParsedLine:
        """The whole answer, in the order of the text."""
        named = title(self.line.text, self.cuts, self.line.language)
        self.spans.sort(key=lambda span: span.start)
        self.choices.sort(key=lambda choice: choice.start)
        return ParsedLine(replace(task, title=named), self.spans, self.choices)


def _due(notes: _Notes, moments: Moments) -> Due | None:
    """When it is due; a date and a time side by side are one part of the line."""
    found, due = moments.found, moments.due()
    if due is None:
        return None
    parts = [Part(one.start, one.end) for one in (found.soon, found.dated, found.timed) if one]
    for part in _side_by_side(notes.line, sorted(parts)):
        notes.tell(part, due.field, due.value)
    if found.dated:
        notes.offer(found.dated, due.field, moments.days())
    if found.timed:
        notes.offer(found.timed, due.field, moments.times())
    return due


def _side_by_side(line: Line, parts: list[Part]) -> list[Part]:
    """Parts with nothing but a comma between them are one."""
    if len(parts) == 2:
        first, second = parts
        gap = second.start - first.end
        if gap == 0 or (gap == 1 and line.tokens[first.end].text == ","):
            return [Part(first.start, second.end)]
    return parts


def _recurrence(notes: _Notes, moments: Moments, due: Due | None, week_start: int) -> ParsedRecurrence | None:
    """The rule; what is weekly names its weekday. What names days or an end goes by the calendar in any case."""
    found = moments.found
    repeat = found.repeat
    if repeat is None:
        return None
    dated = repeat.weekdays or repeat.month_day or repeat.times or found.until
    after = (repeat.after_completion or found.after is not None) and not dated
    if repeat.often == "WEEKLY" and not repeat.weekdays and due and not after:
        repeat = repeat._replace(weekdays=(due.day.weekday(),))
    until = moments.until(found.until.days[0], due) if found.until else ""
    rule = repeat.rule(week_start=week_start, until=until)
    for part in (repeat, found.until, found.after):
        if part:
            notes.tell(part, "recurrence", rule)
    return ParsedRecurrence(rule, "after_completion" if after else "schedule")
