"""Actions on single focus sessions and their list. A forgotten session reads as ended even before that is stored."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

import msgspec

from studyteddy import events
from studyteddy.features.auth.service import profile
from studyteddy.features.focus.schemas.commands import WrongState
from studyteddy.features.focus.schemas.sessions import CurrentSession, FocusQuery, FocusSession, SessionChanges
from studyteddy.features.focus.service import lifecycle, timeline
from studyteddy.features.focus.store import sessions as store
from studyteddy.features.tasks.service import tasks
from studyteddy.platform.db.statements import Reader
from studyteddy.platform.db.transaction import Tx
from studyteddy.platform.errors import Invalid
from studyteddy.platform.event import Deleted
from studyteddy.platform.local_time.dates import check_range
from studyteddy.platform.web import etags
from studyteddy.platform.web.merge_patch import merged
from studyteddy.platform.web.pagination import Cursors, Page, rows_of


async def page(
    reader: Reader, user_id: UUID, query: FocusQuery, cursors: Cursors, *, now: datetime
) -> Page[FocusSession]:
    """Return the student's sessions, latest start first."""
    check_range("?updatedFrom", query.updated_from)
    after = cursors.read(query.cursor, "focus", query)
    rows = await store.page(reader, user_id, query, after=after, limit=rows_of(query), now=now)
    return cursors.page([(timeline.state_at(one, now), key) for one, key in rows], query, "focus")


async def get(reader: Reader, user_id: UUID, session_id: UUID, *, now: datetime) -> FocusSession:
    """Return a session; raise 404 if it doesn't exist."""
    return timeline.state_at(lifecycle.found(await store.get(reader, user_id, session_id)), now)


async def is_forgotten(reader: Reader, user_id: UUID, session_id: UUID) -> bool:
    """Return whether the session exists and was ended because it was forgotten."""
    session = await store.get(reader, user_id, session_id)
    return session is not None and session.ended_by == "forgotten"


async def current(reader: Reader, user_id: UUID, *, now: datetime) -> CurrentSession:
    """Return the running session and its phase."""
    running = await store.running(reader, user_id)
    if running is None or timeline.overdue(running, now):
        return CurrentSession(None, None, now)
    return CurrentSession(running, timeline.phase(running, now), now)


async def update(tx: Tx, session_id: UUID, changes: SessionChanges, *, if_match: str | None) -> FocusSession:
    """Update the details of a session, or the plan of a scheduled one; raise 404, 409, 412, 422."""
    current = await lifecycle.lock(tx, session_id)
    etags.check(if_match, current)
    changed = merged(current, changes)
    if changed == current:
        return current
    if _plan(changed) != _plan(current):
        changed = await _planned_anew(tx, current, changed)
    changed = msgspec.structs.replace(changed, updated_at=tx.now)
    session = lifecycle.found(await store.update(tx, tx.user_id, changed))
    tx.publish(events.FocusUpdated(session.id), session)
    return session


async def delete(tx: Tx, session_id: UUID, *, if_match: str | None) -> None:
    """Delete a session in any state and undo what it counted; raise 404, 412."""
    session = await lifecycle.lock(tx, session_id)
    etags.check(if_match, session)
    subject_id = await store.delete(tx, tx.user_id, session_id)
    if session.task_id is not None and session.effective_minutes:
        await tasks.add_minutes(tx, session.task_id, -session.effective_minutes)
    fields = (session_id, subject_id, session.day, session.effective_minutes, session.late)
    tx.publish(events.FocusDeleted(*fields), Deleted(session_id))


def _plan(session: FocusSession) -> tuple[datetime | None, int]:
    return session.scheduled_at, session.planned_minutes


async def _planned_anew(tx: Tx, current: FocusSession, changed: FocusSession) -> FocusSession:
    """Return the session with its new plan; raise 409 if it has started, 422."""
    if current.status != "scheduled":
        raise WrongState(f"You can't move or resize a session that is {current.status}.")
    assert changed.scheduled_at is not None
    if changed.scheduled_at != current.scheduled_at and (
        faults := lifecycle.start_faults(changed.scheduled_at, now=tx.now)
    ):
        raise Invalid(faults=faults)
    boundary = await profile.day_boundary(tx, tx.user_id)
    day, at = boundary.date_of(changed.scheduled_at), tx.now.replace(microsecond=0)
    return msgspec.structs.replace(changed, day=day, last_command_at=at)
