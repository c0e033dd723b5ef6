"""What a commit asks for and tells: jobs, and events."""

from __future__ import annotations

from typing import NamedTuple
from uuid import UUID


class JobOrder(NamedTuple):
    """A job to be written with the change that asks for it."""

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
    """What a commit made true: events for the user's sockets, in order, and lanes with new jobs."""

    user_id: UUID
    messages: list[bytes]
    lanes: frozenset[str]


class Replay(Exception):
    """This idempotency key was answered before; here is that answer."""

    def __init__(self, status: int, body: bytes) -> None:
        super().__init__("replayed")
        self.status = status
        self.body = body
