"""HTTP routes for attachments."""

from __future__ import annotations

from uuid import UUID

from studyteddy.features.attachments import service
from studyteddy.features.attachments.schemas import (
    MAX_BYTES,
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
from studyteddy.platform.db.database import Database
from studyteddy.platform.db.transaction import Tx
from studyteddy.platform.fields import Empty
from studyteddy.platform.files.object_storage import ObjectStorage
from studyteddy.platform.identity import Identity
from studyteddy.platform.thread_pool import ThreadPool
from studyteddy.platform.web.binding import Answer
from studyteddy.platform.web.routing import Router

router = Router("/api/tasks", tag="tasks")
_ALL = "/{task_id}/attachments"
_ONE = f"{_ALL}/{{attachment_id}}"


@router.get(_ALL)
async def list_attachments(db: Database, identity: Identity, task_id: UUID) -> AttachmentList:
    """List the attachments of a task, oldest first."""
    return await service.of_task(db.reading(identity), identity.user_id, task_id)


@router.post(_ALL, status=201, secret=True, errors=(TooManyAttachments, NoSpaceLeft, WrongEnding))
async def create_attachment(tx: Tx, storage: ObjectStorage, task_id: UUID, body: NewAttachment) -> AttachmentBegun:
    """Declare an attachment: upload its content as described in `upload`, then call finish.

    Documents (PDF, docx, xlsx, pptx, odt), images, plain text and ZIP files are accepted: up to 25 MiB per file, 20
    files per task and 1 GiB per account. Uploads that are not finished within a day are deleted. The response can
    contain a secret URL, so idempotency keys are ignored.
    """
    return await service.declare(tx, task_id, body, storage=storage)


@router.get(_ONE)
async def get_attachment(db: Database, identity: Identity, task_id: UUID, attachment_id: UUID) -> Attachment:
    """Get an attachment."""
    return await service.get(db.reading(identity), identity.user_id, task_id, attachment_id)


@router.patch(_ONE, errors=(WrongEnding,))
async def update_attachment(
    tx: Tx, task_id: UUID, attachment_id: UUID, body: AttachmentChanges, if_match: str | None
) -> Attachment:
    """Rename an attachment."""
    return await service.update(tx, task_id, attachment_id, body, if_match=if_match)


@router.delete(_ONE)
async def delete_attachment(tx: Tx, task_id: UUID, attachment_id: UUID, if_match: str | None) -> None:
    """Delete an attachment and its file."""
    await service.delete(tx, task_id, attachment_id, if_match=if_match)


@router.put(f"{_ONE}/content", largest=MAX_BYTES, errors=(AlreadyUploaded, WrongSize))
async def upload_attachment(
    db: Database, storage: ObjectStorage, identity: Identity, task_id: UUID, attachment_id: UUID, upload: bytes
) -> None:
    """Upload the content of an attachment, if `upload.url` points here."""
    await service.upload(db, storage, identity, task_id, attachment_id, upload)


@router.post(f"{_ONE}/finish", errors=(NotUploaded, WrongSize, WrongContent))
async def finish_attachment(
    db: Database,
    storage: ObjectStorage,
    image_threads: ThreadPool,
    identity: Identity,
    task_id: UUID,
    attachment_id: UUID,
    body: Empty | None = None,
) -> Attachment:
    """Finish an upload. The content is verified, and deleted if it does not match the declaration."""
    return await service.finish(db, storage, image_threads, identity, task_id, attachment_id)


@router.get(f"{_ONE}/content", errors=(StillWaiting,), media="application/octet-stream", redirects=True)
async def download_attachment(
    db: Database, storage: ObjectStorage, identity: Identity, task_id: UUID, attachment_id: UUID
) -> Answer:
    """Download the file under its name. The response may redirect to a URL that expires after five minutes."""
    content = await service.content(db, storage, identity, task_id, attachment_id)
    if content.address is not None:
        return Answer(b"", 302, b"text/plain", ((b"location", content.address.encode()),))
    headers = (b"content-disposition", content.disposition.encode()), (b"cache-control", b"private, max-age=3600")
    return Answer(b"", 200, content.type.encode(), headers, content.pieces)
