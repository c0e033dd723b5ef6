"""HTTP routes for the commands on focus sessions."""

from __future__ import annotations

from uuid import UUID

from studyteddy.features.focus.schemas.backfill import Overlapping
from studyteddy.features.focus.schemas.commands import (
    BeforeLastCommand,
    Command,
    Completion,
    Extension,
    NewInterruption,
    StaleSession,
    TooManyInterruptions,
    WrongState,
)
from studyteddy.features.focus.schemas.sessions import AlreadyRunning, FocusSession
from studyteddy.features.focus.service import commands
from studyteddy.platform.db.transaction import Tx
from studyteddy.platform.web.routing import Router

router = Router("/api/focus-sessions", tag="focus")
_CONFLICTS = (StaleSession, WrongState, BeforeLastCommand)
_CONFLICTS_IF_RUNNING = (*_CONFLICTS, AlreadyRunning, Overlapping)
"""Of commands after which the session runs; `at` may be in the time of another one."""


@router.post("/{focus_session_id}/start", errors=_CONFLICTS_IF_RUNNING)
async def start_focus_session(tx: Tx, focus_session_id: UUID, body: Command | None = None) -> FocusSession:
    """Start a scheduled focus session."""
    return await commands.start(tx, focus_session_id, body or Command())


@router.post("/{focus_session_id}/pause", errors=_CONFLICTS_IF_RUNNING)
async def pause_focus_session(tx: Tx, focus_session_id: UUID, body: Command | None = None) -> FocusSession:
    """Pause a focus session. Pausing it again has no effect."""
    return await commands.pause(tx, focus_session_id, body or Command())


@router.post("/{focus_session_id}/resume", errors=_CONFLICTS_IF_RUNNING)
async def resume_focus_session(tx: Tx, focus_session_id: UUID, body: Command | None = None) -> FocusSession:
    """Resume a paused focus session."""
    return await commands.resume(tx, focus_session_id, body or Command())


@router.post("/{focus_session_id}/extend", errors=_CONFLICTS_IF_RUNNING)
async def extend_focus_session(tx: Tx, focus_session_id: UUID, body: Extension) -> FocusSession:
    """Extend a focus session by minutes of work."""
    return await commands.extend(tx, focus_session_id, body)


@router.post("/{focus_session_id}/interruptions", errors=(*_CONFLICTS_IF_RUNNING, TooManyInterruptions))
async def note_interruption(tx: Tx, focus_session_id: UUID, body: NewInterruption | None = None) -> FocusSession:
    """Record an interruption of a running focus session."""
    return await commands.interrupt(tx, focus_session_id, body or NewInterruption())


@router.post("/{focus_session_id}/complete", errors=(*_CONFLICTS, Overlapping))
async def complete_focus_session(tx: Tx, focus_session_id: UUID, body: Completion | None = None) -> FocusSession:
    """Complete a focus session and count its minutes. Completing it again has no effect."""
    return await commands.complete(tx, focus_session_id, body or Completion())


@router.post("/{focus_session_id}/cancel", errors=_CONFLICTS)
async def cancel_focus_session(tx: Tx, focus_session_id: UUID, body: Command | None = None) -> FocusSession:
    """Cancel a focus session. It does not count."""
    return await commands.cancel(tx, focus_session_id, body or Command())
