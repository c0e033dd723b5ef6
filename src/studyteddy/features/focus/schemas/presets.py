"""Requests, responses and errors for focus presets."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

import msgspec
from msgspec import UNSET, Meta, UnsetType

from studyteddy.platform.errors import Conflict, Invalid, NotFound
from studyteddy.platform.fields import NewId, Version, name_of

Name = Annotated[str, name_of(100, "Evenings")]
Work = Annotated[int, Meta(ge=5, le=240)]
Break = Annotated[int, Meta(ge=1, le=240, description="Can't be longer than the work.")]
Cycles = Annotated[int, Meta(ge=1, le=12, description="The number of work phases before a long break.")]


class Preset(msgspec.Struct, frozen=True, rename="camel"):
    """A preset: work and short breaks, with a long break after `cycles` phases of work."""

    id: UUID
    name: str
    work_minutes: int
    short_break_minutes: int
    long_break_minutes: int
    cycles: int
    built_in: bool
    version: Version


class PresetList(msgspec.Struct, frozen=True, rename="camel"):
    """All presets: the built-in ones, then the user's own by name."""

    items: list[Preset]
    next_cursor: None = None


class NewPreset(msgspec.Struct, frozen=True, rename="camel", forbid_unknown_fields=True):
    """A preset to create; its name is unique among the user's own, ignoring case."""

    name: Name
    work_minutes: Work
    short_break_minutes: Break
    long_break_minutes: Break
    cycles: Cycles = 4
    id: NewId | None = None


class PresetChanges(msgspec.Struct, frozen=True, rename="camel", forbid_unknown_fields=True):
    """Fields to change; absent fields are unchanged. Existing sessions keep their durations."""

    name: Name | UnsetType = UNSET
    work_minutes: Work | UnsetType = UNSET
    short_break_minutes: Break | UnsetType = UNSET
    long_break_minutes: Break | UnsetType = UNSET
    cycles: Cycles | UnsetType = UNSET


class NoSuchPreset(NotFound):
    """Preset not found."""


class UnknownPreset(Invalid):
    """Preset not found."""


UnknownPreset.code = "no_such_preset"


class PresetNameTaken(Conflict):
    """You already have a preset with this name."""


PresetNameTaken.code = "name_taken"


class TooManyPresets(Conflict):
    """You can have at most 20 presets. Delete one first."""


class BuiltInPreset(Conflict):
    """This preset is built in. It can't be changed or deleted."""
