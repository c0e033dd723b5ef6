"""Data export routes."""

from __future__ import annotations

from collections.abc import Mapping
from uuid import UUID

from studyteddy.features.auth.schemas.data_export import Export, ExportList, NotReady
from studyteddy.features.auth.service import data_export
from studyteddy.platform.db.database import Database
from studyteddy.platform.db.transaction import Tx
from studyteddy.platform.files.object_storage import ObjectStorage
from studyteddy.platform.identity import Identity
from studyteddy.platform.web.binding import Answer
from studyteddy.platform.web.rate_limits import Limit, Limiter, spend
from studyteddy.platform.web.routing import Router

router = Router("/api/users", tag="users", scope="account")


@router.post("/export", status=202)
async def create_export(tx: Tx, limiter: Limiter, limits: Mapping[str, Limit], identity: Identity) -> Export:
    """Start an export of all your data. Progress is published as events."""
    # After the idempotency check: repeating a request with the same idempotency key doesn't count against the limit.
    await spend(limiter, limits["export"], identity.user_id.hex)
    return await data_export.request(tx)


@router.get("/exports")
async def list_exports(db: Database, identity: Identity) -> ExportList:
    """List your data exports."""
    return await data_export.page(db.reading(identity), identity.user_id)


@router.get("/exports/{export_id}")
async def get_export(db: Database, identity: Identity, export_id: UUID) -> Export:
    """Get a data export and its progress."""
    return await data_export.get(db.reading(identity), identity.user_id, export_id)


@router.get("/exports/{export_id}/download", errors=(NotReady,), media="application/zip")
async def download_export(db: Database, storage: ObjectStorage, identity: Identity, export_id: UUID) -> Answer:
    """Download a data export as a ZIP file."""
    chunks = await data_export.download(db, storage, identity, export_id)
    disposition = b'attachment; filename="study-teddy.zip"'
    return Answer(b"", 200, b"application/zip", ((b"content-disposition", disposition),), chunks)


@router.delete("/exports/{export_id}")
async def delete_export(db: Database, storage: ObjectStorage, identity: Identity, export_id: UUID) -> None:
    """Cancel a running data export, or delete a finished one."""
    await data_export.cancel(db, storage, identity, export_id)
