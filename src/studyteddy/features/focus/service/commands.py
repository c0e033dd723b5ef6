"""Commands on the timer. Each names a target state: a session already in that state is unchanged, without an event.

A command that is sent late says in `at` when it happened. The outcome is the one it would have had then: a session
that was forgotten after `at` runs again before the command changes it. Sessions still never overlap.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Literal
from uuid import UUID

import msgspec

from studyteddy import events
from studyteddy.features.auth.service import profile
from studyteddy.features.focus.schemas.commands import (
    BeforeLastCommand,
    Command,
    Completion,
    Extension,
    NewInterruption,
    StaleSession,
    TooManyInterruptions,
    WrongState,
)
from studyteddy.features.focus.schemas.sessions import AlreadyRunning, FocusSession, Interruption, NewFocusSession
from studyteddy.features.focus.service import lifecycle, timeline
from studyteddy.features.focus.store import sessions as sessions_store
from studyteddy.platform.creation import creation_of, repeated
from studyteddy.platform.db.transaction import Tx
from studyteddy.platform.errors import Fault, Invalid

CommandName = Literal["start", "pause", "resume", "extend", "complete", "cancel", "interrupt"]

ALLOWED_STATUSES: dict[CommandName, tuple[str, ...]] = {
    "start": ("scheduled",),
    "pause": ("active",),
    "resume": ("paused",),
    "extend": ("active", "paused"),
    "interrupt": ("active", "paused"),
    "complete": ("active", "paused"),
    "cancel": ("scheduled", "active", "paused"),
}
RESULTING_STATUS: dict[CommandName, str] = {
    "start": "active",
    "resume": "active",
    "pause": "paused",
    "complete": "completed",
    "cancel": "cancelled",
}
MAX_DELAY = timedelta(hours=12)
CLOCK_TOLERANCE = timedelta(minutes=1)
"""How far the clock of a device may be ahead; such a command happens now."""
MAX_MINUTES = 480
_MAX_NOTES = 100


class Prepared(msgspec.Struct, frozen=True):
    """A locked session as it was when a command happened, and whether the command has an effect on it."""

    session: FocusSession
    at: datetime
    applies: bool


async def begin(tx: Tx, new: NewFocusSession) -> FocusSession:
    """Start a session, or schedule it with `startAt`; raise 409 `already_running`, `overlapping` or `id_taken`, 422."""
    creation = creation_of(new, now=tx.now)
    await tx.lock_user()
    existing = await repeated(tx, creation, sessions_store)
    if existing is not None:
        return timeline.state_at(existing, tx.now)
    at = _truncate(min(new.at or tx.now, tx.now))
    faults = [*_at_faults(new.at, now=tx.now), *lifecycle.start_faults(new.start_at, now=new.at or tx.now)]
    plan = await lifecycle.validate(tx, new, faults)
    session = await lifecycle.new_session(tx, creation.id, new, plan, starts_at=new.start_at or at, at=at)
    if new.start_at is not None:
        planned = lifecycle.found(await sessions_store.add(tx, tx.user_id, session, creation.fingerprint))
        tx.publish(events.FocusScheduled(planned.id), planned)
        return planned
    await lifecycle.end_forgotten(tx)
    active = _started(session, scheduled_at=None, at=at)
    await _check_room(tx, active)
    started = await sessions_store.add(tx, tx.user_id, active, creation.fingerprint)
    if started is None:
        raise AlreadyRunning()
    tx.publish(events.FocusStarted(started.id), started)
    return started


async def start(tx: Tx, session_id: UUID, command: Command) -> FocusSession:
    """Start a scheduled session, early or late; raise 404, 409, 422."""
    await tx.lock_user()
    await lifecycle.end_forgotten(tx)
    found = await _prepare(tx, session_id, "start", command)
    if not found.applies:
        return found.session
    active = _started(found.session, scheduled_at=found.session.scheduled_at, at=found.at)
    boundary = await profile.day_boundary(tx, tx.user_id)
    started = await _update(tx, _changed(tx, active, found.at, day=boundary.date_of(found.at)))
    tx.publish(events.FocusStarted(started.id), started)
    return started


async def pause(tx: Tx, session_id: UUID, command: Command) -> FocusSession:
    """Pause the session; raise 404, 409, 422."""
    found = await _prepare(tx, session_id, "pause", command)
    if not found.applies:
        return found.session
    paused = msgspec.structs.replace(found.session, status="paused", paused_at=found.at)
    return await _save(tx, _changed(tx, timeline.with_deadlines(paused), found.at))


async def resume(tx: Tx, session_id: UUID, command: Command) -> FocusSession:
    """Resume the session; raise 404, 409, 422."""
    found = await _prepare(tx, session_id, "resume", command)
    if not found.applies:
        return found.session
    seconds = timeline.paused(found.session, found.at)
    active = msgspec.structs.replace(found.session, status="active", paused_at=None, paused_seconds=seconds)
    return await _save(tx, _changed(tx, timeline.with_deadlines(active), found.at))


async def extend(tx: Tx, session_id: UUID, extension: Extension) -> FocusSession:
    """Add minutes of work to the plan, after a break if one is due; raise 404, 409, 422."""
    found = await _prepare(tx, session_id, "extend", extension)
    minutes = found.session.planned_minutes + extension.minutes
    if minutes > MAX_MINUTES:
        raise WrongState(f"A session can have at most {MAX_MINUTES} planned minutes.")
    extended = msgspec.structs.replace(found.session, planned_minutes=minutes)
    return await _save(tx, _changed(tx, timeline.with_deadlines(extended), found.at))


async def interrupt(tx: Tx, session_id: UUID, new: NewInterruption) -> FocusSession:
    """Record an interruption; raise 404, 409, 422."""
    found = await _prepare(tx, session_id, "interrupt", new)
    session = found.session
    if len(session.interruption_notes) >= _MAX_NOTES:
        raise TooManyInterruptions()
    notes = [*session.interruption_notes, Interruption(found.at, new.reason)]
    number = max(session.interruptions + 1, len(notes))
    return await _save(tx, _changed(tx, session, found.at, interruption_notes=notes, interruptions=number))


async def complete(tx: Tx, session_id: UUID, details: Completion) -> FocusSession:
    """Complete the session and count it, once; raise 404, 409, 422."""
    found = await _prepare(tx, session_id, "complete", details)
    if not found.applies:
        return found.session
    ended = timeline.completed(found.session, found.at)
    done = await _update(tx, _changed(tx, _with_details(ended, details), found.at))
    await lifecycle.count(tx, done)
    return done


async def cancel(tx: Tx, session_id: UUID, command: Command) -> FocusSession:
    """Cancel a running or scheduled session, which then does not count; raise 404, 409, 422."""
    found = await _prepare(tx, session_id, "cancel", command)
    if not found.applies:
        return found.session
    changed = _changed(tx, timeline.cancelled(found.session, found.at), found.at)
    ended = lifecycle.found(await sessions_store.update(tx, tx.user_id, changed))
    tx.publish(events.FocusCancelled(ended.id), ended)
    return ended


async def _prepare(
    tx: Tx, session_id: UUID, name: CommandName, command: Command | Extension | NewInterruption | Completion
) -> Prepared:
    """Lock the session for a command; raise 404, 409, 422."""
    if faults := _at_faults(command.at, now=tx.now):
        raise Invalid(faults=faults)
    if command.at is not None:
        await tx.lock_user()  # other sessions may take the time that it needs
    at = _truncate(min(command.at or tx.now, tx.now))
    stored = await lifecycle.lock(tx, session_id, at=at)
    session = _before_its_end(stored, at)
    last = _last_command(session)
    # Without `at` it happens now, whatever the clocks of the machines say.
    at = at if command.at is not None else max(at, last)
    applies = _must_run(session, name, command.version)
    if applies and at < last:
        raise BeforeLastCommand(f"A later command has already taken effect, at {last:%Y-%m-%dT%H:%M:%SZ}.")
    if not applies:
        return Prepared(stored, at, applies)
    if session is not stored:
        await lifecycle.uncount(tx, stored)
    return Prepared(session, at, applies)


def _before_its_end(session: FocusSession, at: datetime) -> FocusSession:
    """Return the session as it ran at `at` if it was forgotten after that."""
    if session.ended_by != "forgotten" or session.ended_at is None or session.ended_at <= at:
        return session
    return timeline.before_forgotten(session) or session


def _last_command(session: FocusSession) -> datetime:
    """Return when the last command took effect, in whole seconds."""
    # Sessions of earlier versions don't have `last_command_at`.
    known = [one for one in (session.last_command_at, session.started_at, session.paused_at) if one is not None]
    return max(known, default=_truncate(session.created_at))


def _must_run(session: FocusSession, command: CommandName, version: int | None) -> bool:
    """Return whether the command has an effect; raise 409 for an outdated version or a state that doesn't allow it."""
    if RESULTING_STATUS.get(command) == session.status:
        return False
    if version is not None and version != session.version:
        raise StaleSession(f"The given version is {version}, but the session is at version {session.version}.")
    if session.status not in ALLOWED_STATUSES[command]:
        raise WrongState(f"You can't {command} a session that is {session.status}.")
    return True


def _started(session: FocusSession, *, scheduled_at: datetime | None, at: datetime) -> FocusSession:
    active = msgspec.structs.replace(session, status="active", scheduled_at=scheduled_at, started_at=at)
    return timeline.with_deadlines(active)


def _with_details(session: FocusSession, details: Completion) -> FocusSession:
    """Return the session with the given details; absent ones are unchanged."""
    names = ("productivity_rating", "focus_rating", "notes")
    given = {name: value for name in names if (value := getattr(details, name)) is not None}
    number = max(details.interruptions or 0, session.interruptions)
    return msgspec.structs.replace(session, interruptions=number, **given)


def _changed(tx: Tx, session: FocusSession, at: datetime, **fields: object) -> FocusSession:
    """Return the session after a command that took effect at `at`."""
    return msgspec.structs.replace(session, last_command_at=at, updated_at=tx.now, **fields)


async def _save(tx: Tx, changed: FocusSession) -> FocusSession:
    session = await _update(tx, changed)
    tx.publish(events.FocusUpdated(session.id), session)
    return session


async def _update(tx: Tx, changed: FocusSession) -> FocusSession:
    """Update a session that takes time; raise 409 if another one runs, or takes some of that time."""
    await _check_room(tx, changed)
    session = await sessions_store.update(tx, tx.user_id, changed)
    if session is None:
        raise AlreadyRunning()
    return session


async def _check_room(tx: Tx, session: FocusSession) -> None:
    """Raise 409 if a command from before now takes the time of another session; one of now can't."""
    if session.last_command_at is not None and session.last_command_at < _truncate(tx.now):
        await lifecycle.check_room(tx, session)


def _truncate(at: datetime) -> datetime:
    return at.replace(microsecond=0)


def _at_faults(at: datetime | None, *, now: datetime) -> list[Fault]:
    if at is not None and at < now - MAX_DELAY:
        return [Fault("/at", "too_long_ago", "Must be within the last twelve hours.")]
    if at is not None and at > now + CLOCK_TOLERANCE:
        return [Fault("/at", "in_the_future", "Must not be in the future.")]
    return []
