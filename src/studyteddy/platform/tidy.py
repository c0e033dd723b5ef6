"""Throws away what is no longer kept: old events, answers, tickets, links, sessions, histories and dead letters."""

from __future__ import annotations

from studyteddy.platform.db import Database, Nothing, Statement
from studyteddy.platform.jobs import Jobs

jobs = Jobs("platform")

# What is old enough is said by the policies of the purpose `tidy`: these statements see nothing else.
_BATCH = 5000
OLD = {
    "events": Statement(
        Nothing,
        "DELETE FROM events WHERE (user_id, seq) IN"
        # In order, so that what is left of a log never has a hole.
        " (SELECT user_id, seq FROM events WHERE at < now() - interval '30 days' ORDER BY at, seq LIMIT $1)",
    ),
    "idempotency_keys": Statement(
        Nothing,
        "DELETE FROM idempotency_keys WHERE ctid IN"
        " (SELECT ctid FROM idempotency_keys WHERE created_at < now() - interval '24 hours' LIMIT $1)",
    ),
    "realtime_tickets": Statement(
        Nothing,
        "DELETE FROM realtime_tickets WHERE hash IN"
        " (SELECT hash FROM realtime_tickets WHERE expires_at < now() LIMIT $1)",
    ),
    "mail_tokens": Statement(
        Nothing,
        "DELETE FROM mail_tokens WHERE hash IN (SELECT hash FROM mail_tokens WHERE expires_at < now() LIMIT $1)",
    ),
    "sign_in_flows": Statement(
        Nothing,
        "DELETE FROM sign_in_flows WHERE hash IN (SELECT hash FROM sign_in_flows WHERE expires_at < now() LIMIT $1)",
    ),
    "sessions": Statement(
        Nothing,
        "DELETE FROM sessions WHERE id IN"
        " (SELECT id FROM sessions WHERE absolute_expires_at < now() - interval '1 day' LIMIT $1)",
    ),
    "task_changes": Statement(
        Nothing,
        "DELETE FROM task_changes WHERE (user_id, task_id, id) IN"
        " (SELECT user_id, task_id, id FROM task_changes WHERE at < now() - interval '365 days' LIMIT $1)",
    ),
    "jobs_dead": Statement(
        Nothing,
        "DELETE FROM jobs_dead WHERE id IN"
        " (SELECT id FROM jobs_dead WHERE died_at < now() - interval '30 days' LIMIT $1)",
    ),
}


@jobs.every(hours=1)
async def tidy(db: Database) -> None:
    """Deletes in batches, each its own short transaction."""
    for statement in OLD.values():
        while True:
            async with db.system("tidy") as tx:
                if await tx.do(statement, _BATCH) < _BATCH:
                    break
