"""What auth does in the background: archives, and accounts whose grace is over."""

from __future__ import annotations

from collections.abc import Sequence

from studyteddy.events import ExportAsked
from studyteddy.features.auth.service import leaving
from studyteddy.platform.db import Database
from studyteddy.platform.identity import Identity
from studyteddy.platform.jobs import Jobs
from studyteddy.platform.personal import Holding
from studyteddy.platform.storage import Storage

jobs = Jobs("auth")


@jobs.on(ExportAsked)
async def pack_export(
    db: Database, storage: Storage, holdings: Sequence[Holding], identity: Identity, event: ExportAsked
) -> None:
    """Writes the archive that was asked for."""
    await leaving.pack(db, storage, holdings, identity, event.export_id)


@jobs.every(hours=1)
async def expire_exports(db: Database, storage: Storage) -> None:
    """Throws away archives after seven days."""
    await leaving.expire_exports(db, storage)


@jobs.every(minutes=15)
async def erase_accounts(db: Database, storage: Storage) -> None:
    """Erases the accounts whose seven days are over."""
    await leaving.erase_due(db, storage)
