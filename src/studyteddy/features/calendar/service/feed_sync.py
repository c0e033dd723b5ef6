"""Reading a calendar that a student subscribes to, and what follows from it for the student's events and tasks.

The calendar is fetched and parsed outside of a transaction. What it contains is compared with what was read before: by
UID, and by content, since many calendars have a new time stamp with every download. A deadline becomes a task once.
Later changes are carried over unless the student has changed the same field. Nothing that disappears from a calendar
deletes a task, and a calendar that can't be read in full removes nothing.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from datetime import date, datetime, timedelta
from itertools import islice
from typing import Any, Final
from uuid import UUID

import msgspec
from msgspec.structs import asdict, replace

from studyteddy import events
from studyteddy.events import FeedDue
from studyteddy.features.auth.service import profile
from studyteddy.features.calendar.formats.feeds import MAX_BYTES, UNTITLED, FeedEvent, read_feed
from studyteddy.features.calendar.schemas.feeds import ChangeKind, FeedChange, StoredEvent, StoredFeed
from studyteddy.features.calendar.service import courses, feeds
from studyteddy.features.calendar.store import events as event_store
from studyteddy.features.calendar.store import feeds as store
from studyteddy.features.calendar.store.feeds import Run
from studyteddy.features.tasks.schemas.tasks import NewTask, NoSuchTask, TaskChanges
from studyteddy.features.tasks.service import tasks
from studyteddy.platform import egress
from studyteddy.platform.db.database import Database
from studyteddy.platform.db.transaction import Tx
from studyteddy.platform.egress import Allowed, Fetched, Refused
from studyteddy.platform.http import Unreachable
from studyteddy.platform.identity import Identity
from studyteddy.platform.ids import new_id
from studyteddy.platform.local_time.dates import DayBoundary
from studyteddy.platform.security.encryption import FieldEncryption
from studyteddy.platform.text import is_visible

PAST, FUTURE = timedelta(days=60), timedelta(days=400)
MARGIN: Final = timedelta(days=2)
"""For how long what has left the window is kept: it didn't disappear from the calendar."""
FULL: Final = timedelta(days=1)
"""After which a calendar is read even if it is unchanged, since the window has moved on."""
MAX_TASKS: Final = 500
"""Tasks that a calendar may have made."""
AT_ONCE: Final = 200
"""Tasks that are made, and as many that are changed, at one time: the student's other commands wait meanwhile."""
MAX_REMOVED: Final = 2000
"""Removed events that are known if they come back."""
MAX_TEXT: Final = 8000
"""Characters of a description that a task gets; escaped, it may have grown."""
MAX_CHANGES: Final = 200
"""Changes that are listed of one time."""
MAX_VALIDATOR: Final = 200
FIRST_PAUSE, LONGEST_PAUSE = timedelta(minutes=5), timedelta(hours=6)
"""After the first failure, and after many."""
GIVEN_UP, RARELY = 120, timedelta(days=7)
"""After so many failures in a row, which is about a month, a calendar is tried once a week."""
HEADERS: Final = {"accept": "text/calendar, */*;q=0.1", "user-agent": "Study Teddy (calendar subscription)"}
OWN_UID: Final = "@studyteddy"
"""How the UIDs of our own published calendars end: what they show would come back as new tasks."""
_UNREACHABLE: Final = "The calendar's server can't be reached, or isn't on the public Internet."
_REFUSED: Final = {
    "port": "The address has a port that isn't allowed.",
    "downgrade": "The address leads to another one without encryption.",
}
_SIGN_IN: Final = "The address needs a sign-in. Copy the calendar's secret address again."
_GONE: Final = "There is no calendar at this address any more."
_STATUSES: Final = {401: _SIGN_IN, 403: _SIGN_IN, 404: _GONE, 410: _GONE}
_EMPTY: Final = "The calendar is empty. Your events were kept."
_TOO_MANY: Final = f"Only {MAX_TASKS} deadlines of a calendar become tasks."
_MARKUP: Final = re.compile(r"[\\`*_\[\]<>]")
_LINE_MARKUP: Final = re.compile(r"^(\s*)(\d*)([-+#.)])(?=[\s#]|$)", re.MULTILINE)
"""What Markdown would read as more than text, in a line and at its beginning."""


class Found(msgspec.Struct, frozen=True):
    """What was found at the address: events, or None if nothing is new or it couldn't be read."""

    events: list[FeedEvent] | None = None
    name: str = ""
    problems: Sequence[str] = ()
    is_complete: bool = False
    """Whether all was read: then what it lacks was removed."""
    failed: bool = False
    etag: str = ""
    last_modified: str = ""


class Window(msgspec.Struct, frozen=True):
    """The days that are read of a calendar, and the instant at which they begin."""

    since: date
    until: date
    begin: datetime
    today: date


class Made(msgspec.Struct, frozen=True):
    """The events that have a task now and had none, and whether others are left for the next time, or for ever."""

    events: list[StoredEvent]
    is_rest: bool
    are_too_many: bool


class Difference(msgspec.Struct, frozen=True):
    """What is new, what is otherwise than before (as it was, and as it is), and what is gone."""

    added: list[StoredEvent]
    changed: list[tuple[StoredEvent, StoredEvent]]
    removed: list[StoredEvent]
    returned: list[tuple[StoredEvent, StoredEvent]]
    """Of what is new: what was removed before, as it was and as it is."""


async def sync(
    db: Database,
    field_encryption: FieldEncryption,
    allow: Allowed,
    identity: Identity,
    due: FeedDue,
    *,
    pause: timedelta,
) -> None:
    """Read a calendar; do nothing if it was removed, or is read by a later job, or was read since."""
    reader, user_id = db.reading(identity), identity.user_id
    feed = await store.stored(reader, user_id, due.feed_id)
    if feed is None or not _is_asked(feed, due):
        return
    boundary = await profile.day_boundary(reader, user_id)
    window = _window(boundary, db.clock())
    address = feeds.address_of(feed, field_encryption, user_id=user_id)
    found = await _read(feed, address, allow, window, zone=boundary.time_zone, now=db.clock())
    await _record(db, identity, feed, found, window, boundary, pause=pause)


async def take(db: Database, identity: Identity, feed_id: UUID, body: bytes, *, pause: timedelta) -> None:
    """Keep what a calendar's server would return, which isn't asked: sample data has no server."""
    reader, user_id = db.reading(identity), identity.user_id
    feed = await store.stored(reader, user_id, feed_id)
    assert feed is not None
    boundary = await profile.day_boundary(reader, user_id)
    window = _window(boundary, db.clock())
    found = await _parsed(Fetched(200, {}, body, ""), window, zone=boundary.time_zone)
    await _record(db, identity, feed, found, window, boundary, pause=pause)


async def _record(
    db: Database,
    identity: Identity,
    feed: StoredFeed,
    found: Found,
    window: Window,
    boundary: DayBoundary,
    *,
    pause: timedelta,
) -> None:
    """Keep what was found in a calendar, unless it was removed, or asked for or read since."""
    async with db.transaction(identity) as tx:
        await tx.lock_user()
        current = await store.lock(tx, identity.user_id, feed.id)
        if current is not None and (current.asked_at, current.last_run) == (feed.asked_at, feed.last_run):
            await _keep(tx, current, found, window, boundary, pause=pause)


def _is_asked(feed: StoredFeed, due: FeedDue) -> bool:
    return feed.asked_at == due.asked_at and (feed.last_run is None or feed.last_run <= due.asked_at)


def _window(boundary: DayBoundary, now: datetime) -> Window:
    today = boundary.date_of(now)
    since = today - PAST
    return Window(since, today + FUTURE, DayBoundary(boundary.time_zone, 0).begin_of(since), today)


async def _read(feed: StoredFeed, address: str, allow: Allowed, window: Window, *, zone: str, now: datetime) -> Found:
    """Fetch and parse a calendar."""
    headers = dict(HEADERS)
    if feed.read_at is not None and now < feed.read_at + FULL:
        known = {"if-none-match": feed.etag, "if-modified-since": feed.last_modified}
        headers |= {name: value for name, value in known.items() if value}
    try:
        fetched = await egress.get(address, allow=allow, headers=headers, max_bytes=MAX_BYTES)
    except Refused as fault:
        return Found(problems=[_REFUSED.get(fault.code, _UNREACHABLE)], failed=True)
    except Unreachable:
        return Found(problems=[_UNREACHABLE], failed=True)
    if fetched.status == 304:
        return Found(etag=feed.etag, last_modified=feed.last_modified)
    if fetched.status != 200:
        words = _STATUSES.get(fetched.status, f"The calendar's server answered with status {fetched.status}.")
        return Found(problems=[words], failed=True)
    return await _parsed(fetched, window, zone=zone)


async def _parsed(fetched: Fetched, window: Window, *, zone: str) -> Found:
    feed = await read_feed(fetched.body, zone=zone, since=window.since, until=window.until)
    if not feed.is_complete and not feed.events:
        return Found(problems=feed.problems, failed=True)
    etag, modified = (_validator(fetched, name) for name in ("etag", "last-modified"))
    foreign = [one for one in feed.events if not one.uid.endswith(OWN_UID)]
    return Found(foreign, feed.name, feed.problems, feed.is_complete, etag=etag, last_modified=modified)


def _validator(fetched: Fetched, name: str) -> str:
    """Return a header that can be sent back, else nothing."""
    value = fetched.headers.get(name, "")
    return value if value.isascii() and value.isprintable() and len(value) <= MAX_VALIDATOR else ""


async def _keep(
    tx: Tx, feed: StoredFeed, found: Found, window: Window, boundary: DayBoundary, *, pause: timedelta
) -> None:
    """Keep what was found in a calendar, and when it is read next."""
    if found.failed:
        wait = RARELY if feed.failures >= GIVEN_UP else min(FIRST_PAUSE * 2 ** min(feed.failures, 10), LONGEST_PAUSE)
        failures = feed.failures + 1
        run = Run(name=feed.name, next_run=tx.now + wait, problems=found.problems, failures=failures)
    else:
        run = Run(
            name=(found.name or feed.name)[:200],
            next_run=tx.now + pause,
            problems=found.problems,
            etag=found.etag,
            last_modified=found.last_modified,
            was_read=found.events is not None,
        )
        if found.events is not None:
            run = await _apply(tx, feed, found, window, boundary, run)
    tx.publish(events.FeedUpdated(feed.id), await store.record(tx, tx.user_id, feed.id, run))


async def _apply(tx: Tx, feed: StoredFeed, found: Found, window: Window, boundary: DayBoundary, run: Run) -> Run:
    """Bring events and tasks up to date."""
    gone, first = window.begin - MARGIN, window.since - MARGIN
    await event_store.forget(tx, tx.user_id, feed.id, before=gone, first=first, removed=MAX_REMOVED)
    before = await event_store.of_feed(tx, tx.user_id, feed.id)
    if not found.events and any(not one.is_removed for one in before):
        return replace(run, problems=[*run.problems, _EMPTY], etag="", last_modified="")
    whole = difference(before, found.events or [])
    new = _limited(whole)
    for old, event in [*new.changed, *new.returned]:
        await _update_task(tx, old, event)
    room = max(0, MAX_TASKS - sum(one.task_id is not None for one in before))
    due = [one for one in _current(before, new) if _is_due(one, boundary, window.today)]
    made = await _with_tasks(tx, due, feed, room=room)
    tasked = {one.id: one for one in made.events}
    put = [tasked.pop(one.id, one) for one in [*new.added, *(event for _, event in new.changed)]] + [*tasked.values()]
    if put:
        await event_store.put(tx, tx.user_id, feed.id, put)
    removed = [one for one in new.removed if found.is_complete and _day(one, boundary) > window.since]
    if removed:
        await event_store.remove(tx, tx.user_id, feed.id, [one.id for one in removed])
    if feed.read_at is not None and (new.added or new.changed or removed):
        ids = {one.id: one.task_id for one in put}
        added = [replace(one, task_id=ids[one.id]) for one in new.added]
        changes = _changes(replace(new, added=added, removed=removed), at=tx.now)
        await store.add_changes(tx, tx.user_id, feed.id, list(islice(changes, MAX_CHANGES)))
    if made.are_too_many:
        run = replace(run, problems=[*run.problems, _TOO_MANY])
    is_rest = made.is_rest or len(new.changed) < len(whole.changed) or len(new.returned) < len(whole.returned)
    if is_rest:
        run = replace(run, next_run=tx.now + feeds.PAUSE)
    if is_rest or run.problems or not found.is_complete:
        run = replace(run, etag="", last_modified="")  # it is read in full the next time
    if not (new.added or new.changed or removed):
        return run
    return replace(run, added=len(new.added), changed=len(new.changed), removed=len(removed))


def _limited(new: Difference) -> Difference:
    """Return what can be carried over to tasks at one time; the rest is found again the next time."""
    with_task = [pair for pair in new.changed if pair[0].task_id is not None]
    others = [pair for pair in new.changed if pair[0].task_id is None]
    left = {event.id for _, event in new.returned[AT_ONCE:]}
    added = [one for one in new.added if one.id not in left]
    return replace(new, added=added, changed=[*with_task[:AT_ONCE], *others], returned=new.returned[:AT_ONCE])


def _current(before: Sequence[StoredEvent], new: Difference) -> list[StoredEvent]:
    """Return all events as they are now: what didn't change, what did, and what is new."""
    known = {one.id: one for one in before if not one.is_removed} | {event.id: event for _, event in new.changed}
    for one in new.removed:
        known.pop(one.id, None)
    return [*known.values(), *new.added]


def _is_due(event: StoredEvent, boundary: DayBoundary, today: date) -> bool:
    """Return whether an event becomes a task: a deadline that has had none and isn't past."""
    return event.deadline and not event.had_task and _day(event, boundary) >= today


async def _with_tasks(tx: Tx, due: Sequence[StoredEvent], feed: StoredFeed, *, room: int) -> Made:
    """Make tasks for deadlines, for `room` of them at most."""
    chosen = await courses.chosen(tx, tx.user_id) if due else {}
    made = [await _with_task(tx, one, chosen.get(one.course, feed.subject_id)) for one in due[: min(room, AT_ONCE)]]
    return Made(made, is_rest=min(len(due), room) > len(made), are_too_many=len(due) > room)


def difference(before: Sequence[StoredEvent], read: Sequence[FeedEvent]) -> Difference:
    """Compare what a calendar contains with what was kept of it. What comes back after its removal is added again.

    An event is known by its UID and, in a series, by its place. If the places change, such as with another time of a
    weekly deadline, it is known by its day.
    """
    kept = {(one.uid, one.recurrence_id): one for one in before}
    found = [(one, kept.pop((one.uid, one.recurrence_id), None)) for one in read]
    days = {(one.uid, _utc_day(one)): key for key, one in kept.items() if not one.is_removed}
    difference = Difference([], [], [], [])
    for one, old in found:
        if old is None and (key := days.pop((one.uid, _utc_day(one)), None)):
            old = kept.pop(key)
        new = _stored(one, old)
        if old is None or old.is_removed:
            difference.added.append(new)
            if old is not None:
                difference.returned.append((old, new))
        elif old != new:
            difference.changed.append((old, new))
    difference.removed.extend(one for one in kept.values() if not one.is_removed)
    return difference


def _utc_day(event: FeedEvent | StoredEvent) -> date | None:
    return event.starts_at.date() if event.starts_at is not None else event.start_date


def _stored(event: FeedEvent, old: StoredEvent | None) -> StoredEvent:
    fields = asdict(event)
    busy, deadline = fields.pop("is_busy"), fields.pop("is_deadline")
    return StoredEvent(
        id=old.id if old else new_id(),
        busy=busy,
        deadline=deadline,
        task_id=old.task_id if old else None,
        had_task=old.had_task if old else False,
        is_removed=False,
        subject_id=old.subject_id if old else None,
        **{name: fields.pop(name) for name in fields.keys() & set(StoredEvent.__struct_fields__)},
    )


async def _with_task(tx: Tx, event: StoredEvent, subject_id: UUID | None) -> StoredEvent:
    """Return the event with a task for its deadline."""
    text = _LINE_MARKUP.sub(r"\1\2\\\3", _MARKUP.sub(r"\\\g<0>", event.description))
    description = "\n\n".join(filter(None, (text[:MAX_TEXT], event.url)))
    new = NewTask(
        event.title if is_visible(event.title) else UNTITLED,
        description=description,
        subject_id=subject_id,
        due_date=event.start_date,
        due_at=event.starts_at,
    )
    task = await tasks.add(tx, new)
    return replace(event, task_id=task.id, had_task=True, subject_id=subject_id)


async def _update_task(tx: Tx, old: StoredEvent, new: StoredEvent) -> None:
    """Carry a change over to the task of a deadline, except for fields that the student has changed."""
    if new.task_id is None:
        return
    try:
        task = await tasks.lock(tx, new.task_id)
    except NoSuchTask:
        return
    if task.status not in ("pending", "in_progress"):
        return
    changes: dict[str, Any] = {}
    if task.title == old.title != new.title:
        changes["title"] = new.title
    if (task.due_date, task.due_at) == (old.start_date, old.starts_at) != (new.start_date, new.starts_at):
        changes |= {"due_date": new.start_date, "due_at": new.starts_at}
    if changes:
        await tasks.update(tx, task, TaskChanges(**changes))


def _changes(found: Difference, *, at: datetime) -> Iterator[FeedChange]:
    """Yield what is listed of a difference, what matters most first: changes of time or title, removals, additions."""

    def change(kind: ChangeKind, event: StoredEvent, before: str | None, after: str | None) -> FeedChange:
        return FeedChange(new_id(), kind, event.title, before, after, event.task_id, at)

    for old, new in found.changed:
        if (old.title, _time(old)) != (new.title, _time(new)):
            yield change("changed", new, _time(old), _time(new))
    for one in found.removed:
        yield change("removed", one, _time(one), None)
    for one in found.added:
        yield change("added", one, None, _time(one))


def _time(event: StoredEvent) -> str:
    start = event.starts_at or event.start_date
    assert start is not None
    return start.isoformat().replace("+00:00", "Z")


def _day(event: StoredEvent, boundary: DayBoundary) -> date:
    """Return the student's day on which an event begins."""
    if event.starts_at is not None:
        return boundary.date_of(event.starts_at)
    assert event.start_date is not None
    return event.start_date
