"""The rules of presets, built-in and of one's own."""

from __future__ import annotations

from uuid import UUID

from studyteddy import events
from studyteddy.features.focus.schemas import (
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
from studyteddy.platform import versions
from studyteddy.platform.changes import merged
from studyteddy.platform.db import Reader, Tx
from studyteddy.platform.errors import Fault, Invalid
from studyteddy.platform.event import Gone
from studyteddy.platform.ids import new_id

CLASSIC = Preset(UUID("00000000-0000-7000-8000-000000000001"), "Pomodoro", 25, 5, 15, 4, True)
BUILT_IN = {
    one.id: one
    for one in (
        CLASSIC,
        Preset(UUID("00000000-0000-7000-8000-000000000002"), "Deep work", 90, 15, 30, 2, True),
        Preset(UUID("00000000-0000-7000-8000-000000000003"), "Short sprints", 15, 3, 10, 3, True),
        Preset(UUID("00000000-0000-7000-8000-000000000004"), "School hours", 45, 10, 20, 3, True),
        Preset(UUID("00000000-0000-7000-8000-000000000005"), "Long sprints", 50, 10, 25, 4, True),
    )
}


async def presets(reader: Reader, user_id: UUID) -> PresetList:
    """The built-in presets, then one's own by name."""
    return PresetList([*BUILT_IN.values(), *await store.of_user(reader, user_id)])


async def get_preset(reader: Reader, user_id: UUID, preset_id: UUID) -> Preset:
    """One preset; raises 404."""
    return _found(BUILT_IN.get(preset_id) or await store.get(reader, user_id, preset_id))


async def add_preset(tx: Tx, new: NewPreset) -> Preset:
    """Adds a preset; raises 409 `name_taken` or `too_many_presets`, 422."""
    check_breaks(new)
    await tx.act_as(tx.user_id, alone=True)  # so that the number holds under any race
    if await store.count(tx, tx.user_id) >= store.MOST:
        raise TooManyPresets()
    preset = await store.add(tx, tx.user_id, new_id(), new, at=tx.now)
    if preset is None:
        raise PresetNameTaken()
    tx.publish(events.PresetCreated(preset.id), preset)
    return preset


async def update_preset(tx: Tx, preset_id: UUID, changes: PresetChanges, *, if_match: str | None) -> Preset:
    """Changes what is given; raises 404, 409 `name_taken` or `built_in_preset`, 412, 422."""
    current = await _own(tx, preset_id)
    versions.check(if_match, current)
    changed = merged(current, changes)
    check_breaks(changed)
    if changed == current:
        return current
    preset = await store.update(tx, tx.user_id, changed, at=tx.now)
    if preset is None:
        raise PresetNameTaken()
    tx.publish(events.PresetUpdated(preset_id), preset)
    return preset


async def delete_preset(tx: Tx, preset_id: UUID, *, if_match: str | None) -> None:
    """Deletes a preset; the sessions that were made with it keep its rhythm."""
    versions.check(if_match, await _own(tx, preset_id))
    await store.delete(tx, tx.user_id, preset_id)
    tx.publish(events.PresetDeleted(preset_id), Gone(preset_id))


def check_breaks(preset: Preset | NewPreset) -> None:
    """Raises 422 for breaks that are longer than the work before them."""
    breaks = {"/shortBreakMinutes": preset.short_break_minutes, "/longBreakMinutes": preset.long_break_minutes}
    faults = [
        Fault(pointer, "longer_than_work", "A break is at most as long as the work before it.")
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
