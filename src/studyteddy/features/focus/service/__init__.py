"""The actions of focus: commands on the timer, single sessions, what was done before, and presets."""

from studyteddy.features.focus.service.commands import (
    begin,
    cancel,
    complete,
    extend,
    interrupt,
    pause,
    resume,
    start,
)
from studyteddy.features.focus.service.ending import end_all_forgotten, end_forgotten
from studyteddy.features.focus.service.past import add_past
from studyteddy.features.focus.service.presets import add_preset, delete_preset, get_preset, presets, update_preset
from studyteddy.features.focus.service.single import current, delete, get, page, update

__all__ = [
    "add_past", "add_preset", "begin", "cancel", "complete", "current", "delete", "delete_preset", "end_all_forgotten",
    "end_forgotten", "extend", "get", "get_preset", "interrupt", "page", "pause", "presets", "resume", "start",
    "update", "update_preset",
]  # fmt: skip
