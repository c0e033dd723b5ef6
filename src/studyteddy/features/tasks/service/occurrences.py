"""How occurrences follow each other: the end of one creates the next.

A series has one open occurrence at a time, unless a later one was requested. Completing, skipping or deleting it
creates the next in the same transaction. The id is derived from the series and the original local start, so that no
race creates duplicates. Finished occurrences remain: they are tasks with a history of their own.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from uuid import UUID, uuid5

from msgspec.structs import replace

from studyteddy import events
from studyteddy.features.auth.service import profile
from studyteddy.features.tasks.schemas.series import BadRecurrence, OccurrenceTaken, Place, Recurrence, Series
from studyteddy.features.tasks.schemas.tasks import NewTask, Task
from studyteddy.features.tasks.service import checks
from studyteddy.features.tasks.store import series as series_store
from studyteddy.features.tasks.store import subtasks as subtasks_store
from studyteddy.features.tasks.store import tasks as tasks_store
from studyteddy.platform.creation import Creation, IdTaken, repeated
from studyteddy.platform.db.transaction import Tx
from studyteddy.platform.errors import Fault, invalid
from studyteddy.platform.event import Deleted
from studyteddy.platform.ids import new_id
from studyteddy.platform.local_time import recurrence
from studyteddy.platform.local_time.dates import FIRST_YEAR, LAST_YEAR, DayBoundary, check_zone
from studyteddy.platform.local_time.recurrence import BadRule, Rule, TooFar, date_time

SHOWN_EXCLUSIONS = 200
"""The exclusions that a task shows; its series can have more."""
_READ_OCCURRENCES = 1000
"""The existing occurrences that are read to find the next one."""


async def begin(tx: Tx, new: NewTask, requested: Recurrence, creation: Creation) -> Task:
    """Create a series and return its first occurrence; raise 409 `id_taken`, 422."""
    chosen = creation if creation.fingerprint is not None else None
    if chosen:
        await tx.lock_user()  # the series is stored before its first task, which may exist already
        existing = await repeated(tx, chosen, tasks_store)
        if existing is not None:
            return existing
    planned = plan(new, requested, series_id=new_id(), boundary=await profile.day_boundary(tx, tx.user_id), now=tx.now)
    if new.subject_id is not None and not await tasks_store.lock_subject(tx, tx.user_id, new.subject_id):
        raise checks.no_such_subject()
    await series_store.add(tx, tx.user_id, planned, at=tx.now)
    moment = first_moment(planned)
    task = await make(tx, planned, moment, chosen=chosen)
    if task is None:
        raise IdTaken()
    return task


def plan(
    template: NewTask | Task, requested: Recurrence, *, series_id: UUID, boundary: DayBoundary, now: datetime
) -> Series:
    """Return the series that repeats `template` from its due date or from today; raise 422.

    It starts on the first date of the rule on or after the due date.
    """
    zone = template.due_zone or boundary.time_zone
    check_zone(zone, "/dueZone")
    if template.due_at is not None:
        start = recurrence.wall(template.due_at, zone).replace(microsecond=0)
    else:
        start = datetime.combine(template.due_date or boundary.date_of(now), time())
    all_day = template.due_at is None
    rule = read_rule(requested, all_day=all_day)
    _check_exdates(requested.exdates, all_day=all_day)
    begins = recurrence.first(rule, start, time_zone=zone) if requested.mode == "schedule" else start
    if begins is None or begins.year > LAST_YEAR:
        raise invalid("/recurrence/rule", "no_occurrence", "This rule produces no occurrences.", BadRecurrence)
    starts = date_time(begins, all_day=all_day)
    planned = Series(
        series_id,
        rule.text,
        requested.mode,
        requested.missed,
        requested.exdates,
        starts,
        None,
        zone,
        template.title,
        template.description,
        template.subject_id,
        template.priority,
        template.estimated_minutes,
        template.labels,
        (start.date() - template.start_date).days if template.start_date else None,
    )
    first_moment(planned)
    return planned


def read_rule(requested: Recurrence, *, all_day: bool) -> Rule:
    """Return the rule of a recurrence; raise 422."""
    try:
        rule = recurrence.parse(requested.rule, all_day=all_day)
    except BadRule as fault:
        raise invalid("/recurrence/rule", fault.code, fault.detail, BadRecurrence) from fault
    if (
        requested.mode == "after_completion"
        and {part.partition("=")[0] for part in rule.text.split(";")} - _INTERVAL_PARTS
    ):
        detail = "With `after_completion`, only FREQ and INTERVAL are allowed."
        raise invalid("/recurrence/rule", "rule_of_schedule", detail, BadRecurrence)
    if requested.mode == "after_completion" and rule.text.startswith("FREQ=HOURLY"):
        raise invalid("/recurrence/rule", "too_frequent", "The interval must be at least one day.", BadRecurrence)
    return rule


def first_moment(planned: Series) -> datetime:
    """Return the first occurrence that is not excluded; raise 422 if all are."""
    moment = next((moment for moment in moments(planned) if name(planned, moment) not in planned.exdates), None)
    if moment is None:
        raise invalid("/recurrence/exdates", "no_occurrence", "All occurrences are excluded.", BadRecurrence)
    return moment


def moments(of: Series, *, since: str = "") -> Iterator[datetime]:
    """Yield the local moments of a series from the occurrence `since` on, in order, including excluded ones."""
    start = datetime.fromisoformat(of.starts)
    candidates = iter([start])
    if of.mode == "schedule":
        rule = recurrence.parse(of.rule, all_day=of.all_day)
        near = datetime.fromisoformat(since) if since else None
        candidates = recurrence.expand(rule, start, time_zone=of.time_zone, since=near)
    try:
        for moment in candidates:
            if _is_over(of, moment):
                return
            if name(of, moment) >= since:
                yield moment
    except TooFar:
        return


def _is_over(of: Series, moment: datetime) -> bool:
    return moment.year > LAST_YEAR or (of.ends_before is not None and name(of, moment) >= of.ends_before)


def name(of: Series, moment: datetime) -> str:
    """Return the name of an occurrence: its original local start."""
    return date_time(moment, all_day=of.all_day)


def occurrence_id(of: Series, occurrence: str) -> UUID:
    """Return the id of an occurrence, derived from the series and the original local start."""
    return uuid5(of.id, occurrence)


def recurrence_of(of: Series) -> Recurrence:
    """Return the recurrence of a series as its tasks show it."""
    return Recurrence(of.rule, of.mode, of.missed, of.exdates[:SHOWN_EXCLUSIONS])


def due(of: Series, moment: datetime) -> tuple[date | None, datetime | None]:
    """Return the due date or the due instant of an occurrence."""
    return (moment.date(), None) if of.all_day else (None, recurrence.instant(moment, of.time_zone))


async def make(
    tx: Tx,
    of: Series,
    moment: datetime,
    *,
    template: Task | None = None,
    follows: UUID | None = None,
    chosen: Creation | None = None,
) -> Task | None:
    """Create the task of an occurrence with the subtasks of `template`; return None if it already exists.

    `follows` is the occurrence whose end created it; `chosen` has an id that the client chose.
    """
    due_date, due_at = due(of, moment)
    new = NewTask(
        of.title,
        of.description,
        of.subject_id,
        of.priority,  # type: ignore[arg-type]
        due_date,
        due_at,
        of.time_zone,
        moment.date() - timedelta(days=of.start_days) if of.start_days is not None else None,
        of.estimated_minutes,
        of.labels,
    )
    place = Place(of.id, name(of, moment), recurrence_of(of), follows)
    creation = chosen or Creation(occurrence_id(of, place.occurrence))
    task = await tasks_store.add(tx, tx.user_id, creation, new, at=tx.now, place=place)
    if task is None and chosen is None:
        # A change to the whole series may have moved the occurrence that had this id. One in this place stays.
        task = await tasks_store.add(tx, tx.user_id, Creation(new_id()), new, at=tx.now, place=place)
    if task is None:
        return None
    if template is None or not template.subtask_count:
        tx.publish(events.TaskCreated(task.id), task)
        return task
    return await _copy_subtasks(tx, task, template, days=(moment.date() - _day(template)).days)


async def put(tx: Tx, task: Task, of: Series, moment: datetime) -> Task:
    """Make an existing task an occurrence of a series, due when the rule says; raise 409 if there is another."""
    occurrence = name(of, moment)
    other = await series_store.get_at(tx, tx.user_id, of.id, occurrence)
    if other is not None and other.id != task.id:
        raise OccurrenceTaken()
    due_date, due_at = due(of, moment)
    start = moment.date() - timedelta(days=of.start_days) if of.start_days is not None else None
    moved = replace(task, due_date=due_date, due_at=due_at, due_zone=of.time_zone, start_date=start)
    await series_store.set_series(tx, tx.user_id, task.id, of.id, occurrence, recurrence_of(of), at=tx.now)
    return checks.found(await tasks_store.update(tx, tx.user_id, moved, at=tx.now))


async def advance(tx: Tx, ended: Task) -> None:
    """Create the next occurrence after one that ended, unless it exists or an earlier one is open."""
    assert ended.series_id is not None
    assert ended.occurrence is not None
    of = await series_store.lock(tx, tx.user_id, ended.series_id)
    assert of is not None
    boundary = await profile.day_boundary(tx, tx.user_id)
    since = _since(of, ended, today=replace(boundary, time_zone=of.time_zone).date_of(tx.now))
    existing = await series_store.existing(tx, tx.user_id, of.id, since=since, limit=_READ_OCCURRENCES)
    ended_occurrences = {one.occurrence for one in existing if one.status in ("completed", "cancelled")}
    ended_occurrences |= {ended.occurrence, *of.exdates}
    moment = next((moment for moment in _candidates(of, since) if name(of, moment) not in ended_occurrences), None)
    if moment is None or await series_store.any_open_before(
        tx, tx.user_id, of.id, name(of, moment), excluding=ended.id
    ):
        return
    await make(tx, of, moment, template=ended, follows=ended.id)


async def withdraw(tx: Tx, reopened: Task) -> None:
    """Delete the occurrence that the end of another one created, unless it has been modified."""
    assert reopened.series_id is not None
    for task_id in await series_store.withdraw(tx, tx.user_id, reopened.series_id, reopened.id):
        tx.publish(events.TaskDeleted(task_id), Deleted(task_id))


def _since(of: Series, ended: Task, *, today: date) -> str:
    """Return the occurrence or the day from which to look for the next one."""
    assert ended.occurrence is not None
    if of.mode == "after_completion":
        return (ended.completed_on or today).isoformat()
    return ended.occurrence if of.missed == "keep" else max(ended.occurrence, today.isoformat())


def _candidates(of: Series, since: str) -> Iterator[datetime]:
    """Yield the candidates for the next occurrence, in order."""
    if of.mode == "schedule":
        yield from moments(of, since=since)
        return
    rule = recurrence.parse(of.rule, all_day=of.all_day)
    at = datetime.fromisoformat(of.starts).time()
    moment = recurrence.later(rule, date.fromisoformat(since), at)
    while not _is_over(of, moment):
        yield moment
        moment = recurrence.later(rule, moment.date(), at)


async def _copy_subtasks(tx: Tx, task: Task, template: Task, *, days: int) -> Task:
    ids = [new_id() for _ in range(template.subtask_count)]
    copied = await series_store.copy_subtasks(tx, tx.user_id, template.id, task.id, ids, days=days, at=tx.now)
    task = checks.found(await subtasks_store.count(tx, tx.user_id, task.id, at=tx.now))
    tx.publish(events.TaskCreated(task.id), task)
    for subtask in sorted(copied, key=lambda subtask: subtask.order):
        tx.publish(events.SubtaskCreated(subtask.id, task.id), subtask)
    return task


def _day(task: Task) -> date:
    assert task.occurrence is not None
    return datetime.fromisoformat(task.occurrence).date()


def _check_exdates(exdates: list[str], *, all_day: bool) -> None:
    faults = []
    for number, one in enumerate(exdates):
        pointer = f"/recurrence/exdates/{number}"
        if (len(one) == 10) is not all_day:
            kind = "a date such as 2026-11-26" if all_day else "a local date and time such as 2026-11-26T15:00:00"
            faults.append(Fault(pointer, "wrong_type", f"Must be {kind}."))
        elif not is_moment(one):
            faults.append(Fault(pointer, "malformed", "This date or time doesn't exist."))
        elif not FIRST_YEAR <= int(one[:4]) <= LAST_YEAR:
            faults.append(Fault(pointer, "out_of_range", f"Use a year between {FIRST_YEAR} and {LAST_YEAR}."))
    if faults:
        raise BadRecurrence(faults=faults)


def is_moment(text: str) -> bool:
    """Return whether the text of an occurrence is a valid date, or date and time."""
    try:
        datetime.fromisoformat(text)
    except ValueError:
        return False
    return True


_INTERVAL_PARTS = {"FREQ", "INTERVAL"}
