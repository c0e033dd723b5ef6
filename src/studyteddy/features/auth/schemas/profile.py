"""Profile and preferences."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec
from msgspec import UNSET, Meta, UnsetType

from studyteddy.features.auth.schemas.accounts import User
from studyteddy.platform.fields import END, PersonName, Zone

DayStart = Annotated[
    str,
    Meta(
        min_length=5,
        max_length=5,
        pattern=rf"^([01][0-9]|2[0-3]):[0-5][0-9]{END}",
        extra={"form": "Must be a time such as 04:00."},
        examples=["04:00"],
    ),
]
Locale = Annotated[
    str,
    Meta(
        max_length=35,
        pattern=rf"^[a-z]{{2,3}}(-[A-Za-z0-9]{{2,8}})*{END}",
        extra={"form": "Must be a language tag such as de-AT."},
        examples=["de-AT"],
    ),
]


class ProfileChanges(msgspec.Struct, frozen=True, rename="camel", forbid_unknown_fields=True):
    """The fields of the account to change; omitted fields stay unchanged. A new time zone applies from now on."""

    name: PersonName | UnsetType = UNSET
    time_zone: Zone | UnsetType = UNSET
    day_start: DayStart | UnsetType = UNSET
    locale: Locale | UnsetType = UNSET
    week_start: Annotated[int, Meta(ge=1, le=7)] | UnsetType = UNSET


Theme = Literal["system", "light", "dark"]
Font = Literal["figtree", "atkinson"]
Language = Literal["en", "de", "ar", "es", "fr"]


class Preferences(msgspec.Struct, frozen=True, rename="camel", forbid_unknown_fields=True):
    """Appearance and behaviour of the app, on all devices."""

    theme: Theme = "system"
    reduced_motion: bool = False
    compact_lists: bool = False
    hide_points: Annotated[bool, Meta(description="Hide points, levels and streaks everywhere.")] = False
    language: Annotated[Language | None, Meta(description="The language of the app; null is the browser's.")] = None
    font: Font = "figtree"
    hide_teddy: Annotated[bool, Meta(description="Hide the drawings of the bear.")] = False
    sounds: bool = False
    single_keys: Annotated[bool, Meta(description="Whether keys without Ctrl, Alt or Meta are shortcuts.")] = True
    onboarded: Annotated[bool, Meta(description="Whether the introduction was finished or skipped.")] = False


class Profile(User, frozen=True, rename="camel"):
    """Your account, and with `include=preferences` your preferences."""

    preferences: Annotated[Preferences | UnsetType, Meta(description="With `include=preferences`.")] = UNSET


class ProfileQuery(msgspec.Struct, frozen=True, rename="camel", forbid_unknown_fields=True):
    """What comes with the account."""

    include: Annotated[Literal["preferences"] | None, Meta(description="Whether the preferences come with it.")] = None


class PreferenceChanges(msgspec.Struct, frozen=True, rename="camel", forbid_unknown_fields=True):
    """The preferences to change; omitted ones stay unchanged."""

    theme: Theme | UnsetType = UNSET
    reduced_motion: bool | UnsetType = UNSET
    compact_lists: bool | UnsetType = UNSET
    hide_points: bool | UnsetType = UNSET
    language: Language | UnsetType | None = UNSET
    font: Font | UnsetType = UNSET
    hide_teddy: bool | UnsetType = UNSET
    sounds: bool | UnsetType = UNSET
    single_keys: bool | UnsetType = UNSET
    onboarded: bool | UnsetType = UNSET
