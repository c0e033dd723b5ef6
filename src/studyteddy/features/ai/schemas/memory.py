"""What the tutor remembers about a student, and what the student doesn't want to be sent."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

import msgspec
from msgspec import UNSET, Meta, UnsetType

from studyteddy.platform.errors import Conflict, Invalid, NotFound
from studyteddy.platform.fields import name_of

FactKind = Literal["goal", "level", "difficulty", "preference"]
DataKind = Literal["subject", "task", "material", "history", "goal", "level", "difficulty", "preference"]
"""The kinds of data that a student can keep from being sent. What a student asks about is always sent."""
FactText = Annotated[str, name_of(300, "I learn best with worked examples.")]


class Fact(msgspec.Struct, frozen=True, rename="camel"):
    """A fact about you that the tutor knows, and the message it came from."""

    id: UUID
    kind: FactKind
    text: str
    message_id: UUID | None
    chat_id: Annotated[UUID | None, Meta(description="The chat of that message.")]
    created_at: datetime
    updated_at: datetime


class FactList(msgspec.Struct, frozen=True, rename="camel"):
    """All facts, oldest first; at most 100."""

    items: list[Fact]
    next_cursor: None = None


class NewFact(msgspec.Struct, frozen=True, rename="camel", forbid_unknown_fields=True):
    """A fact to remember."""

    kind: FactKind
    text: FactText
    message_id: Annotated[UUID | None, Meta(description="Your message to the tutor that it came from.")] = None


class FactChanges(msgspec.Struct, frozen=True, rename="camel", forbid_unknown_fields=True):
    """The fields to change; omitted ones stay unchanged."""

    kind: FactKind | UnsetType = UNSET
    text: FactText | UnsetType = UNSET


class AiSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The kinds of your data that are never sent to a language model."""

    off: Annotated[list[DataKind], Meta(max_length=8)]


class StoredSettings(msgspec.Struct, frozen=True):
    """A row of the kinds of data that aren't sent."""

    off: list[str]


class NoSuchFact(NotFound):
    """Fact not found."""


class TooManyFacts(Conflict):
    """The tutor can remember at most 100 facts. Delete one first."""


class UnknownMessage(Invalid):
    """Message not found."""


UnknownMessage.code = "no_such_message"
