"""Requests, responses and errors for attachments."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

import msgspec
from msgspec import UNSET, Meta, UnsetType

from studyteddy.platform.errors import Conflict, Invalid, NotFound
from studyteddy.platform.fields import FileName, Version
from studyteddy.platform.files.file_types import FileType

MAX_BYTES = 25 * 1024 * 1024


class Attachment(msgspec.Struct, frozen=True, rename="camel"):
    """A file of a task, `waiting` until it is uploaded and verified; `size` is in bytes."""

    id: UUID
    task_id: UUID
    name: str
    type: FileType
    size: int
    status: Literal["waiting", "ready"]
    created_at: datetime
    updated_at: datetime
    version: Version


class AttachmentList(msgspec.Struct, frozen=True, rename="camel"):
    """All attachments of a task, oldest first; at most 20."""

    items: list[Attachment]
    next_cursor: None = None


class NewAttachment(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A file to upload. The extension of its name must match its type; `size` is exact."""

    name: FileName
    type: FileType
    size: Annotated[int, Meta(ge=1, le=MAX_BYTES, description="The size in bytes.", examples=[24_576])]


class AttachmentChanges(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Fields to change; absent fields are unchanged."""

    name: FileName | UnsetType = UNSET


class Upload(msgspec.Struct, frozen=True, rename="camel"):
    """How to upload the content: one request with exactly these headers, within `expiresIn` seconds.

    A URL that starts with `/` belongs to this API and requires your access token; any other URL is itself a secret.
    """

    url: str
    method: Literal["PUT"]
    headers: dict[str, str]
    expires_in: int


class AttachmentBegun(msgspec.Struct, frozen=True):
    """A new attachment and how to upload its content."""

    attachment: Attachment
    upload: Upload


class StoredAttachment(msgspec.Struct, frozen=True):
    """The stored state of an attachment; `token` is the last part of its object key."""

    id: UUID
    task_id: UUID
    name: str
    type: FileType
    size: int
    status: Literal["waiting", "ready"]
    token: str


class AbandonedUpload(msgspec.Struct, frozen=True):
    """An attachment that was never uploaded, and its owner."""

    user_id: UUID
    id: UUID
    task_id: UUID


class Content(msgspec.Struct, frozen=True):
    """The content of an attachment: a URL to redirect to, or its bytes."""

    type: str
    disposition: str
    address: str | None
    pieces: AsyncIterator[bytes]


class NoSuchAttachment(NotFound):
    """Attachment not found."""


class TooManyAttachments(Conflict):
    """A task can have at most 20 attachments."""


class NoSpaceLeft(Conflict):
    """Your attachments can take up at most 1 GiB. Delete some first."""


class NotUploaded(Invalid):
    """The file has not been uploaded yet."""


class WrongSize(Invalid):
    """The uploaded file doesn't have the declared size."""


class WrongContent(Invalid):
    """The uploaded file doesn't have the declared type."""


NOT_TEXT = "The file is not text in UTF-8. Save it with this encoding, or as PDF, and upload it again."


class WrongEnding(Invalid):
    """The file extension doesn't match the declared type."""


class StillWaiting(Conflict):
    """This file is not available yet. Finish its upload first."""


class AlreadyUploaded(Conflict):
    """This file is already uploaded. Create a new attachment instead."""


class UnknownAttachment(Invalid):
    """Attachment not found."""


UnknownAttachment.code = "no_such_attachment"


class UnreadableAttachment(Invalid):
    """No text can be read from this attachment. Send a PDF with text, a Word document or plain text, or paste it."""
