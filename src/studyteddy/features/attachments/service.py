"""Actions on attachments, which are added in three stages: declared, uploaded, verified.

An upload stays in a separate area until the client finishes it. It is then copied to an unguessable key, and the copy
is verified: a URL that was handed out can't change content that has been verified.
"""

from __future__ import annotations

import secrets
from contextlib import suppress
from datetime import timedelta
from urllib.parse import quote
from uuid import UUID

import msgspec

from studyteddy import events
from studyteddy.features.attachments import store
from studyteddy.features.attachments.schemas import (
    NOT_TEXT,
    AlreadyUploaded,
    Attachment,
    AttachmentBegun,
    AttachmentChanges,
    AttachmentList,
    Content,
    NewAttachment,
    NoSpaceLeft,
    NoSuchAttachment,
    NotUploaded,
    StillWaiting,
    StoredAttachment,
    TooManyAttachments,
    UnknownAttachment,
    UnreadableAttachment,
    Upload,
    WrongContent,
    WrongEnding,
    WrongSize,
)
from studyteddy.features.tasks.service import tasks
from studyteddy.platform.db.database import Database
from studyteddy.platform.db.idempotency import Replay
from studyteddy.platform.db.statements import Reader
from studyteddy.platform.db.transaction import Tx
from studyteddy.platform.errors import Invalid, Problem, Unavailable, invalid
from studyteddy.platform.event import Deleted
from studyteddy.platform.files import texts
from studyteddy.platform.files.file_types import FileType, fits, holds
from studyteddy.platform.files.object_storage import NoSuchObject, ObjectStorage, StorageUnavailable, folders
from studyteddy.platform.identity import Identity
from studyteddy.platform.ids import new_id
from studyteddy.platform.thread_pool import ThreadPool
from studyteddy.platform.web import etags

MAX_ATTACHMENTS = 20
MAX_TOTAL_BYTES = 1 << 30
UPLOAD_TIMEOUT = timedelta(days=1)
"""How long an attachment waits for its content."""
UPLOAD_SECONDS = 900
LINK_SECONDS = 300
_SWEEP_LIMIT = 1000


async def of_task(reader: Reader, user_id: UUID, task_id: UUID) -> AttachmentList:
    """Return all attachments of a task; raise 404 if the task doesn't exist."""
    await tasks.get(reader, user_id, task_id)
    return AttachmentList(await store.of_task(reader, user_id, task_id))


async def get(reader: Reader, user_id: UUID, task_id: UUID, attachment_id: UUID) -> Attachment:
    """Return an attachment; raise 404 if it doesn't exist."""
    return _found(await store.get(reader, user_id, task_id, attachment_id))


async def declare(tx: Tx, task_id: UUID, new: NewAttachment, *, storage: ObjectStorage) -> AttachmentBegun:
    """Declare an attachment; raise 404, 409 if a limit is exceeded, 422 `wrong_ending`."""
    _check_name(new.name, new.type)
    await tx.lock_user()  # before any lock: the size limit applies to the whole account
    await tasks.lock(tx, task_id)
    token = _token()
    added = await store.add(
        tx,
        tx.user_id,
        new_id(),
        task_id,
        new,
        token=token,
        max_count=MAX_ATTACHMENTS,
        max_bytes=MAX_TOTAL_BYTES,
        at=tx.now,
    )
    if added is None:
        full = await store.count(tx, tx.user_id, task_id) >= MAX_ATTACHMENTS
        raise TooManyAttachments() if full else NoSpaceLeft()
    tx.publish(events.AttachmentCreated(added.id, task_id), added)
    return AttachmentBegun(
        added, await _upload_address(storage, added, _upload_key(tx.user_id, task_id, added.id, token))
    )


async def upload(
    db: Database, storage: ObjectStorage, identity: Identity, task_id: UUID, attachment_id: UUID, data: bytes
) -> None:
    """Accept the content if the storage has no upload URLs; raise 404, 409, 422 `wrong_size`."""
    stored = await _get_stored(db, identity, task_id, attachment_id)
    if stored.status == "ready":
        raise AlreadyUploaded()
    if len(data) != stored.size:
        raise invalid("", "wrong_size", WrongSize.title, WrongSize)
    await storage.put(_upload_key(identity.user_id, task_id, stored.id, stored.token), data, content_type=stored.type)


async def finish(
    db: Database, storage: ObjectStorage, threads: ThreadPool, identity: Identity, task_id: UUID, attachment_id: UUID
) -> Attachment:
    """Verify and store the uploaded content. Finishing again has no effect.

    Raise 404, and 422 `not_uploaded`, `wrong_size` or `wrong_content`; invalid content is deleted.
    """
    stored = await _get_stored(db, identity, task_id, attachment_id)
    if stored.status == "waiting":
        try:
            return await _accept(db, storage, threads, identity, stored)
        except Invalid:
            if (await _get_stored(db, identity, task_id, attachment_id)).status == "waiting":
                raise  # otherwise another request has finished it in the meantime
    async with db.transaction(identity) as tx:
        return tx.reply(_found(await store.get(tx, tx.user_id, task_id, attachment_id)))


async def content(
    db: Database, storage: ObjectStorage, identity: Identity, task_id: UUID, attachment_id: UUID
) -> Content:
    """Return the content of an attachment; raise 404, 409 `still_waiting`."""
    stored = await _get_stored(db, identity, task_id, attachment_id)
    if stored.status == "waiting":
        raise StillWaiting()
    key = _object_key(identity.user_id, stored, stored.token)
    kind = f"{stored.type}; charset=utf-8" if stored.type.startswith("text/") else stored.type
    disposition = f"attachment; filename*=UTF-8''{quote(stored.name, safe='')}"
    address = await storage.link(key, seconds=LINK_SECONDS, content_type=kind, disposition=disposition)
    return Content(kind, disposition, address, storage.read(key))


async def known(reader: Reader, user_id: UUID, attachment_id: UUID) -> StoredAttachment:
    """Return an attachment of any task whose content was verified; raise 422 `no_such_attachment`."""
    stored = await store.find_stored(reader, user_id, attachment_id)
    if stored is None:
        raise invalid("/attachmentId", UnknownAttachment.code, UnknownAttachment.title, UnknownAttachment)
    return stored


async def text(
    db: Database, storage: ObjectStorage, threads: ThreadPool, identity: Identity, attachment_id: UUID
) -> str:
    """Return the text of an attachment of any task; raise 422 `no_such_attachment` or `unreadable_attachment`."""
    stored = await known(db.reading(identity), identity.user_id, attachment_id)
    try:
        if stored.type not in texts.READABLE:
            raise texts.Unreadable()
        data = await storage.get(_object_key(identity.user_id, stored, stored.token))
        return await threads.run(lambda: texts.text_of(stored.type, data))
    except (texts.Unreadable, NoSuchObject) as fault:
        title = UnreadableAttachment.title
        raise invalid("/attachmentId", UnreadableAttachment.code, title, UnreadableAttachment) from fault


async def update(
    tx: Tx, task_id: UUID, attachment_id: UUID, changes: AttachmentChanges, *, if_match: str | None
) -> Attachment:
    """Rename an attachment; raise 404, 412, 422 `wrong_ending`."""
    current = _found(await store.lock(tx, tx.user_id, task_id, attachment_id))
    etags.check(if_match, current)
    if changes.name is msgspec.UNSET or changes.name == current.name:
        return current
    _check_name(changes.name, current.type)
    changed = _found(await store.rename(tx, tx.user_id, attachment_id, changes.name, at=tx.now))
    tx.publish(events.AttachmentUpdated(attachment_id, task_id), changed)
    return changed


async def delete(tx: Tx, task_id: UUID, attachment_id: UUID, *, if_match: str | None) -> None:
    """Delete an attachment; a job deletes its object. Raise 404, 412."""
    etags.check(if_match, _found(await store.lock(tx, tx.user_id, task_id, attachment_id)))
    await store.delete(tx, tx.user_id, attachment_id)
    tx.publish(events.AttachmentDeleted(attachment_id, task_id), Deleted(attachment_id))


async def remove_files(storage: ObjectStorage, user_id: UUID, *path: UUID) -> None:
    """Delete every object of a task (`path` is its id) or of an attachment (the task's id and its own)."""
    for folder in _folders(user_id, *path):
        await storage.clear(folder)


async def remove_files_of_task(db: Database, storage: ObjectStorage, identity: Identity, task_id: UUID) -> None:
    """Delete every object of a deleted task.

    A withdrawn occurrence may have been created again, under the same id. An attachment's row is older than its
    objects, so an object that was listed before the rows were read, and has no row, is not in use.
    """
    keys = [found.key for folder in _folders(identity.user_id, task_id) async for found in storage.list(folder)]
    async with db.transaction(identity) as tx:
        existing = {str(one.id) for one in await store.of_task(tx, tx.user_id, task_id)}
    for key in keys:
        if key.split("/")[-2] not in existing:
            await storage.delete(key)


async def delete_abandoned(db: Database, storage: ObjectStorage) -> int:
    """Delete attachments that were not uploaded within a day, and leftover uploads; return how many attachments."""
    async with db.system("tidy") as tx:
        abandoned = await store.abandoned(tx, limit=_SWEEP_LIMIT)
    for one in abandoned:
        async with db.transaction(Identity(one.user_id, one.user_id)) as tx:
            if await store.delete_waiting(tx, one.user_id, one.id):
                tx.publish(events.AttachmentDeleted(one.id, one.task_id), Deleted(one.id))
    async for uploaded in storage.list("incoming"):
        if uploaded.changed_at < db.clock() - UPLOAD_TIMEOUT:
            await storage.delete(uploaded.key)
    return len(abandoned)


async def _accept(
    db: Database, storage: ObjectStorage, threads: ThreadPool, identity: Identity, stored: StoredAttachment
) -> Attachment:
    """Store a verified copy; of several concurrent requests, the first one wins."""
    token = _token()
    uploaded = _upload_key(identity.user_id, stored.task_id, stored.id, stored.token)
    copy = _object_key(identity.user_id, stored, token)
    try:
        await _verify(storage, threads, stored, uploaded, copy)
        async with db.transaction(identity) as tx:
            ready = await store.mark_ready(tx, tx.user_id, stored.id, token=token, at=tx.now)
            if ready is not None:
                tx.publish(events.AttachmentUpdated(ready.id, ready.task_id), ready)
            attachment = tx.reply(ready or _found(await store.get(tx, tx.user_id, stored.task_id, stored.id)))
    except (Problem, Replay) as fault:
        if not isinstance(fault, Unavailable):  # otherwise the transaction may have committed, and the copy be in use
            await storage.delete(copy)
        raise
    with suppress(StorageUnavailable):  # the attachment is stored; a job deletes leftovers
        await storage.delete(uploaded if ready is not None else copy)
    return attachment


async def _verify(
    storage: ObjectStorage, threads: ThreadPool, stored: StoredAttachment, uploaded: str, copy: str
) -> None:
    try:
        if await storage.size(uploaded) != stored.size:
            await storage.delete(uploaded)
            raise invalid("", "wrong_size", WrongSize.title, WrongSize)
        await storage.copy(uploaded, copy)
        data = await storage.get(copy)
    except NoSuchObject as fault:
        raise invalid("", "not_uploaded", NotUploaded.title, NotUploaded) from fault
    if len(data) != stored.size or not await threads.run(lambda: holds(stored.type, data)):
        await storage.delete(uploaded)
        detail = NOT_TEXT if stored.type in texts.PLAIN else WrongContent.title
        raise invalid("", "wrong_content", detail, WrongContent)


async def _upload_address(storage: ObjectStorage, attachment: Attachment, key: str) -> Upload:
    headers = {"Content-Type": attachment.type, "Content-Length": str(attachment.size)}
    address = await storage.place(key, seconds=UPLOAD_SECONDS, content_type=attachment.type, size=attachment.size)
    if address is not None:
        return Upload(address, "PUT", headers, UPLOAD_SECONDS)
    ours = f"/api/tasks/{attachment.task_id}/attachments/{attachment.id}/content"
    return Upload(ours, "PUT", headers, int(UPLOAD_TIMEOUT.total_seconds()))


async def _get_stored(db: Database, identity: Identity, task_id: UUID, attachment_id: UUID) -> StoredAttachment:
    stored = await store.get_stored(db.reading(identity), identity.user_id, task_id, attachment_id)
    if stored is None:
        raise NoSuchAttachment()
    return stored


def _found(attachment: Attachment | None) -> Attachment:
    if attachment is None:
        raise NoSuchAttachment()
    return attachment


def _check_name(name: str, kind: FileType) -> None:
    if not fits(name, kind):
        raise invalid("/name", "wrong_ending", WrongEnding.title, WrongEnding)


def _token() -> str:
    return secrets.token_urlsafe(24)


def _folders(user_id: UUID, *path: UUID) -> tuple[str, str]:
    stored, incoming = folders(user_id)
    below = "/".join(map(str, path))
    return f"{stored}/attachments/{below}", f"{incoming}/attachments/{below}"


def _object_key(user_id: UUID, stored: StoredAttachment, token: str) -> str:
    return f"{_folders(user_id, stored.task_id, stored.id)[0]}/{token}"


def _upload_key(user_id: UUID, task_id: UUID, attachment_id: UUID, token: str) -> str:
    return f"{_folders(user_id, task_id, attachment_id)[1]}/{token}"
