"""Data export: a ZIP file of everything stored about a student.

Each run of the job writes a file of its own, and the row says which one counts: a run that goes on after its lease has
ended neither replaces nor deletes the file of the run that finished.
"""

from __future__ import annotations

import asyncio
import io
import secrets
import tempfile
import zipfile
from collections.abc import AsyncIterator, Sequence
from contextlib import suppress
from typing import IO
from uuid import UUID

from studyteddy import events
from studyteddy.features.auth.schemas.data_export import Export, ExportList, NoSuchExport, NotReady
from studyteddy.features.auth.store import data_export as store
from studyteddy.platform.db.database import Database
from studyteddy.platform.db.statements import Reader
from studyteddy.platform.db.transaction import Tx
from studyteddy.platform.event import Deleted
from studyteddy.platform.files.object_storage import NoSuchObject, ObjectStorage, folders
from studyteddy.platform.identity import Identity
from studyteddy.platform.ids import new_id
from studyteddy.platform.privacy.data_export import TableExport
from studyteddy.platform.security import audit_log

_CHUNK_BYTES = 1 << 20
BATCH_SIZE = 100


async def request(tx: Tx) -> Export:
    """Start a data export of the student."""
    export = await store.add(tx, tx.user_id, new_id(), at=tx.now)
    await audit_log.record(tx, "export.asked", export=str(export.id))
    tx.publish(events.ExportAsked(export.id))
    tx.publish(events.ExportUpdated(export.id), export)
    return export


async def page(reader: Reader, user_id: UUID) -> ExportList:
    """Return the student's data exports, newest first."""
    return ExportList(await store.page(reader, user_id))


async def get(reader: Reader, user_id: UUID, export_id: UUID) -> Export:
    """Return a data export; raise 404."""
    found = await store.get(reader, user_id, export_id)
    if found is None:
        raise NoSuchExport()
    return found


async def cancel(db: Database, storage: ObjectStorage, identity: Identity, export_id: UUID) -> None:
    """Cancel a running data export, or delete a finished one and its file; raise 404."""
    async with db.transaction(identity) as tx:
        if not await store.delete(tx, tx.user_id, export_id):
            raise NoSuchExport()
        tx.publish(events.ExportDeleted(export_id), Deleted(export_id))
    await _remove_files(storage, identity.user_id, export_id)


async def expire(db: Database, storage: ObjectStorage) -> int:
    """Delete the data exports that are seven days old or never finished; return how many were deleted."""
    async with db.system("tidy") as tx:
        expired = await store.expired(tx, BATCH_SIZE)
    for export in expired:
        # The file first: if this is interrupted, the row still refers to what is left.
        await _remove_files(storage, export.user_id, export.id)
        with suppress(NoSuchExport):
            await cancel(db, storage, Identity(export.user_id, export.user_id), export.id)
    return len(expired)


async def download(db: Database, storage: ObjectStorage, identity: Identity, export_id: UUID) -> AsyncIterator[bytes]:
    """Return the ZIP file in chunks; raise 404, 409 `not_ready`."""
    found = await store.get_stored(db.reading(identity), identity.user_id, export_id)
    if found is None:
        raise NoSuchExport()
    if found.status != "ready":
        raise NotReady()
    return storage.read(_key(identity.user_id, export_id, found.token))


async def pack(
    db: Database, storage: ObjectStorage, data_exports: Sequence[TableExport], identity: Identity, export_id: UUID
) -> None:
    """Write the ZIP file: one JSON file per table, and all files of the student. Safe to run twice."""
    with tempfile.TemporaryFile() as file:
        with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
            for number, table in enumerate(data_exports):
                await _pack_table(db, identity, table, archive)
                if not await _report_progress(db, identity, export_id, 90 * (number + 1) // len(data_exports)):
                    return
            await _pack_files(storage, identity, archive)
        size, token = file.tell(), secrets.token_urlsafe()
        key = _key(identity.user_id, export_id, token)
        await storage.write(key, _chunks(file), content_type="application/zip")
    async with db.transaction(identity) as tx:
        done = await store.finish(tx, identity.user_id, export_id, token=token, size=size, at=tx.now)
        if done is not None:
            tx.publish(events.ExportUpdated(export_id), done)
            tx.publish(events.ExportReady(export_id))
    if done is None:
        await storage.delete(key)


def folder_of(user_id: UUID, export_id: UUID) -> str:
    """Return the storage prefix of a data export."""
    return f"users/{user_id}/exports/{export_id}"


def _key(user_id: UUID, export_id: UUID, token: str) -> str:
    folder = folder_of(user_id, export_id)
    return f"{folder}/{token}.zip" if token else f"{folder}.zip"


async def _remove_files(storage: ObjectStorage, user_id: UUID, export_id: UUID) -> None:
    await storage.clear(folder_of(user_id, export_id))
    await storage.delete(_key(user_id, export_id, ""))


async def _pack_table(db: Database, identity: Identity, table: TableExport, archive: zipfile.ZipFile) -> None:
    if table.export is None:
        return
    async with db.transaction(identity) as tx:
        with archive.open(f"{table.table}.json", "w") as raw, io.TextIOWrapper(raw, "utf-8") as out:
            out.write("[")
            separator = "\n"
            async for row in tx.stream(table.export, identity.user_id):
                out.write(separator + row)
                separator = ",\n"
            out.write("\n]\n")


async def _pack_files(storage: ObjectStorage, identity: Identity, archive: zipfile.ZipFile) -> None:
    async for found in storage.list(folders(identity.user_id)[0]):
        if "/exports/" in found.key:
            continue
        try:
            data = await storage.get(found.key)
        except NoSuchObject:
            continue
        name = "files/" + found.key.partition(f"{identity.user_id}/")[2]
        await asyncio.to_thread(archive.writestr, name, data)  # compressing the largest file takes a second


async def _report_progress(db: Database, identity: Identity, export_id: UUID, percent: int) -> bool:
    """Publish the progress; return False if the export was cancelled."""
    async with db.transaction(identity) as tx:
        updated = await store.set_progress(tx, identity.user_id, export_id, percent)
        if updated is not None:
            tx.publish(events.ExportUpdated(export_id), updated)
    return updated is not None


async def _chunks(file: IO[bytes]) -> AsyncIterator[bytes]:
    file.seek(0)
    while chunk := await asyncio.to_thread(file.read, _CHUNK_BYTES):
        yield chunk
