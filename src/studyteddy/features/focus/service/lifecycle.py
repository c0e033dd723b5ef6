"""The start and end of focus sessions: validating new ones and counting completed ones."""

from __future__ import annotations

from contextlib import suppress
from datetime import datetime, timedelta
from uuid import UUID

import msgspec

from studyteddy import events
from studyteddy.features.auth.service import profile
from studyteddy.features.focus.schemas.backfill import Overlapping, PastSession
from studyteddy.features.focus.schemas.presets import Preset, UnknownPreset
from studyteddy.features.focus.schemas.sessions import FocusSession, NewFocusSession, NoSuchSession
from studyteddy.features.focus.service import timeline
from studyteddy.features.focus.service.presets import BUILT_IN, CLASSIC
from studyteddy.features.focus.store import presets as presets_store
from studyteddy.features.focus.store import sessions as sessions_store
from studyteddy.features.subjects import service as subjects
from studyteddy.features.subjects.schemas import NoSuchSubject, UnknownSubject
from studyteddy.features.tasks.schemas.tasks import UnknownTask
from studyteddy.features.tasks.service import tasks
from studyteddy.platform.db.database import Database
from studyteddy.platform.db.transaction import Tx
from studyteddy.platform.errors import Fault, Invalid, Unavailable
from studyteddy.platform.identity import Identity

MAX_AHEAD = timedelta(days=366)
_MAX_PLANNED = 240
_PLANNED = {"pomodoro": CLASSIC.work_minutes, "deep_work": 90, "custom": 25}
"""The default minutes of work without a preset."""


class SessionPlan(msgspec.Struct, frozen=True):
    """The validated task, subject, preset and minutes of a new session; 0 minutes for a past one."""

    task_id: UUID | None
    subject_id: UUID | None
    preset: Preset | None
    planned_minutes: int


async def validate(tx: Tx, new: NewFocusSession | PastSession, faults: list[Fault]) -> SessionPlan:
    """Validate a new session; raise 422 with `faults` and those found here. The caller holds the user's lock."""
    task_subject = await _subject_of_task(tx, new.task_id, faults)
    if new.subject_id is not None:
        await _check_subject(tx, new.subject_id, faults)
    preset, planned = None, 0
    if isinstance(new, NewFocusSession):
        preset = await _preset(tx, new, faults)
        planned = new.planned_minutes or _default_minutes(new, preset)
    if faults:
        raise _error(faults)
    return SessionPlan(new.task_id, new.subject_id or task_subject, preset, planned)


async def new_session(
    tx: Tx,
    session_id: UUID,
    new: NewFocusSession | PastSession,
    plan: SessionPlan,
    *,
    starts_at: datetime,
    at: datetime,
) -> FocusSession:
    """Return a session that is scheduled at `at` to start at `starts_at`, without storing it."""
    boundary = await profile.day_boundary(tx, tx.user_id)
    preset = plan.preset
    return FocusSession(
        id=session_id,
        type=new.type,
        status="scheduled",
        version=1,
        subject_id=plan.subject_id,
        task_id=plan.task_id,
        planned_minutes=plan.planned_minutes,
        work_minutes=preset.work_minutes if preset else None,
        short_break_minutes=preset.short_break_minutes if preset else None,
        long_break_minutes=preset.long_break_minutes if preset else None,
        cycles=preset.cycles if preset else None,
        scheduled_at=starts_at,
        started_at=None,
        paused_at=None,
        paused_seconds=0,
        ends_at=None,
        overdue_at=None,
        ended_at=None,
        ended_by=None,
        effective_minutes=0,
        day=boundary.date_of(starts_at),
        productivity_rating=None,
        focus_rating=None,
        notes="",
        interruptions=0,
        interruption_notes=[],
        backfilled=False,
        late=False,
        last_command_at=at.replace(microsecond=0),
        created_at=tx.now,
        updated_at=tx.now,
    )


def start_faults(start_at: datetime | None, *, now: datetime) -> list[Fault]:
    """Return what is wrong with the start of a session that is scheduled now."""
    # The difference, because either can be at an end of the calendar.
    if start_at is None or timedelta() < start_at - now <= MAX_AHEAD:
        return []
    return [Fault("/startAt", "out_of_range", "Must be within the next year.")]


async def _subject_of_task(tx: Tx, task_id: UUID | None, faults: list[Fault]) -> UUID | None:
    if task_id is None:
        return None
    task = await tasks.lock_for_work(tx, task_id)
    if task is None:
        faults.append(Fault("/taskId", UnknownTask.code, UnknownTask.title))
        return None
    return task.subject_id


async def _check_subject(tx: Tx, subject_id: UUID, faults: list[Fault]) -> None:
    try:
        await subjects.get(tx, tx.user_id, subject_id)
    except NoSuchSubject:
        faults.append(Fault("/subjectId", UnknownSubject.code, UnknownSubject.title))


async def _preset(tx: Tx, new: NewFocusSession, faults: list[Fault]) -> Preset | None:
    """Return the requested preset, the default one for a pomodoro, or None."""
    if new.preset_id is None:
        return CLASSIC if new.type == "pomodoro" else None
    preset = BUILT_IN.get(new.preset_id) or await presets_store.get(tx, tx.user_id, new.preset_id)
    if preset is None:
        faults.append(Fault("/presetId", UnknownPreset.code, UnknownPreset.title))
    return preset


def _default_minutes(new: NewFocusSession, preset: Preset | None) -> int:
    """Return one round of the requested preset, or the default for the type."""
    if new.preset_id is not None and preset is not None:
        return min(_MAX_PLANNED, preset.work_minutes * preset.cycles)
    return _PLANNED[new.type]


def _error(faults: list[Fault]) -> Invalid:
    known = {kind.code: kind for kind in (UnknownTask, UnknownSubject, UnknownPreset)}
    kind = known.get(faults[0].code, Invalid) if len(faults) == 1 else Invalid
    return kind(faults=faults)


_BATCH_SIZE = 500


async def lock(tx: Tx, session_id: UUID, *, at: datetime | None = None) -> FocusSession:
    """Lock a session, after its task, and return it; end it first if it was forgotten at `at`, or now. Raise 404."""
    current = found(await sessions_store.get(tx, tx.user_id, session_id))
    if current.task_id is not None:
        await tasks.lock_if_exists(tx, current.task_id)
    session = found(await sessions_store.lock(tx, tx.user_id, session_id))
    return await _end(tx, session) if timeline.overdue(session, at or tx.now) else session


async def check_room(tx: Tx, session: FocusSession) -> None:
    """Raise 409 if another session takes some of its time; the caller holds the user's lock."""
    begin, end = session.started_at, session.ended_at or session.overdue_at
    assert begin is not None
    assert end is not None
    if await sessions_store.overlaps(tx, tx.user_id, session.id, begin=begin, end=min(end, tx.now)):
        raise Overlapping()


async def count(tx: Tx, session: FocusSession) -> None:
    """Count a session that was just completed: on its task directly, everywhere else through its event."""
    if session.task_id is not None and session.effective_minutes:
        await tasks.add_minutes(tx, session.task_id, session.effective_minutes)
    earns = session.ended_by == "user" and not session.backfilled
    fields = (session.id, session.subject_id, session.day, session.effective_minutes)
    times = (session.started_at, session.ended_at)
    tx.publish(events.FocusCompleted(*fields, earns, session.late, *times), session)


async def uncount(tx: Tx, session: FocusSession) -> None:
    """Take back what a forgotten session counted for, before a command that was sent late changes it."""
    if session.task_id is not None and session.effective_minutes:
        await tasks.add_minutes(tx, session.task_id, -session.effective_minutes)
    subject_id = await sessions_store.counted_under(tx, tx.user_id, session.id)
    tx.publish(events.FocusReopened(session.id, subject_id, session.day, session.effective_minutes))


async def end_forgotten(tx: Tx) -> None:
    """End the session that the transaction's user forgot, if any."""
    running = await sessions_store.running(tx, tx.user_id)
    if running is not None and timeline.overdue(running, tx.now):
        with suppress(NoSuchSession):  # deleted concurrently
            await lock(tx, running.id)


async def end_all_forgotten(db: Database) -> int:
    """End every forgotten session on behalf of its student; return their number. Locked ones wait for the next run."""
    async with db.system("tidy") as tx:
        students = await sessions_store.overdue(tx, at=tx.now, limit=_BATCH_SIZE)
    ended = 0
    for user_id in students:
        try:
            async with db.transaction(Identity(user_id, user_id)) as tx:
                await tx.lock_user()
                await end_forgotten(tx)
            ended += 1
        except Unavailable:
            continue
    return ended


def found(session: FocusSession | None) -> FocusSession:
    if session is None:
        raise NoSuchSession()
    return session


async def _end(tx: Tx, session: FocusSession) -> FocusSession:
    ended = found(await sessions_store.update(tx, tx.user_id, timeline.forgotten(session)))
    assert ended.ended_at is not None
    await count(tx, ended)
    tx.publish(events.FocusForgotten(ended.id, ended.ended_at, ended.effective_minutes))
    return ended
