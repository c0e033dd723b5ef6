"""Actions on focus presets, built-in and the user's own."""

from __future__ import annotations

from uuid import UUID

from studyteddy import events
from studyteddy.features.focus.schemas.presets import (
    BuiltInPreset,
    NewPreset,
    NoSuchPreset,
    Preset,
    PresetChanges,
    PresetList,
    PresetNameTaken,
    TooManyPresets,
)
from studyteddy.features.focus.store import presets as store
from studyteddy.features.focus.store.presets import MAX_PRESETS
from studyteddy.platform.creation import IdTaken, creation_of, repeated
from studyteddy.platform.db.statements import Reader
from studyteddy.platform.db.transaction import Tx
from studyteddy.platform.errors import Fault, Invalid
from studyteddy.platform.event import Deleted
from studyteddy.platform.web import etags
from studyteddy.platform.web.merge_patch import merged

CLASSIC = Preset(UUID("00000000-0000-7000-8000-000000000001"), "Pomodoro", 25, 5, 15, 4, True, 1)
BUILT_IN = {
    one.id: one
    for one in (
        CLASSIC,
        Preset(UUID("00000000-0000-7000-8000-000000000002"), "Deep work", 90, 15, 30, 2, True, 1),
        Preset(UUID("00000000-0000-7000-8000-000000000003"), "Short sprints", 15, 3, 10, 3, True, 1),
        Preset(UUID("00000000-0000-7000-8000-000000000004"), "School hours", 45, 10, 20, 3, True, 1),
        Preset(UUID("00000000-0000-7000-8000-000000000005"), "Long sprints", 50, 10, 25, 4, True, 1),
    )
}


async def page(reader: Reader, user_id: UUID) -> PresetList:
    """Return the built-in presets, then the user's own by name."""
    return PresetList([*BUILT_IN.values(), *await store.of_user(reader, user_id)])


async def get(reader: Reader, user_id: UUID, preset_id: UUID) -> Preset:
    """Return a preset; raise 404 if it doesn't exist."""
    return _found(BUILT_IN.get(preset_id) or await store.get(reader, user_id, preset_id))


async def add(tx: Tx, new: NewPreset) -> Preset:
    """Add a preset; raise 409 `id_taken`, `name_taken` or `too_many_presets`, 422."""
    check_breaks(new)
    creation = creation_of(new, now=tx.now)
    if creation.id in BUILT_IN:
        raise IdTaken()
    await tx.act_as(tx.user_id, alone=True)  # protects the limit from races
    existing = await repeated(tx, creation, store)
    if existing is not None:
        return existing
    if await store.count(tx, tx.user_id) >= MAX_PRESETS:
        raise TooManyPresets()
    preset = await store.add(tx, tx.user_id, creation, new, at=tx.now)
    if preset is None:
        raise PresetNameTaken()
    tx.publish(events.PresetCreated(preset.id), preset)
    return preset


async def update(tx: Tx, preset_id: UUID, changes: PresetChanges, *, if_match: str | None) -> Preset:
    """Change the given fields; raise 404, 409 `name_taken` or `built_in_preset`, 412, 422."""
    current = await _own(tx, preset_id)
    etags.check(if_match, current)
    changed = merged(current, changes)
    check_breaks(changed)
    if changed == current:
        return current
    preset = await store.update(tx, tx.user_id, changed, at=tx.now)
    if preset is None:
        raise PresetNameTaken()
    tx.publish(events.PresetUpdated(preset_id), preset)
    return preset


async def delete(tx: Tx, preset_id: UUID, *, if_match: str | None) -> None:
    """Delete a preset; its sessions keep their durations. Raise 404, 409 `built_in_preset`, 412."""
    etags.check(if_match, await _own(tx, preset_id))
    await store.delete(tx, tx.user_id, preset_id)
    tx.publish(events.PresetDeleted(preset_id), Deleted(preset_id))


def check_breaks(preset: Preset | NewPreset) -> None:
    """Raise 422 for breaks that are longer than the work."""
    breaks = {"/shortBreakMinutes": preset.short_break_minutes, "/longBreakMinutes": preset.long_break_minutes}
    faults = [
        Fault(pointer, "longer_than_work", "A break can't be longer than the work.")
        for pointer, minutes in breaks.items()
        if minutes > preset.work_minutes
    ]
    if faults:
        raise Invalid(faults=faults)


async def _own(tx: Tx, preset_id: UUID) -> Preset:
    if preset_id in BUILT_IN:
        raise BuiltInPreset()
    return _found(await store.lock(tx, tx.user_id, preset_id))


def _found(preset: Preset | None) -> Preset:
    if preset is None:
        raise NoSuchPreset()
    return preset
