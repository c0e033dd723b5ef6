"""Accounts."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

import msgspec
from msgspec import Meta

from studyteddy.platform.errors import Conflict
from studyteddy.platform.fields import Email, Password, PersonName, Zone

Delivery = Annotated[
    Literal["body", "cookie"],
    Meta(description="Where the refresh token goes: `body` for apps, `cookie` (HttpOnly) for browsers."),
]


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
    avatar_url: str | None
    deletion_at: Annotated[
        datetime | None, Meta(description="When the account will be deleted, if deletion is scheduled.")
    ]
    created_at: datetime
    updated_at: datetime


class NewAccount(msgspec.Struct, frozen=True, rename="camel", forbid_unknown_fields=True):
    """The account to register."""

    email: Email
    password: Password
    name: PersonName
    time_zone: Zone = "UTC"
    delivery: Delivery = "body"


class Account(msgspec.Struct, frozen=True):
    """The fields of an account that sign-in needs."""

    id: UUID
    password_hash: str | None
    role: str
    disabled: bool


class LockedAccount(msgspec.Struct, frozen=True):
    """An account whose row the transaction has locked: its credentials can't change until the transaction ends.

    Only `store.accounts.lock_credentials` returns one. Whatever begins a session or writes a credential takes it as a
    parameter, so that the facts it rests on are compared under the lock.
    """

    id: UUID
    password_hash: str | None
    disabled: bool


class EmailTaken(Conflict):
    """This e-mail address is already registered. Sign in, or reset the password."""
