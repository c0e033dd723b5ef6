"""A student's own material, to read where a response quotes it."""

from __future__ import annotations

from typing import Annotated, Literal
from uuid import UUID

import msgspec
from msgspec import Meta

from studyteddy.platform.errors import NotFound

WithoutText = Literal["type", "unread"]


class PageQuery(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A page of an attachment."""

    page: Annotated[int, Meta(ge=1, le=100_000, description="The number of the page, from 1.")] = 1


class MaterialPage(msgspec.Struct, frozen=True, rename="camel"):
    """A page of your material as plain text."""

    title: Annotated[str, Meta(description="The name of the attachment, or the title of what has the notes.")]
    page: int
    pages: Annotated[int, Meta(description="The last page that has text; 0 if no text was read.")]
    text: Annotated[str, Meta(description="Empty for a page without text.")]
    start: Annotated[
        int, Meta(description="Where `text` begins in the text of the attachment or in the notes, in characters.")
    ]
    task_id: Annotated[UUID | None, Meta(description="The task that has the attachment or the notes.")] = None
    subject_id: Annotated[UUID | None, Meta(description="The subject that has the notes.")] = None
    without_text: Annotated[
        WithoutText | None,
        Meta(
            description="Why no text was read: `type` for a file that isn't PDF, Word or plain text, `unread` for one"
            " that is read soon, or that has no text which can be read, as a scanned or encrypted PDF. Null with text."
        ),
    ] = None
    type: Annotated[str | None, Meta(description="The media type of the attachment; null for notes.")] = None


class NoSuchPage(NotFound):
    """Page not found. The attachment has fewer pages with text."""


class StoredFile(msgspec.Struct, frozen=True):
    """An attachment; `pages` is the last page of its text, 0 without one."""

    title: str
    type: str
    task_id: UUID
    pages: int


class StoredPart(msgspec.Struct, frozen=True):
    """A part of a page; `start` is its offset in the whole text, in characters."""

    start: int
    text: str
