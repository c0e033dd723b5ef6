"""API keys."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

import msgspec
from msgspec import Meta

from studyteddy.platform.errors import Conflict, NotFound
from studyteddy.platform.fields import Instant, name_of

ApiKeyScope = Literal["read", "write"]
KeyName = Annotated[str, name_of(100, "My calendar script")]


class NewApiKey(msgspec.Struct, frozen=True, rename="camel", forbid_unknown_fields=True):
    """The API key to create. Without `expiresAt`, it is valid until revoked."""

    name: KeyName
    scopes: Annotated[list[ApiKeyScope], Meta(min_length=1, max_length=2)]
    expires_at: Instant | None = None


class ApiKey(msgspec.Struct, frozen=True, rename="camel"):
    """An API key as listed: its prefix, scopes and last use, but never the key itself."""

    id: UUID
    name: str
    prefix: str
    scopes: list[str]
    expires_at: datetime | None
    last_used_at: datetime | None
    created_at: datetime


class ApiKeyList(msgspec.Struct, frozen=True, rename="camel"):
    """Your API keys, newest first; at most 50."""

    items: list[ApiKey]
    next_cursor: None = None


class CreatedApiKey(msgspec.Struct, frozen=True, rename="camel"):
    """A new API key; `key` is shown only once."""

    api_key: ApiKey
    key: str


class KeyHolder(msgspec.Struct, frozen=True):
    """The user and scopes of an API key."""

    id: UUID
    user_id: UUID
    scopes: list[str]
    use_outdated: bool
    """Whether the last use was recorded more than a minute ago."""


class NoSuchKey(NotFound):
    """API key not found."""


class TooManyKeys(Conflict):
    """You have reached the limit of 50 API keys. Revoke one first."""
