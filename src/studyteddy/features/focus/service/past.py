"""Sessions that nobody timed: entered afterwards, within bounds.

They give no points, and those of the day before yesterday or older keep no streak alive; so there is little to win by
inventing them. Two sessions never lie over each other.
"""

from __future__ import annotations

from datetime import datetime, timedelta

import msgspec

from studyteddy.features.auth import service as auth
from studyteddy.features.focus.schemas import FocusSession, Overlapping, PastSession
from studyteddy.features.focus.service import beginning
from studyteddy.features.focus.service.ending import count, end_forgotten, found
from studyteddy.features.focus.store import sessions as store
from studyteddy.platform.db import Tx
from studyteddy.platform.errors import Fault

OLDEST = timedelta(days=7)
SHORTEST, LONGEST = timedelta(minutes=5), timedelta(minutes=240)
_YESTERDAY = timedelta(days=1)


async def add_past(tx: Tx, new: PastSession) -> FocusSession:
    """Adds a completed session; raises 409 `overlapping`, 422."""
    begin = new.started_at.replace(microsecond=0)
    end = _end_of(new, begin)
    await tx.in_turn()  # two at once must see each other
    wanted = await beginning.check(tx, new, _faults(new, begin, end, now=tx.now))
    assert end is not None
    await end_forgotten(tx)
    if await store.overlaps(tx, tx.user_id, begin=begin, end=end):
        raise Overlapping()
    today = (await auth.clockwork(tx, tx.user_id)).date_of(tx.now)
    session = await beginning.fresh(tx, new, wanted, begins=begin)
    minutes = (end - begin) // timedelta(minutes=1)
    done = msgspec.structs.replace(
        session,
        status="completed",
        planned_minutes=minutes,
        scheduled_at=None,
        started_at=begin,
        ended_at=end,
        ended_by="user",
        effective_minutes=minutes,
        productivity_rating=new.productivity_rating,
        focus_rating=new.focus_rating,
        notes=new.notes,
        backfilled=True,
        late=today - session.day > _YESTERDAY,
    )
    added = found(await store.add(tx, tx.user_id, done))
    await count(tx, added)
    return added


def _end_of(new: PastSession, begin: datetime) -> datetime | None:
    """When it ended, if exactly one of the two says so."""
    if (new.ended_at is None) is (new.minutes is None):
        return None
    return new.ended_at.replace(microsecond=0) if new.ended_at else begin + timedelta(minutes=new.minutes or 0)


def _faults(new: PastSession, begin: datetime, end: datetime | None, *, now: datetime) -> list[Fault]:
    faults = []
    if begin < now - OLDEST:
        faults.append(Fault("/startedAt", "too_long_ago", "Enter sessions within seven days."))
    if begin > now:
        faults.append(Fault("/startedAt", "in_the_future", "This has not happened yet."))
    ending = "/endedAt" if new.ended_at else "/minutes"
    if end is None:
        faults.append(Fault("/minutes", "one_of_two", "Give `endedAt` or `minutes`, one of them."))
    elif not SHORTEST <= end - begin <= LONGEST:
        faults.append(Fault(ending, "out_of_range", "A session takes 5 to 240 minutes."))
    elif begin <= now < end:
        faults.append(Fault(ending, "in_the_future", "This has not happened yet."))
    return faults
