"""Admin: accounts as operators see them."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

import msgspec

from studyteddy.platform.errors import Conflict, NotFound
from studyteddy.platform.fields import StoredEmail


class UserQuery(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The account to find."""

    email: StoredEmail


class SupportedUser(msgspec.Struct, frozen=True, rename="camel"):
    """An account as operators see it, without the student's content."""

    id: UUID
    email: str
    role: str
    email_verified: bool
    disabled: bool
    created_at: datetime


class NoSuchUser(NotFound):
    """User not found."""


class NotYourself(Conflict):
    """You can't disable or enable your own account."""
