"""Requests and errors for the commands on focus sessions."""

from __future__ import annotations

from typing import Annotated

import msgspec
from msgspec import Meta

from studyteddy.features.focus.schemas.sessions import At, Interruptions, KnownVersion, Notes, Rating
from studyteddy.platform.errors import Conflict
from studyteddy.platform.fields import NO_CONTROLS, TEXT

Reason = Annotated[str, Meta(max_length=200, pattern=TEXT, extra=NO_CONTROLS, examples=["phone"])]


class Command(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A command; with `version`, it only applies to that version of the session."""

    version: KnownVersion | None = None
    at: At = None


class Extension(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Minutes of work to add to the plan."""

    minutes: Annotated[int, Meta(ge=5, le=60)]
    version: KnownVersion | None = None
    at: At = None


class Completion(msgspec.Struct, frozen=True, rename="camel", forbid_unknown_fields=True):
    """Details of a completed session. `interruptions` is at least the number of recorded ones."""

    productivity_rating: Rating | None = None
    focus_rating: Rating | None = None
    notes: Notes | None = None
    interruptions: Interruptions | None = None
    version: KnownVersion | None = None
    at: At = None


class NewInterruption(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """An interruption that is happening, now or at `at`."""

    reason: Reason = ""
    version: KnownVersion | None = None
    at: At = None


class StaleSession(Conflict):
    """The session has changed since the given version. Reload it and try again."""


class BeforeLastCommand(Conflict):
    """A later command has already taken effect."""


class WrongState(Conflict):
    """Not allowed in the session's current state."""


class TooManyInterruptions(Conflict):
    """A session can have at most 100 recorded interruptions."""
