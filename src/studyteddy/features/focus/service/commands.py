"""The commands on the timer. Each says what the session shall be: one that is so already stays, without an event."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Literal
from uuid import UUID

import msgspec

from studyteddy import events
from studyteddy.features.auth import service as auth
from studyteddy.features.focus.schemas import (
    AlreadyRunning,
    Completion,
    Extension,
    FocusSession,
    Interruption,
    NewFocusSession,
    NewInterruption,
    StaleSession,
    TooManyInterruptions,
    WrongState,
)
from studyteddy.features.focus.service import beginning, timeline
from studyteddy.features.focus.service.ending import count, end_forgotten, found, take
from studyteddy.features.focus.store import sessions as store
from studyteddy.platform.db import Tx
from studyteddy.platform.errors import Fault

Verb = Literal["start", "pause", "resume", "extend", "complete", "cancel", "interrupt"]

POSSIBLE: dict[Verb, tuple[str, ...]] = {
    "start": ("scheduled",),
    "pause": ("active",),
    "resume": ("paused",),
    "extend": ("active", "paused"),
    "interrupt": ("active", "paused"),
    "complete": ("active", "paused"),
    "cancel": ("scheduled", "active", "paused"),
}
REACHED: dict[Verb, str] = {
    "start": "active", "resume": "active", "pause": "paused", "complete": "completed", "cancel": "cancelled",
}  # fmt: skip
FARTHEST = timedelta(days=366)
MOST_MINUTES = 480
_MOST_NOTED = 100


async def begin(tx: Tx, new: NewFocusSession) -> FocusSession:
    """Starts a session, or schedules it with `startAt`; raises 409 `already_running`, 422."""
    await tx.in_turn()
    wanted = await beginning.check(tx, new, _when(new.start_at, now=tx.now))
    session = await beginning.fresh(tx, new, wanted, begins=new.start_at or tx.now)
    if new.start_at is not None:
        planned = found(await store.add(tx, tx.user_id, session))
        tx.publish(events.FocusScheduled(planned.id), planned)
        return planned
    await end_forgotten(tx)
    started = await store.add(tx, tx.user_id, _begun(session, scheduled_at=None, at=_second(tx.now)))
    if started is None:
        raise AlreadyRunning()
    tx.publish(events.FocusStarted(started.id), started)
    return started


async def start(tx: Tx, session_id: UUID, version: int | None) -> FocusSession:
    """Starts a scheduled session, early or late; raises 404, 409."""
    await tx.in_turn()
    await end_forgotten(tx)
    session = await take(tx, session_id)
    if not _to_do(session, "start", version):
        return session
    clock = await auth.clockwork(tx, tx.user_id)
    at = _second(tx.now)
    changed = _changed(tx, _begun(session, scheduled_at=session.scheduled_at, at=at), day=clock.date_of(at))
    started = await store.update(tx, tx.user_id, changed)
    if started is None:
        raise AlreadyRunning()
    tx.publish(events.FocusStarted(started.id), started)
    return started


async def pause(tx: Tx, session_id: UUID, version: int | None) -> FocusSession:
    """Stops the session's time; raises 404, 409."""
    session = await take(tx, session_id)
    if not _to_do(session, "pause", version):
        return session
    paused = msgspec.structs.replace(session, status="paused", paused_at=_at(tx, session))
    return await _tell_update(tx, _changed(tx, timeline.timed(paused)))


async def resume(tx: Tx, session_id: UUID, version: int | None) -> FocusSession:
    """Lets the session's time go on; raises 404, 409."""
    session = await take(tx, session_id)
    if not _to_do(session, "resume", version):
        return session
    seconds = timeline.paused(session, _at(tx, session))
    active = msgspec.structs.replace(session, status="active", paused_at=None, paused_seconds=seconds)
    return await _tell_update(tx, _changed(tx, timeline.timed(active)))


async def extend(tx: Tx, session_id: UUID, wanted: Extension) -> FocusSession:
    """Adds minutes of work to the plan, behind a break if one is due; raises 404, 409."""
    session = await take(tx, session_id)
    _to_do(session, "extend", wanted.version)
    minutes = session.planned_minutes + wanted.minutes
    if minutes > MOST_MINUTES:
        raise WrongState(f"A session has at most {MOST_MINUTES} planned minutes.")
    extended = msgspec.structs.replace(session, planned_minutes=minutes)
    return await _tell_update(tx, _changed(tx, timeline.timed(extended)))


async def interrupt(tx: Tx, session_id: UUID, new: NewInterruption) -> FocusSession:
    """Notes something that came between; raises 404, 409."""
    session = await take(tx, session_id)
    _to_do(session, "interrupt", new.version)
    if len(session.interruption_notes) >= _MOST_NOTED:
        raise TooManyInterruptions()
    noted = [*session.interruption_notes, Interruption(_at(tx, session), new.reason)]
    number = max(session.interruptions + 1, len(noted))
    return await _tell_update(tx, _changed(tx, session, interruption_notes=noted, interruptions=number))


async def complete(tx: Tx, session_id: UUID, how: Completion) -> FocusSession:
    """Ends the session and lets it count, once; raises 404, 409."""
    session = await take(tx, session_id)
    if not _to_do(session, "complete", how.version):
        return session
    ended = timeline.completed(session, _at(tx, session))
    done = found(await store.update(tx, tx.user_id, _changed(tx, _with(ended, how))))
    await count(tx, done)
    return done


async def cancel(tx: Tx, session_id: UUID, version: int | None) -> FocusSession:
    """Ends the session, or takes it off the plan; it counts for nothing. Raises 404, 409."""
    session = await take(tx, session_id)
    if not _to_do(session, "cancel", version):
        return session
    changed = _changed(tx, timeline.cancelled(session, _at(tx, session)))
    ended = found(await store.update(tx, tx.user_id, changed))
    tx.publish(events.FocusCancelled(ended.id), ended)
    return ended


def _to_do(session: FocusSession, verb: Verb, version: int | None) -> bool:
    """Whether anything is left to do; raises 409 for a version that is over, or a state in which it makes no sense."""
    if REACHED.get(verb) == session.status:
        return False
    if version is not None and version != session.version:
        raise StaleSession(f"You have seen version {version}; the session is at version {session.version} by now.")
    if session.status not in POSSIBLE[verb]:
        raise WrongState(f"A session that is {session.status} cannot do this: {verb}.")
    return True


def _begun(session: FocusSession, *, scheduled_at: datetime | None, at: datetime) -> FocusSession:
    active = msgspec.structs.replace(session, status="active", scheduled_at=scheduled_at, started_at=at)
    return timeline.timed(active)


def _with(session: FocusSession, how: Completion) -> FocusSession:
    """What is said of the session at its end; what is not said stays."""
    names = ("productivity_rating", "focus_rating", "notes")
    given = {name: value for name in names if (value := getattr(how, name)) is not None}
    number = max(how.interruptions or 0, session.interruptions)
    return msgspec.structs.replace(session, interruptions=number, **given)


def _changed(tx: Tx, session: FocusSession, **fields: object) -> FocusSession:
    return msgspec.structs.replace(session, version=session.version + 1, updated_at=tx.now, **fields)


async def _tell_update(tx: Tx, changed: FocusSession) -> FocusSession:
    session = found(await store.update(tx, tx.user_id, changed))
    tx.publish(events.FocusUpdated(session.id), session)
    return session


def _at(tx: Tx, session: FocusSession) -> datetime:
    """Now, in whole seconds, and never before what happened to the session: clocks of two machines differ."""
    past = (_second(tx.now), session.started_at, session.paused_at)
    return max(one for one in past if one is not None)


def _second(at: datetime) -> datetime:
    return at.replace(microsecond=0)


def _when(start_at: datetime | None, *, now: datetime) -> list[Fault]:
    if start_at is None or now < start_at <= now + FARTHEST:
        return []
    return [Fault("/startAt", "out_of_range", "Plan a session for an instant within the next year.")]
