"""Revoked sessions: every process learns of a revocation within a second, with or without Redis.

PostgreSQL is polled every 400 ms; Redis only speeds this up. When the last poll is older than 800 ms, each request
checks PostgreSQL itself.
"""

from __future__ import annotations

import asyncio
import math
import time
from collections.abc import Callable
from typing import Protocol
from uuid import UUID

import structlog

from studyteddy.platform.db.database import Database
from studyteddy.platform.db.statements import Reader
from studyteddy.platform.db.transaction import Tx
from studyteddy.platform.errors import SignInNeeded
from studyteddy.platform.identity import Identity
from studyteddy.platform.security.access_tokens import ACCESS_SECONDS

log = structlog.get_logger("studyteddy.revocation")

_MEMORY = ACCESS_SECONDS + 60
"""Seconds after which no access token of a revoked session is valid any more."""
_OVERLAP = 30
"""Seconds before the last poll that each poll covers again: more than the longest transaction takes to commit."""
POLL_SECONDS = 0.4
"""The time between two polls."""
TRUSTED_SECONDS = 0.8
"""The age of the last poll from which on each request asks PostgreSQL itself."""


class Sessions(Protocol):
    """Access to sessions, implemented by the feature that stores them."""

    async def recently_revoked(self, tx: Tx, seconds: float) -> list[UUID]: ...
    async def is_active(self, reader: Reader, user_id: UUID, session_id: UUID) -> bool: ...
    async def seconds_left(self, reader: Reader, user_id: UUID, session_id: UUID) -> float: ...


class Revocations:
    """Revoked sessions whose access tokens haven't expired yet."""

    def __init__(
        self,
        db: Database,
        sessions: Sessions,
        *,
        on_revoked: Callable[[UUID], None] = lambda _: None,
        every: float = POLL_SECONDS,
        trusted_for: float = TRUSTED_SECONDS,
    ) -> None:
        self._db = db
        self._sessions = sessions
        self._interval = every
        self._max_age = trusted_for
        self._revoked: dict[UUID, float] = {}
        self._polled_at = -math.inf
        self._on_revoked = on_revoked

    def is_revoked(self, session_id: UUID) -> bool:
        """Return whether this process knows that the session has been revoked."""
        return session_id in self._revoked

    async def check(self, identity: Identity) -> None:
        """Raise `SignInNeeded` if the session has been revoked."""
        if identity.session_id in self._revoked:
            raise SignInNeeded("This session has been revoked. Sign in again.")
        if time.monotonic() - self._polled_at > self._max_age:
            reading = self._db.reading(identity)
            if not await self._sessions.is_active(reading, identity.user_id, identity.session_id):
                raise SignInNeeded("This session has been revoked. Sign in again.")

    def add(self, session_id: UUID) -> None:
        """Add a revocation before the next poll."""
        if session_id in self._revoked:
            return
        self._revoked[session_id] = time.monotonic()
        self._on_revoked(session_id)

    async def run(self) -> None:
        """Poll forever; the first poll covers the lifetime of an access token, later ones what the last one missed."""
        while True:
            started = time.monotonic()
            window = min(started - self._polled_at + _OVERLAP, _MEMORY)
            try:
                async with self._db.system("relay") as tx:
                    for session_id in await self._sessions.recently_revoked(tx, window):
                        self.add(session_id)
                self._polled_at = started
                self._forget(started - _MEMORY)
            except Exception as fault:  # any error: a process that stops polling would miss all revocations
                log.warning("revocation.poll_failed", error=repr(fault))
            await asyncio.sleep(self._interval)

    def _forget(self, before: float) -> None:
        for session_id in [session for session, added_at in self._revoked.items() if added_at < before]:
            del self._revoked[session_id]
