"""The state of a session at an instant: pure functions of its fields, in whole seconds.

A session's timeline is its time without pauses. It is divided into phases: work, a break, work again, until the planned
minutes of work are allocated. The last work phase is followed by overtime instead of a break; overtime counts as work.
So at any instant since the start: seconds of work + of breaks + of pauses = seconds elapsed.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

import msgspec

from studyteddy.features.focus.schemas.sessions import FocusSession, Phase, PhaseKind

GRACE = timedelta(minutes=15)
"""How long after its planned end a session is considered forgotten."""
MAX_PAUSE = timedelta(hours=12)
MAX_LENGTH = timedelta(hours=24)
"""The maximum time from start to end, including pauses."""
_MINUTE = 60


class PlannedPhase(msgspec.Struct, frozen=True):
    """A planned phase and the seconds of the timeline that it covers; `number` counts work phases, and a break has the
    number of the one before it."""

    kind: PhaseKind
    number: int
    begins: int
    ends: int


def planned_phases(session: FocusSession) -> Iterator[PlannedPhase]:
    """Yield the planned phases in order, from 0 without gaps; the first and the last are work."""
    left, at, number = session.planned_minutes, 0, 1
    while left > 0:
        work = min(left, session.work_minutes or left)
        yield PlannedPhase("work", number, at, at := at + work * _MINUTE)
        left -= work
        if left > 0:
            kind, minutes = _break_after(session, number)
            yield PlannedPhase(kind, number, at, at := at + minutes * _MINUTE)
            number += 1


def length(session: FocusSession) -> int:
    """Return the seconds of the timeline up to the planned end."""
    return list(planned_phases(session))[-1].ends


def elapsed(session: FocusSession, at: datetime) -> int:
    """Return the seconds of the timeline elapsed at `at`; a pause and the end stop it."""
    assert session.started_at is not None
    stops = [one for one in (at, session.paused_at, session.ended_at) if one is not None]
    seconds = int((min(stops) - session.started_at).total_seconds())
    return max(0, seconds - session.paused_seconds)


def worked(session: FocusSession, at: datetime) -> int:
    """Return the seconds of work so far, including overtime."""
    return elapsed(session, at) - on_break(session, at)


def on_break(session: FocusSession, at: datetime) -> int:
    """Return the seconds of breaks so far."""
    now = elapsed(session, at)
    breaks = (one for one in planned_phases(session) if one.kind != "work")
    return sum(min(now, one.ends) - one.begins for one in breaks if one.begins < now)


def paused(session: FocusSession, at: datetime) -> int:
    """Return the seconds of pauses so far, including the current one."""
    if session.paused_at is None:
        return session.paused_seconds
    return session.paused_seconds + max(0, int((at - session.paused_at).total_seconds()))


def phase(session: FocusSession, at: datetime) -> Phase:
    """Return the phase of a running session at `at`."""
    now = elapsed(session, at)
    plan = list(planned_phases(session))
    current = next((one for one in plan if now < one.ends), None)
    if current is None:
        end = plan[-1].ends + int(GRACE.total_seconds())
        current = PlannedPhase("overtime", plan[-1].number, plan[-1].ends, end)
    left = max(0, current.ends - now)
    return Phase(current.kind, current.number, left, None if session.paused_at else at + timedelta(seconds=left))


def with_deadlines(session: FocusSession) -> FocusSession:
    """Return a running session with its planned end and the instant at which it is considered forgotten."""
    assert session.started_at is not None
    latest = session.started_at + MAX_LENGTH
    if session.paused_at is not None:
        overdue = min(session.paused_at + MAX_PAUSE, latest)
        return msgspec.structs.replace(session, ends_at=None, overdue_at=overdue)
    ends = session.started_at + timedelta(seconds=session.paused_seconds + length(session))
    return msgspec.structs.replace(session, ends_at=ends, overdue_at=min(ends + GRACE, latest))


def overdue(session: FocusSession, at: datetime) -> bool:
    """Return whether a session is considered forgotten at `at`."""
    return session.overdue_at is not None and session.overdue_at <= at


def state_at(session: FocusSession, at: datetime) -> FocusSession:
    """Return the session as it is at `at`, even if its end is not stored yet."""
    return forgotten(session) if overdue(session, at) else session


def forgotten(session: FocusSession) -> FocusSession:
    """End a forgotten session at the instant it became overdue, with at most the planned work."""
    assert session.overdue_at is not None
    at = session.overdue_at
    ended = completed(session, at)
    counted = min(ended.effective_minutes, session.planned_minutes)
    return msgspec.structs.replace(
        ended, version=session.version + 1, ended_by="forgotten", effective_minutes=counted, updated_at=at
    )


def before_forgotten(session: FocusSession) -> FocusSession | None:
    """Return a forgotten session as it ran until then; None if it was paused, or ended by its maximum length."""
    running = msgspec.structs.replace(session, status="active", ended_at=None, ended_by=None, effective_minutes=0)
    running = with_deadlines(running)
    # A pause adds to `paused_seconds` what it took, which moves the deadline away from the end.
    assert running.ends_at is not None
    return running if running.ends_at + GRACE == session.ended_at else None


def completed(session: FocusSession, at: datetime) -> FocusSession:
    """End a running session at `at` as completed by the student."""
    minutes = worked(session, at) // _MINUTE
    return msgspec.structs.replace(_ended(session, at), status="completed", effective_minutes=minutes)


def cancelled(session: FocusSession, at: datetime) -> FocusSession:
    """End a session at `at` as cancelled."""
    return msgspec.structs.replace(_ended(session, at), status="cancelled")


def _ended(session: FocusSession, at: datetime) -> FocusSession:
    return msgspec.structs.replace(
        session,
        paused_seconds=paused(session, at),
        paused_at=None,
        ends_at=None,
        overdue_at=None,
        ended_at=at,
        ended_by="user",
    )


def _break_after(session: FocusSession, number: int) -> tuple[PhaseKind, int]:
    if session.cycles is not None and number % session.cycles == 0:
        return "long_break", session.long_break_minutes or 0
    return "short_break", session.short_break_minutes or 0
