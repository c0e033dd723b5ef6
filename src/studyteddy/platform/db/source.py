"""Where connections come from, and what every transaction knows: the clock, the reactions, whom to tell."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

from studyteddy.platform.db.faults import AWAY, run
from studyteddy.platform.db.orders import Announcement, Reaction
from studyteddy.platform.errors import Unavailable
from studyteddy.platform.event import Event
from studyteddy.platform.pool import Pool


class Source:
    """The pool of one process. `reactions` says which jobs an event starts; `announce` is told of commits."""

    def __init__(
        self,
        pool: Pool,
        *,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
        reactions: Mapping[type[Event], tuple[Reaction, ...]] | None = None,
        announce: Callable[[Announcement], None] = lambda _: None,
    ) -> None:
        self.pool = pool
        self.clock = clock
        self.reactions = reactions or {}
        self.announce = announce

    async def acquire(self) -> Any:
        """A connection; 503 when none is free within a second."""
        try:
            return await self.pool.acquire()
        except AWAY as fault:
            raise Unavailable("The database is away for the moment: try again shortly.", retry_after=1) from fault

    def release(self, connection: Any) -> None:
        self.pool.release(connection)

    async def ping(self) -> None:
        """Raises `Unavailable` unless PostgreSQL answers."""
        connection = await self.acquire()
        try:
            await run(connection.execute("SELECT 1"))
        finally:
            self.release(connection)
