"""HTTP routes for focus presets."""

from __future__ import annotations

from uuid import UUID

from studyteddy.features.focus.schemas.presets import (
    BuiltInPreset,
    NewPreset,
    Preset,
    PresetChanges,
    PresetList,
    PresetNameTaken,
    TooManyPresets,
)
from studyteddy.features.focus.service import presets as presets_service
from studyteddy.platform.creation import IdTaken
from studyteddy.platform.db.database import Database
from studyteddy.platform.db.transaction import Tx
from studyteddy.platform.identity import Identity
from studyteddy.platform.web.routing import Router

router = Router("/api/focus-presets", tag="focus")


@router.get()
async def list_presets(db: Database, identity: Identity) -> PresetList:
    """List the built-in presets and your own."""
    return await presets_service.page(db.reading(identity), identity.user_id)


@router.post(status=201, errors=(IdTaken, PresetNameTaken, TooManyPresets))
async def create_preset(tx: Tx, body: NewPreset) -> Preset:
    """Create a preset."""
    return await presets_service.add(tx, body)


@router.get("/{preset_id}")
async def get_preset(db: Database, identity: Identity, preset_id: UUID) -> Preset:
    """Get a preset."""
    return await presets_service.get(db.reading(identity), identity.user_id, preset_id)


@router.patch("/{preset_id}", errors=(PresetNameTaken, BuiltInPreset))
async def update_preset(tx: Tx, preset_id: UUID, body: PresetChanges, if_match: str | None) -> Preset:
    """Update one of your presets."""
    return await presets_service.update(tx, preset_id, body, if_match=if_match)


@router.delete("/{preset_id}", errors=(BuiltInPreset,))
async def delete_preset(tx: Tx, preset_id: UUID, if_match: str | None) -> None:
    """Delete one of your presets."""
    await presets_service.delete(tx, preset_id, if_match=if_match)
