"""Domain events."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import ClassVar, TypeVar
from uuid import UUID

import msgspec


class Event(msgspec.Struct, frozen=True):
    """Something that happened, named in the past tense; contains only what its listeners need."""

    tag: ClassVar[str]
    shows: ClassVar[str | None]


class SecurityEvent(Event, frozen=True, kw_only=True):
    """Something that the owner of an account is told, because someone else may have done it.

    `Tx.publish` sets the fields below. Whoever did it chose `client`, so show no part of it that isn't recognized.
    """

    at: datetime | None = None
    """Always set, except in events of version 0.4."""
    client: str = ""
    """The user agent, at most 300 characters."""
    address: str = ""
    """The network address."""


class Deleted(msgspec.Struct, frozen=True):
    """A deleted object."""

    id: UUID


E = TypeVar("E", bound=Event)


def public(name: str, *, shows: str) -> Callable[[type[E]], type[E]]:
    """Mark an event that clients receive as `name`; `shows` is the schema of its `data`, as in GET responses."""
    return _named(name, shows)


def internal(name: str) -> Callable[[type[E]], type[E]]:
    """Mark an event that clients don't receive; only jobs react to it."""
    return _named(name, None)


def _named(name: str, shows: str | None) -> Callable[[type[E]], type[E]]:
    def mark(kind: type[E]) -> type[E]:
        kind.tag = name
        kind.shows = shows
        return kind

    return mark
