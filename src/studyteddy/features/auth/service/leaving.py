"""Taking everything along, and leaving for good."""

from __future__ import annotations

import asyncio
import io
import tempfile
import zipfile
from collections.abc import AsyncIterator, Sequence
from contextlib import suppress
from datetime import timedelta
from typing import IO
from uuid import UUID

from studyteddy import events
from studyteddy.features.auth import store
from studyteddy.features.auth.schemas import Export, ExportList, NoSuchExport, NotReady, User, WrongPassword
from studyteddy.features.auth.service.accounts import me
from studyteddy.platform import audit
from studyteddy.platform.db import Database, Reader, Tx
from studyteddy.platform.event import Gone
from studyteddy.platform.identity import Identity
from studyteddy.platform.ids import new_id
from studyteddy.platform.personal import Holding
from studyteddy.platform.security import Passwords
from studyteddy.platform.storage import NoSuchObject, Storage, folders

GRACE = timedelta(days=7)
_PIECE = 1 << 20
_MOST_ERASED = 100


async def ask_export(tx: Tx) -> Export:
    """Begins an archive of everything that is kept of the student."""
    export = await store.add_export(tx, tx.user_id, new_id(), at=tx.now)
    await audit.record(tx, "export.asked", export=str(export.id))
    tx.publish(events.ExportAsked(export.id))
    tx.publish(events.ExportUpdated(export.id), export)
    return export


async def exports(reader: Reader, user_id: UUID) -> ExportList:
    """The archives of the last weeks, the latest first."""
    return ExportList(await store.exports(reader, user_id))


async def export(reader: Reader, user_id: UUID, export_id: UUID) -> Export:
    """One archive; raises 404."""
    found = await store.get_export(reader, user_id, export_id)
    if found is None:
        raise NoSuchExport()
    return found


async def cancel_export(db: Database, storage: Storage, identity: Identity, export_id: UUID) -> None:
    """Stops an archive under way, or throws a finished one away with its file; raises 404."""
    async with db.transaction(identity) as tx:
        if not await store.delete_export(tx, tx.user_id, export_id):
            raise NoSuchExport()
        tx.publish(events.ExportDeleted(export_id), Gone(export_id))
    await storage.delete(key_of(identity.user_id, export_id))


async def expire_exports(db: Database, storage: Storage) -> int:
    """Throws away the archives that have been there for seven days, or never came about; gives their number."""
    async with db.system("tidy") as tx:
        over = await store.overdue_exports(tx, _MOST_ERASED)
    for one in over:
        # The file first: should this end in between, the row still leads to the rest.
        await storage.delete(key_of(one.user_id, one.id))
        with suppress(NoSuchExport):
            await cancel_export(db, storage, Identity(one.user_id, one.user_id), one.id)
    return len(over)


async def download(db: Database, storage: Storage, identity: Identity, export_id: UUID) -> AsyncIterator[bytes]:
    """The archive in pieces; raises 404, 409 `not_ready`."""
    found = await export(db.reading(identity), identity.user_id, export_id)
    if found.status != "ready":
        raise NotReady()
    return storage.read(key_of(identity.user_id, export_id))


async def pack(
    db: Database, storage: Storage, holdings: Sequence[Holding], identity: Identity, export_id: UUID
) -> None:
    """Writes the archive: one JSON file a table, and every file of the student's. Harmless when it runs twice."""
    with tempfile.TemporaryFile() as file:
        with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
            for number, holding in enumerate(holdings):
                await _pack_table(db, identity, holding, archive)
                if not await _progress(db, identity, export_id, 90 * (number + 1) // len(holdings)):
                    return
            await _pack_files(storage, identity, archive)
        size = file.tell()
        await storage.write(key_of(identity.user_id, export_id), _pieces(file), content_type="application/zip")
    async with db.transaction(identity) as tx:
        done = await store.finish_export(tx, identity.user_id, export_id, size=size, at=tx.now)
        if done is not None:
            tx.publish(events.ExportUpdated(export_id), done)
            tx.publish(events.ExportReady(export_id))
    if done is None:
        await storage.delete(key_of(identity.user_id, export_id))


async def ask_deletion(db: Database, identity: Identity, password: str, *, passwords: Passwords) -> User:
    """Has the account erased in seven days; raises 403 `wrong_password`."""
    present = await store.password_hash(db.reading(identity), identity.user_id)
    if not await passwords.verify(password, present):
        raise WrongPassword()
    async with db.transaction(identity) as tx:
        await store.schedule_deletion(tx, tx.user_id, at=tx.now + GRACE)
        user = await me(tx, tx.user_id)
        tx.publish(events.UserUpdated(user.id), user)
        await audit.record(tx, "deletion.scheduled")
        tx.publish(events.DeletionScheduled(user.id))
    return user


async def stay(tx: Tx) -> User:
    """Keeps an account that was to be erased; nothing happens to one that was not."""
    user = await me(tx, tx.user_id)
    if user.deletion_at is None:
        return user
    await store.schedule_deletion(tx, tx.user_id, at=None)
    user = await me(tx, tx.user_id)
    await audit.record(tx, "deletion.stopped")
    tx.publish(events.UserUpdated(user.id), user)
    return user


async def erase_due(db: Database, storage: Storage) -> int:
    """Erases the accounts whose grace is over; gives their number.

    Their sessions end first. The rows go when no access token of theirs can be alive any more, so that no request
    ever meets half an account.
    """
    async with db.system("tidy") as tx:
        due = await store.accounts_to_end(tx, _MOST_ERASED)
    for user_id in due:
        async with db.transaction(Identity(user_id, user_id)) as tx:
            await store.disarm(tx, user_id)
            await store.disable(tx, user_id, disabled=True)
    async with db.system("tidy") as tx:
        over = await store.accounts_to_erase(tx, _MOST_ERASED)
    for user_id in over:
        for folder in folders(user_id):
            await storage.clear(folder)
        async with db.transaction(Identity(user_id, user_id)) as tx:
            await store.erase(tx, user_id)
    return len(over)


def key_of(user_id: UUID, export_id: UUID) -> str:
    """Where an archive is kept."""
    return f"users/{user_id}/exports/{export_id}.zip"


async def _pack_table(db: Database, identity: Identity, holding: Holding, archive: zipfile.ZipFile) -> None:
    if holding.export is None:
        return
    async with db.transaction(identity) as tx:
        with archive.open(f"{holding.table}.json", "w") as raw, io.TextIOWrapper(raw, "utf-8") as out:
            out.write("[")
            between = "\n"
            async for row in tx.stream(holding.export, identity.user_id):
                out.write(between + row)
                between = ",\n"
            out.write("\n]\n")


async def _pack_files(storage: Storage, identity: Identity, archive: zipfile.ZipFile) -> None:
    async for found in storage.list(folders(identity.user_id)[0]):
        if "/exports/" in found.key:
            continue
        try:
            data = await storage.get(found.key)
        except NoSuchObject:
            continue
        name = "files/" + found.key.partition(f"{identity.user_id}/")[2]
        await asyncio.to_thread(archive.writestr, name, data)  # packing the largest takes a second


async def _progress(db: Database, identity: Identity, export_id: UUID, percent: int) -> bool:
    """Says how far it is; false when nobody wants it any more."""
    async with db.transaction(identity) as tx:
        now = await store.progress_export(tx, identity.user_id, export_id, percent)
        if now is not None:
            tx.publish(events.ExportUpdated(export_id), now)
    return now is not None


async def _pieces(file: IO[bytes]) -> AsyncIterator[bytes]:
    file.seek(0)
    while piece := await asyncio.to_thread(file.read, _PIECE):
        yield piece
