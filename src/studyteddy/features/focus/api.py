"""HTTP of focus sessions and presets."""

from __future__ import annotations

from uuid import UUID

from studyteddy.features.focus import service
from studyteddy.features.focus.schemas import (
    AlreadyRunning,
    BuiltInPreset,
    Command,
    Completion,
    CurrentSession,
    Extension,
    FocusQuery,
    FocusSession,
    NewFocusSession,
    NewInterruption,
    NewPreset,
    Overlapping,
    PastSession,
    Preset,
    PresetChanges,
    PresetList,
    PresetNameTaken,
    SessionChanges,
    StaleSession,
    TooManyInterruptions,
    TooManyPresets,
    UnknownPreset,
    WrongState,
)
from studyteddy.features.subjects.schemas import UnknownSubject
from studyteddy.features.tasks.schemas import UnknownTask
from studyteddy.platform.db import Database
from studyteddy.platform.identity import Identity
from studyteddy.platform.pages import Cursors, Page
from studyteddy.platform.web import Router

router = Router("/api/focus-sessions", tag="focus")
presets = Router("/api/focus-presets", tag="focus")


@router.get()
async def list_focus_sessions(
    db: Database, cursors: Cursors, identity: Identity, query: FocusQuery
) -> Page[FocusSession]:
    """Your focus sessions, the latest begin first."""
    return await service.page(db.reading(identity), identity.user_id, query, cursors, now=db.clock())


@router.post(status=201, errors=(AlreadyRunning, UnknownTask, UnknownSubject, UnknownPreset))
async def create_focus_session(db: Database, identity: Identity, body: NewFocusSession) -> FocusSession:
    """Start a focus session, or plan one with `startAt`."""
    async with db.transaction(identity) as tx:
        return tx.reply(await service.begin(tx, body))


@router.get("/current")
async def get_current_session(db: Database, identity: Identity) -> CurrentSession:
    """The session that runs, and the phase it is in."""
    return await service.current(db.reading(identity), identity.user_id, now=db.clock())


@router.post("/past", status=201, errors=(Overlapping, UnknownTask, UnknownSubject))
async def add_past_session(db: Database, identity: Identity, body: PastSession) -> FocusSession:
    """Enter a session of the last seven days that nobody timed."""
    async with db.transaction(identity) as tx:
        return tx.reply(await service.add_past(tx, body))


@router.get("/{focus_session_id}")
async def get_focus_session(db: Database, identity: Identity, focus_session_id: UUID) -> FocusSession:
    """One focus session."""
    return await service.get(db.reading(identity), identity.user_id, focus_session_id, now=db.clock())


@router.patch("/{focus_session_id}")
async def update_focus_session(
    db: Database, identity: Identity, focus_session_id: UUID, body: SessionChanges, if_match: str | None
) -> FocusSession:
    """Change what you say of a session: ratings, notes, interruptions."""
    async with db.transaction(identity) as tx:
        return await service.update(tx, focus_session_id, body, if_match=if_match)


@router.delete("/{focus_session_id}")
async def delete_focus_session(db: Database, identity: Identity, focus_session_id: UUID, if_match: str | None) -> None:
    """Delete a session; its minutes are taken back from its task and your statistics."""
    async with db.transaction(identity) as tx:
        await service.delete(tx, focus_session_id, if_match=if_match)


@router.post("/{focus_session_id}/start", errors=(AlreadyRunning, StaleSession, WrongState))
async def start_focus_session(
    db: Database, identity: Identity, focus_session_id: UUID, body: Command | None = None
) -> FocusSession:
    """Start a session that was planned."""
    async with db.transaction(identity) as tx:
        return tx.reply(await service.start(tx, focus_session_id, body.version if body else None))


@router.post("/{focus_session_id}/pause", errors=(StaleSession, WrongState))
async def pause_focus_session(
    db: Database, identity: Identity, focus_session_id: UUID, body: Command | None = None
) -> FocusSession:
    """Pause the session. Pausing it again changes nothing."""
    async with db.transaction(identity) as tx:
        return tx.reply(await service.pause(tx, focus_session_id, body.version if body else None))


@router.post("/{focus_session_id}/resume", errors=(StaleSession, WrongState))
async def resume_focus_session(
    db: Database, identity: Identity, focus_session_id: UUID, body: Command | None = None
) -> FocusSession:
    """Go on after a pause."""
    async with db.transaction(identity) as tx:
        return tx.reply(await service.resume(tx, focus_session_id, body.version if body else None))


@router.post("/{focus_session_id}/extend", errors=(StaleSession, WrongState))
async def extend_focus_session(
    db: Database, identity: Identity, focus_session_id: UUID, body: Extension
) -> FocusSession:
    """Add minutes of work to the plan."""
    async with db.transaction(identity) as tx:
        return tx.reply(await service.extend(tx, focus_session_id, body))


@router.post("/{focus_session_id}/interruptions", errors=(StaleSession, WrongState, TooManyInterruptions))
async def note_interruption(
    db: Database, identity: Identity, focus_session_id: UUID, body: NewInterruption | None = None
) -> FocusSession:
    """Note that something came between, while the session runs."""
    async with db.transaction(identity) as tx:
        return tx.reply(await service.interrupt(tx, focus_session_id, body or NewInterruption()))


@router.post("/{focus_session_id}/complete", errors=(StaleSession, WrongState))
async def complete_focus_session(
    db: Database, identity: Identity, focus_session_id: UUID, body: Completion | None = None
) -> FocusSession:
    """Complete the session: its minutes count. Completing it again changes nothing."""
    async with db.transaction(identity) as tx:
        return tx.reply(await service.complete(tx, focus_session_id, body or Completion()))


@router.post("/{focus_session_id}/cancel", errors=(StaleSession, WrongState))
async def cancel_focus_session(
    db: Database, identity: Identity, focus_session_id: UUID, body: Command | None = None
) -> FocusSession:
    """Cancel the session: it counts for nothing."""
    async with db.transaction(identity) as tx:
        return tx.reply(await service.cancel(tx, focus_session_id, body.version if body else None))


@presets.get()
async def list_presets(db: Database, identity: Identity) -> PresetList:
    """The built-in rhythms, and your own."""
    return await service.presets(db.reading(identity), identity.user_id)


@presets.post(status=201, errors=(PresetNameTaken, TooManyPresets))
async def create_preset(db: Database, identity: Identity, body: NewPreset) -> Preset:
    """Add a rhythm of your own."""
    async with db.transaction(identity) as tx:
        return tx.reply(await service.add_preset(tx, body))


@presets.get("/{preset_id}")
async def get_preset(db: Database, identity: Identity, preset_id: UUID) -> Preset:
    """One rhythm."""
    return await service.get_preset(db.reading(identity), identity.user_id, preset_id)


@presets.patch("/{preset_id}", errors=(PresetNameTaken, BuiltInPreset))
async def update_preset(
    db: Database, identity: Identity, preset_id: UUID, body: PresetChanges, if_match: str | None
) -> Preset:
    """Change a rhythm of your own."""
    async with db.transaction(identity) as tx:
        return await service.update_preset(tx, preset_id, body, if_match=if_match)


@presets.delete("/{preset_id}", errors=(BuiltInPreset,))
async def delete_preset(db: Database, identity: Identity, preset_id: UUID, if_match: str | None) -> None:
    """Delete a rhythm of your own."""
    async with db.transaction(identity) as tx:
        await service.delete_preset(tx, preset_id, if_match=if_match)
