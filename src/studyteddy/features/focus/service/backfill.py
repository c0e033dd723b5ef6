"""Adding past sessions that were not timed, within limits.

They earn no points, and sessions from before yesterday don't count towards a streak, so there is little incentive to
invent them. Sessions never overlap.
"""

from __future__ import annotations

from datetime import datetime, timedelta

import msgspec

from studyteddy.features.auth.service import profile
from studyteddy.features.focus.schemas.backfill import PastSession
from studyteddy.features.focus.schemas.sessions import FocusSession
from studyteddy.features.focus.service import lifecycle
from studyteddy.features.focus.store import sessions as sessions_store
from studyteddy.platform.creation import creation_of, repeated
from studyteddy.platform.db.transaction import Tx
from studyteddy.platform.errors import Fault, Invalid
from studyteddy.platform.local_time.dates import range_faults

MAX_AGE = timedelta(days=7)
MIN_LENGTH, MAX_LENGTH = timedelta(minutes=5), timedelta(minutes=240)
_ONE_DAY = timedelta(days=1)


async def add(tx: Tx, new: PastSession) -> FocusSession:
    """Add a completed session; raise 409 `id_taken` or `overlapping`, 422."""
    creation = creation_of(new, now=tx.now)
    if faults := range_faults({"/startedAt": new.started_at, "/endedAt": new.ended_at}):
        raise Invalid(faults=faults)
    begin = new.started_at.replace(microsecond=0)
    end = _end_of(new, begin)
    await tx.lock_user()  # concurrent requests must see each other
    existing = await repeated(tx, creation, sessions_store)
    if existing is not None:
        return existing
    plan = await lifecycle.validate(tx, new, _faults(new, begin, end, now=tx.now))
    assert end is not None
    await lifecycle.end_forgotten(tx)
    today = (await profile.day_boundary(tx, tx.user_id)).date_of(tx.now)
    session = await lifecycle.new_session(tx, creation.id, new, plan, starts_at=begin, at=tx.now)
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
        late=today - session.day > _ONE_DAY,
    )
    await lifecycle.check_room(tx, done)
    added = lifecycle.found(await sessions_store.add(tx, tx.user_id, done, creation.fingerprint))
    await lifecycle.count(tx, added)
    return added


def _end_of(new: PastSession, begin: datetime) -> datetime | None:
    """Return the end if exactly one of `endedAt` and `minutes` is given."""
    if (new.ended_at is None) is (new.minutes is None):
        return None
    return new.ended_at.replace(microsecond=0) if new.ended_at else begin + timedelta(minutes=new.minutes or 0)


def _faults(new: PastSession, begin: datetime, end: datetime | None, *, now: datetime) -> list[Fault]:
    faults = []
    if begin < now - MAX_AGE:
        faults.append(Fault("/startedAt", "too_long_ago", "Must be within the last seven days."))
    if begin > now:
        faults.append(Fault("/startedAt", "in_the_future", "Must not be in the future."))
    end_pointer = "/endedAt" if new.ended_at else "/minutes"
    if end is None:
        faults.append(Fault("/minutes", "one_of_two", "Provide exactly one of `endedAt` and `minutes`."))
    elif not MIN_LENGTH <= end - begin <= MAX_LENGTH:
        faults.append(Fault(end_pointer, "out_of_range", "A session must take 5 to 240 minutes."))
    elif begin <= now < end:
        faults.append(Fault(end_pointer, "in_the_future", "Must not be in the future."))
    return faults
