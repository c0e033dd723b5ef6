"""What this server offers."""

from __future__ import annotations

from typing import Annotated

import msgspec
from msgspec import Meta


class Push(msgspec.Struct, frozen=True):
    """How to subscribe to push messages: the public key of this server (VAPID, base64url)."""

    key: str


class Features(msgspec.Struct, frozen=True):
    """Which optional features are switched on."""

    google: Annotated[bool, Meta(description="Sign-in with Google.")]
    ai: Annotated[bool, Meta(description="A language model: the tutor. Without one, templates split assignments.")]
    calendar: Annotated[bool, Meta(description="Calendars of other services.")]
    push: Push | None


class Limits(msgspec.Struct, frozen=True, rename="camel"):
    """The largest values that forms may send: lengths in characters, sizes in bytes, otherwise numbers of items."""

    title_length: int
    description_length: int
    line_length: Annotated[int, Meta(description="A line of quick add.")]
    estimated_minutes: int
    labels: Annotated[int, Meta(description="Per task.")]
    label_length: int
    subtasks: Annotated[int, Meta(description="Per task.")]
    attachments: Annotated[int, Meta(description="Per task.")]
    attachment_bytes: int
    attachment_name_length: int
    subject_name_length: int
    person_name_length: int
    email_length: int
    min_password_length: int
    password_length: int
    avatar_bytes: int
    min_focus_minutes: int
    focus_minutes: Annotated[int, Meta(description="Planned at the start.")]
    extended_focus_minutes: Annotated[int, Meta(description="Planned after extensions.")]
    focus_notes_length: int
    interruption_reason_length: int


class AppInfo(msgspec.Struct, frozen=True):
    """This server: `build` changes with every version of the program or the web app."""

    version: str
    build: str
    features: Features
    limits: Limits
    languages: Annotated[list[str], Meta(description="The languages that the app can have.", examples=[["en", "de"]])]
