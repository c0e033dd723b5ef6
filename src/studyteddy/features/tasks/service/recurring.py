"""How one occurrence follows another: the next one comes with the end of the one before.

A series has one open occurrence at a time, unless a later one was asked for. Finishing, skipping or deleting it brings
the next in the same transaction; its id follows from the series and its original local start, so that no race makes
twins. Finished ones stay what they are: tasks with a history of their own.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from uuid import UUID, uuid5

from msgspec.structs import replace

from studyteddy import events
from studyteddy.features.auth import service as auth
from studyteddy.features.tasks.schemas import (
    BadRecurrence,
    NewTask,
    OccurrenceTaken,
    Place,
    Recurrence,
    Series,
    Task,
)
from studyteddy.features.tasks.service.checks import LAST_YEAR, found, no_such_subject
from studyteddy.features.tasks.store import rows, series, steps
from studyteddy.platform import recurrence
from studyteddy.platform.db import Tx
from studyteddy.platform.errors import Fault, invalid
from studyteddy.platform.event import Gone
from studyteddy.platform.ids import new_id
from studyteddy.platform.moments import Clockwork, check_zone
from studyteddy.platform.recurrence import BadRule, Rule, TooFar, date_time


async def begin(tx: Tx, new: NewTask, wanted: Recurrence) -> Task:
    """A new series and its first occurrence; raises 422."""
    planned = plan(new, wanted, series_id=new_id(), clock=await auth.clockwork(tx, tx.user_id), now=tx.now)
    if new.subject_id is not None and not await rows.hold_subject(tx, tx.user_id, new.subject_id):
        raise no_such_subject()
    await series.add(tx, tx.user_id, planned, at=tx.now)
    moment = first_kept(planned)
    return found(await make(tx, planned, moment))


def plan(template: NewTask | Task, wanted: Recurrence, *, series_id: UUID, clock: Clockwork, now: datetime) -> Series:
    """The series that repeats `template`, from its due date or from today; raises 422.

    It begins with the first date of the rule on or after the due date.
    """
    zone = template.due_zone or clock.time_zone
    check_zone(zone, "/dueZone")
    if template.due_at is not None:
        start = recurrence.wall(template.due_at, zone).replace(microsecond=0)
    else:
        start = datetime.combine(template.due_date or clock.date_of(now), time())
    all_day = template.due_at is None
    rule = read_rule(wanted, all_day=all_day)
    _check_exdates(wanted.exdates, all_day=all_day)
    begins = recurrence.first(rule, start, time_zone=zone) if wanted.mode == "schedule" else start
    if begins is None or begins.year > LAST_YEAR:
        raise invalid("/recurrence/rule", "no_occurrence", "This rule never comes true.", BadRecurrence)
    begins_as = date_time(begins, all_day=all_day)
    planned = Series(
        series_id, rule.text, wanted.mode, wanted.missed, wanted.exdates, begins_as, None, zone,
        template.title, template.description, template.subject_id, template.priority, template.estimated_minutes,
        template.labels, (start.date() - template.start_date).days if template.start_date else None,
    )  # fmt: skip
    first_kept(planned)
    return planned


def read_rule(wanted: Recurrence, *, all_day: bool) -> Rule:
    """The rule of a recurrence; raises 422."""
    try:
        rule = recurrence.parse(wanted.rule, all_day=all_day)
    except BadRule as fault:
        raise invalid("/recurrence/rule", fault.code, fault.detail, BadRecurrence) from fault
    if wanted.mode == "after_completion" and {part.partition("=")[0] for part in rule.text.split(";")} - _PLAIN:
        detail = "After a completion only FREQ and INTERVAL count, by days at least."
        raise invalid("/recurrence/rule", "rule_of_schedule", detail, BadRecurrence)
    if wanted.mode == "after_completion" and rule.text.startswith("FREQ=HOURLY"):
        raise invalid("/recurrence/rule", "too_frequent", "After a completion a day passes at least.", BadRecurrence)
    return rule


def first_kept(planned: Series) -> datetime:
    """The first occurrence that is not left out; raises 422 when every one is."""
    moment = next((moment for moment in moments(planned) if name(planned, moment) not in planned.exdates), None)
    if moment is None:
        raise invalid("/recurrence/exdates", "no_occurrence", "Every occurrence is left out.", BadRecurrence)
    return moment


def moments(of: Series, *, since: str = "") -> Iterator[datetime]:
    """The local moments of a series from the occurrence `since` on, in order, the left-out ones among them."""
    start = datetime.fromisoformat(of.starts)
    given = iter([start])
    if of.mode == "schedule":
        rule = recurrence.parse(of.rule, all_day=of.all_day)
        near = datetime.fromisoformat(since) if since else None
        given = recurrence.expand(rule, start, time_zone=of.time_zone, since=near)
    try:
        for moment in given:
            if _is_over(of, moment):
                return
            if name(of, moment) >= since:
                yield moment
    except TooFar:
        return


def _is_over(of: Series, moment: datetime) -> bool:
    return moment.year > LAST_YEAR or (of.ends_before is not None and name(of, moment) >= of.ends_before)


def name(of: Series, moment: datetime) -> str:
    """How an occurrence is called: its original local start."""
    return date_time(moment, all_day=of.all_day)


def occurrence_id(of: Series, occurrence: str) -> UUID:
    """The same id on every device: series and original local start."""
    return uuid5(of.id, occurrence)


def shown(of: Series) -> Recurrence:
    """The recurrence of a series as its tasks show it."""
    return Recurrence(of.rule, of.mode, of.missed, of.exdates[:200])


def due(of: Series, moment: datetime) -> tuple[date | None, datetime | None]:
    """The due date or the due instant of an occurrence."""
    return (moment.date(), None) if of.all_day else (None, recurrence.instant(moment, of.time_zone))


async def make(tx: Tx, of: Series, moment: datetime, *, ended: Task | None = None) -> Task | None:
    """The task of an occurrence, with the steps of the one that ended; nothing when it is there already."""
    due_date, due_at = due(of, moment)
    new = NewTask(
        of.title, of.description, of.subject_id, of.priority, due_date, due_at, of.time_zone,  # type: ignore[arg-type]
        moment.date() - timedelta(days=of.start_days) if of.start_days is not None else None,
        of.estimated_minutes, of.labels,
    )  # fmt: skip
    place = Place(of.id, name(of, moment), shown(of), ended.id if ended else None)
    task = await rows.add(tx, tx.user_id, occurrence_id(of, place.occurrence), new, at=tx.now, place=place)
    if task is None and await series.at(tx, tx.user_id, of.id, place.occurrence) is None:
        # Its id is that of one that a change of the whole series has moved to another place.
        task = await rows.add(tx, tx.user_id, new_id(), new, at=tx.now, place=place)
    if task is None:
        return None
    if ended is None or not ended.subtask_count:
        tx.publish(events.TaskCreated(task.id), task)
        return task
    return await _with_steps(tx, task, ended, days=(moment.date() - _day(ended)).days)


async def put(tx: Tx, task: Task, of: Series, moment: datetime) -> Task:
    """Makes a task that is there the occurrence of a series, due when the rule says; raises 409 if there is another."""
    occurrence = name(of, moment)
    other = await series.at(tx, tx.user_id, of.id, occurrence)
    if other is not None and other.id != task.id:
        raise OccurrenceTaken()
    due_date, due_at = due(of, moment)
    start = moment.date() - timedelta(days=of.start_days) if of.start_days is not None else None
    moved = replace(task, due_date=due_date, due_at=due_at, due_zone=of.time_zone, start_date=start)
    await series.place(tx, tx.user_id, task.id, of.id, occurrence, shown(of))
    return found(await rows.update(tx, tx.user_id, moved, at=tx.now))


async def advance(tx: Tx, ended: Task) -> None:
    """Brings the next occurrence after one that ended, unless it is there, or an earlier one is open."""
    assert ended.series_id is not None
    assert ended.occurrence is not None
    of = await series.lock(tx, tx.user_id, ended.series_id)
    assert of is not None
    clock = await auth.clockwork(tx, tx.user_id)
    since = _since(of, ended, today=replace(clock, time_zone=of.time_zone).date_of(tx.now))
    standing = await series.standing(tx, tx.user_id, of.id, since=since, limit=1000)
    over = {one.occurrence for one in standing if one.status in ("completed", "cancelled")}
    over |= {ended.occurrence, *of.exdates}
    moment = next((moment for moment in _followers(of, since) if name(of, moment) not in over), None)
    if moment is None or await series.any_open_before(tx, tx.user_id, of.id, name(of, moment), besides=ended.id):
        return
    await make(tx, of, moment, ended=ended)


async def withdraw(tx: Tx, reopened: Task) -> None:
    """Takes back what the end of an occurrence brought, if nobody touched it."""
    assert reopened.series_id is not None
    for task_id in await series.withdraw(tx, tx.user_id, reopened.series_id, reopened.id):
        tx.publish(events.TaskDeleted(task_id), Gone(task_id))


def _since(of: Series, ended: Task, *, today: date) -> str:
    """The occurrence, or the day, before which the next one is not looked for."""
    assert ended.occurrence is not None
    if of.mode == "after_completion":
        return (ended.completed_on or today).isoformat()
    return ended.occurrence if of.missed == "keep" else max(ended.occurrence, today.isoformat())


def _followers(of: Series, since: str) -> Iterator[datetime]:
    """What may come next, in order."""
    if of.mode == "schedule":
        yield from moments(of, since=since)
        return
    rule = recurrence.parse(of.rule, all_day=of.all_day)
    at = datetime.fromisoformat(of.starts).time()
    moment = recurrence.later(rule, date.fromisoformat(since), at)
    while not _is_over(of, moment):
        yield moment
        moment = recurrence.later(rule, moment.date(), at)


async def _with_steps(tx: Tx, task: Task, ended: Task, *, days: int) -> Task:
    ids = [new_id() for _ in range(ended.subtask_count)]
    copied = await series.copy_steps(tx, tx.user_id, ended.id, task.id, ids, days=days, at=tx.now)
    task = found(await steps.count(tx, tx.user_id, task.id, at=tx.now))
    tx.publish(events.TaskCreated(task.id), task)
    for step in sorted(copied, key=lambda step: step.order):
        tx.publish(events.SubtaskCreated(step.id, task.id), step)
    return task


def _day(task: Task) -> date:
    assert task.occurrence is not None
    return datetime.fromisoformat(task.occurrence).date()


def _check_exdates(exdates: list[str], *, all_day: bool) -> None:
    faults = []
    for number, one in enumerate(exdates):
        pointer = f"/recurrence/exdates/{number}"
        if (len(one) == 10) is not all_day:
            kind = "a date like 2026-11-26" if all_day else "a local date and time like 2026-11-26T15:00:00"
            faults.append(Fault(pointer, "wrong_type", f"This series knows its occurrences by {kind}."))
        elif not is_moment(one):
            faults.append(Fault(pointer, "malformed", "There is no such day or time."))
        elif int(one[:4]) > LAST_YEAR:
            faults.append(Fault(pointer, "out_of_range", f"Use a year up to {LAST_YEAR}."))
    if faults:
        raise BadRecurrence(faults=faults)


def is_moment(text: str) -> bool:
    """Whether the text of an occurrence names a day, or a day and a time."""
    try:
        datetime.fromisoformat(text)
    except ValueError:
        return False
    return True


_PLAIN = {"FREQ", "INTERVAL"}
