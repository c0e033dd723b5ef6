"""The request deadline: one timer for all requests, because a timer per request costs more than a small query."""

from __future__ import annotations

import asyncio
from typing import Any

TIMEOUT = 10.0
"""Seconds within which a response must start, unless its route says otherwise."""


class Deadline:
    """Cancels requests that take too long. After a cancellation, `expired` returns whether that was the reason."""

    def __init__(self, timeout: float = TIMEOUT) -> None:
        self._timeout = timeout
        self._ends: dict[asyncio.Task[Any], float] = {}
        self._late: set[asyncio.Task[Any]] = set()
        self._timer: asyncio.TimerHandle | None = None

    def begin(self) -> asyncio.Task[Any]:
        """Start watching the current task, and return it."""
        task = asyncio.current_task()
        assert task is not None
        loop = task.get_loop()
        self._ends[task] = loop.time() + self._timeout
        if self._timer is None:
            self._timer = loop.call_later(0.5, self._check, loop)
        return task

    def end(self, task: asyncio.Task[Any] | None) -> None:
        """Stop watching a task; do nothing if it isn't watched."""
        if task in self._ends:
            del self._ends[task]
            self._late.discard(task)

    def extend(self, task: asyncio.Task[Any] | None, seconds: float) -> None:
        """Give a task that is watched so many seconds from now."""
        if task in self._ends:
            self._ends[task] = task.get_loop().time() + seconds

    def expired(self, task: asyncio.Task[Any]) -> bool:
        """Return whether the deadline cancelled this task; if so, uncancel it so that it can respond."""
        if task not in self._late:
            return False
        task.uncancel()
        return True

    def _check(self, loop: asyncio.AbstractEventLoop) -> None:
        for task, end in self._ends.items():
            if loop.time() > end and task not in self._late:
                self._late.add(task)
                task.cancel()
        self._timer = loop.call_later(0.5, self._check, loop) if self._ends else None
