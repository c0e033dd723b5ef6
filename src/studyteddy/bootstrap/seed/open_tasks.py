"""What is open today: tasks due today, overdue, in the coming two weeks and some day, series, and planned sessions."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

import msgspec

from studyteddy.bootstrap.seed.days import Days
from studyteddy.bootstrap.seed.history import REST_DAYS
from studyteddy.bootstrap.seed.steps import (
    AddTask,
    AskTutor,
    AttachFile,
    ChangeTask,
    CompleteSession,
    CompleteSubtasks,
    CompleteTask,
    PlanSession,
    Remember,
    SkipTask,
    StartSession,
    Step,
)
from studyteddy.bootstrap.seed.texts import Texts, TutorTexts
from studyteddy.features.ai.schemas.memory import FactKind, NewFact
from studyteddy.features.focus.schemas.commands import Completion
from studyteddy.features.focus.schemas.sessions import NewFocusSession
from studyteddy.features.tasks.schemas.series import Recurrence
from studyteddy.features.tasks.schemas.tasks import NewTask, Priority, TaskChanges


class _Open(msgspec.Struct, frozen=True):
    """A task by its key; `due` in days from today."""

    task: str
    subject: str
    due: int | None
    minutes: int | None = None
    priority: Priority = "medium"
    labels: tuple[str, ...] = ()
    done: int = 0
    """Subtasks that are completed."""
    status: str = "pending"


_TASKS = [
    _Open("revolutions", "history", -2, 120, "high", ("essay",)),
    _Open("parts", "maths", -1, 40, labels=("homework",)),
    _Open("interference_protocol", "physics", -4, 15, "low", ("lab", "group")),
    _Open("titration", "chemistry", 0, 45, "high", ("lab",), done=2, status="in_progress"),
    _Open("chapter5", "history", 0, 50, labels=("reading",)),
    _Open("integrals", "maths", 0, 25),
    _Open("quiz", "chemistry", 2, 30, labels=("exam",)),
    _Open("essay", "history", 1, 90, "high", ("essay",), done=2, status="in_progress"),
    _Open("exercises", "maths", 3, 70, "high", ("homework",)),
    _Open("redaccion", "spanish", 4, 30),
    _Open("experiment", "physics", 5, 50, labels=("lab", "group"), done=1),
    _Open("chapter6", "history", 6, 45, labels=("reading",)),
    _Open("konjunktiv", "german", 7, 40, "low"),
    _Open("past_paper", "maths", 8, 90, labels=("exam",)),
    _Open("presentation", "chemistry", 9, 120, "high", ("group",)),
    _Open("term_paper", "history", 11, 60, labels=("essay",)),
    _Open("mock_exam", "maths", 12, 120, "urgent", ("exam",)),
    _Open("formula_sheet", "physics", 13, 45, labels=("exam",)),
    _Open("tidy_notes", "german", None, None, "low"),
    _Open("summer_school", "spanish", None),
    _Open("relativity", "physics", None, 60, "low"),
    _Open("excursion", "history", 3, None, "low", status="cancelled"),
]

_SESSIONS: dict[int, list[tuple[str, int, str]]] = {
    0: [("11:00", 25, "compound"), ("15:30", 60, "waves"), ("16:45", 45, "titration")],
    1: [("10:00", 50, "revolutions"), ("14:00", 90, "essay"), ("16:30", 60, "exercises")],
    2: [("10:30", 30, "quiz"), ("16:00", 40, "parts")],
    3: [("15:00", 70, "exercises")],
    4: [("16:00", 30, "redaccion"), ("17:00", 45, "presentation")],
    5: [("15:30", 50, "experiment")],
    6: [("10:00", 45, "chapter6"), ("16:00", 60, "presentation")],
    7: [("17:00", 90, "past_paper")],
}
"""Start, minutes and task of the planned sessions. Tomorrow is a little over three hours."""
_LAST_DAY_OF_WEEK = ("19:00", 70, "essay")
"""Planned for today if the week ends today, so that one of its days is a little over three hours."""

_DRILL_WEEKS, _CARD_DAYS, _COMPOUND_DAYS = 3, (-20, -17, -14, -10, -7, -4, -1), (-28, -21, -14, -7)
_CARDS_DUE = (-20, -17, -14, -11, -7, -4, -1)
"""When the occurrences were due that were completed on `_CARD_DAYS`: three days after the last."""
_GAP = timedelta(minutes=10)


def open_tasks(days: Days, texts: Texts) -> Iterator[Step]:
    """Yield the steps that leave the tasks of today and the coming days as they are."""
    yield from _tasks(days, texts)
    yield from _series(days, texts)
    yield from _sessions(days)
    yield Step(days.at(-1, "20:45"), AttachFile("essay", texts.attachment.name, texts.attachment.text))
    yield from _tutor(days, texts.tutor)
    yield Step(days.earlier_today("10:10", 0.8), CompleteTask("integrals"))


def _tutor(days: Days, texts: TutorTexts) -> Iterator[Step]:
    facts: list[tuple[FactKind, str]] = [
        ("goal", texts.goal),
        ("difficulty", texts.difficulty),
        ("preference", texts.preference),
    ]
    for kind, text in facts:
        yield Step(days.at(-2, "17:30"), Remember(NewFact(kind, text)))
    for minute, message in enumerate(texts.messages):
        yield Step(days.at(-1, "17:40") + timedelta(minutes=3 * minute), AskTutor("waves", message))


def _tasks(days: Days, texts: Texts) -> Iterator[Step]:
    created = days.planning(-7)
    for one in [*_TASKS, _vocabulary(days)]:
        due = None if one.due is None else days.day(one.due)
        new = NewTask("", priority=one.priority, due_date=due, estimated_minutes=one.minutes)
        yield Step(created, _added(texts, one.task, one.subject, new, one.labels))
        if one.done:
            yield Step(days.at(-1, "20:30"), CompleteSubtasks(one.task, one.done))
        if one.status in ("in_progress", "cancelled"):
            changes = TaskChanges(status=one.status)  # type: ignore[arg-type]
            yield Step(days.at(-1, "20:30"), ChangeTask(one.task, changes))
    yield Step(created, _added(texts, "waves", "physics", _due_at_six(days), ("homework",)))
    weekend = days.is_weekend(0)
    yield Step(days.earlier_today("09:30", 0.5) if weekend else days.at(-1, "11:15"), CompleteTask("vocabulary"))


def _due_at_six(days: Days) -> NewTask:
    """Return a task due today at 18:00, or some time today if that is over."""
    due_at = days.at(0, "18:00")
    if due_at > days.now + timedelta(hours=1):
        return NewTask("", priority="urgent", estimated_minutes=60, due_at=due_at)
    return NewTask("", priority="urgent", estimated_minutes=60, due_date=days.today)


def _vocabulary(days: Days) -> _Open:
    """Return a task that was done today on a weekend, when there is no drill, and yesterday otherwise."""
    return _Open("vocabulary", "spanish", 0 if days.is_weekend(0) else -1, 20)


def _added(texts: Texts, task: str, subject: str, new: NewTask, labels: tuple[str, ...] = ()) -> AddTask:
    words = texts.tasks[task]
    labelled = [texts.labels[label] for label in labels]
    described = msgspec.structs.replace(new, title=words.title, description=words.description.strip(), labels=labelled)
    return AddTask(task, subject, described, words.subtasks)


def _series(days: Days, texts: Texts) -> Iterator[Step]:
    """Yield the three series: one on weekdays, one weekly and due today, one at an interval after each completion."""
    first = next(day for day in range(1 - 7 * _DRILL_WEEKS, 0) if not days.is_weekend(day))
    yield _repeating(days, texts, "drill", "spanish", first, 10, "FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR")
    for day in range(first, 1):
        if not days.is_weekend(day):
            yield _drilled(days, day)
    yield _repeating(days, texts, "compound", "german", _COMPOUND_DAYS[0], 25, "FREQ=WEEKLY")
    for day in _COMPOUND_DAYS:
        yield Step(days.at(day, "18:50"), CompleteTask("compound", days.day(day)))
    yield _repeating(days, texts, "flashcards", "chemistry", _CARDS_DUE[0], 15, "FREQ=DAILY;INTERVAL=3")
    for due, day in zip(_CARDS_DUE, _CARD_DAYS, strict=True):
        yield Step(days.at(day, "08:10"), CompleteTask("flashcards", days.day(due)))


def _repeating(days: Days, texts: Texts, task: str, subject: str, first: int, minutes: int, rule: str) -> Step:
    mode = "after_completion" if "INTERVAL" in rule else "schedule"
    repeats = Recurrence(rule, mode)  # type: ignore[arg-type]
    new = NewTask("", due_date=days.day(first), estimated_minutes=minutes, recurrence=repeats)
    return Step(days.planning(first), _added(texts, task, subject, new))


def _drilled(days: Days, day: int) -> Step:
    if day in REST_DAYS:
        return Step(days.at(day, "22:00"), SkipTask("drill", days.day(day)))
    at = days.at(day, "08:40") if day else days.earlier_today("08:40", 0.5)
    return Step(at, CompleteTask("drill", days.day(day)))


def _sessions(days: Days) -> Iterator[Step]:
    """Yield the planned sessions from today on, and those of today that are over."""
    for offset, planned in _SESSIONS.items():
        ends_week = offset == 0 and not days.is_this_week(1)
        free_from = days.at(offset, "04:00")
        for clock, minutes, task in [*planned, *([_LAST_DAY_OF_WEEK] if ends_week else [])]:
            start = _start(days, max(days.at(offset, clock), free_from), minutes)
            end = start + timedelta(minutes=minutes)
            free_from = end + _GAP
            key = f"{offset} {clock}"
            new = NewFocusSession("custom", minutes, start_at=start)
            yield Step(days.planning(0), PlanSession(key, task, new))
            if end <= days.now:
                yield Step(start, StartSession(key, task, None))
                yield Step(end, CompleteSession(key, Completion(4, 4)))


def _start(days: Days, start: datetime, minutes: int) -> datetime:
    """Return `start`, or the next quarter of an hour if the session would be running now."""
    running = start <= days.now < start + timedelta(minutes=minutes)
    return days.next_quarter() if running else start
