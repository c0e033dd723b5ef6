"""Idempotency keys: the response of a committed request is stored with its effects and replayed for retries.

Only successful responses are stored, in the transaction of the change itself, so a key never outlives a rollback.
"""

from __future__ import annotations

from typing import Any
from uuid import UUID

from studyteddy.platform.db.advisory_locks import AdvisoryLock
from studyteddy.platform.db.driver_errors import run
from studyteddy.platform.errors import KeyReused, StillRunning
from studyteddy.platform.identity import IdempotencyKey

_KEY = "$1::uuid::text || $2::text || ' ' || $3::text"
_LOCK_KEY = f"SELECT {AdvisoryLock.IDEMPOTENCY_KEY.attempt(_KEY)}"

_STORED_RESPONSE = """
SELECT fingerprint, status, body FROM idempotency_keys
 WHERE user_id = $1 AND scope = $2 AND key = $3 AND created_at > now() - interval '24 hours'"""

_RECORD = """
INSERT INTO idempotency_keys (user_id, scope, key, fingerprint, status, body) VALUES ($1, $2, $3, $4, $5, $6)
ON CONFLICT (user_id, scope, key) DO UPDATE
   SET fingerprint = EXCLUDED.fingerprint, status = EXCLUDED.status, body = EXCLUDED.body, created_at = now()"""


class Replay(Exception):
    """A request with this idempotency key has already succeeded; carries its response."""

    def __init__(self, status: int, body: bytes) -> None:
        super().__init__("replayed")
        self.status = status
        self.body = body


async def begin(connection: Any, user_id: UUID, key: IdempotencyKey) -> None:
    """Lock the key until the transaction ends.

    Raise `Replay` if its request has already succeeded, `KeyReused` if that was a different request, and `StillRunning`
    while another transaction holds the key.
    """
    # Two statements: the snapshot of the second must be younger than the lock.
    if not await run(connection.fetchval(_LOCK_KEY, user_id, key.scope, key.key)):
        raise StillRunning(retry_after=1)
    stored = await run(connection.fetchrow(_STORED_RESPONSE, user_id, key.scope, key.key))
    if stored is None:
        return
    if stored["fingerprint"] != key.fingerprint:
        raise KeyReused()
    raise Replay(stored["status"], stored["body"])


async def record(connection: Any, user_id: UUID, key: IdempotencyKey, status: int, body: bytes) -> None:
    """Store the response of a request in the transaction of its effects."""
    await run(connection.execute(_RECORD, user_id, key.scope, key.key, key.fingerprint, status, body))
