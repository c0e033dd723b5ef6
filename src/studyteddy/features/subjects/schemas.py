"""Requests, responses and errors for subjects."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated
from uuid import UUID

import msgspec
from msgspec import UNSET, Meta, UnsetType

from studyteddy.platform.errors import Conflict, Invalid, NotFound
from studyteddy.platform.fields import (
    END,
    GAP,
    NO_CONTROLS,
    TEXT,
    Color,
    Cursor,
    Limit,
    Minutes,
    NewId,
    Searched,
    Title,
    UpdatedFrom,
    Version,
    name_of,
)

Name = Annotated[str, name_of(100, "Physics")]
Icon = Annotated[str, name_of(50, "atom")]
About = Annotated[str, Meta(max_length=500, pattern=TEXT, extra=NO_CONTROLS)]
_HOST = r"[A-Za-z0-9.\-\u00c0-\u167f\u1681-\u1fff\u3040-\ud7ff]+(:[0-9]{1,5})?"
Url = Annotated[
    str,
    Meta(
        max_length=2000,
        pattern=rf"^https?://{_HOST}([/?#][^{GAP}]*)?{END}",
        extra={"form": "Must be an http or https URL such as https://example.org/notes."},
        examples=["https://example.org/notes"],
    ),
]


class Resource(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A link that belongs to a subject."""

    title: Title
    url: Url


Resources = Annotated[list[Resource], Meta(max_length=50)]


class Subject(msgspec.Struct, frozen=True, rename="camel"):
    """A subject that a student studies."""

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
    version: Version


class SubjectName(msgspec.Struct, frozen=True):
    """The id and name of a subject."""

    id: UUID
    name: str


class NewSubject(msgspec.Struct, frozen=True, rename="camel", forbid_unknown_fields=True):
    """A subject to create; its name is unique, ignoring case."""

    name: Name
    color: Color
    icon: Icon | None = None
    description: About = ""
    resources: Resources = []
    weekly_target_minutes: Minutes | None = None
    id: NewId | None = None


class SubjectChanges(msgspec.Struct, frozen=True, rename="camel", forbid_unknown_fields=True):
    """Fields to change; absent fields are unchanged, null clears a field. Archiving hides a subject."""

    name: Name | UnsetType = UNSET
    color: Color | UnsetType = UNSET
    icon: Icon | UnsetType | None = UNSET
    description: About | UnsetType = UNSET
    resources: Resources | UnsetType = UNSET
    weekly_target_minutes: Minutes | UnsetType | None = UNSET
    archived: bool | UnsetType = UNSET


class SubjectQuery(msgspec.Struct, frozen=True, rename="camel", forbid_unknown_fields=True):
    """Filters; sorted by name. `q` searches name, links and description, and lists the best match first."""

    q: Searched | None = None
    archived: Annotated[
        bool | None, Meta(description="Whether to list archived or active subjects; active by default, both with `q`.")
    ] = None
    updated_from: UpdatedFrom | None = None
    limit: Limit = 50
    cursor: Cursor | None = None


class NoSuchSubject(NotFound):
    """Subject not found."""


class UnknownSubject(Invalid):
    """Subject not found."""


UnknownSubject.code = "no_such_subject"


class NameTaken(Conflict):
    """You already have a subject with this name."""
