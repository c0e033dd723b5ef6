"""Background jobs of auth: data exports and account deletion."""

from __future__ import annotations

from collections.abc import Sequence

from studyteddy.events import ExportAsked
from studyteddy.features.auth.service import account_deletion, data_export
from studyteddy.platform.db.database import Database
from studyteddy.platform.files.object_storage import ObjectStorage
from studyteddy.platform.identity import Identity
from studyteddy.platform.jobs.registry import Jobs
from studyteddy.platform.privacy.data_export import TableExport

jobs = Jobs("auth")


@jobs.on(ExportAsked)
async def pack_export(
    db: Database, storage: ObjectStorage, data_exports: Sequence[TableExport], identity: Identity, event: ExportAsked
) -> None:
    """Write the requested data export."""
    await data_export.pack(db, storage, data_exports, identity, event.export_id)


@jobs.every(hours=1)
async def expire_exports(db: Database, storage: ObjectStorage) -> None:
    """Delete data exports older than seven days."""
    await data_export.expire(db, storage)


@jobs.every(minutes=15)
async def erase_accounts(db: Database, storage: ObjectStorage) -> None:
    """Erase accounts whose grace period of seven days has ended."""
    await account_deletion.erase_due(db, storage)
