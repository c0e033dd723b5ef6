"""Actions on several occurrences of a series: this and the following ones, or all."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from itertools import islice, takewhile
from uuid import UUID

from msgspec import UNSET
from msgspec.structs import replace

from studyteddy import events
from studyteddy.features.auth.service import profile
from studyteddy.features.tasks.schemas.series import (
    BadRecurrence,
    ExistingOccurrence,
    NewOccurrence,
    NoSuchOccurrence,
    NotRecurring,
    Occurrence,
    OccurrenceQuery,
    Recurrence,
    Series,
    SeriesScope,
)
from studyteddy.features.tasks.schemas.tasks import AlreadyCompleted, Task, TaskChanges
from studyteddy.features.tasks.service import checks, tasks
from studyteddy.features.tasks.service import occurrences as occurrences_service
from studyteddy.features.tasks.service.checks import EDITABLE
from studyteddy.features.tasks.store import series as store
from studyteddy.features.tasks.store import tasks as tasks_store
from studyteddy.platform.db.statements import Reader
from studyteddy.platform.db.transaction import Tx
from studyteddy.platform.errors import invalid
from studyteddy.platform.event import Deleted
from studyteddy.platform.ids import new_id
from studyteddy.platform.local_time import recurrence
from studyteddy.platform.local_time.dates import LAST_YEAR
from studyteddy.platform.web import etags
from studyteddy.platform.web.pagination import Cursors, Page, rows_of

_TEMPLATE_FIELDS = ("title", "description", "subject_id", "priority", "estimated_minutes", "labels")
_SCHEDULE_FIELDS = ("due_date", "due_at", "due_zone", "recurrence")


async def change(tx: Tx, task_id: UUID, changes: TaskChanges, *, scope: SeriesScope, if_match: str | None) -> Task:
    """Update this task, this and the following occurrences, or all; raise 404, 409, 412, 422."""
    current = checks.found(await tasks_store.lock(tx, tx.user_id, task_id))
    etags.check(if_match, current)
    if scope == "this" or current.series_id is None:
        return await tasks.update(tx, current, changes)
    if changes == TaskChanges():
        return current
    if changes.status is not UNSET:
        raise invalid("/status", "scope_this", "A status belongs to a single occurrence. Omit `scope`.")
    if changes.recurrence is None:
        return await _stop_repeating(tx, current, changes, scope=scope)
    of = await store.lock(tx, tx.user_id, current.series_id)
    assert of is not None
    assert current.occurrence is not None
    changed = tasks.apply_changes(current, changes)
    if isinstance(changes.subject_id, UUID) and not await tasks_store.lock_subject(tx, tx.user_id, changes.subject_id):
        raise checks.no_such_subject()
    split = scope == "following" and current.occurrence > of.starts
    since = current.occurrence if scope == "following" else ""
    later = await store.lock_open(tx, tx.user_id, of.id, since=since)
    target = await _target(tx, of, current, changed, changes, split=split)
    for one in later:
        if one.id != task_id:
            await _apply(tx, one, target, changes)
    return await _apply_here(tx, current, changed, target, changes)


async def delete(tx: Tx, task_id: UUID, *, scope: SeriesScope, if_match: str | None) -> None:
    """Delete this task, this and the following occurrences, or all open ones; finished ones remain."""
    current = checks.found(await tasks_store.lock(tx, tx.user_id, task_id))
    etags.check(if_match, current)
    if scope == "this" or current.series_id is None:
        await tasks.delete(tx, current)
        return
    assert current.occurrence is not None
    since = current.occurrence if scope == "following" else ""
    of = await store.lock(tx, tx.user_id, current.series_id)
    assert of is not None
    await _end(tx, of, since or min(of.starts, current.occurrence))
    deleted = {task_id, *(one.id for one in await store.lock_open(tx, tx.user_id, of.id, since=since))}
    for one in sorted(deleted):
        await tasks_store.delete(tx, tx.user_id, one)
        tx.publish(events.TaskDeleted(one), Deleted(one))


async def skip(tx: Tx, task_id: UUID) -> Task:
    """Skip this occurrence and create the next one; skipping it again has no effect."""
    current = checks.found(await tasks_store.lock(tx, tx.user_id, task_id))
    if current.series_id is None:
        raise NotRecurring()
    if current.status == "completed":
        raise AlreadyCompleted()
    return await tasks.update(tx, current, TaskChanges(status="cancelled"))


async def create_occurrence(tx: Tx, task_id: UUID, new: NewOccurrence) -> Task:
    """Return the task of a later occurrence, created if it doesn't exist; raise 409 `not_recurring`, 422."""
    current = checks.found(await tasks_store.lock(tx, tx.user_id, task_id))
    of = await store.lock(tx, tx.user_id, current.series_id) if current.series_id else None
    if of is None:
        raise NotRecurring()
    existing = await store.get_at(tx, tx.user_id, of.id, new.start)
    if existing is not None:
        return existing
    moment = (
        next(occurrences_service.moments(of, since=new.start), None)
        if occurrences_service.is_moment(new.start)
        else None
    )
    if moment is not None and occurrences_service.name(of, moment) == new.start and new.start not in of.exdates:
        return checks.found(await occurrences_service.make(tx, of, moment, template=current))
    raise invalid("/start", "no_such_occurrence", NoSuchOccurrence.title, NoSuchOccurrence)


async def page(
    reader: Reader, user_id: UUID, task_id: UUID, query: OccurrenceQuery, cursors: Cursors, *, now: datetime
) -> Page[Occurrence]:
    """Return the occurrences of a task's series in order: those with a task and those the rule produces."""
    task = checks.found(await tasks_store.get(reader, user_id, task_id))
    after = cursors.read(query.cursor, f"occurrences:{task_id}", query)
    of = await store.get(reader, user_id, task.series_id) if task.series_id else None
    if of is None:
        return Page([], None)
    since = after.key if after else (query.from_day.isoformat() if query.from_day else "")
    today = replace(await profile.day_boundary(reader, user_id), time_zone=of.time_zone).date_of(now)
    begin = query.from_day or max(today, date.fromisoformat(of.starts[:10]))
    until = (query.to_day or _year_after(begin)).isoformat()
    most = rows_of(query) + 1  # the last one of the previous page is read again
    existing = await store.existing(reader, user_id, of.id, since=since, limit=most)
    scheduled = _scheduled(of, since=since, until=until, limit=most)
    listed = {name: _expected(of, moment, today=today) for name, moment in scheduled.items()}
    any_day = of.mode == "after_completion"
    listed |= {one.occurrence: _existing(one, matches=any_day or one.occurrence in scheduled) for one in existing}
    names = [name for name in sorted(listed) if name[:10] <= until and not (after and name <= after.key)]
    return cursors.page([(listed[name], name) for name in names], query, f"occurrences:{task_id}")


def _scheduled(of: Series, *, since: str, until: str, limit: int) -> dict[str, datetime]:
    moments = islice(occurrences_service.moments(of, since=since), limit)
    named = ((occurrences_service.name(of, moment), moment) for moment in moments)
    return dict(takewhile(lambda one: one[0][:10] <= until, named))


def _expected(of: Series, moment: datetime, *, today: date) -> Occurrence:
    name = occurrences_service.name(of, moment)
    due_date, due_at = occurrences_service.due(of, moment)
    status = "missed" if moment.date() < today and of.missed == "skip" else "expected"
    excluded = name in of.exdates
    return Occurrence(
        occurrences_service.occurrence_id(of, name),
        name,
        due_date,
        due_at,
        "excluded" if excluded else status,  # type: ignore[arg-type]
        matches=True,
    )


def _existing(one: ExistingOccurrence, *, matches: bool) -> Occurrence:
    return Occurrence(one.id, one.occurrence, one.due_date, one.due_at, one.status, matches)


def _year_after(day: date) -> date:
    return day if day.year > LAST_YEAR else day + timedelta(days=366)


async def _target(tx: Tx, of: Series, current: Task, changed: Task, changes: TaskChanges, *, split: bool) -> Series:
    """Return the series of `current` after the change: the updated series, or a new one that starts here."""
    assert current.occurrence is not None
    target = replace(of, **{name: getattr(changed, name) for name in _TEMPLATE_FIELDS if _is_set(changes, name)})
    if any(_is_set(changes, name) for name in _SCHEDULE_FIELDS):
        if current.status == "completed":
            raise AlreadyCompleted()
        target = await _replanned(tx, of, target, current, changed, changes)
    elif split:
        target = replace(target, starts=current.occurrence, rule=_remaining_rule(of, current))
    if changes.start_date is not UNSET:
        target = replace(target, start_days=_start_days(changed))
    if not split:
        await store.update(tx, tx.user_id, target, at=tx.now)
        return target
    target = replace(target, id=new_id(), ends_before=of.ends_before)
    await _end(tx, of, current.occurrence)
    await store.add(tx, tx.user_id, target, at=tx.now, previous_id=of.id)
    since = current.occurrence
    moved = await store.move_finished(tx, tx.user_id, of.id, target.id, since=since, excluding=current.id, at=tx.now)
    for one in moved:
        tx.publish(events.TaskUpdated(one.id), one)
    return target


async def _end(tx: Tx, of: Series, before: str) -> None:
    """End a series before an occurrence, unless it already ends earlier."""
    await store.update(tx, tx.user_id, replace(of, ends_before=min(before, of.ends_before or before)), at=tx.now)


async def _replanned(tx: Tx, of: Series, target: Series, current: Task, changed: Task, changes: TaskChanges) -> Series:
    """Return the series with its new due date or rule. A new rule has no end of its own; a moved series keeps its end
    and its exclusions."""
    boundary = await profile.day_boundary(tx, tx.user_id)
    template = _template(of, current, changed, changes)
    if isinstance(changes.recurrence, Recurrence):
        planned = occurrences_service.plan(template, changes.recurrence, series_id=of.id, boundary=boundary, now=tx.now)
    else:
        same = Recurrence(_remaining_rule(of, changed), of.mode, of.missed)
        planned = occurrences_service.plan(template, same, series_id=of.id, boundary=boundary, now=tx.now)
        planned = replace(planned, exdates=_moved_exdates(of, planned, current), ends_before=of.ends_before)
    return replace(
        target,
        rule=planned.rule,
        mode=planned.mode,
        missed=planned.missed,
        exdates=planned.exdates,
        starts=planned.starts,
        ends_before=planned.ends_before,
        time_zone=planned.time_zone,
    )


def _template(of: Series, current: Task, changed: Task, changes: TaskChanges) -> Task:
    """Return the task to repeat: due as changed, or at its position in the series."""
    assert current.occurrence is not None
    if not _is_set(changes, "due_date") and not _is_set(changes, "due_at"):
        due_date, due_at = occurrences_service.due(of, datetime.fromisoformat(current.occurrence))
        return replace(changed, due_date=due_date, due_at=due_at, due_zone=changed.due_zone or of.time_zone)
    if changed.due_date is None and changed.due_at is None:
        detail = "A recurring task needs a due date. Provide one, or end the series with `recurrence: null`."
        raise invalid("/dueDate" if of.all_day else "/dueAt", "due_date_needed", detail, BadRecurrence)
    return changed


def _moved_exdates(of: Series, planned: Series, current: Task) -> list[str]:
    """Return the exclusions of a series that moves: on the same day if it is still an occurrence, otherwise moved
    along with `current`."""
    assert current.occurrence is not None
    new_start, old_start = datetime.fromisoformat(planned.starts), datetime.fromisoformat(current.occurrence)
    same_day = datetime.combine(old_start, new_start.time()) - old_start
    shifts = (same_day,) if of.mode == "after_completion" else (timedelta(), same_day, new_start - old_start)
    candidates = [
        [occurrences_service.name(planned, datetime.fromisoformat(one) + shift) for shift in shifts]
        for one in of.exdates
    ]
    last = max((name for names in candidates for name in names), default="")
    scheduled = _scheduled(planned, since="", until=last[:10], limit=recurrence.MOST_STEPS)
    return [next((name for name in names if name in scheduled), names[-1]) for names in candidates]


def _remaining_rule(of: Series, current: Task) -> str:
    """Return the rule of a series from this occurrence on, with what remains of its COUNT."""
    assert current.occurrence is not None
    if of.mode == "after_completion":
        return of.rule
    rule = recurrence.parse(of.rule, all_day=of.all_day)
    if rule.count is None:
        return of.rule
    before = sum(
        1 for moment in occurrences_service.moments(of) if occurrences_service.name(of, moment) < current.occurrence
    )
    return rule.with_count(max(1, rule.count - before))


async def _apply_here(tx: Tx, current: Task, changed: Task, target: Series, changes: TaskChanges) -> Task:
    task = checks.found(await tasks_store.update(tx, tx.user_id, changed, at=tx.now))
    if any(_is_set(changes, name) for name in _SCHEDULE_FIELDS):
        task = await occurrences_service.put(tx, task, target, occurrences_service.first_moment(target))
    else:
        assert task.occurrence is not None
        place = (target.id, task.occurrence, occurrences_service.recurrence_of(target))
        await store.set_series(tx, tx.user_id, task.id, *place, at=tx.now)
        task = checks.found(await tasks_store.get(tx, tx.user_id, task.id))
    fields = checks.changed_fields(current, task, EDITABLE)
    if fields:
        await checks.record_change(tx, task.id, "updated", current, task, fields=fields)
    tx.publish(events.TaskUpdated(task.id), task)
    return task


async def _apply(tx: Tx, one: Task, target: Series, changes: TaskChanges) -> None:
    """Apply a change to another open occurrence, except to fields it overrides; its dates are unchanged."""
    own = await store.overridden(tx, tx.user_id, one.id)
    given = {name: getattr(target, name) for name in _TEMPLATE_FIELDS if _is_set(changes, name) and name not in own}
    assert one.occurrence is not None
    place = (target.id, one.occurrence, occurrences_service.recurrence_of(target))
    await store.set_series(tx, tx.user_id, one.id, *place, at=tx.now)
    task = checks.found(await tasks_store.update(tx, tx.user_id, replace(one, **given), at=tx.now))
    fields = checks.changed_fields(one, task, EDITABLE)
    if fields:
        await checks.record_change(tx, one.id, "updated", one, task, fields=fields)
    tx.publish(events.TaskUpdated(one.id), task)


async def _stop_repeating(tx: Tx, current: Task, changes: TaskChanges, *, scope: SeriesScope) -> Task:
    """End the series before this occurrence or altogether; the task itself remains, without a recurrence."""
    assert current.series_id is not None
    assert current.occurrence is not None
    of = await store.lock(tx, tx.user_id, current.series_id)
    assert of is not None
    since = current.occurrence if scope == "following" else ""
    for one in await store.lock_open(tx, tx.user_id, of.id, since=since):
        if one.id != current.id:
            await tasks_store.delete(tx, tx.user_id, one.id)
            tx.publish(events.TaskDeleted(one.id), Deleted(one.id))
    await _end(tx, of, since or min(of.starts, current.occurrence))
    await store.clear_series(tx, tx.user_id, current.id, at=tx.now)
    plain = replace(changes, recurrence=UNSET)
    task = await tasks.update(tx, replace(current, series_id=None, occurrence=None, recurrence=None), plain)
    if not checks.changed_fields(current, task, EDITABLE):
        task = checks.found(await tasks_store.get(tx, tx.user_id, current.id))
        tx.publish(events.TaskUpdated(task.id), task)
    return task


def _start_days(task: Task) -> int | None:
    due = task.due_date or (recurrence.wall(task.due_at, task.due_zone or "UTC").date() if task.due_at else None)
    return (due - task.start_date).days if due is not None and task.start_date is not None else None


def _is_set(changes: TaskChanges, name: str) -> bool:
    return getattr(changes, name) is not UNSET
