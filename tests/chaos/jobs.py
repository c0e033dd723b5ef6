"""Jobs that succeed or fail as a test tells them to. Their effects are rows in the table `effects`."""

from __future__ import annotations

import asyncio
import inspect
import os
import signal

import asyncpg
import msgspec

from studyteddy.platform.db.database import Database
from studyteddy.platform.db.outbox import NewJob
from studyteddy.platform.db.statements import Nothing, Statement
from studyteddy.platform.db.transaction import Tx
from studyteddy.platform.identity import Identity
from studyteddy.platform.jobs.registry import Handler, Jobs, kind_of


class RequestedJobs(Jobs):
    """Jobs that a test enqueues by hand: the program's own jobs all have a trigger."""

    def task(self, handler: Handler) -> Handler:
        """Register a job that runs on request; its argument is the parameter `payload`."""
        return self._add(handler)


def order(handler: Handler, payload: msgspec.Struct, *, delay: float = 0.0, unique_key: str | None = None) -> NewJob:
    """Return a job that runs `handler` after `delay` seconds; at most one with the same `unique_key` is queued."""
    lane = "local" if "tx" in inspect.signature(handler).parameters else "outside"
    return NewJob(kind_of(handler), lane, msgspec.json.encode(payload).decode(), delay, unique_key)


jobs = RequestedJobs("chaos")

EFFECTS = """
CREATE TABLE effects (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, name text NOT NULL, pid integer NOT NULL,
    request_id text NOT NULL, at timestamptz NOT NULL DEFAULT clock_timestamp());
GRANT SELECT, INSERT ON effects TO study_app"""

_WRITE = Statement(Nothing, "INSERT INTO effects (name, pid, request_id) VALUES ($1, $2, $3)")


class Work(msgspec.Struct, frozen=True):
    """The row to write, how the job behaves, and how many seconds it takes."""

    name: str
    how: str = "well"
    takes: float = 0.0


@jobs.task
async def write(tx: Tx, payload: Work, identity: Identity) -> None:
    """Write the row as a local job, in the worker's transaction."""
    await perform(payload)
    await tx.do(_WRITE, payload.name, os.getpid(), identity.request_id)


@jobs.task
async def deliver(db: Database, payload: Work, identity: Identity) -> None:
    """Write the row as an outside job, in a separate transaction that stands for the external effect."""
    await perform(payload)
    async with db.system("worker") as tx:
        await tx.do(_WRITE, payload.name, os.getpid(), identity.request_id)


async def perform(work: Work) -> None:
    await asyncio.sleep(work.takes)
    if work.how == "kill":
        os.kill(os.getpid(), signal.SIGKILL)
    elif work.how == "fail":
        raise RuntimeError(f"{work.name} cannot be done")
    elif work.how == "cancelled":
        inner = asyncio.ensure_future(asyncio.sleep(60))
        asyncio.get_running_loop().call_soon(inner.cancel)
        await inner
    elif work.how == "deadlock":
        raise asyncpg.DeadlockDetectedError("deadlock detected")
