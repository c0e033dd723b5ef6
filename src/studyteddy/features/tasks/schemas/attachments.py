"""A file that belongs to a task."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

import msgspec
from msgspec import UNSET, Meta, UnsetType

from studyteddy.platform.errors import Conflict, Invalid, NotFound
from studyteddy.platform.fields import FileName
from studyteddy.platform.filetypes import FileType

MOST_BYTES = 25 * 1024 * 1024


class Attachment(msgspec.Struct, frozen=True, rename="camel"):
    """A file of a task: `waiting` until it was uploaded and looked at; `size` in bytes."""

    id: UUID
    task_id: UUID
    name: str
    type: FileType
    size: int
    status: Literal["waiting", "ready"]
    created_at: datetime
    updated_at: datetime


class AttachmentList(msgspec.Struct, frozen=True, rename="camel"):
    """All files of a task, the oldest first; at most 20."""

    items: list[Attachment]
    next_cursor: None = None


class NewAttachment(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A file to come; its name ends as files of its type do, and `size` is exact."""

    name: FileName
    type: FileType
    size: Annotated[int, Meta(ge=1, le=MOST_BYTES, description="Bytes.", examples=[24_576])]


class AttachmentChanges(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What to change."""

    name: FileName | UnsetType = UNSET


class Upload(msgspec.Struct, frozen=True, rename="camel"):
    """Where the bytes go: one request with exactly these headers, within `expiresIn` seconds.

    An address that begins with `/` is one of this API, and needs your token; any other one is a secret of its own.
    """

    url: str
    method: Literal["PUT"]
    headers: dict[str, str]
    expires_in: int


class AttachmentBegun(msgspec.Struct, frozen=True):
    """The attachment, and where to send its bytes."""

    attachment: Attachment
    upload: Upload


class Kept(msgspec.Struct, frozen=True):
    """An attachment as we know it; `token` is the last part of its object's key."""

    id: UUID
    task_id: UUID
    name: str
    type: FileType
    size: int
    status: Literal["waiting", "ready"]
    token: str


class OverdueUpload(msgspec.Struct, frozen=True):
    """An attachment that never came, and whose it is."""

    user_id: UUID
    id: UUID
    task_id: UUID


class Content(msgspec.Struct, frozen=True):
    """What was attached: either where it can be fetched, or its bytes."""

    type: str
    disposition: str
    address: str | None
    pieces: AsyncIterator[bytes]


class NoSuchAttachment(NotFound):
    """There is nothing here."""


class TooManyAttachments(Conflict):
    """A task has at most 20 attachments."""


class NoSpaceLeft(Conflict):
    """Your attachments may take 1 GiB together: delete some first."""


class NotUploaded(Invalid):
    """Nothing was uploaded yet."""


class WrongSize(Invalid):
    """What was uploaded does not have the size that was declared."""


class WrongContent(Invalid):
    """What was uploaded is not a file of the type that was declared."""


class WrongEnding(Invalid):
    """This name does not end as files of its type do."""


class StillWaiting(Conflict):
    """This file has not been uploaded yet."""


class AlreadyUploaded(Conflict):
    """This file was uploaded already: make a new attachment."""
