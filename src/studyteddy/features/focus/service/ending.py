"""How a session comes to count: ended by its student, or forgotten."""

from __future__ import annotations

from contextlib import suppress
from uuid import UUID

from studyteddy import events
from studyteddy.features.focus.schemas import FocusSession, NoSuchSession
from studyteddy.features.focus.service import timeline
from studyteddy.features.focus.store import sessions as store
from studyteddy.features.tasks import service as tasks
from studyteddy.platform.db import Database, Tx
from studyteddy.platform.errors import Unavailable
from studyteddy.platform.identity import Identity

_MOST_ENDED = 500


async def take(tx: Tx, session_id: UUID) -> FocusSession:
    """The session, locked behind its task, as it is by now: a forgotten one is ended first; raises 404."""
    seen = found(await store.get(tx, tx.user_id, session_id))
    if seen.task_id is not None:
        await tasks.hold(tx, seen.task_id)
    session = found(await store.lock(tx, tx.user_id, session_id))
    return await _end(tx, session) if timeline.overdue(session, tx.now) else session


async def count(tx: Tx, session: FocusSession) -> None:
    """Lets a session that was just completed count: for its task at once, for the rest by its event."""
    if session.task_id is not None and session.effective_minutes:
        await tasks.add_minutes(tx, session.task_id, session.effective_minutes)
    earns = session.ended_by == "user" and not session.backfilled
    told = (session.id, session.subject_id, session.day, session.effective_minutes)
    tx.publish(events.FocusCompleted(*told, earns=earns, late=session.late), session)


async def end_forgotten(tx: Tx) -> None:
    """Ends the session that the transaction's user forgot, if there is one."""
    running = await store.running(tx, tx.user_id)
    if running is not None and timeline.overdue(running, tx.now):
        with suppress(NoSuchSession):  # deleted just now
            await take(tx, running.id)


async def end_all_forgotten(db: Database) -> int:
    """Ends every forgotten session as its student; gives their number. One that is busy waits for the next time."""
    async with db.system("tidy") as tx:
        students = await store.overdue(tx, at=tx.now, most=_MOST_ENDED)
    ended = 0
    for user_id in students:
        try:
            async with db.transaction(Identity(user_id, user_id)) as tx:
                await tx.in_turn()
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
    ended = found(await store.update(tx, tx.user_id, timeline.forgotten(session)))
    assert ended.ended_at is not None
    await count(tx, ended)
    tx.publish(events.FocusForgotten(ended.id, ended.ended_at, ended.effective_minutes))
    return ended
