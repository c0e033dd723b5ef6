"""What auth takes in and gives out."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

import msgspec
from msgspec import Meta

from studyteddy.platform.errors import Conflict, Forbidden, Invalid, SignInNeeded
from studyteddy.platform.fields import END, Email, Password, PersonName, Token, Zone

Delivery = Annotated[
    Literal["body", "cookie"],
    Meta(description="Where the refresh token goes: `body` for apps, `cookie` (HttpOnly) for browsers."),
]
AnyPassword = Annotated[str, Meta(min_length=1, max_length=128)]


class User(msgspec.Struct, frozen=True, rename="camel"):
    """An account as its owner sees it."""

    id: UUID
    email: str
    name: str
    time_zone: str
    day_start: Annotated[str, Meta(description="Local time at which a day begins, HH:MM.", examples=["04:00"])]
    locale: str
    week_start: Annotated[int, Meta(description="1 is Monday, 7 is Sunday.")]
    role: str
    email_verified: bool
    created_at: datetime
    updated_at: datetime


class NewAccount(msgspec.Struct, frozen=True, rename="camel", forbid_unknown_fields=True):
    """Who wants an account."""

    email: Email
    password: Password
    name: PersonName
    time_zone: Zone = "UTC"
    delivery: Delivery = "body"


class Credentials(msgspec.Struct, frozen=True, rename="camel", forbid_unknown_fields=True):
    """An e-mail address and a password; `code` is for the second factor."""

    email: Email
    password: AnyPassword
    code: Annotated[str, Meta(min_length=6, max_length=32, pattern=rf"^[A-Za-z0-9-]+{END}")] | None = None
    delivery: Delivery = "body"


class RefreshRequest(msgspec.Struct, frozen=True, rename="camel", forbid_unknown_fields=True):
    """A refresh token, unless the cookie carries it."""

    refresh_token: Token | None = None


class SignedIn(msgspec.Struct, frozen=True, rename="camel", omit_defaults=True):
    """A session has begun or goes on. Send `accessToken` as a bearer; it lasts `expiresIn` seconds."""

    user: User
    access_token: str
    expires_in: int
    refresh_token: str | None = None


class Account(msgspec.Struct, frozen=True):
    """What signing in needs to know of an account."""

    id: UUID
    password_hash: str | None
    role: str
    disabled: bool


class Session(msgspec.Struct, frozen=True):
    """A signed-in device: the family of its refresh tokens."""

    id: UUID
    user_id: UUID
    generation: int
    alive: bool
    """Neither revoked nor over."""
    just_rotated: bool
    """The last rotation was within the grace of racing tabs."""


class EmailTaken(Conflict):
    """There is an account with this e-mail address already: sign in, or reset its password."""


class BadCredentials(SignInNeeded):
    """The e-mail address or the password is wrong."""


class SessionEnded(SignInNeeded):
    """This session is over: sign in again."""


class CommonPassword(Invalid):
    """Too many people use this password: choose another one."""


class ForeignOrigin(Forbidden):
    """Sessions kept in a cookie are refreshed from our own pages only."""
