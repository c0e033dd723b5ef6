"""Jobs that do what a test says: well, badly, or not at all. Their effects are rows of the table `effects`."""

from __future__ import annotations

import asyncio
import os
import signal

import asyncpg
import msgspec

from studyteddy.platform.db import Database, Nothing, Statement, Tx
from studyteddy.platform.identity import Identity
from studyteddy.platform.jobs import Jobs

jobs = Jobs("chaos")

EFFECTS = """
CREATE TABLE effects (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, name text NOT NULL, pid integer NOT NULL,
    request_id text NOT NULL, at timestamptz NOT NULL DEFAULT clock_timestamp());
GRANT SELECT, INSERT ON effects TO study_app"""

_WRITE = Statement(Nothing, "INSERT INTO effects (name, pid, request_id) VALUES ($1, $2, $3)")


class Work(msgspec.Struct, frozen=True):
    """What to write, how to go about it, and how many seconds to take."""

    name: str
    how: str = "well"
    takes: float = 0.0


@jobs.task
async def write(tx: Tx, payload: Work, identity: Identity) -> None:
    """A local job."""
    await go_about(payload)
    await tx.do(_WRITE, payload.name, os.getpid(), identity.request_id)


@jobs.task
async def deliver(db: Database, payload: Work, identity: Identity) -> None:
    """An outside job; what it does outside is the row, in a transaction of its own."""
    await go_about(payload)
    async with db.system("worker") as tx:
        await tx.do(_WRITE, payload.name, os.getpid(), identity.request_id)


async def go_about(work: Work) -> None:
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
