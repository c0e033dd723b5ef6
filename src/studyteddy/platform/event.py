"""The base of everything that can happen."""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar, TypeVar
from uuid import UUID

import msgspec


class Event(msgspec.Struct, frozen=True):
    """A fact, named in the past tense: what its listeners need to know, and nothing else."""

    tag: ClassVar[str]
    shows: ClassVar[str | None]


class Gone(msgspec.Struct, frozen=True):
    """What is left to show of a deleted object."""

    id: UUID


E = TypeVar("E", bound=Event)


def public(name: str, *, shows: str) -> Callable[[type[E]], type[E]]:
    """An event the clients hear as `name`; `shows` is the schema of its `data`, the same as GET answers."""
    return _named(name, shows)


def internal(name: str) -> Callable[[type[E]], type[E]]:
    """An event that never leaves the server: only jobs react to it."""
    return _named(name, None)


def _named(name: str, shows: str | None) -> Callable[[type[E]], type[E]]:
    def mark(kind: type[E]) -> type[E]:
        kind.tag = name
        kind.shows = shows
        return kind

    return mark
