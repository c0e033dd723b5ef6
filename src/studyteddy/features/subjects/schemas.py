"""What subjects takes in and gives out."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated
from uuid import UUID

import msgspec
from msgspec import UNSET, Meta, UnsetType

from studyteddy.platform.errors import Conflict, Invalid, NotFound
from studyteddy.platform.fields import END, GAP, NAME, TEXT, Color, Cursor, Limit, Minutes, Searched, Title

Name = Annotated[str, Meta(min_length=1, max_length=100, pattern=NAME, examples=["Physics"])]
Icon = Annotated[str, Meta(min_length=1, max_length=50, pattern=NAME, examples=["atom"])]
About = Annotated[str, Meta(max_length=500, pattern=TEXT)]
_HOST = r"[A-Za-z0-9.\-\u00c0-\u167f\u1681-\u1fff\u3040-\ud7ff]+(:[0-9]{1,5})?"
Url = Annotated[
    str,
    Meta(
        max_length=2000,
        pattern=rf"^https?://{_HOST}([/?#][^{GAP}]*)?{END}",
        examples=["https://example.org/notes"],
    ),
]


class Resource(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A link that belongs to a subject."""

    title: Title
    url: Url


Resources = Annotated[list[Resource], Meta(max_length=50)]


class Subject(msgspec.Struct, frozen=True, rename="camel"):
    """Something a student studies."""

    id: UUID
    name: str
    color: str
    icon: str | None
    description: str
    resources: list[Resource]
    weekly_target_minutes: int | None
    archived: bool
    created_at: datetime
    updated_at: datetime


class SubjectName(msgspec.Struct, frozen=True):
    """A subject by its name alone."""

    id: UUID
    name: str


class NewSubject(msgspec.Struct, frozen=True, rename="camel", forbid_unknown_fields=True):
    """A subject to add; its name is unique, whatever its case."""

    name: Name
    color: Color
    icon: Icon | None = None
    description: About = ""
    resources: Resources = []
    weekly_target_minutes: Minutes | None = None


class SubjectChanges(msgspec.Struct, frozen=True, rename="camel", forbid_unknown_fields=True):
    """What to change; what is absent stays, null empties. Archiving hides a subject and deletes nothing."""

    name: Name | UnsetType = UNSET
    color: Color | UnsetType = UNSET
    icon: Icon | UnsetType | None = UNSET
    description: About | UnsetType = UNSET
    resources: Resources | UnsetType = UNSET
    weekly_target_minutes: Minutes | UnsetType | None = UNSET
    archived: bool | UnsetType = UNSET


class SubjectQuery(msgspec.Struct, frozen=True, rename="camel", forbid_unknown_fields=True):
    """Which subjects, by name; `q` looks into name, links and description, and begins with what answers it best."""

    q: Searched | None = None
    archived: Annotated[
        bool | None,
        Meta(description="The archived ones instead of the others. `q` looks into all, unless this says which."),
    ] = None
    limit: Limit = 50
    cursor: Cursor | None = None


class NoSuchSubject(NotFound):
    """There is nothing here."""


class UnknownSubject(Invalid):
    """There is no such subject."""


UnknownSubject.code = "no_such_subject"


class NameTaken(Conflict):
    """You have a subject of this name already."""
