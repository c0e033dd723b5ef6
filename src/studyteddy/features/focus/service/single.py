"""Single sessions and their history. What was forgotten reads as ended, whether that was written down yet or not."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

import msgspec

from studyteddy import events
from studyteddy.features.focus.schemas import CurrentSession, FocusQuery, FocusSession, SessionChanges
from studyteddy.features.focus.service import timeline
from studyteddy.features.focus.service.ending import found, take
from studyteddy.features.focus.store import sessions as store
from studyteddy.features.tasks import service as tasks
from studyteddy.platform import versions
from studyteddy.platform.changes import merged
from studyteddy.platform.db import Reader, Tx
from studyteddy.platform.event import Gone
from studyteddy.platform.pages import Cursors, Page


async def page(
    reader: Reader, user_id: UUID, query: FocusQuery, cursors: Cursors, *, now: datetime
) -> Page[FocusSession]:
    """The student's sessions, the latest begin first."""
    after = cursors.read(query.cursor, "focus", query)
    rows = await store.page(reader, user_id, query, after=after, limit=query.limit + 1, now=now)
    return cursors.page([(timeline.seen(one, now), key) for one, key in rows], query, "focus")


async def get(reader: Reader, user_id: UUID, session_id: UUID, *, now: datetime) -> FocusSession:
    """One session; raises 404."""
    return timeline.seen(found(await store.get(reader, user_id, session_id)), now)


async def current(reader: Reader, user_id: UUID, *, now: datetime) -> CurrentSession:
    """The session that runs, and what it is in."""
    running = await store.running(reader, user_id)
    if running is None or timeline.overdue(running, now):
        return CurrentSession(None, None, now)
    return CurrentSession(running, timeline.phase(running, now), now)


async def update(tx: Tx, session_id: UUID, changes: SessionChanges, *, if_match: str | None) -> FocusSession:
    """Changes what is said of a session; raises 404, 412."""
    current = await take(tx, session_id)
    versions.check(if_match, current)
    changed = merged(current, changes)
    if changed == current:
        return current
    changed = msgspec.structs.replace(changed, version=current.version + 1, updated_at=tx.now)
    session = found(await store.update(tx, tx.user_id, changed))
    tx.publish(events.FocusUpdated(session.id), session)
    return session


async def delete(tx: Tx, session_id: UUID, *, if_match: str | None) -> None:
    """Deletes a session in any state, and takes back what it counted; raises 404, 412."""
    session = await take(tx, session_id)
    versions.check(if_match, session)
    subject_id = await store.delete(tx, tx.user_id, session_id)
    if session.task_id is not None and session.effective_minutes:
        await tasks.add_minutes(tx, session.task_id, -session.effective_minutes)
    told = (session_id, subject_id, session.day, session.effective_minutes, session.late)
    tx.publish(events.FocusDeleted(*told), Gone(session_id))
