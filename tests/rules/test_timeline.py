"""The state of a focus session at an instant: a table of phases, and invariants."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from typing import Any
from uuid import UUID

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from studyteddy.features.focus.schemas.sessions import FocusSession
from studyteddy.features.focus.service import timeline

T0 = datetime(2026, 11, 23, 9, tzinfo=UTC)
Rhythm = tuple[int, int, int, int] | None
CLASSIC = (25, 5, 15, 4)


def session(planned: int, rhythm: Rhythm = None, **fields: Any) -> FocusSession:
    """Return a session that started at T0 and is running."""
    work, short, long, cycles = rhythm or (None,) * 4
    begun = FocusSession(
        id=UUID(int=1),
        type="custom",
        status="active",
        version=1,
        subject_id=None,
        task_id=None,
        planned_minutes=planned,
        work_minutes=work,
        short_break_minutes=short,
        long_break_minutes=long,
        cycles=cycles,
        scheduled_at=None,
        started_at=T0,
        paused_at=None,
        paused_seconds=0,
        ends_at=None,
        overdue_at=None,
        ended_at=None,
        ended_by=None,
        effective_minutes=0,
        day=date(2026, 11, 23),
        productivity_rating=None,
        focus_rating=None,
        notes="",
        interruptions=0,
        interruption_notes=[],
        backfilled=False,
        late=False,
        last_command_at=T0,
        created_at=T0,
        updated_at=T0,
    )
    return timeline.with_deadlines(msgspec.structs.replace(begun, **fields))


def after(minutes: float) -> datetime:
    return T0 + timedelta(minutes=minutes)


@pytest.mark.parametrize(
    ("planned", "rhythm", "minute", "kind", "number", "left"),
    [
        (25, None, 0, "work", 1, 25),
        (25, None, 24, "work", 1, 1),
        (25, None, 25, "overtime", 1, 15),
        (25, None, 39, "overtime", 1, 1),
        (25, CLASSIC, 24, "work", 1, 1),
        (25, CLASSIC, 25, "overtime", 1, 15),  # no break after the last work phase
        (100, CLASSIC, 0, "work", 1, 25),
        (100, CLASSIC, 25, "short_break", 1, 5),
        (100, CLASSIC, 29, "short_break", 1, 1),
        (100, CLASSIC, 30, "work", 2, 25),
        (100, CLASSIC, 85, "short_break", 3, 5),
        (100, CLASSIC, 90, "work", 4, 25),
        (100, CLASSIC, 115, "overtime", 4, 15),
        (125, CLASSIC, 115, "long_break", 4, 15),
        (125, CLASSIC, 130, "work", 5, 25),
        (125, CLASSIC, 155, "overtime", 5, 15),
        (30, CLASSIC, 30, "work", 2, 5),
        (30, CLASSIC, 35, "overtime", 2, 15),  # some work is left
        (180, (90, 15, 30, 2), 90, "short_break", 1, 15),
        (270, (90, 15, 30, 2), 195, "long_break", 2, 30),
        (60, (15, 3, 10, 3), 51, "long_break", 3, 10),
        (90, (45, 10, 20, 3), 45, "short_break", 1, 10),
        (100, (50, 10, 25, 4), 50, "short_break", 1, 10),
        (10, (5, 1, 3, 1), 5, "long_break", 1, 3),
    ],
)
def test_the_phase_of_a_minute(planned: int, rhythm: Rhythm, minute: int, kind: str, number: int, left: int) -> None:
    found = timeline.phase(session(planned, rhythm), after(minute))
    assert (found.kind, found.number, found.remaining_seconds) == (kind, number, left * 60)
    assert found.ends_at == after(minute + left)


def test_a_pause_stops_the_timeline() -> None:
    held = session(50, CLASSIC, status="paused", paused_at=after(20))
    for minute in (20, 30, 500):
        found = timeline.phase(held, after(minute))
        assert (found.kind, found.remaining_seconds, found.ends_at) == ("work", 300, None)
    assert (held.ends_at, held.overdue_at) == (None, after(20 + 12 * 60))
    gone_on = session(50, CLASSIC, paused_seconds=600)
    assert timeline.phase(gone_on, after(30)).remaining_seconds == 300
    assert gone_on.ends_at == after(55 + 10)


@pytest.mark.parametrize(
    ("made", "ends", "overdue"),
    [
        (session(25), 25, 40),
        (session(100, CLASSIC), 115, 130),
        (session(240, paused_seconds=86_000), 240 + 86_000 / 60, 24 * 60),  # never more than a day
        (session(480, (5, 5, 5, 1)), 955, 970),  # the longest there can be
    ],
)
def test_a_session_is_forgotten_after_a_quarter_of_an_hour(made: FocusSession, ends: float, overdue: float) -> None:
    assert (made.ends_at, made.overdue_at) == (after(ends), after(overdue))
    assert not timeline.overdue(made, after(overdue) - timedelta(seconds=1))
    assert timeline.overdue(made, after(overdue))


@pytest.mark.parametrize(
    ("made", "ended", "minutes", "paused"),
    [
        (session(25), 40, 25, 0),  # overtime does not count
        (session(100, CLASSIC), 130, 100, 0),
        (session(25, status="paused", paused_at=after(10)), 730, 10, 43_200),
        (session(25, status="paused", paused_at=after(35)), 755, 25, 43_200),
        (session(50, CLASSIC, status="paused", paused_at=after(28)), 748, 25, 43_200),  # paused in a break
    ],
)
def test_a_forgotten_session_counts_at_most_the_planned_work(
    made: FocusSession, ended: int, minutes: int, paused: int
) -> None:
    done = timeline.forgotten(made)
    assert (done.status, done.ended_by, done.version) == ("completed", "forgotten", 2)
    assert (done.ended_at, done.effective_minutes, done.paused_seconds) == (after(ended), minutes, paused)
    assert (done.paused_at, done.ends_at, done.overdue_at, done.updated_at) == (None, None, None, after(ended))


@pytest.mark.parametrize(("minute", "minutes"), [(0, 0), (0.99, 0), (24, 24), (27, 25), (31.5, 26), (55, 50), (60, 55)])
def test_breaks_do_not_count_but_overtime_does(minute: float, minutes: int) -> None:
    assert timeline.completed(session(50, CLASSIC), after(minute)).effective_minutes == minutes


def test_a_cancelled_session_counts_nothing() -> None:
    gone = timeline.cancelled(session(25), after(20))
    assert (gone.status, gone.effective_minutes, gone.ended_at) == ("cancelled", 0, after(20))


def test_more_work_follows_the_break_that_is_due() -> None:
    longer = msgspec.structs.replace(session(25, CLASSIC), planned_minutes=35)
    assert timeline.phase(longer, after(27)).kind == "short_break"
    assert timeline.with_deadlines(longer).ends_at == after(40)


@st.composite
def rhythms(draw: st.DrawFn) -> Rhythm:
    work = draw(st.integers(5, 240))
    return work, draw(st.integers(1, work)), draw(st.integers(1, work)), draw(st.integers(1, 12))


@st.composite
def sessions(draw: st.DrawFn) -> FocusSession:
    """Return a session with or without random pauses."""
    made = session(draw(st.integers(5, 480)), draw(st.none() | rhythms()))
    ran = draw(st.integers(0, 40_000))
    before = draw(st.integers(0, ran))
    if draw(st.booleans()):
        return timeline.with_deadlines(
            msgspec.structs.replace(made, status="paused", paused_at=T0 + timedelta(seconds=ran), paused_seconds=before)
        )
    return timeline.with_deadlines(msgspec.structs.replace(made, paused_seconds=before))


seconds = st.integers(0, 90_000)


@given(sessions(), seconds)
def test_work_breaks_and_pauses_add_up_to_the_elapsed_time(made: FocusSession, gone: int) -> None:
    at = max(T0 + timedelta(seconds=max(gone, made.paused_seconds)), made.paused_at or T0)
    parts = [timeline.worked(made, at), timeline.on_break(made, at), timeline.paused(made, at)]
    assert sum(parts) == int((at - T0).total_seconds())
    assert min(parts) >= 0


@given(sessions(), seconds, seconds)
def test_nothing_ever_runs_backwards(made: FocusSession, one: int, other: int) -> None:
    early, late = (T0 + timedelta(seconds=each) for each in sorted((one, other)))
    for measure in (timeline.elapsed, timeline.worked, timeline.on_break, timeline.paused):
        assert measure(made, early) <= measure(made, late)
    assert timeline.worked(made, late) - timeline.worked(made, early) <= (late - early).total_seconds()
    assert timeline.phase(made, early).number <= timeline.phase(made, late).number


@given(sessions())
def test_the_planned_phases_leave_no_gap_and_hold_the_planned_work(made: FocusSession) -> None:
    plan = list(timeline.planned_phases(made))
    assert plan[0].begins == 0
    assert all(one.ends == two.begins and one.begins < one.ends for one, two in pairwise(plan))
    assert sum(one.ends - one.begins for one in plan if one.kind == "work") == made.planned_minutes * 60
    assert [one.kind == "work" for one in plan] == [n % 2 == 0 for n in range(len(plan))]
    assert plan[-1].kind == "work"


@given(sessions(), seconds)
def test_a_phase_lasts_until_the_next_one_begins(made: FocusSession, gone: int) -> None:
    at = T0 + timedelta(seconds=max(gone, made.paused_seconds))
    found = timeline.phase(made, at)
    if found.ends_at is None or found.kind == "overtime":
        return
    assert timeline.phase(made, found.ends_at - timedelta(seconds=1)).kind == found.kind
    following = timeline.phase(made, found.ends_at)
    assert (following.kind, following.number) != (found.kind, found.number)


@given(sessions())
def test_a_forgotten_session_stays_within_limits(made: FocusSession) -> None:
    """It satisfies the constraints of its table in every case."""
    done = timeline.forgotten(made)
    assert done.ended_at is not None
    assert T0 <= done.ended_at <= T0 + timedelta(hours=24)
    assert 0 <= done.paused_seconds <= 86_400
    assert 0 <= done.effective_minutes <= made.planned_minutes
