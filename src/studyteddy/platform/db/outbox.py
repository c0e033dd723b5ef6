"""The outbox: jobs and events that a transaction commits."""

from __future__ import annotations

from typing import NamedTuple
from uuid import UUID


class NewJob(NamedTuple):
    """A job to enqueue in the transaction that requests it."""

    kind: str
    lane: str
    payload: str
    delay: float = 0.0
    unique_key: str | None = None


class Reaction(NamedTuple):
    """A job that an event starts."""

    kind: str
    lane: str


class Announcement(NamedTuple):
    """The result of a commit: events for the user's sockets, in order, and lanes with new jobs."""

    user_id: UUID
    messages: list[bytes]
    lanes: frozenset[str]
