"""Mail tokens."""

from __future__ import annotations

from uuid import UUID

import msgspec

from studyteddy.platform.errors import Invalid


class TokenOwner(msgspec.Struct, frozen=True):
    """The user and address that a mail token belongs to."""

    user_id: UUID
    email: str


class BadMailToken(Invalid):
    """This link is invalid or has expired. Request a new one."""
