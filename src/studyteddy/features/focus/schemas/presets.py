"""A preset: the rhythm of work and breaks."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

import msgspec
from msgspec import UNSET, Meta, UnsetType

from studyteddy.platform.errors import Conflict, Invalid, NotFound
from studyteddy.platform.fields import NAME

Name = Annotated[str, Meta(min_length=1, max_length=100, pattern=NAME, examples=["Evenings"])]
Work = Annotated[int, Meta(ge=5, le=240)]
Break = Annotated[int, Meta(ge=1, le=240, description="At most as long as the work.")]
Cycles = Annotated[int, Meta(ge=1, le=12, description="Phases of work before a long break.")]


class Preset(msgspec.Struct, frozen=True, rename="camel"):
    """A rhythm: work, a short break, and after some `cycles` of work a long break instead."""

    id: UUID
    name: str
    work_minutes: int
    short_break_minutes: int
    long_break_minutes: int
    cycles: int
    built_in: bool


class PresetList(msgspec.Struct, frozen=True, rename="camel"):
    """The built-in presets, then one's own by name; all of them."""

    items: list[Preset]
    next_cursor: None = None


class NewPreset(msgspec.Struct, frozen=True, rename="camel", forbid_unknown_fields=True):
    """A preset to add; its name is unique among one's own, whatever its case."""

    name: Name
    work_minutes: Work
    short_break_minutes: Break
    long_break_minutes: Break
    cycles: Cycles = 4


class PresetChanges(msgspec.Struct, frozen=True, rename="camel", forbid_unknown_fields=True):
    """What to change; what is absent stays. Sessions keep the rhythm that they were made with."""

    name: Name | UnsetType = UNSET
    work_minutes: Work | UnsetType = UNSET
    short_break_minutes: Break | UnsetType = UNSET
    long_break_minutes: Break | UnsetType = UNSET
    cycles: Cycles | UnsetType = UNSET


class NoSuchPreset(NotFound):
    """There is nothing here."""


class UnknownPreset(Invalid):
    """There is no such preset."""


UnknownPreset.code = "no_such_preset"


class PresetNameTaken(Conflict):
    """You have a preset of this name already."""


PresetNameTaken.code = "name_taken"


class TooManyPresets(Conflict):
    """You have 20 presets: delete one first."""


class BuiltInPreset(Conflict):
    """This preset is built in: it cannot be changed or deleted."""
