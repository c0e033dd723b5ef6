"""PostgreSQL advisory locks: every number in one place, so that no two purposes share one."""

from __future__ import annotations

from enum import IntEnum


class AdvisoryLock(IntEnum):
    """What each lock serializes. Processes of different versions share them: never reuse a number."""

    IDEMPOTENCY_KEY = 7
    """Requests with the same idempotency key. Never waited for: the second request gets 409."""
    USER_JOBS = 11
    """Worker transactions for the same user, so that each sees the totals of the other."""
    USER_COMMANDS = 13
    """Commands of a user that lock several rows; acquired first, it prevents deadlocks between them."""
    MIGRATIONS = 0x5EDD1
    """Migrations: concurrent deployments migrate one after the other. Held by the session."""

    def hold(self, key: str) -> str:
        """Return SQL that acquires the lock on `key`, an SQL text expression, until the transaction ends."""
        return f"pg_advisory_xact_lock(hashtextextended({key}, {self.value}))"

    def attempt(self, key: str) -> str:
        """Return SQL that tries to acquire the lock on `key` and returns whether it did."""
        return f"pg_try_advisory_xact_lock(hashtextextended({key}, {self.value}))"
