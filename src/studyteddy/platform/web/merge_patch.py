"""Merge patches (RFC 7396): an absent field differs from null."""

from __future__ import annotations

from typing import TypeVar

import msgspec

S = TypeVar("S", bound=msgspec.Struct)


def merged(current: S, changes: msgspec.Struct) -> S:
    """Return `current` with the fields that are set in `changes`."""
    updates = {
        name: value for name in changes.__struct_fields__ if (value := getattr(changes, name)) is not msgspec.UNSET
    }
    return msgspec.structs.replace(current, **updates)
