"""The eight weeks before today: finished tasks, the focus sessions on them, and the days of rest."""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import datetime, timedelta

import msgspec

from studyteddy.bootstrap.seed.days import Days
from studyteddy.bootstrap.seed.steps import (
    AddTask,
    CompleteSession,
    CompleteTask,
    InterruptSession,
    PlanSession,
    ReadNotifications,
    StartSession,
    Step,
)
from studyteddy.bootstrap.seed.texts import SubjectTexts, Texts
from studyteddy.features.focus.schemas.commands import Completion
from studyteddy.features.focus.schemas.sessions import NewFocusSession, Type
from studyteddy.features.tasks.schemas.tasks import NewTask, Priority

FIRST_DAY = -55
REST_DAYS = frozenset({-12, -32, -36, -40, -41, -47, -54})
"""Days without study: the current streak is of 12 days including today, the longest of 19."""
FORGOTTEN_DAY = -6
"""A day on which a session was left running."""

_SUBJECTS = [
    "physics",
    "history",
    "maths",
    "physics",
    "chemistry",
    "spanish",
    "history",
    "maths",
    "german",
    "chemistry",
]
"""The subjects of the tasks, in turn."""
_PACE = {"physics": 1.1, "history": 1.3, "chemistry": 1.05, "maths": 0.95, "spanish": 0.75, "german": 1.15}
"""How long the tasks of a subject take, relative to their estimates."""
_SLOTS = ["10:00", "11:30", "14:00", "15:15", "16:30", "17:45", "19:15", "21:00"]
_FOCUS = {"10:00": 4, "11:30": 4, "14:00": 3, "15:15": 5, "16:30": 5, "17:45": 4, "19:15": 3, "21:00": 2}
"""How well the student concentrates at each time of day, of five."""
_WEEKDAY, _WEEKEND = [2, 1, 1, 5, 6, 4, 2, 1], [3, 3, 1, 2, 2, 1, 1, 0]
"""How often each slot is used."""
_PRIORITIES: list[Priority] = ["low", "medium", "medium", "high", "urgent"]
_ESSAY_SESSIONS = {-2: ("19:15", 35), -1: ("19:15", 45)}


class _Work(msgspec.Struct):
    """A task in work: the minutes that it still takes."""

    key: str
    subject: str
    title: str
    estimate: int
    left: float
    added: bool = False


def history(days: Days, texts: Texts) -> Iterator[Step]:
    """Yield the steps of the finished tasks and of the sessions before today."""
    term = _History(days, texts)
    for offset in range(FIRST_DAY, 0):
        if offset not in REST_DAYS:
            yield from term.day(offset)
    yield from term.finish(days.at(-1, "22:15"), -1)
    yield from forgotten(days)
    yield Step(days.at(-1, "22:45"), ReadNotifications())


def forgotten(days: Days) -> Iterator[Step]:
    """Yield the start of the session that was left running."""
    new = NewFocusSession("pomodoro", 25)
    yield Step(days.at(FORGOTTEN_DAY, "22:30"), StartSession("forgotten", "relativity", new))


class _History:
    def __init__(self, days: Days, texts: Texts) -> None:
        self._days, self._texts = days, texts
        self._rng = random.Random(20)
        self._titles = {key: self._shuffled(subject) for key, subject in texts.subjects.items()}
        self._number = 0
        self._work = self._next_work(FIRST_DAY)

    def day(self, offset: int) -> Iterator[Step]:
        """Yield a day's sessions and what they finish."""
        for slot in self._slots(offset):
            minutes = 25 if self._work.left < 30 else min(50, round(self._work.left / 5) * 5)
            key, worked = self._work.key, self._worked(minutes)
            yield from self._added(offset)
            yield from self._session(offset, slot, key, minutes, worked)
            self._work.left -= worked
            if self._work.left < 8:
                yield from self.finish(self._days.at(offset, slot) + timedelta(minutes=worked + 5), offset)
        if offset in _ESSAY_SESSIONS:
            slot, minutes = _ESSAY_SESSIONS[offset]
            yield from self._session(offset, slot, "essay", minutes, minutes)

    def finish(self, at: datetime, offset: int) -> Iterator[Step]:
        """Yield the completion of the task in work, and begin the next one."""
        yield from self._added(offset)
        yield Step(at, CompleteTask(self._work.key))
        self._work = self._next_work(offset)

    def _added(self, offset: int) -> Iterator[Step]:
        """Yield the creation of the task in work before its first session, and its due date."""
        work = self._work
        if work.added:
            return
        work.added = True
        sessions = 1 + work.left // 90
        late = self._rng.random() < 0.15
        due = offset + (-1 if late else int(sessions) + self._rng.randint(1, 3))
        new = NewTask(
            title=work.title,
            priority=self._rng.choice(_PRIORITIES),
            due_date=self._days.day(min(due, -1)),  # what is due from today on is in `open_tasks`
            estimated_minutes=work.estimate,
            labels=self._rng.sample(sorted(self._texts.labels.values()), self._rng.randint(0, 2)),
        )
        yield Step(self._days.planning(offset), AddTask(work.key, work.subject, new))

    def _session(self, offset: int, slot: str, task: str, minutes: int, worked: int) -> Iterator[Step]:
        start, rng = self._days.at(offset, slot), self._rng
        key, new = f"{offset} {slot}", NewFocusSession(_type(minutes), minutes)
        if self._days.is_this_week(offset):
            planned = msgspec.structs.replace(new, start_at=start)
            yield Step(self._days.planning(offset), PlanSession(key, task, planned))
        yield Step(start, StartSession(key, task, None if self._days.is_this_week(offset) else new))
        if rng.random() < 0.2:
            at = start + timedelta(minutes=rng.randint(6, 20))
            yield Step(at, InterruptSession(key, rng.choice(self._texts.interruptions)))
        end = start + timedelta(minutes=worked)
        yield Step(end, CompleteSession(key, self._details(slot)))

    def _details(self, slot: str) -> Completion:
        rng, focus = self._rng, _FOCUS[slot]
        return Completion(
            productivity_rating=max(1, min(5, focus + rng.choice([-1, 0, 0, 1]))),
            focus_rating=max(1, min(5, focus + rng.choice([-1, 0, 0]))),
            notes=rng.choice(self._texts.notes) if rng.random() < 0.3 else None,
            interruptions=rng.choice([0, 0, 0, 1, 2]),
        )

    def _slots(self, offset: int) -> list[str]:
        """Return the times of a day's sessions; never two at once, and at least one."""
        weekend = self._days.is_weekend(offset)
        count = self._rng.choice([1, 1, 2] if weekend else [1, 2, 2, 3])
        slots = sorted(set(self._rng.choices(_SLOTS, _WEEKEND if weekend else _WEEKDAY, k=count)))
        if offset in _ESSAY_SESSIONS:
            slots = [slot for slot in slots if slot < _ESSAY_SESSIONS[offset][0]][:2] or ["16:30"]
        return slots

    def _worked(self, minutes: int) -> int:
        """Return the minutes until the student ends a session of `minutes`: at least 25, so that the day counts."""
        return minutes + self._rng.choice([0, 0, 2, 4] if minutes < 30 else [-4, -2, 0, 0, 3])

    def _next_work(self, offset: int) -> _Work:
        subject = _SUBJECTS[self._number % len(_SUBJECTS)]
        self._number += 1
        estimate = self._rng.choice([25, 30, 45, 45, 60, 90])
        left = estimate * _PACE[subject] * self._rng.uniform(0.85, 1.15)
        return _Work(f"finished {self._number}", subject, self._titles[subject].pop(), estimate, left)

    def _shuffled(self, subject: SubjectTexts) -> list[str]:
        titles = [template.format(topic) for template in subject.templates for topic in subject.topics]
        self._rng.shuffle(titles)
        return titles


def _type(minutes: int) -> Type:
    if minutes == 25:
        return "pomodoro"
    return "deep_work" if minutes >= 45 else "custom"
