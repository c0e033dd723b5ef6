"""What is done to more than one occurrence: this and those that follow, or all of them."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from uuid import UUID

from msgspec import UNSET
from msgspec.structs import replace

from studyteddy import events
from studyteddy.features.auth import service as auth
from studyteddy.features.tasks.schemas import (
    AlreadyCompleted,
    NewOccurrence,
    NoSuchOccurrence,
    NotRecurring,
    Occurrence,
    OccurrenceQuery,
    Recurrence,
    Scope,
    Series,
    Standing,
    Task,
    TaskChanges,
)
from studyteddy.features.tasks.service import recurring, single
from studyteddy.features.tasks.service.checks import EDITABLE, LAST_YEAR, differing, found, no_such_subject, note
from studyteddy.features.tasks.store import rows, series
from studyteddy.platform import recurrence, versions
from studyteddy.platform.db import Reader, Tx
from studyteddy.platform.errors import invalid
from studyteddy.platform.event import Gone
from studyteddy.platform.ids import new_id
from studyteddy.platform.pages import Cursors, Page

_OF_THE_SERIES = ("title", "description", "subject_id", "priority", "estimated_minutes", "labels")
_OF_TIME = ("due_date", "due_at", "due_zone", "recurrence")


async def change(tx: Tx, task_id: UUID, changes: TaskChanges, *, scope: Scope, if_match: str | None) -> Task:
    """Changes this task, this and the following occurrences, or all; raises 404, 409, 412, 422."""
    current = found(await rows.lock(tx, tx.user_id, task_id))
    versions.check(if_match, current)
    if scope == "this" or current.series_id is None:
        return await single.update(tx, current, changes)
    if changes == TaskChanges():
        return current
    if changes.status is not UNSET:
        raise invalid("/status", "scope_this", "A status belongs to one occurrence: leave out the scope.")
    if changes.recurrence is None:
        return await _stop_repeating(tx, current, changes, scope=scope)
    of = await series.lock(tx, tx.user_id, current.series_id)
    assert of is not None
    assert current.occurrence is not None
    changed = single.changed_by(current, changes)
    if isinstance(changes.subject_id, UUID) and not await rows.hold_subject(tx, tx.user_id, changes.subject_id):
        raise no_such_subject()
    split = scope == "following" and current.occurrence > of.starts
    since = current.occurrence if scope == "following" else ""
    later = await series.lock_open(tx, tx.user_id, of.id, since=since)
    target = await _target(tx, of, current, changed, changes, split=split)
    for one in later:
        if one.id != task_id:
            await _apply(tx, one, target, changes)
    return await _apply_here(tx, current, changed, target, changes)


async def delete(tx: Tx, task_id: UUID, *, scope: Scope, if_match: str | None) -> None:
    """Deletes this task, this and the following occurrences, or all that are open; finished ones stay."""
    current = found(await rows.lock(tx, tx.user_id, task_id))
    versions.check(if_match, current)
    if scope == "this" or current.series_id is None or current.occurrence is None:
        await single.delete(tx, current)
        return
    since = current.occurrence if scope == "following" else ""
    of = await series.lock(tx, tx.user_id, current.series_id)
    assert of is not None
    await _end(tx, of, since or min(of.starts, current.occurrence))
    gone = {task_id, *(one.id for one in await series.lock_open(tx, tx.user_id, of.id, since=since))}
    for one in sorted(gone):
        await rows.delete(tx, tx.user_id, one)
        tx.publish(events.TaskDeleted(one), Gone(one))


async def skip(tx: Tx, task_id: UUID) -> Task:
    """Skips this occurrence and brings the next; skipping it again changes nothing."""
    current = found(await rows.lock(tx, tx.user_id, task_id))
    if current.series_id is None:
        raise NotRecurring()
    if current.status == "completed":
        raise AlreadyCompleted()
    return await single.update(tx, current, TaskChanges(status="cancelled"))


async def expect(tx: Tx, task_id: UUID, wanted: NewOccurrence) -> Task:
    """The task of a later occurrence, made now if it is not there; raises 409 `not_recurring`, 422."""
    current = found(await rows.lock(tx, tx.user_id, task_id))
    of = await series.lock(tx, tx.user_id, current.series_id) if current.series_id else None
    if of is None:
        raise NotRecurring()
    there = await series.at(tx, tx.user_id, of.id, wanted.start)
    if there is not None:
        return there
    moment = next(recurring.moments(of, since=wanted.start), None) if recurring.is_moment(wanted.start) else None
    if moment is not None and recurring.name(of, moment) == wanted.start and wanted.start not in of.exdates:
        return found(await recurring.make(tx, of, moment))
    raise invalid("/start", "no_such_occurrence", NoSuchOccurrence.title, NoSuchOccurrence)


async def occurrences(
    reader: Reader, user_id: UUID, task_id: UUID, query: OccurrenceQuery, cursors: Cursors, *, now: datetime
) -> Page[Occurrence]:
    """The occurrences of a task's series in order: those with a task, and those that the rule gives."""
    task = found(await rows.get(reader, user_id, task_id))
    after = cursors.read(query.cursor, f"occurrences:{task_id}", query)
    of = await series.get(reader, user_id, task.series_id) if task.series_id else None
    if of is None:
        return Page([], None)
    since = after.key if after else (query.from_day.isoformat() if query.from_day else "")
    today = replace(await auth.clockwork(reader, user_id), time_zone=of.time_zone).date_of(now)
    begin = query.from_day or max(today, date.fromisoformat(of.starts[:10]))
    until = (query.to_day or _year_after(begin)).isoformat()
    standing = await series.standing(reader, user_id, of.id, since=since, limit=query.limit + 2)
    given = _given(of, since=since, until=until, most=query.limit + 2)
    listed = {name: _expected(of, moment, today=today) for name, moment in given.items()}
    any_day = of.mode == "after_completion"
    listed |= {one.occurrence: _standing(one, matches=any_day or one.occurrence in given) for one in standing}
    names = [name for name in sorted(listed) if name[:10] <= until and not (after and name <= after.key)]
    return cursors.page([(listed[name], name) for name in names[: query.limit + 1]], query, f"occurrences:{task_id}")


def _given(of: Series, *, since: str, until: str, most: int) -> dict[str, datetime]:
    given: dict[str, datetime] = {}
    for moment in recurring.moments(of, since=since):
        name = recurring.name(of, moment)
        if len(given) >= most or name[:10] > until:
            break
        given[name] = moment
    return given


def _expected(of: Series, moment: datetime, *, today: date) -> Occurrence:
    name = recurring.name(of, moment)
    due_date, due_at = recurring.due(of, moment)
    status = "missed" if moment.date() < today and of.missed == "skip" else "expected"
    left_out = name in of.exdates
    return Occurrence(
        recurring.occurrence_id(of, name), name, due_date, due_at,
        "excluded" if left_out else status, matches=True,  # type: ignore[arg-type]
    )  # fmt: skip


def _standing(one: Standing, *, matches: bool) -> Occurrence:
    return Occurrence(one.id, one.occurrence, one.due_date, one.due_at, one.status, matches)


def _year_after(day: date) -> date:
    return min(day, date(LAST_YEAR, 1, 1)) + timedelta(days=366)


async def _target(tx: Tx, of: Series, current: Task, changed: Task, changes: TaskChanges, *, split: bool) -> Series:
    """The series that `current` belongs to after the change: the same one changed, or a new one from here on."""
    assert current.occurrence is not None
    target = replace(of, **{name: getattr(changed, name) for name in _OF_THE_SERIES if _gives(changes, name)})
    if any(_gives(changes, name) for name in _OF_TIME):
        if current.status == "completed":
            raise AlreadyCompleted()
        target = await _replanned(tx, of, target, changed, changes)
    elif split:
        target = replace(target, starts=current.occurrence, rule=_rest(of, current))
    if changes.start_date is not UNSET:
        target = replace(target, start_days=_start_days(changed))
    if not split:
        await series.update(tx, tx.user_id, target, at=tx.now)
        return target
    target = replace(target, id=new_id(), ends_before=of.ends_before)
    await _end(tx, of, current.occurrence)
    await series.add(tx, tx.user_id, target, at=tx.now, previous_id=of.id)
    since = current.occurrence
    for one in await series.move_finished(tx, tx.user_id, of.id, target.id, since=since, besides=current.id):
        tx.publish(events.TaskUpdated(one.id), one)
    return target


async def _end(tx: Tx, of: Series, before: str) -> None:
    """Ends a series before an occurrence; one that ends earlier stays as it is."""
    await series.update(tx, tx.user_id, replace(of, ends_before=min(before, of.ends_before or before)), at=tx.now)


async def _replanned(tx: Tx, of: Series, target: Series, changed: Task, changes: TaskChanges) -> Series:
    """The series from the changed due date or by the changed rule on. A new rule runs on; a moved series ends where
    it did, and what was left out of it moves along."""
    clock = await auth.clockwork(tx, tx.user_id)
    if isinstance(changes.recurrence, Recurrence):
        planned = recurring.plan(changed, changes.recurrence, series_id=of.id, clock=clock, now=tx.now)
    else:
        same = Recurrence(_rest(of, changed), of.mode, of.missed)
        planned = recurring.plan(changed, same, series_id=of.id, clock=clock, now=tx.now)
        planned = replace(planned, exdates=_moved(of, planned, changed), ends_before=of.ends_before)
    return replace(
        target, rule=planned.rule, mode=planned.mode, missed=planned.missed, exdates=planned.exdates,
        starts=planned.starts, ends_before=planned.ends_before, time_zone=planned.time_zone,
    )  # fmt: skip


def _moved(of: Series, planned: Series, current: Task) -> list[str]:
    """The occurrences left out from this one on, moved as far as this one."""
    assert current.occurrence is not None
    by = datetime.fromisoformat(planned.starts) - datetime.fromisoformat(current.occurrence)
    moved = (datetime.fromisoformat(one) + by for one in of.exdates if one >= current.occurrence)
    return [recurring.name(planned, one) for one in moved if one.year <= LAST_YEAR]


def _rest(of: Series, current: Task) -> str:
    """The rule for what is left of a counted series from this occurrence on."""
    assert current.occurrence is not None
    if of.mode == "after_completion":
        return of.rule
    rule = recurrence.parse(of.rule, all_day=of.all_day)
    if rule.count is None:
        return of.rule
    before = sum(1 for moment in recurring.moments(of) if recurring.name(of, moment) < current.occurrence)
    return rule.with_count(max(1, rule.count - before))


async def _apply_here(tx: Tx, current: Task, changed: Task, target: Series, changes: TaskChanges) -> Task:
    task = found(await rows.update(tx, tx.user_id, changed, at=tx.now))
    if any(_gives(changes, name) for name in _OF_TIME):
        task = await recurring.put(tx, task, target, recurring.first_kept(target))
    else:
        assert task.occurrence is not None
        await series.place(tx, tx.user_id, task.id, target.id, task.occurrence, recurring.shown(target))
        task = found(await rows.get(tx, tx.user_id, task.id))
    fields = differing(current, task, EDITABLE)
    if fields:
        await note(tx, task.id, "updated", current, task, fields=fields)
    tx.publish(events.TaskUpdated(task.id), task)
    return task


async def _apply(tx: Tx, one: Task, target: Series, changes: TaskChanges) -> None:
    """Gives another open occurrence what it does not have for itself; its dates stay."""
    own = await series.overridden(tx, tx.user_id, one.id)
    given = {name: getattr(target, name) for name in _OF_THE_SERIES if _gives(changes, name) and name not in own}
    assert one.occurrence is not None
    await series.place(tx, tx.user_id, one.id, target.id, one.occurrence, recurring.shown(target))
    task = found(await rows.update(tx, tx.user_id, replace(one, **given), at=tx.now))
    fields = differing(one, task, EDITABLE)
    if fields:
        await note(tx, one.id, "updated", one, task, fields=fields)
    tx.publish(events.TaskUpdated(one.id), task)


async def _stop_repeating(tx: Tx, current: Task, changes: TaskChanges, *, scope: Scope) -> Task:
    """The series ends before this occurrence, or altogether; the task itself stays, as one that does not repeat."""
    assert current.series_id is not None
    assert current.occurrence is not None
    of = await series.lock(tx, tx.user_id, current.series_id)
    assert of is not None
    since = current.occurrence if scope == "following" else ""
    for one in await series.lock_open(tx, tx.user_id, of.id, since=since):
        if one.id != current.id:
            await rows.delete(tx, tx.user_id, one.id)
            tx.publish(events.TaskDeleted(one.id), Gone(one.id))
    await _end(tx, of, since or min(of.starts, current.occurrence))
    await series.leave(tx, tx.user_id, current.id)
    plain = replace(changes, recurrence=UNSET)
    task = await single.update(tx, replace(current, series_id=None, occurrence=None, recurrence=None), plain)
    if not differing(current, task, EDITABLE):
        task = found(await rows.get(tx, tx.user_id, current.id))
        tx.publish(events.TaskUpdated(task.id), task)
    return task


def _start_days(task: Task) -> int | None:
    due = task.due_date or (recurrence.wall(task.due_at, task.due_zone or "UTC").date() if task.due_at else None)
    return (due - task.start_date).days if due is not None and task.start_date is not None else None


def _gives(changes: TaskChanges, name: str) -> bool:
    return getattr(changes, name) is not UNSET
