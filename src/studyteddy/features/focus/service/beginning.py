"""How a session comes to be: what it is for, and its rhythm."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

import msgspec

from studyteddy.features.auth import service as auth
from studyteddy.features.focus.schemas import FocusSession, NewFocusSession, PastSession, Preset, UnknownPreset
from studyteddy.features.focus.service.presets import BUILT_IN, CLASSIC
from studyteddy.features.focus.store import presets
from studyteddy.features.subjects import service as subjects
from studyteddy.features.subjects.schemas import NoSuchSubject, UnknownSubject
from studyteddy.features.tasks import service as tasks
from studyteddy.features.tasks.schemas import UnknownTask
from studyteddy.platform.db import Tx
from studyteddy.platform.errors import Fault, Invalid
from studyteddy.platform.ids import new_id

_MOST_PLANNED = 240
_PLANNED = {"pomodoro": CLASSIC.work_minutes, "deep_work": 90, "custom": 25}
"""Minutes of work when neither they nor a preset are given."""


class Wanted(msgspec.Struct, frozen=True):
    """What a new session is for, checked; a past one has the minutes that it took."""

    task_id: UUID | None
    subject_id: UUID | None
    preset: Preset | None
    planned_minutes: int


async def check(tx: Tx, new: NewFocusSession | PastSession, faults: list[Fault]) -> Wanted:
    """What a new session is for, in its user's turn; raises 422 with `faults` and all of its own."""
    task_subject = await _subject_of_task(tx, new.task_id, faults)
    if new.subject_id is not None:
        await _check_subject(tx, new.subject_id, faults)
    preset, planned = None, 0
    if isinstance(new, NewFocusSession):
        preset = await _preset(tx, new, faults)
        planned = new.planned_minutes or _usual(new, preset)
    if faults:
        raise _refusal(faults)
    return Wanted(new.task_id, new.subject_id or task_subject, preset, planned)


async def fresh(tx: Tx, new: NewFocusSession | PastSession, wanted: Wanted, *, begins: datetime) -> FocusSession:
    """A session that begins at `begins`, as if it were scheduled; nothing is written."""
    clock = await auth.clockwork(tx, tx.user_id)
    rhythm = wanted.preset
    return FocusSession(
        id=new_id(),
        type=new.type,
        status="scheduled",
        version=1,
        subject_id=wanted.subject_id,
        task_id=wanted.task_id,
        planned_minutes=wanted.planned_minutes,
        work_minutes=rhythm.work_minutes if rhythm else None,
        short_break_minutes=rhythm.short_break_minutes if rhythm else None,
        long_break_minutes=rhythm.long_break_minutes if rhythm else None,
        cycles=rhythm.cycles if rhythm else None,
        scheduled_at=begins,
        started_at=None,
        paused_at=None,
        paused_seconds=0,
        ends_at=None,
        overdue_at=None,
        ended_at=None,
        ended_by=None,
        effective_minutes=0,
        day=clock.date_of(begins),
        productivity_rating=None,
        focus_rating=None,
        notes="",
        interruptions=0,
        interruption_notes=[],
        backfilled=False,
        late=False,
        created_at=tx.now,
        updated_at=tx.now,
    )


async def _subject_of_task(tx: Tx, task_id: UUID | None, faults: list[Fault]) -> UUID | None:
    if task_id is None:
        return None
    task = await tasks.take_up(tx, task_id)
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
    """The rhythm: the preset's, or the classic one of a pomodoro, or none."""
    if new.preset_id is None:
        return CLASSIC if new.type == "pomodoro" else None
    preset = BUILT_IN.get(new.preset_id) or await presets.get(tx, tx.user_id, new.preset_id)
    if preset is None:
        faults.append(Fault("/presetId", UnknownPreset.code, UnknownPreset.title))
    return preset


def _usual(new: NewFocusSession, preset: Preset | None) -> int:
    """One round of a preset that was asked for, or what is usual for the type."""
    if new.preset_id is not None and preset is not None:
        return min(_MOST_PLANNED, preset.work_minutes * preset.cycles)
    return _PLANNED[new.type]


def _refusal(faults: list[Fault]) -> Invalid:
    known = {kind.code: kind for kind in (UnknownTask, UnknownSubject, UnknownPreset)}
    kind = known.get(faults[0].code, Invalid) if len(faults) == 1 else Invalid
    return kind(faults=faults)
