"""The statements of the job queue.

`run_at` is when a job is due or, once claimed, when its lease expires, so expired leases need no cleanup. `attempt`
increases with each claim and is the fencing token: a worker that finishes after its lease expired finds another attempt
and changes nothing. `leased` distinguishes jobs whose worker died from those that wait.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

import msgspec

from studyteddy.platform.db.statements import Nothing, Statement
from studyteddy.platform.db.transaction import Tx


class Claimed(msgspec.Struct, frozen=True):
    """A job that this worker may run until its lease expires."""

    id: int
    user_id: UUID | None
    kind: str
    payload: str
    attempt: int
    request_id: str
    waited: float
    """Seconds between when it was due and when it was claimed."""


class Dead(msgspec.Struct, frozen=True, rename="camel"):
    """A dead letter: a job that failed permanently, with its last error."""

    id: int
    kind: str
    attempt: int
    last_error: str
    created_at: datetime
    died_at: datetime


class Depth(msgspec.Struct, frozen=True):
    """How many jobs of a lane are due, and for how long the oldest of them (seconds)."""

    lane: str
    waiting: int
    oldest: float


_COLUMNS = "j.id, j.user_id, j.kind, j.payload, j.attempt, j.request_id, due.waited"

_CLAIM = Statement(
    Claimed,
    f"""
WITH due AS MATERIALIZED (
    SELECT id, extract(epoch FROM now() - run_at)::float8 AS waited FROM jobs
     WHERE lane = $1 AND NOT leased AND run_at <= now() ORDER BY run_at LIMIT $2 FOR UPDATE SKIP LOCKED
)
UPDATE jobs AS j SET run_at = now() + $3 * interval '1 second', leased = true, attempt = j.attempt + 1
  FROM due WHERE j.id = due.id
RETURNING {_COLUMNS}""",
)

# As above, but a job waits as long as enough others of its user run or are before it. Workers that claim at the same
# moment don't see each other's jobs, so more of them may run for once.
_CLAIM_SLOW = Statement(
    Claimed,
    f"""
WITH due AS MATERIALIZED (
    SELECT id, extract(epoch FROM now() - run_at)::float8 AS waited FROM jobs AS mine
     WHERE lane = $1 AND NOT leased AND run_at <= now() AND $4 > (
           SELECT count(*) FROM jobs AS other
            WHERE other.user_id = mine.user_id AND other.lane = mine.lane
              AND (other.leased OR (other.run_at, other.id) < (mine.run_at, mine.id)))
     ORDER BY run_at LIMIT $2 FOR UPDATE SKIP LOCKED
)
UPDATE jobs AS j SET run_at = now() + $3 * interval '1 second', leased = true, attempt = j.attempt + 1
  FROM due WHERE j.id = due.id
RETURNING {_COLUMNS}""",
)

# A job whose lease expired may have crashed its worker: it is claimed alone, so that it can't affect other jobs.
_CLAIM_SUSPECT = Statement(
    Claimed,
    f"""
WITH due AS MATERIALIZED (
    SELECT id, 0::float8 AS waited FROM jobs
     WHERE lane = ANY($1) AND leased AND run_at <= now() ORDER BY run_at LIMIT 1 FOR UPDATE SKIP LOCKED
)
UPDATE jobs AS j SET run_at = now() + $2 * interval '1 second', attempt = j.attempt + 1
  FROM due WHERE j.id = due.id
RETURNING {_COLUMNS}""",
)

_ANY_SUSPECT = Statement(bool, "SELECT EXISTS (SELECT FROM jobs WHERE lane = ANY($1) AND leased AND run_at <= now())")

_FINISH = Statement(
    Nothing,
    "DELETE FROM jobs USING unnest($1::bigint[], $2::int[]) AS done(id, attempt)"
    " WHERE jobs.id = done.id AND jobs.attempt = done.attempt",
)

_BEAT = Statement(
    int,
    """
UPDATE jobs SET run_at = now() + $3 * interval '1 second'
  FROM unnest($1::bigint[], $2::int[]) AS held(id, attempt)
 WHERE jobs.id = held.id AND jobs.attempt = held.attempt
RETURNING jobs.id""",
)

_RETRY = Statement(
    Nothing,
    """
UPDATE jobs SET run_at = now() + $3 * interval '1 second', leased = false, last_error = $4, attempt = attempt - $5
 WHERE id = $1 AND attempt = $2""",
)

_GIVE_BACK = Statement(
    Nothing,
    """
UPDATE jobs SET run_at = now(), leased = false, attempt = jobs.attempt - 1
  FROM unnest($1::bigint[], $2::int[]) AS held(id, attempt)
 WHERE jobs.id = held.id AND jobs.attempt = held.attempt""",
)

_BURY = Statement(
    Nothing,
    """
WITH gone AS (DELETE FROM jobs WHERE id = $1 AND attempt = $2 RETURNING *)
INSERT INTO jobs_dead (id, user_id, kind, lane, payload, attempt, request_id, last_error, created_at)
SELECT id, user_id, kind, lane, payload, attempt, request_id, $3, created_at FROM gone""",
)

_DEAD = Statement(
    Dead,
    "SELECT id, kind, attempt, last_error, created_at, died_at FROM jobs_dead ORDER BY died_at DESC, id DESC LIMIT $1",
)

_REVIVE = Statement(
    Nothing,
    """
WITH back AS (DELETE FROM jobs_dead WHERE $1::bigint[] IS NULL OR id = ANY($1) RETURNING *)
INSERT INTO jobs (user_id, kind, lane, payload, request_id, created_at)
SELECT user_id, kind, lane, payload, request_id, created_at FROM back""",
)

_TAKE_SLOT = Statement(
    int,
    """
WITH slot AS (SELECT floor(extract(epoch FROM now()) / $2)::bigint AS number)
INSERT INTO schedules (name, slot) SELECT $1, number FROM slot
ON CONFLICT (name) DO UPDATE SET slot = EXCLUDED.slot WHERE schedules.slot < EXCLUDED.slot
RETURNING slot""",
)

_DEPTHS = Statement(
    Depth,
    """
SELECT lane, count(*)::int, greatest(extract(epoch FROM now() - min(run_at)), 0)::float8
  FROM jobs WHERE run_at <= now() GROUP BY lane""",
)

_DEAD_COUNT = Statement(int, "SELECT count(*)::int FROM jobs_dead")


async def claim(tx: Tx, lane: str, *, limit: int, lease: float) -> list[Claimed]:
    """Up to `limit` due jobs of `lane`, each under a lease of that many seconds."""
    return await tx.all(_CLAIM, lane, limit, lease)


async def claim_slow(tx: Tx, lane: str, *, limit: int, lease: float, per_user: int) -> list[Claimed]:
    """As `claim`, but of each user only as many as make `per_user` with those that run."""
    return await tx.all(_CLAIM_SLOW, lane, limit, lease, per_user)


async def any_suspect(tx: Tx, lanes: Sequence[str]) -> bool:
    return await tx.one(_ANY_SUSPECT, lanes) or False


async def claim_suspect(tx: Tx, lanes: Sequence[str], *, lease: float) -> Claimed | None:
    """One job whose worker fell silent."""
    return await tx.one(_CLAIM_SUSPECT, lanes, lease)


async def finish(tx: Tx, jobs: list[Claimed]) -> bool:
    """Delete exactly these attempts; return whether all of them still belonged to this worker."""
    return await tx.do(_FINISH, [job.id for job in jobs], [job.attempt for job in jobs]) == len(jobs)


async def beat(tx: Tx, jobs: list[Claimed], *, lease: float) -> set[int]:
    """Extend the leases and return the ids of the jobs that still belong to this worker."""
    return set(await tx.all(_BEAT, [job.id for job in jobs], [job.attempt for job in jobs], lease))


async def retry(tx: Tx, job: Claimed, *, delay: float, error: str, uncounted: bool = False) -> None:
    """Retry the job after `delay` seconds; `uncounted` doesn't count the attempt."""
    await tx.do(_RETRY, job.id, job.attempt, delay, error, int(uncounted))


async def give_back(tx: Tx, jobs: list[Claimed]) -> None:
    """Release jobs that weren't started, as if they had never been claimed."""
    await tx.do(_GIVE_BACK, [job.id for job in jobs], [job.attempt for job in jobs])


async def bury(tx: Tx, job: Claimed, *, error: str) -> None:
    """Move the job to the dead letters, with its payload and last error."""
    await tx.do(_BURY, job.id, job.attempt, error)


async def dead(tx: Tx, *, limit: int = 200) -> list[Dead]:
    return await tx.all(_DEAD, limit)


async def revive(tx: Tx, ids: list[int] | None) -> int:
    """Queue dead letters again, all of them if `ids` is `None`; return their number."""
    return await tx.do(_REVIVE, ids)


async def take_slot(tx: Tx, name: str, *, period: float) -> int | None:
    """Return the current slot of a schedule to the first worker that claims it, else `None`."""
    return await tx.one(_TAKE_SLOT, name, period)


async def depths(tx: Tx) -> tuple[list[Depth], int]:
    """Return the depth of each lane and the number of dead letters."""
    return await tx.all(_DEPTHS), await tx.one(_DEAD_COUNT) or 0
