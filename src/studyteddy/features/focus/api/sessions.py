"""HTTP routes for focus sessions."""

from __future__ import annotations

from uuid import UUID

from studyteddy.features.focus.schemas.backfill import Overlapping
from studyteddy.features.focus.schemas.commands import WrongState
from studyteddy.features.focus.schemas.presets import UnknownPreset
from studyteddy.features.focus.schemas.sessions import (
    AlreadyRunning,
    CurrentSession,
    FocusQuery,
    FocusSession,
    NewFocusSession,
    SessionChanges,
)
from studyteddy.features.focus.service import commands, sessions
from studyteddy.features.subjects.schemas import UnknownSubject
from studyteddy.features.tasks.schemas.tasks import UnknownTask
from studyteddy.platform.creation import IdTaken
from studyteddy.platform.db.database import Database
from studyteddy.platform.db.transaction import Tx
from studyteddy.platform.identity import Identity
from studyteddy.platform.web.pagination import Cursors, Page
from studyteddy.platform.web.routing import Router

router = Router("/api/focus-sessions", tag="focus")


@router.get()
async def list_focus_sessions(
    db: Database, cursors: Cursors, identity: Identity, query: FocusQuery
) -> Page[FocusSession]:
    """List your focus sessions, latest start first."""
    return await sessions.page(db.reading(identity), identity.user_id, query, cursors, now=db.clock())


@router.post(status=201, errors=(AlreadyRunning, IdTaken, Overlapping, UnknownTask, UnknownSubject, UnknownPreset))
async def create_focus_session(tx: Tx, body: NewFocusSession) -> FocusSession:
    """Start a focus session, or schedule one with `startAt`."""
    return await commands.begin(tx, body)


@router.get("/current")
async def get_current_session(db: Database, identity: Identity) -> CurrentSession:
    """Get the running focus session and its phase."""
    return await sessions.current(db.reading(identity), identity.user_id, now=db.clock())


@router.get("/{focus_session_id}")
async def get_focus_session(db: Database, identity: Identity, focus_session_id: UUID) -> FocusSession:
    """Get a focus session."""
    return await sessions.get(db.reading(identity), identity.user_id, focus_session_id, now=db.clock())


@router.patch("/{focus_session_id}", errors=(WrongState,))
async def update_focus_session(
    tx: Tx, focus_session_id: UUID, body: SessionChanges, if_match: str | None
) -> FocusSession:
    """Update the ratings, notes and interruptions of a focus session, or move and resize a scheduled one."""
    return await sessions.update(tx, focus_session_id, body, if_match=if_match)


@router.delete("/{focus_session_id}")
async def delete_focus_session(tx: Tx, focus_session_id: UUID, if_match: str | None) -> None:
    """Delete a focus session. Its minutes are subtracted from its task and your statistics."""
    await sessions.delete(tx, focus_session_id, if_match=if_match)
