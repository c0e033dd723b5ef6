"""The operator's commands: dead jobs, roles, key rotation, and audit log verification."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from typing import Literal, NamedTuple
from uuid import UUID

from studyteddy.bootstrap.catalogue import SEALED_COLUMNS
from studyteddy.bootstrap.runtime import runtime
from studyteddy.features.auth.service import admin
from studyteddy.platform.db.database import Database
from studyteddy.platform.identity import Identity
from studyteddy.platform.jobs import store
from studyteddy.platform.security import audit_log, encryption
from studyteddy.platform.settings import Settings

_PAGE = 500


def dead_jobs(settings: Settings) -> list[store.Dead]:
    """Return the dead jobs, latest first."""

    async def find() -> list[store.Dead]:
        async with runtime(settings) as running, running.db.system("operate") as tx:
            return await store.dead(tx)

    return asyncio.run(find())


def retry_dead(settings: Settings, ids: list[int] | None) -> int:
    """Requeue dead jobs, or all of them if `ids` is None; return how many."""

    async def requeue() -> int:
        async with runtime(settings) as running, running.db.system("operate") as tx:
            return await store.revive(tx, ids)

    return asyncio.run(requeue())


def set_role(settings: Settings, email: str, role: Literal["student", "operator"]) -> None:
    """Set the role of the user with this e-mail address; raise `NotFound` if there is none."""

    async def change() -> None:
        async with runtime(settings) as running:
            await admin.set_role(running.db, email, role)

    asyncio.run(change())


def rotate_keys(settings: Settings, *, progress: Callable[[str, int], None] = lambda column, done: None) -> int:
    """Re-encrypt every secret at rest with the current key, while the program runs; return how many."""

    async def rotate() -> int:
        async with runtime(settings) as running:
            field_encryption = running.field_encryption
            await encryption.check_ring(running.db, field_encryption)
            return await encryption.rotate(
                running.db,
                field_encryption,
                SEALED_COLUMNS,
                lambda sealed, done: progress(f"{sealed.table}.{sealed.column}", done),
            )

    return asyncio.run(rotate())


class BrokenLog(NamedTuple):
    """A corrupt audit log: its user, and the first entry that is missing, changed or added."""

    user_id: UUID | None
    """None for the log of events without a signed-in user; `entry` is then a batch number."""
    entry: int


def verify_audit_log(settings: Settings, *, progress: Callable[[int], None] = lambda done: None) -> list[BrokenLog]:
    """Recompute the hash chain of every user's audit log, while the program runs; return those that are corrupt."""

    async def check() -> list[BrokenLog]:
        async with runtime(settings, name="studyteddy-audit") as running:
            broken = [one async for one in _broken_logs(running.db, progress)]
            batch = await audit_log.verify_seals(running.db)
            return broken if batch is None else [*broken, BrokenLog(None, batch)]

    return asyncio.run(check())


async def _broken_logs(db: Database, progress: Callable[[int], None]) -> AsyncIterator[BrokenLog]:
    done, last = 0, UUID(int=0)
    while users := await admin.user_ids(db, after=last, limit=_PAGE):
        for user_id in users:
            entry = await audit_log.verify(db.reading(Identity(user_id, user_id)), user_id)
            if entry is not None:
                yield BrokenLog(user_id, entry)
        done, last = done + len(users), users[-1]
        progress(done)
