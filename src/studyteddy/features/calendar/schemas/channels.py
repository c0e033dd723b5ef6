"""Notifications that something in a calendar changed, which providers send."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

import msgspec
from msgspec import Meta

from studyteddy.platform.fields import END


class ValidationQuery(msgspec.Struct, frozen=True, rename="camel"):
    """What Microsoft asks an address before it sends notifications there."""

    validation_token: Annotated[
        str,
        Meta(
            min_length=1,
            max_length=1024,
            pattern=rf"^[ !#-%(-;=?-~]+{END}",
            extra={"form": "Must be printable ASCII characters without those that mean something in HTML."},
            examples=["Validation"],
            description="Returned as plain text.",
        ),
    ] = ""


class StoredChannel(msgspec.Struct, frozen=True):
    """The notifications of a calendar, as the provider knows them."""

    channel: str
    resource: str
    """What Google calls the calendar: needed to end a channel."""


class FoundChannel(msgspec.Struct, frozen=True):
    """Whose notifications a channel brings."""

    user_id: UUID
    calendar_id: UUID
    channel: str
    secret_hash: bytes


class NotifiedCalendar(msgspec.Struct, frozen=True):
    """The account of a calendar, and whether a job that will begin later reads the calendar anyway."""

    account_id: UUID
    is_asked: bool
