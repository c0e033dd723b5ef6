"""What an operator asks of a running system from the command line."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Literal

from studyteddy.bootstrap.catalogue import SEALED
from studyteddy.bootstrap.runtime import runtime
from studyteddy.features.auth.service import support
from studyteddy.platform import sealing
from studyteddy.platform.jobs import store as queue
from studyteddy.platform.settings import Settings


def dead_jobs(settings: Settings) -> list[queue.Dead]:
    """The dead letters, the latest first."""

    async def find() -> list[queue.Dead]:
        async with runtime(settings) as running, running.db.system("operate") as tx:
            return await queue.dead(tx)

    return asyncio.run(find())


def retry_dead(settings: Settings, ids: list[int] | None) -> int:
    """Queues dead letters again, all of them when `ids` is nothing; gives their number."""

    async def revive() -> int:
        async with runtime(settings) as running, running.db.system("operate") as tx:
            return await queue.revive(tx, ids)

    return asyncio.run(revive())


def set_role(settings: Settings, email: str, role: Literal["student", "operator"]) -> None:
    """Makes somebody an operator, or a student again; raises `NotFound`."""

    async def change() -> None:
        async with runtime(settings) as running:
            await support.set_role(running.db, email, role)

    asyncio.run(change())


def rotate_keys(settings: Settings, *, progress: Callable[[str, int], None] = lambda place, done: None) -> int:
    """Seals every secret at rest with the current key, beside the running program; gives their number."""

    async def rotate() -> int:
        async with runtime(settings) as running:
            sealer = running.resources["sealer"]
            await sealing.check_ring(running.db, sealer)
            return await sealing.rotate(
                running.db, sealer, SEALED, lambda place, done: progress(f"{place.table}.{place.column}", done)
            )

    return asyncio.run(rotate())
