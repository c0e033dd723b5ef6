"""Event numbers: each user's events are numbered from 1, without gaps, in commit order.

Numbers are assigned by updating the user's own counter row in the last statement before the commit. The row lock makes
the next transaction of that user wait for this commit, so a number is never visible before a smaller one.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from studyteddy.platform.db.driver_errors import run

# Each list is passed as one JSON text: six arrays cost the driver several times as much.
_ADD_JOBS = """
    INSERT INTO jobs (user_id, kind, lane, payload, run_at, unique_key, request_id)
    SELECT nullif($1::uuid, '00000000-0000-0000-0000-000000000000'), o ->> 0, o ->> 1, o ->> 2,
           now() + (o ->> 3)::float8 * interval '1 second', o ->> 4, o ->> 5
      FROM json_array_elements($2::json) AS o
    ON CONFLICT DO NOTHING"""

_STORE_JOBS = f"WITH queued AS ({_ADD_JOBS}) SELECT 0"

_STORE_EVENTS_AND_JOBS = f"""
WITH taken AS (
    UPDATE event_counters SET last_seq = last_seq + $5 WHERE user_id = $1 RETURNING last_seq - $5 AS base
), stored AS (
    INSERT INTO events (user_id, seq, at, type, data)
    SELECT $1, taken.base + e.n, $3::timestamptz, e.event ->> 0, e.event ->> 1
      FROM taken, json_array_elements($4::json) WITH ORDINALITY AS e(event, n)
), queued AS ({_ADD_JOBS})
SELECT base + 1 FROM taken"""


async def store_jobs(connection: Any, user_id: UUID, jobs: str) -> None:
    """Add job rows (a JSON list) in the open transaction."""
    await run(connection.fetchval(_STORE_JOBS, user_id, jobs))


async def store_events(connection: Any, user_id: UUID, jobs: str, *, events: str, count: int, at: datetime) -> int:
    """Number and store `count` events (a JSON list) and add job rows; return the number of the first event."""
    first: int | None = await run(connection.fetchval(_STORE_EVENTS_AND_JOBS, user_id, jobs, at, events, count))
    if first is None:
        raise LookupError(f"user {user_id} has no event counter")
    return first
