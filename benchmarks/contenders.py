"""What the request benchmarks compare: kinds of requests, the servers that answer them, and what a run measures."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import NamedTuple
from uuid import UUID

from benchmarks.world import Person, Server


class Case(NamedTuple):
    """One kind of request. `events` and `jobs` are the rows that each request must create."""

    name: str
    path: str
    status: int = 200
    events: int = 0
    jobs: int = 0

    @property
    def writes(self) -> bool:
        return self.events > 0


CASES = (
    Case("list 20 tasks", "/api/tasks?limit=20"),
    Case("create", "/api/tasks", 201, events=1),
    Case("complete", "/api/tasks/{}/complete", events=1, jobs=3),
    Case("unread count", "/api/notifications/unread-count"),
    Case("live", "/health/live"),
)


class Void(Exception):
    """The run is invalid: an answer or its effects differ from what the benchmark requires."""


@dataclass
class Contender:
    """A server and how to send requests to it. The tables of a `foreign` server are not checked."""

    name: str
    server: Server
    ask: Callable[[Case, int], list[bytes]]
    foreign: bool = False
    warm: float = 1.0
    fresh: Callable[[Sequence[tuple[Person, UUID]]], list[bytes]] | None = None
    without: str = ""


class Run(NamedTuple):
    """One server, one case, one round."""

    cpu: float
    """Server CPU, µs per request."""
    postgres: float
    rate: float
    p50: float
    p99: float
    alien: float
    """Cores busy with other programs."""
