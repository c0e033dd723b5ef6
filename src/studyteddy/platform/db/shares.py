"""How users and classes of traffic share the connections of a pool."""

from __future__ import annotations

import asyncio
from collections.abc import Hashable, Iterable
from typing import Any

SLOW = 0.1
"""Seconds that a class may hold a connection on average before its limit is lowered."""


class UserShare:
    """The connections that a user holds and waits for, in all classes. `None` stands for everything without a user."""

    __slots__ = ("held", "limit", "user", "waiting")

    def __init__(self, user: Hashable, limit: int) -> None:
        self.user = user
        self.limit = limit
        self.held = 0
        self.waiting = 0


class Waiter:
    """A caller that waits for a connection."""

    __slots__ = ("future", "share")

    def __init__(self, share: UserShare, future: asyncio.Future[Any]) -> None:
        self.share = share
        self.future = future


class TrafficClass:
    """The connections that a class of traffic holds, and its waiters: a queue for each user, served in turn.

    While it holds connections for long on average, its limit is lower: it waits for something, such as a locked table.
    """

    __slots__ = ("_limits", "_queues", "_time_held", "held", "limit", "waiting")

    def __init__(self, size: int, *, limited: bool = True) -> None:
        self._limits = (size - size // 5, (size + 2) // 3) if limited else (size, size)
        self.limit = self._limits[False]
        self.held = 0
        self.waiting = 0
        self._queues: dict[UserShare, dict[Waiter, None]] = {}
        self._time_held = 0.0

    def returned(self, seconds: float) -> None:
        """Record that a connection was returned after this time."""
        self.held -= 1
        self._time_held += (seconds - self._time_held) / 16
        self.limit = self._limits[self._time_held > SLOW]

    def expected_wait(self, share: UserShare) -> float:
        """Return the seconds that another caller of this user would wait, judging by recent times of use."""
        return self._time_held * max(self.waiting / self.limit, share.waiting / share.limit)

    def enqueue(self, waiter: Waiter) -> None:
        self._queues.setdefault(waiter.share, {})[waiter] = None
        self.waiting += 1
        waiter.share.waiting += 1

    def dequeue(self, waiter: Waiter) -> None:
        """Remove a waiter that has been served or has given up."""
        self.waiting -= 1
        waiter.share.waiting -= 1
        queue = self._queues.get(waiter.share)
        if queue is not None:
            queue.pop(waiter, None)
            if not queue:
                del self._queues[waiter.share]

    def next_waiter(self) -> Waiter | None:
        """Return the next waiter whose user may hold another connection; their next one comes after the others."""
        for share, queue in self._queues.items():
            if share.held >= share.limit:
                continue
            while queue:
                waiter = next(iter(queue))
                del queue[waiter]
                if not waiter.future.done():
                    del self._queues[share]
                    if queue:
                        self._queues[share] = queue
                    return waiter
        return None


def next_waiter(classes: Iterable[TrafficClass]) -> tuple[Waiter, TrafficClass] | None:
    """Return the next waiter, of the class that holds the fewest connections, and its class."""
    candidates = [one for one in classes if one.waiting and one.held < one.limit]
    for one in sorted(candidates, key=lambda one: one.held):
        if waiter := one.next_waiter():
            return waiter, one
    return None
