"""Sessions and signed-in devices."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Annotated
from uuid import UUID

import msgspec
from msgspec import Meta

from studyteddy.features.auth.schemas.accounts import Delivery, User
from studyteddy.features.auth.schemas.passwords import AnyPassword
from studyteddy.features.auth.schemas.two_factor import Code
from studyteddy.platform.errors import Forbidden, NotFound, SignInNeeded
from studyteddy.platform.fields import StoredEmail, Token
from studyteddy.platform.security.device_tokens import KnownDevice, password_stamp


class Credentials(msgspec.Struct, frozen=True, rename="camel", forbid_unknown_fields=True):
    """An e-mail address and a password; `code` is the two-factor code or a recovery code."""

    email: StoredEmail
    password: AnyPassword
    code: Code | None = None
    device_token: Annotated[
        Token | None,
        Meta(description="The `deviceToken` of the last sign-in on this device, unless it is in the cookie."),
    ] = None
    delivery: Delivery = "body"


class RefreshRequest(msgspec.Struct, frozen=True, rename="camel", forbid_unknown_fields=True):
    """A refresh token, unless it is sent in the cookie."""

    refresh_token: Token | None = None


class SignedIn(msgspec.Struct, frozen=True, rename="camel", omit_defaults=True):
    """A session and its tokens. Send `accessToken` as a bearer token; it expires in `expiresIn` seconds.

    Keep `deviceToken` after signing out, and send it when you sign in again: wrong guesses from other devices then
    don't delay this one.
    """

    user: User
    access_token: str
    expires_in: int
    refresh_token: str | None = None
    device_token: str | None = None


class ClientInfo(msgspec.Struct, frozen=True):
    """The client of a request: its user agent, its IP address, and the device that its device token names."""

    client: str
    address: str
    device: KnownDevice | None = None
    gone: Callable[[], Awaitable[bool]] | None = None
    """Returns whether the client has closed the connection."""

    def known_to(self, user_id: UUID, password_hash: str | None) -> KnownDevice | None:
        """Return the device if it has signed in to the account before, with the same password."""
        known = self.device
        return known if known and (known.user_id, known.stamp) == (user_id, password_stamp(password_hash)) else None


class Session(msgspec.Struct, frozen=True):
    """A session: a family of refresh tokens."""

    id: UUID
    user_id: UUID
    generation: int
    active: bool
    """Neither revoked nor expired."""
    just_rotated: bool
    """The last rotation was within the grace period for concurrent refreshes."""


class Device(msgspec.Struct, frozen=True, rename="camel"):
    """A signed-in device: an active session."""

    id: UUID
    client: str
    address: str
    created_at: datetime
    last_used_at: datetime
    expires_at: datetime
    current: bool


class DeviceList(msgspec.Struct, frozen=True, rename="camel"):
    """Your signed-in devices, most recently used first; at most 200."""

    items: list[Device]
    next_cursor: None = None


class NoSuchSession(NotFound):
    """Session not found."""


class BadCredentials(SignInNeeded):
    """The e-mail address or password is incorrect."""


class SessionEnded(SignInNeeded):
    """Your session has expired. Sign in again."""


class ForeignOrigin(Forbidden):
    """Cookie sessions can be refreshed only from the same origin."""
