"""What focus takes in and gives out, by noun: sessions, what can be asked of them, and presets."""

from studyteddy.features.focus.schemas.asked import (
    Command,
    Completion,
    Extension,
    FocusQuery,
    NewFocusSession,
    NewInterruption,
    PastSession,
    SessionChanges,
)
from studyteddy.features.focus.schemas.presets import (
    BuiltInPreset,
    NewPreset,
    NoSuchPreset,
    Preset,
    PresetChanges,
    PresetList,
    PresetNameTaken,
    TooManyPresets,
    UnknownPreset,
)
from studyteddy.features.focus.schemas.session import (
    AlreadyRunning,
    CurrentSession,
    FocusSession,
    Interruption,
    NoSuchSession,
    Overlapping,
    Phase,
    StaleSession,
    TooManyInterruptions,
    WrongState,
)

__all__ = [
    "AlreadyRunning", "BuiltInPreset", "Command", "Completion", "CurrentSession", "Extension", "FocusQuery",
    "FocusSession", "Interruption", "NewFocusSession", "NewInterruption", "NewPreset", "NoSuchPreset",
    "NoSuchSession", "Overlapping", "PastSession", "Phase", "Preset", "PresetChanges", "PresetList",
    "PresetNameTaken", "SessionChanges", "StaleSession", "TooManyInterruptions", "TooManyPresets", "UnknownPreset",
    "WrongState",
]  # fmt: skip
