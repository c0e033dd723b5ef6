"""The source of connections, with what transactions share: the clock, reactions, and the announcer."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from studyteddy.platform.db.driver_errors import UNAVAILABLE, run
from studyteddy.platform.db.outbox import Announcement, Reaction
from studyteddy.platform.db.pool import Pool, QueueFull
from studyteddy.platform.errors import Unavailable
from studyteddy.platform.event import Event
from studyteddy.platform.identity import Identity


class Source:
    """The pool of a process. `reactions` maps events to the jobs they start; `announce` is called after commits.

    `check_session` begins each transaction of a request that controls the account: it locks the account and raises 401
    if the session has ended since the request was admitted.
    """

    def __init__(
        self,
        pool: Pool,
        *,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
        reactions: Mapping[type[Event], tuple[Reaction, ...]] | None = None,
        announce: Callable[[Announcement], None] = lambda _: None,
        check_session: Callable[[Any, Identity], Awaitable[None]] | None = None,
    ) -> None:
        self.pool = pool
        self.clock = clock
        self.reactions = reactions or {}
        self.announce = announce
        self.check_session = check_session

    async def acquire(self, user_id: UUID | None, traffic_class: str) -> Any:
        """Acquire a connection within the user's share and the class's; raise 503 if none becomes free in a second."""
        try:
            return await self.pool.acquire(user_id, traffic_class)
        except QueueFull as fault:
            raise Unavailable("Too many requests are waiting. Try again shortly.", retry_after=1) from fault
        except UNAVAILABLE as fault:
            raise Unavailable("The database is temporarily unavailable. Try again shortly.", retry_after=1) from fault

    def release(self, connection: Any) -> None:
        self.pool.release(connection)

    async def ping(self) -> None:
        """Raise `Unavailable` unless PostgreSQL responds."""
        connection = await self.acquire(None, "relay")
        try:
            await run(connection.execute("SELECT 1"))
        finally:
            self.release(connection)
