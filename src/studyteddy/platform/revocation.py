"""Revoked sessions: every process knows of a revocation within a second, with or without Redis.

PostgreSQL is read every 400 ms; Redis only hastens. When the last reading is older than 800 ms, each request asks
PostgreSQL itself.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from uuid import UUID

import structlog

from studyteddy.platform.db import Database, Statement
from studyteddy.platform.errors import SignInNeeded
from studyteddy.platform.identity import Identity
from studyteddy.platform.security import ACCESS_SECONDS

log = structlog.get_logger("studyteddy.revocation")

_RECENT = Statement(UUID, "SELECT id FROM sessions WHERE revoked_at > now() - $1 * interval '1 second'")
_REVOKED = Statement(bool, "SELECT revoked_at IS NOT NULL FROM sessions WHERE user_id = $1 AND id = $2")


class Revocations:
    """The sessions that were ended while their access tokens still run."""

    def __init__(self, db: Database, *, every: float = 0.4, trusted_for: float = 0.8) -> None:
        self._db = db
        self._every = every
        self._trusted_for = trusted_for
        self._revoked: dict[UUID, float] = {}
        self._read_at = -1e9
        self.on_revoked: list[Callable[[UUID], None]] = []

    async def check(self, identity: Identity) -> None:
        """Raises `SignInNeeded` when the identity's session has been ended."""
        if identity.session_id in self._revoked:
            raise SignInNeeded("This session has been ended: sign in again.")
        if time.monotonic() - self._read_at > self._trusted_for:
            revoked = await self._db.reading(identity).one(_REVOKED, identity.user_id, identity.session_id)
            if revoked or revoked is None:
                raise SignInNeeded("This session has been ended: sign in again.")

    def add(self, session_id: UUID) -> None:
        """Learns of a revocation before PostgreSQL is read again."""
        if session_id in self._revoked:
            return
        self._revoked[session_id] = time.monotonic()
        for tell in self.on_revoked:
            tell(session_id)

    async def run(self) -> None:
        """Reads for ever; the first reading reaches back over the life of an access token."""
        reach: float = ACCESS_SECONDS + 60
        while True:
            started = time.monotonic()
            try:
                async with self._db.system("relay") as tx:
                    for session_id in await tx.all(_RECENT, reach):
                        self.add(session_id)
                self._read_at = started
                # Later readings overlap by more than a transaction may last, so that a late commit is not missed.
                reach = 30.0
                self._forget(started - ACCESS_SECONDS - 60)
            except Exception as fault:  # whatever it is, a process that stops reading would be deaf for ever
                reach = max(reach, started - self._read_at + 30) if self._read_at > 0 else reach
                log.warning("revocation.not_read", error=repr(fault))
            await asyncio.sleep(self._every)

    def _forget(self, before: float) -> None:
        for session_id in [one for one, learnt in self._revoked.items() if learnt < before]:
            del self._revoked[session_id]
