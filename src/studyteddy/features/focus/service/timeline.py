"""Where a session stands at an instant: pure functions of its facts, in whole seconds.

A session's timeline is its time without the pauses. On it lie the phases: work, a break, work again, until the
planned minutes of work are laid out; the last work is followed by no break but by overtime, which is work too.
So at any instant since the start: seconds of work + of breaks + of pauses = seconds gone by.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

import msgspec

from studyteddy.features.focus.schemas import FocusSession, Phase
from studyteddy.features.focus.schemas.session import PhaseKind

GRACE = timedelta(minutes=15)
"""After its planned end a session is waited for; then it was forgotten."""
LONGEST_PAUSE = timedelta(hours=12)
LONGEST = timedelta(hours=24)
"""A session with all its pauses ends within a day of its start."""
_MINUTE = 60


class Stretch(msgspec.Struct, frozen=True):
    """A planned phase and the seconds of the timeline that it covers; `number` is its work's, or the one's before."""

    kind: PhaseKind
    number: int
    begins: int
    ends: int


def stretches(session: FocusSession) -> Iterator[Stretch]:
    """The planned phases in order, from 0 without gaps; work first and last."""
    left, at, number = session.planned_minutes, 0, 1
    while left > 0:
        work = min(left, session.work_minutes or left)
        yield Stretch("work", number, at, at := at + work * _MINUTE)
        left -= work
        if left > 0:
            kind, minutes = _break_after(session, number)
            yield Stretch(kind, number, at, at := at + minutes * _MINUTE)
            number += 1


def length(session: FocusSession) -> int:
    """Seconds of the timeline up to the planned end."""
    return list(stretches(session))[-1].ends


def elapsed(session: FocusSession, at: datetime) -> int:
    """Seconds of the timeline that are over at `at`; a pause and the end stop it."""
    assert session.started_at is not None
    stops = [one for one in (at, session.paused_at, session.ended_at) if one is not None]
    gone = int((min(stops) - session.started_at).total_seconds())
    return max(0, gone - session.paused_seconds)


def worked(session: FocusSession, at: datetime) -> int:
    """Seconds of work so far, overtime included."""
    return elapsed(session, at) - rested(session, at)


def rested(session: FocusSession, at: datetime) -> int:
    """Seconds of breaks so far."""
    now = elapsed(session, at)
    breaks = (one for one in stretches(session) if one.kind != "work")
    return sum(min(now, one.ends) - one.begins for one in breaks if one.begins < now)


def paused(session: FocusSession, at: datetime) -> int:
    """Seconds of pauses so far, with the one that is under way."""
    if session.paused_at is None:
        return session.paused_seconds
    return session.paused_seconds + max(0, int((at - session.paused_at).total_seconds()))


def phase(session: FocusSession, at: datetime) -> Phase:
    """What a running session is in at `at`."""
    now = elapsed(session, at)
    plan = list(stretches(session))
    here = next((one for one in plan if now < one.ends), None)
    if here is None:
        end = plan[-1].ends + int(GRACE.total_seconds())
        here = Stretch("overtime", plan[-1].number, plan[-1].ends, end)
    left = max(0, here.ends - now)
    return Phase(here.kind, here.number, left, None if session.paused_at else at + timedelta(seconds=left))


def timed(session: FocusSession) -> FocusSession:
    """A running session with the instants that follow from its facts: its planned end, and when it is forgotten."""
    assert session.started_at is not None
    latest = session.started_at + LONGEST
    if session.paused_at is not None:
        overdue = min(session.paused_at + LONGEST_PAUSE, latest)
        return msgspec.structs.replace(session, ends_at=None, overdue_at=overdue)
    ends = session.started_at + timedelta(seconds=session.paused_seconds + length(session))
    return msgspec.structs.replace(session, ends_at=ends, overdue_at=min(ends + GRACE, latest))


def overdue(session: FocusSession, at: datetime) -> bool:
    """Whether a session was forgotten by `at`."""
    return session.overdue_at is not None and session.overdue_at <= at


def seen(session: FocusSession, at: datetime) -> FocusSession:
    """The session as it is at `at`, whether its end was written down yet or not."""
    return forgotten(session) if overdue(session, at) else session


def forgotten(session: FocusSession) -> FocusSession:
    """A session that nobody ended: over when it became overdue, with no more work than was planned."""
    assert session.overdue_at is not None
    at = session.overdue_at
    ended = completed(session, at)
    counted = min(ended.effective_minutes, session.planned_minutes)
    return msgspec.structs.replace(
        ended, version=session.version + 1, ended_by="forgotten", effective_minutes=counted, updated_at=at
    )


def completed(session: FocusSession, at: datetime) -> FocusSession:
    """A running session, ended by its student at `at`."""
    minutes = worked(session, at) // _MINUTE
    return msgspec.structs.replace(_ended(session, at), status="completed", effective_minutes=minutes)


def cancelled(session: FocusSession, at: datetime) -> FocusSession:
    """A session that counts for nothing."""
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
