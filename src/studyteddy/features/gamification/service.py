"""The rules of points.

A completed task gives ten points. The first ten of a local day always count; beyond them at most ten in an
hour and thirty a day do. Reopening a task takes back what that completion gave.

A focus session gives one point for every five minutes of work, up to 48 a local day; deleting it takes them back.
"""

from __future__ import annotations

from datetime import date, datetime
from uuid import UUID

from studyteddy import events
from studyteddy.features.gamification import store
from studyteddy.features.gamification.schemas import Earned, Points, PointsChanged
from studyteddy.platform.db import Reader, Tx
from studyteddy.platform.ids import new_id

COMPLETED, REOPENED = "task.completed", "task.reopened"
FOCUSED, UNFOCUSED = "focus.completed", "focus.deleted"
POINTS = 10
MINUTES_A_POINT, FOCUS_DAILY = 5, 48
ALWAYS, HOURLY, DAILY = 10, 10, 30
_RECENT = 20


async def award(tx: Tx, task_id: UUID, *, version: int, day: date, at: datetime) -> None:
    """Gives the points of a completion, once; none when it was taken back before."""
    if await store.points_of(tx, tx.user_id, rule=REOPENED, object_id=task_id, version=version) is not None:
        return
    points = worth(await store.earned(tx, tx.user_id, day=day, rule=COMPLETED, at=at))
    await _write(tx, COMPLETED, task_id, version=version, points=points, day=day, at=at)


async def take_back(tx: Tx, task_id: UUID, *, version: int, day: date) -> None:
    """Writes the reverse of what that completion gave."""
    given = await store.points_of(tx, tx.user_id, rule=COMPLETED, object_id=task_id, version=version)
    await _write(tx, REOPENED, task_id, version=version, points=-(given or 0), day=day, at=tx.now)


async def award_focus(tx: Tx, session_id: UUID, *, minutes: int, day: date) -> None:
    """Gives the points of a session, once; none when it was deleted before."""
    if await store.points_of(tx, tx.user_id, rule=UNFOCUSED, object_id=session_id, version=1) is not None:
        return
    points = worth_focus(minutes, await store.sum_of_day(tx, tx.user_id, day=day, rule=FOCUSED))
    await _write(tx, FOCUSED, session_id, version=1, points=points, day=day, at=tx.now)


async def take_back_focus(tx: Tx, session_id: UUID, *, day: date) -> None:
    """Writes the reverse of what that session gave."""
    given = await store.points_of(tx, tx.user_id, rule=FOCUSED, object_id=session_id, version=1)
    await _write(tx, UNFOCUSED, session_id, version=1, points=-(given or 0), day=day, at=tx.now)


async def points(reader: Reader, user_id: UUID) -> Points:
    """Where the student stands."""
    total = await store.total(reader, user_id)
    level = level_of(total)
    return Points(total, level, threshold(level + 1), await store.recent(reader, user_id, limit=_RECENT))


def worth(earned: Earned) -> int:
    """The points of one more completion."""
    counts = earned.today < ALWAYS or (earned.today < DAILY and earned.last_hour < HOURLY)
    return POINTS if counts else 0


def worth_focus(minutes: int, given: int) -> int:
    """The points of so many focused minutes, on a day that gave some points for focus already."""
    return max(0, min(minutes // MINUTES_A_POINT, FOCUS_DAILY - given))


def threshold(level: int) -> int:
    """The points at which `level` begins: 0, 100, 300, 600, 1000 …"""
    return 50 * level * (level - 1)


def level_of(total: int) -> int:
    """The greatest level whose threshold is reached."""
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
