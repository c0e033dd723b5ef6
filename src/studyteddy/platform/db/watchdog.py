"""Detects a server that no longer responds: frozen, or cut off without an error.

The server's own statement timeout can't detect this, and a timeout for each statement would be as long as the slowest
legitimate one. One timer for all connections costs a request almost nothing.
"""

from __future__ import annotations

import asyncio
import contextlib
from typing import Protocol

import structlog

log = structlog.get_logger("studyteddy.db")

TICK = 0.25
SILENCE = 4
"""Ticks without any response, while a probe waits for one, after which the server counts as frozen.

Ticks are counted rather than seconds, so that a busy event loop, which delays responses and ticks alike, isn't mistaken
for a frozen server.
"""


class Watched(Protocol):
    """A pool, as the watchdog sees it."""

    returned: int
    """How many connections have been returned in working order: each proves that the server responds."""

    @property
    def in_use(self) -> bool: ...
    async def probe(self) -> None:
        """Return when the server has responded; raise if it can't be reached."""

    def drop(self) -> None:
        """Terminate all connections."""


class Watchdog:
    """Watches a pool while connections are in use, and drops them all if the server stops responding.

    If no connection is returned between two ticks, the watchdog sends a probe; if neither the probe nor anything else
    gets a response within `SILENCE` ticks, all statements in progress fail. Requests then get 503 within two seconds.
    """

    def __init__(self, pool: Watched) -> None:
        self._pool = pool
        self._timer: asyncio.TimerHandle | None = None
        self._probe: asyncio.Task[None] | None = None
        self._returned = 0
        self._silent = 0
        self.watching = False

    def start(self) -> None:
        """Watch until no connection is in use."""
        self.watching = True
        self._returned = self._pool.returned
        self._timer = asyncio.get_running_loop().call_later(TICK, self._tick)

    def stop(self) -> None:
        self.watching = False
        if self._timer:
            self._timer.cancel()
        if self._probe:
            self._probe.cancel()

    def _tick(self) -> None:
        before, self._returned = self._returned, self._pool.returned
        responded = self._returned != before
        if self._probe is not None and (responded or self._probe.done()):
            self._end_probe()
        elif self._probe is not None:
            self._silent += 1
            if self._silent >= SILENCE:
                self._end_probe()
                log.warning("db.frozen", seconds=SILENCE * TICK)
                self._pool.drop()
        elif self._pool.in_use and not responded:
            self._probe = asyncio.ensure_future(self._send_probe())
        if not self._pool.in_use and self._probe is None:
            self.watching = False
            return
        self._timer = asyncio.get_running_loop().call_later(TICK, self._tick)

    def _end_probe(self) -> None:
        assert self._probe is not None
        self._probe.cancel()
        self._probe = None
        self._silent = 0

    async def _send_probe(self) -> None:
        with contextlib.suppress(Exception):  # connections that fail with an error need no watchdog
            await self._pool.probe()
