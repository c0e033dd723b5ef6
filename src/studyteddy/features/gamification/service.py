"""Actions on points.

A completed task earns ten points. The first ten tasks of a day always count; beyond them, at most ten per hour and
thirty per day do. Reopening a task revokes the points of that completion.

A focus session earns one point for every five minutes of work, up to 48 per day; deleting it revokes them.

A day is the local day and also any twenty hours: students choose their time zone, and changing it must not begin
another day. Twenty hours rather than 24, so that those who start a little earlier than yesterday lose nothing.
"""

from __future__ import annotations

from datetime import date, datetime
from uuid import UUID

from studyteddy import events
from studyteddy.features.gamification import store
from studyteddy.features.gamification.schemas import Earned, Points, PointsChanged
from studyteddy.platform.db.statements import Reader
from studyteddy.platform.db.transaction import Tx
from studyteddy.platform.ids import new_id

COMPLETED, REOPENED = "task.completed", "task.reopened"
FOCUSED, UNFOCUSED = "focus.completed", "focus.deleted"
POINTS = 10
MINUTES_PER_POINT, FOCUS_DAILY = 5, 48
ALWAYS, HOURLY, DAILY = 10, 10, 30
_RECENT = 20


async def award(tx: Tx, task_id: UUID, *, version: int, day: date, at: datetime) -> None:
    """Award the points of a completion, once; none if it was already revoked."""
    await tx.lock_user()  # the limits are of the student, and several workers may award at once
    if await store.points_of(tx, tx.user_id, rule=REOPENED, object_id=task_id, version=version) is not None:
        return
    points = points_for_completion(await store.earned(tx, tx.user_id, day=day, rule=COMPLETED, at=at))
    await _write(tx, COMPLETED, task_id, version=version, points=points, day=day, at=at)


async def revoke(tx: Tx, task_id: UUID, *, version: int, day: date) -> None:
    """Revoke the points of a completion."""
    earned_points = await store.points_of(tx, tx.user_id, rule=COMPLETED, object_id=task_id, version=version)
    await _write(tx, REOPENED, task_id, version=version, points=-(earned_points or 0), day=day, at=tx.now)


async def award_focus(tx: Tx, session_id: UUID, *, minutes: int, day: date, at: datetime | None = None) -> None:
    """Award the points of a session that ended at `at`, once; none if it was already deleted."""
    await tx.lock_user()
    at = at or tx.now
    if await store.points_of(tx, tx.user_id, rule=UNFOCUSED, object_id=session_id, version=1) is not None:
        return
    points = points_for_focus(minutes, await store.sum_of_day(tx, tx.user_id, day=day, rule=FOCUSED, at=at))
    await _write(tx, FOCUSED, session_id, version=1, points=points, day=day, at=at)


async def revoke_focus(tx: Tx, session_id: UUID, *, day: date) -> None:
    """Revoke the points of a session."""
    earned_points = await store.points_of(tx, tx.user_id, rule=FOCUSED, object_id=session_id, version=1)
    await _write(tx, UNFOCUSED, session_id, version=1, points=-(earned_points or 0), day=day, at=tx.now)


async def points(reader: Reader, user_id: UUID) -> Points:
    """Return the student's points, level and latest ledger entries."""
    total = await store.total(reader, user_id)
    level = level_of(total)
    return Points(total, level, threshold(level + 1), await store.recent(reader, user_id, limit=_RECENT))


def points_for_completion(earned: Earned) -> int:
    """Return the points for one more completion."""
    counts = earned.today < ALWAYS or (earned.today < DAILY and earned.last_hour < HOURLY)
    return POINTS if counts else 0


def points_for_focus(minutes: int, earned_points: int) -> int:
    """Return the points for focused minutes on a day that has already earned `earned_points` for focus."""
    return max(0, min(minutes // MINUTES_PER_POINT, FOCUS_DAILY - earned_points))


def threshold(level: int) -> int:
    """Return the points at which `level` begins: 0, 100, 300, 600, 1000 …"""
    return 50 * level * (level - 1)


def level_of(total: int) -> int:
    """Return the highest level whose threshold is reached."""
    level = 1
    while threshold(level + 1) <= total:
        level += 1
    return level


async def _write(tx: Tx, rule: str, object_id: UUID, *, version: int, points: int, day: date, at: datetime) -> None:
    added = await store.add(
        tx, tx.user_id, new_id(), rule=rule, object_id=object_id, version=version, points=points, day=day, at=at
    )
    if added and points:
        total = await store.total(tx, tx.user_id)
        of_task = rule in (COMPLETED, REOPENED)
        about = (object_id if of_task else None, None if of_task else object_id)
        tx.publish(events.PointsChanged(object_id), PointsChanged(total, level_of(total), points, rule, *about))
