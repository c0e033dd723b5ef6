"""Archives, and leaving for good."""

from __future__ import annotations

from collections.abc import Mapping
from uuid import UUID

from studyteddy.features.auth.api.common import spend, users
from studyteddy.features.auth.schemas import Export, ExportList, NotReady, PasswordOnce, User, WrongPassword
from studyteddy.features.auth.service import leaving
from studyteddy.platform.db import Database
from studyteddy.platform.identity import Identity
from studyteddy.platform.limits import Limit, Limiter
from studyteddy.platform.security import Passwords
from studyteddy.platform.storage import Storage
from studyteddy.platform.web import Answer


@users.post("/export", status=202)
async def create_export(db: Database, limiter: Limiter, limits: Mapping[str, Limit], identity: Identity) -> Export:
    """Begin an archive of everything that is kept of you; its progress comes as events."""
    async with db.transaction(identity) as tx:
        # Behind the look for a past answer: a repetition with the same idempotency key costs nothing.
        await spend(limiter, limits["export"], identity.user_id.hex)
        return tx.reply(await leaving.ask_export(tx))


@users.get("/exports")
async def list_exports(db: Database, identity: Identity) -> ExportList:
    """Your archives."""
    return await leaving.exports(db.reading(identity), identity.user_id)


@users.get("/exports/{export_id}")
async def get_export(db: Database, identity: Identity, export_id: UUID) -> Export:
    """One archive, and how far it is."""
    return await leaving.export(db.reading(identity), identity.user_id, export_id)


@users.get("/exports/{export_id}/download", errors=(NotReady,), media="application/zip")
async def download_export(db: Database, storage: Storage, identity: Identity, export_id: UUID) -> Answer:
    """The archive itself, a ZIP file."""
    pieces = await leaving.download(db, storage, identity, export_id)
    saved_as = b'attachment; filename="study-teddy.zip"'
    return Answer(b"", 200, b"application/zip", ((b"content-disposition", saved_as),), pieces)


@users.delete("/exports/{export_id}")
async def delete_export(db: Database, storage: Storage, identity: Identity, export_id: UUID) -> None:
    """Cancel an archive under way, or throw a finished one away."""
    await leaving.cancel_export(db, storage, identity, export_id)


@users.post("/me/delete", secret=True, errors=(WrongPassword,))
async def delete_account(db: Database, passwords: Passwords, identity: Identity, body: PasswordOnce) -> User:
    """Have this account and everything in it erased in seven days."""
    return await leaving.ask_deletion(db, identity, body.password, passwords=passwords)


@users.post("/me/restore")
async def restore_account(db: Database, identity: Identity) -> User:
    """Keep an account that was to be erased."""
    async with db.transaction(identity) as tx:
        return tx.reply(await leaving.stay(tx))
