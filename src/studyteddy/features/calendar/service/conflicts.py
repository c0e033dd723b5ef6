"""What happened when a focus session was changed here and in a calendar: a list that the student can reverse."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

from studyteddy import events
from studyteddy.features.calendar.schemas.conflicts import (
    CalendarConflict,
    CantReverse,
    ConflictQuery,
    NoSuchConflict,
    Planned,
)
from studyteddy.features.calendar.service import accounts
from studyteddy.features.calendar.store import copies as store
from studyteddy.features.focus.schemas.commands import Command
from studyteddy.features.focus.schemas.sessions import SessionChanges
from studyteddy.features.focus.service import commands, sessions
from studyteddy.platform.db.statements import Reader
from studyteddy.platform.db.transaction import Tx
from studyteddy.platform.errors import Problem
from studyteddy.platform.web.pagination import Cursors, Page, rows_of


async def page(reader: Reader, user_id: UUID, query: ConflictQuery, cursors: Cursors) -> Page[CalendarConflict]:
    """Return the conflicts, the latest first."""
    name = "calendar:conflicts"
    after = cursors.read(query.cursor, name, query)
    return cursors.page(await store.conflicts(reader, user_id, after=after, limit=rows_of(query)), query, name)


async def reverse(tx: Tx, conflict_id: UUID) -> CalendarConflict:
    """Choose the other change of a conflict, here and in the calendar; raise 404, 409 `cant_reverse`."""
    await tx.lock_user()
    conflict = await store.lock_conflict(tx, tx.user_id, conflict_id)
    if conflict is None:
        raise NoSuchConflict()
    if conflict.reversed_at is not None:
        return conflict
    planned = await store.planned_session(tx, tx.user_id, conflict.session_id)
    if planned is None or not _is_as_kept(conflict, planned):
        raise CantReverse()
    try:
        await _reverse(tx, conflict)
    except Problem as fault:
        raise CantReverse() from fault
    reversed_ = await store.reversed_(tx, tx.user_id, conflict_id)
    await accounts.ask(tx, conflict.account_id)
    tx.publish(events.CalendarConflictFound(conflict_id, reversed=True), reversed_)
    return reversed_


async def _reverse(tx: Tx, conflict: CalendarConflict) -> None:
    if conflict.kind == "title":
        await store.set_own_title(tx, tx.user_id, conflict.account_id, conflict.session_id, conflict.there)
    elif conflict.kind == "deleted":
        await commands.cancel(tx, conflict.session_id, Command())
    else:
        start, end = _time(conflict.here if conflict.kept == "there" else conflict.there)
        if not accounts.SHORTEST <= end - start <= accounts.LONGEST:
            raise CantReverse()
        minutes = round((end - start).total_seconds() / 60)
        changes = SessionChanges(scheduled_at=start, planned_minutes=minutes)
        await sessions.update(tx, conflict.session_id, changes, if_match=None)


def _is_as_kept(conflict: CalendarConflict, planned: Planned) -> bool:
    """Return whether a session still has the time that was kept; only then is the other one an alternative."""
    if conflict.kind == "title":
        return True
    kept = conflict.there if conflict.kept == "there" else conflict.here
    start = planned.starts_at.replace(microsecond=0)
    return _time(kept) == (start, start + timedelta(minutes=planned.minutes))


def _time(words: str) -> tuple[datetime, datetime]:
    """Return the two instants of a conflict; raise 409 if there are none."""
    try:
        start, end = (datetime.fromisoformat(one) for one in words.split("/"))
    except ValueError:
        raise CantReverse() from None
    return start, end
