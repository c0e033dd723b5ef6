"""The entry point of the parser: from a line to a task."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from msgspec.structs import replace

from studyteddy.features.quick_add.parser import extraction, sigils
from studyteddy.features.quick_add.parser.dates import Today
from studyteddy.features.quick_add.parser.due import Due, DueResolver
from studyteddy.features.quick_add.parser.durations import DurationMatch
from studyteddy.features.quick_add.parser.extraction import Found, Part
from studyteddy.features.quick_add.parser.languages import LANGUAGES
from studyteddy.features.quick_add.parser.line import Line, Located
from studyteddy.features.quick_add.parser.recurrence import RecurrenceMatch
from studyteddy.features.quick_add.parser.sigils import LabelMatch, PriorityMatch, SubjectMatch, Subjects
from studyteddy.features.quick_add.parser.title import title
from studyteddy.features.quick_add.schemas import (
    Choice,
    LineField,
    Option,
    ParsedLine,
    ParsedRecurrence,
    ParsedTask,
    Span,
)
from studyteddy.features.tasks.schemas.tasks import normalize_labels
from studyteddy.platform.local_time.dates import DayBoundary


class ParserContext(NamedTuple):
    """The student's settings for parsing: day boundary, language and first day of the week (1 is Monday)."""

    boundary: DayBoundary
    locale: str = "en"
    week_start: int = 1


def parse(text: str, *, now: datetime, context: ParserContext, subjects: Iterable[tuple[UUID, str]] = ()) -> ParsedLine:
    """Parse a line at an instant; the same arguments always produce the same result.

    The running time is at most proportional to the length of the line times the number of subjects.
    """
    code = context.locale.partition("-")[0]
    line = Line(text, code if code in LANGUAGES else "en")
    labels, priority = sigils.labels(line), sigils.priority(line)
    names = Subjects(subjects)
    subject = names.after_sigil(line)
    found = extraction.read(line, _today(line, now, context))
    subject = subject or names.without_sigil(line)
    annotations = _Annotations(line)
    _annotate(annotations, labels, priority, subject, found.duration)
    resolver = DueResolver(found, context.boundary, now)
    due = _due(annotations, resolver)
    task = ParsedTask(
        title="",
        subject_id=subject.subjects[0][0] if subject else None,
        due_date=due.day if due and due.at is None else None,
        due_at=due.at if due else None,
        due_zone=context.boundary.time_zone if due else None,
        priority=priority.level if priority else None,
        estimated_minutes=found.duration.minutes if found.duration else None,
        labels=normalize_labels(label.value for label in labels),
        recurrence=_recurrence(annotations, resolver, due, context.week_start),
    )
    return annotations.result(task)


def _annotate(
    annotations: _Annotations,
    labels: list[LabelMatch],
    priority: PriorityMatch | None,
    subject: SubjectMatch | None,
    duration: DurationMatch | None,
) -> None:
    """Add the spans and choices of everything but the due date and the recurrence."""
    for label in labels:
        annotations.add_span(label, "labels", label.value)
    if priority:
        annotations.add_span(priority, "priority", priority.level)
    if duration:
        annotations.add_span(duration, "estimatedMinutes", str(duration.minutes))
    if subject:
        annotations.add_span(subject, "subjectId", str(subject.subjects[0][0]), cut=subject.cut)
        annotations.add_choice(subject, "subjectId", [Option(str(id), name) for id, name in subject.subjects])


def _today(line: Line, now: datetime, context: ParserContext) -> Today:
    english = line.language == "en"
    return Today(
        context.boundary.date_of(now),
        context.week_start,
        month_first=english and context.locale in ("en", "en-US"),
        next_skips=LANGUAGES[line.language].NEXT_SKIPS_A_WEEK,
        dotted=not english or not context.locale.startswith("en"),
    )


class _Annotations:
    """The spans, choices and removed parts of one line."""

    def __init__(self, line: Line) -> None:
        self.line = line
        self.spans: list[Span] = []
        self.choices: list[Choice] = []
        self.cuts: list[tuple[int, int]] = []

    def offsets(self, part: Located) -> tuple[int, int]:
        """Return the offsets of a part in the text."""
        return self.line.tokens[part.start].start, self.line.tokens[part.end - 1].end

    def add_span(self, part: Located, field: LineField, value: str, *, cut: bool = True) -> None:
        """Add a span; the part is removed from the title unless `cut` is false."""
        self.spans.append(Span(*self.offsets(part), field, value))
        if cut:
            self.cuts.append(self.offsets(part))

    def add_choice(self, part: Located, field: LineField, options: list[Option]) -> None:
        """Add a choice if there are several readings."""
        if len(options) > 1:
            self.choices.append(Choice(field, *self.offsets(part), options))

    def result(self, task: ParsedTask) -> ParsedLine:
        """Return the result, with spans and choices in text order."""
        named = title(self.line.text, self.cuts, self.line.language)
        self.spans.sort(key=lambda span: span.start)
        self.choices.sort(key=lambda choice: choice.start)
        return ParsedLine(replace(task, title=named), self.spans, self.choices)


def _due(annotations: _Annotations, resolver: DueResolver) -> Due | None:
    """Return the due date and add its spans; an adjacent date and time form one span."""
    found, due = resolver.found, resolver.due()
    if due is None:
        return None
    parts = [Part(one.start, one.end) for one in (found.from_now, found.date, found.time) if one]
    for part in _merge_adjacent(annotations.line, sorted(parts)):
        annotations.add_span(part, due.field, due.value)
    if found.date:
        annotations.add_choice(found.date, due.field, resolver.days())
    if found.time:
        annotations.add_choice(found.time, due.field, resolver.times())
    return due


def _merge_adjacent(line: Line, parts: list[Part]) -> list[Part]:
    """Merge two parts with at most a comma between them."""
    if len(parts) == 2:
        first, second = parts
        gap = second.start - first.end
        if gap == 0 or (gap == 1 and line.tokens[first.end].text == ","):
            return [Part(first.start, second.end)]
    return parts


def _recurrence(
    annotations: _Annotations, resolver: DueResolver, due: Due | None, week_start: int
) -> ParsedRecurrence | None:
    """Return the recurrence. A weekly rule names its weekday; a rule with days or an end follows the calendar."""
    found = resolver.found
    repeat = found.recurrence
    if repeat is None:
        return None
    after = _is_after_completion(found, repeat)
    if repeat.frequency == "WEEKLY" and not repeat.weekdays and due and not after:
        repeat = repeat._replace(weekdays=(due.day.weekday(),))
    until = resolver.until(found.until.days[0], due) if found.until else ""
    rule = repeat.rule(week_start=week_start, until=until)
    for part in (repeat, found.until, found.after_completion):
        if part:
            annotations.add_span(part, "recurrence", rule)
    return ParsedRecurrence(rule, "after_completion" if after else "schedule")


def _is_after_completion(found: Found, repeat: RecurrenceMatch) -> bool:
    if repeat.weekdays or repeat.month_day or repeat.times or found.until:
        return False
    return repeat.after_completion or found.after_completion is not None
