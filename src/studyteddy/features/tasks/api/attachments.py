"""Files of tasks."""

from __future__ import annotations

from uuid import UUID

from studyteddy.features.tasks import service
from studyteddy.features.tasks.api.common import router
from studyteddy.features.tasks.schemas import (
    MOST_BYTES,
    AlreadyUploaded,
    Attachment,
    AttachmentBegun,
    AttachmentChanges,
    AttachmentList,
    NewAttachment,
    NoSpaceLeft,
    NotUploaded,
    StillWaiting,
    TooManyAttachments,
    WrongContent,
    WrongEnding,
    WrongSize,
)
from studyteddy.platform.db import Database
from studyteddy.platform.fields import Empty
from studyteddy.platform.identity import Identity
from studyteddy.platform.lane import Lane
from studyteddy.platform.storage import Storage
from studyteddy.platform.web import Answer

_ALL = "/{task_id}/attachments"
_ONE = f"{_ALL}/{{attachment_id}}"


@router.get(_ALL)
async def list_attachments(db: Database, identity: Identity, task_id: UUID) -> AttachmentList:
    """The files of a task, the oldest first."""
    return await service.attachments_of(db.reading(identity), identity.user_id, task_id)


@router.post(_ALL, status=201, secret=True, errors=(TooManyAttachments, NoSpaceLeft, WrongEnding))
async def create_attachment(
    db: Database, storage: Storage, identity: Identity, task_id: UUID, body: NewAttachment
) -> AttachmentBegun:
    """Begin to attach a file: send its bytes as `upload` says, then finish.

    Documents (PDF, docx, xlsx, pptx, odt), pictures, plain texts and ZIP files; 25 MiB each, 20 a task, 1 GiB together.
    What is not finished within a day is forgotten. The answer may hold a secret address, so no idempotency key is
    honoured.
    """
    async with db.transaction(identity) as tx:
        return await service.attach(tx, task_id, body, storage=storage)


@router.get(_ONE)
async def get_attachment(db: Database, identity: Identity, task_id: UUID, attachment_id: UUID) -> Attachment:
    """One attachment."""
    return await service.get_attachment(db.reading(identity), identity.user_id, task_id, attachment_id)


@router.patch(_ONE, errors=(WrongEnding,))
async def update_attachment(
    db: Database,
    identity: Identity,
    task_id: UUID,
    attachment_id: UUID,
    body: AttachmentChanges,
    if_match: str | None,
) -> Attachment:
    """Give an attachment another name."""
    async with db.transaction(identity) as tx:
        return await service.update_attachment(tx, task_id, attachment_id, body, if_match=if_match)


@router.delete(_ONE)
async def delete_attachment(
    db: Database, identity: Identity, task_id: UUID, attachment_id: UUID, if_match: str | None
) -> None:
    """Delete an attachment and its file."""
    async with db.transaction(identity) as tx:
        await service.delete_attachment(tx, task_id, attachment_id, if_match=if_match)


@router.put(f"{_ONE}/content", largest=MOST_BYTES, errors=(AlreadyUploaded, WrongSize))
async def upload_attachment(
    db: Database, storage: Storage, identity: Identity, task_id: UUID, attachment_id: UUID, upload: bytes
) -> None:
    """Send the bytes of an attachment, where `upload.url` leads here."""
    await service.receive(db, storage, identity, task_id, attachment_id, upload)


@router.post(f"{_ONE}/finish", errors=(NotUploaded, WrongSize, WrongContent))
async def finish_attachment(
    db: Database,
    storage: Storage,
    picture_lane: Lane,
    identity: Identity,
    task_id: UUID,
    attachment_id: UUID,
    body: Empty | None = None,
) -> Attachment:
    """Say that all bytes were sent; they are looked at, and what is not as declared is thrown away."""
    return await service.finish(db, storage, picture_lane, identity, task_id, attachment_id)


@router.get(f"{_ONE}/content", errors=(StillWaiting,), media="application/octet-stream", elsewhere=True)
async def download_attachment(
    db: Database, storage: Storage, identity: Identity, task_id: UUID, attachment_id: UUID
) -> Answer:
    """The file itself, to be saved under its name; perhaps from another address, which is good for five minutes."""
    content = await service.content(db, storage, identity, task_id, attachment_id)
    if content.address is not None:
        return Answer(b"", 302, b"text/plain", ((b"location", content.address.encode()),))
    told = (b"content-disposition", content.disposition.encode()), (b"cache-control", b"private, max-age=3600")
    return Answer(b"", 200, content.type.encode(), told, content.pieces)
