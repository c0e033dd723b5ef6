"""Merge patches: absent is not null (RFC 7396)."""

from __future__ import annotations

from typing import TypeVar

import msgspec

S = TypeVar("S", bound=msgspec.Struct)


def merged(current: S, changes: msgspec.Struct) -> S:
    """`current` with the fields that `changes` gives."""
    given = {
        name: value for name in changes.__struct_fields__ if (value := getattr(changes, name)) is not msgspec.UNSET
    }
    return msgspec.structs.replace(current, **given)
