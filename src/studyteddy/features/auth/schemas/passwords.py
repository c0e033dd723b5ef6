"""Passwords."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

import msgspec
from msgspec import Meta

from studyteddy.platform.errors import Forbidden, Invalid
from studyteddy.platform.fields import Password

AnyPassword = Annotated[str, Meta(min_length=1, max_length=128)]


class PasswordChange(msgspec.Struct, frozen=True, rename="camel", forbid_unknown_fields=True):
    """Your current password and the new one."""

    current_password: AnyPassword
    new_password: Password
    revoke_api_keys: Annotated[
        bool, Meta(description="Whether to revoke all API keys; whoever knew the old password may have created one.")
    ] = True


class PasswordOnce(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Your password, to confirm a sensitive action."""

    password: AnyPassword


class ChangedPassword(msgspec.Struct, frozen=True):
    """A password that was changed: its account, the sessions that ended, and the stamp for device tokens."""

    user_id: UUID
    ended: list[UUID]
    stamp: bytes


class WrongPassword(Forbidden):
    """The current password is incorrect."""


class CommonPassword(Invalid):
    """This password is too common. Choose another one."""
