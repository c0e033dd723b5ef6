"""Avatars."""

from __future__ import annotations

from typing import Annotated

import msgspec
from msgspec import Meta

from studyteddy.platform.errors import NotFound
from studyteddy.platform.fields import END


class AvatarQuery(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`v` changes with the avatar, to invalidate caches."""

    v: Annotated[
        str,
        Meta(
            max_length=64,
            pattern=rf"^[0-9a-f]*{END}",
            extra={"message": "Can contain only digits and the letters a to f."},
        ),
    ] = ""


class NoAvatar(NotFound):
    """Avatar not found."""
