"""Files of tasks. They come in three steps: said, sent, and looked at.

What is sent lies apart until somebody says that all of it is there. Then it is copied to a key that nobody was told,
and the copy is looked at: an address that was handed out cannot change what was found good.
"""

from __future__ import annotations

import secrets
from contextlib import suppress
from datetime import timedelta
from urllib.parse import quote
from uuid import UUID

import msgspec

from studyteddy import events
from studyteddy.features.tasks.schemas import (
    AlreadyUploaded,
    Attachment,
    AttachmentBegun,
    AttachmentChanges,
    AttachmentList,
    Content,
    Kept,
    NewAttachment,
    NoSpaceLeft,
    NoSuchAttachment,
    NotUploaded,
    StillWaiting,
    TooManyAttachments,
    Upload,
    WrongContent,
    WrongEnding,
    WrongSize,
)
from studyteddy.features.tasks.service.checks import found
from studyteddy.features.tasks.store import attachments, rows
from studyteddy.platform import versions
from studyteddy.platform.db import Database, Reader, Replay, Tx
from studyteddy.platform.errors import Invalid, Problem, Unavailable, invalid
from studyteddy.platform.event import Gone
from studyteddy.platform.filetypes import FileType, fits, holds
from studyteddy.platform.identity import Identity
from studyteddy.platform.ids import new_id
from studyteddy.platform.lane import Lane
from studyteddy.platform.storage import NoSuchObject, Storage, StorageAway, folders

MOST_ATTACHMENTS = 20
MOST_BYTES_TOGETHER = 1 << 30
PATIENCE = timedelta(days=1)
"""How long an attachment waits for its bytes."""
UPLOAD_SECONDS = 900
LINK_SECONDS = 300
_MOST_SWEPT = 1000


async def attachments_of(reader: Reader, user_id: UUID, task_id: UUID) -> AttachmentList:
    """Every attachment of a task; raises 404."""
    found(await rows.get(reader, user_id, task_id))
    return AttachmentList(await attachments.of_task(reader, user_id, task_id))


async def get_attachment(reader: Reader, user_id: UUID, task_id: UUID, attachment_id: UUID) -> Attachment:
    """One attachment; raises 404."""
    return _found(await attachments.get(reader, user_id, task_id, attachment_id))


async def attach(tx: Tx, task_id: UUID, new: NewAttachment, *, storage: Storage) -> AttachmentBegun:
    """Begins an attachment; raises 404, 409 where there is no room for it, 422 `wrong_ending`."""
    _check_name(new.name, new.type)
    await tx.in_turn()  # before any lock: the room is the account's
    found(await rows.lock(tx, tx.user_id, task_id))
    token = _token()
    added = await attachments.add(
        tx, tx.user_id, new_id(), task_id, new, token=token, most=MOST_ATTACHMENTS, most_bytes=MOST_BYTES_TOGETHER,
        at=tx.now,
    )  # fmt: skip
    if added is None:
        full = await attachments.count(tx, tx.user_id, task_id) >= MOST_ATTACHMENTS
        raise TooManyAttachments() if full else NoSpaceLeft()
    tx.publish(events.AttachmentCreated(added.id, task_id), added)
    return AttachmentBegun(added, await _upload(storage, added, _incoming(tx.user_id, task_id, added.id, token)))


async def receive(
    db: Database, storage: Storage, identity: Identity, task_id: UUID, attachment_id: UUID, data: bytes
) -> None:
    """Takes the bytes, where the storage takes none from strangers; raises 404, 409, 422 `wrong_size`."""
    kept = await _kept(db, identity, task_id, attachment_id)
    if kept.status == "ready":
        raise AlreadyUploaded()
    if len(data) != kept.size:
        raise invalid("", "wrong_size", WrongSize.title, WrongSize)
    await storage.put(_incoming(identity.user_id, task_id, kept.id, kept.token), data, content_type=kept.type)


async def finish(
    db: Database, storage: Storage, lane: Lane, identity: Identity, task_id: UUID, attachment_id: UUID
) -> Attachment:
    """Looks at what was sent, and keeps it. Finishing again changes nothing.

    Raises 404, and 422 `not_uploaded`, `wrong_size` or `wrong_content`; what is wrong is thrown away.
    """
    kept = await _kept(db, identity, task_id, attachment_id)
    if kept.status == "waiting":
        try:
            return await _accept(db, storage, lane, identity, kept)
        except Invalid:
            if (await _kept(db, identity, task_id, attachment_id)).status == "waiting":
                raise  # else somebody else finished it meanwhile
    async with db.transaction(identity) as tx:
        return tx.reply(_found(await attachments.get(tx, tx.user_id, task_id, attachment_id)))


async def content(db: Database, storage: Storage, identity: Identity, task_id: UUID, attachment_id: UUID) -> Content:
    """What was attached; raises 404, 409 `still_waiting`."""
    kept = await _kept(db, identity, task_id, attachment_id)
    if kept.status == "waiting":
        raise StillWaiting()
    key = _place(identity.user_id, kept, kept.token)
    kind = f"{kept.type}; charset=utf-8" if kept.type.startswith("text/") else kept.type
    saved_as = f"attachment; filename*=UTF-8''{quote(kept.name, safe='')}"
    address = await storage.link(key, seconds=LINK_SECONDS, content_type=kind, disposition=saved_as)
    return Content(kind, saved_as, address, storage.read(key))


async def update_attachment(
    tx: Tx, task_id: UUID, attachment_id: UUID, changes: AttachmentChanges, *, if_match: str | None
) -> Attachment:
    """Changes the name; raises 404, 412, 422 `wrong_ending`."""
    current = _found(await attachments.lock(tx, tx.user_id, task_id, attachment_id))
    versions.check(if_match, current)
    if changes.name is msgspec.UNSET or changes.name == current.name:
        return current
    _check_name(changes.name, current.type)
    changed = _found(await attachments.rename(tx, tx.user_id, attachment_id, changes.name, at=tx.now))
    tx.publish(events.AttachmentUpdated(attachment_id, task_id), changed)
    return changed


async def delete_attachment(tx: Tx, task_id: UUID, attachment_id: UUID, *, if_match: str | None) -> None:
    """Deletes an attachment; a job takes its object away. Raises 404, 412."""
    versions.check(if_match, _found(await attachments.lock(tx, tx.user_id, task_id, attachment_id)))
    await attachments.delete(tx, tx.user_id, attachment_id)
    tx.publish(events.AttachmentDeleted(attachment_id, task_id), Gone(attachment_id))


async def remove_files(storage: Storage, user_id: UUID, *path: UUID) -> None:
    """Forgets every object of a task (`path` is its id), or of one attachment (the task's id and its own)."""
    for folder in _folders(user_id, *path):
        await storage.clear(folder)


async def remove_files_of_task(db: Database, storage: Storage, identity: Identity, task_id: UUID) -> None:
    """Forgets every object of a task that is gone; an occurrence that was taken back may have come again."""
    async with db.transaction(identity) as tx:
        gone = await rows.get(tx, identity.user_id, task_id) is None
    if gone:
        await remove_files(storage, identity.user_id, task_id)


async def sweep(db: Database, storage: Storage) -> int:
    """Gives up attachments that never came within a day; gives their number. Also forgets what was sent in vain."""
    async with db.system("tidy") as tx:
        over = await attachments.overdue(tx, _MOST_SWEPT)
    for one in over:
        async with db.transaction(Identity(one.user_id, one.user_id)) as tx:
            if await attachments.give_up(tx, one.user_id, one.id):
                tx.publish(events.AttachmentDeleted(one.id, one.task_id), Gone(one.id))
    async for left in storage.list("incoming"):
        if left.changed_at < db.clock() - PATIENCE:
            await storage.delete(left.key)
    return len(over)


async def _accept(db: Database, storage: Storage, lane: Lane, identity: Identity, kept: Kept) -> Attachment:
    """Keeps a copy that was found good; of several at once, the first."""
    token = _token()
    sent = _incoming(identity.user_id, kept.task_id, kept.id, kept.token)
    copy = _place(identity.user_id, kept, token)
    try:
        await _examine(storage, lane, kept, sent, copy)
        async with db.transaction(identity) as tx:
            ready = await attachments.mark_ready(tx, tx.user_id, kept.id, token=token, at=tx.now)
            if ready is not None:
                tx.publish(events.AttachmentUpdated(ready.id, ready.task_id), ready)
            shown = tx.reply(ready or _found(await attachments.get(tx, tx.user_id, kept.task_id, kept.id)))
    except (Problem, Replay) as fault:
        if not isinstance(fault, Unavailable):  # else it may be kept
            await storage.delete(copy)
        raise
    with suppress(StorageAway):  # it is kept; what is left over is swept
        await storage.delete(sent if ready is not None else copy)
    return shown


async def _examine(storage: Storage, lane: Lane, kept: Kept, sent: str, copy: str) -> None:
    try:
        if await storage.size(sent) != kept.size:
            await storage.delete(sent)
            raise invalid("", "wrong_size", WrongSize.title, WrongSize)
        await storage.copy(sent, copy)
        data = await storage.get(copy)
    except NoSuchObject as fault:
        raise invalid("", "not_uploaded", NotUploaded.title, NotUploaded) from fault
    if len(data) != kept.size or not await lane.run(lambda: holds(kept.type, data)):
        await storage.delete(sent)
        raise invalid("", "wrong_content", WrongContent.title, WrongContent)


async def _upload(storage: Storage, attachment: Attachment, key: str) -> Upload:
    headers = {"Content-Type": attachment.type, "Content-Length": str(attachment.size)}
    address = await storage.place(key, seconds=UPLOAD_SECONDS, content_type=attachment.type, size=attachment.size)
    if address is not None:
        return Upload(address, "PUT", headers, UPLOAD_SECONDS)
    ours = f"/api/tasks/{attachment.task_id}/attachments/{attachment.id}/content"
    return Upload(ours, "PUT", headers, int(PATIENCE.total_seconds()))


async def _kept(db: Database, identity: Identity, task_id: UUID, attachment_id: UUID) -> Kept:
    kept = await attachments.kept(db.reading(identity), identity.user_id, task_id, attachment_id)
    if kept is None:
        raise NoSuchAttachment()
    return kept


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
    kept, incoming = folders(user_id)
    below = "/".join(map(str, path))
    return f"{kept}/attachments/{below}", f"{incoming}/attachments/{below}"


def _place(user_id: UUID, kept: Kept, token: str) -> str:
    return f"{_folders(user_id, kept.task_id, kept.id)[0]}/{token}"


def _incoming(user_id: UUID, task_id: UUID, attachment_id: UUID, token: str) -> str:
    return f"{_folders(user_id, task_id, attachment_id)[1]}/{token}"
