"""A study plan without a model: earliest due first, in pieces of at most two hours, never after the due date."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta

from studyteddy.features.ai.schemas.study_plan import (
    NewStudyPlan,
    PlannableTask,
    PlannedDay,
    PlannedWork,
    Reason,
    StudyPlan,
    Unplaced,
)
from studyteddy.features.ai.store import study_plan as store
from studyteddy.features.auth.service import profile
from studyteddy.features.subjects import service as subjects
from studyteddy.platform.db.transaction import Tx

DEFAULT_MINUTES = 60
"""What a task without an estimate takes."""
MAX_PIECE = 120
MIN_PIECE = 15


async def propose(tx: Tx, new: NewStudyPlan) -> StudyPlan:
    """Return a plan for the student's open tasks; raise 422 for an unknown subject."""
    if new.subject_id is not None:
        await subjects.require(tx, new.subject_id)
    boundary = await profile.day_boundary(tx, tx.user_id)
    today = boundary.date_of(tx.now)
    tasks = await store.open_tasks(
        tx,
        tx.user_id,
        time_zone=boundary.time_zone,
        default_minutes=DEFAULT_MINUTES,
        subject_id=new.subject_id,
        until=today + timedelta(new.days),
    )
    return plan(tasks, today=today, days=new.days, minutes_per_day=new.minutes_per_day)


def plan(tasks: Sequence[PlannableTask], *, today: date, days: int, minutes_per_day: int) -> StudyPlan:
    """Return the plan of tasks that come in the order of their due dates."""
    work: dict[date, list[PlannedWork]] = {today + timedelta(number): [] for number in range(days)}
    free = dict.fromkeys(work, minutes_per_day)
    unplaced = []
    for task in tasks:
        left = task.minutes
        for day in work:
            if left <= 0 or (task.due_date is not None and day > max(task.due_date, today)):
                break
            if task.start_date is not None and day < task.start_date:
                continue
            minutes = _piece(left, free[day])
            if minutes:
                work[day].append(PlannedWork(task.id, task.title, minutes, task.due_date, _reason(task, day)))
                free[day] -= minutes
                left -= minutes
        if left > 0:
            unplaced.append(Unplaced(task.id, task.title, left, task.due_date))
    planned = [PlannedDay(day, minutes_per_day - free[day], items) for day, items in work.items()]
    return StudyPlan(planned, unplaced)


def _piece(left: int, free: int) -> int:
    """Return how many minutes of a task are done on a day: none if that would be less than a quarter of an hour."""
    minutes = min(left, free, MAX_PIECE)
    return minutes if minutes == left or minutes >= MIN_PIECE else 0


def _reason(task: PlannableTask, day: date) -> Reason:
    if task.due_date is not None and task.due_date < day:
        return "overdue"
    if task.due_date == day:
        return "due"
    return "started" if task.started else "later"
