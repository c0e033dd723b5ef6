"""What this server offers, from the constants and field types that requests are validated with."""

from __future__ import annotations

from typing import Any, get_args

from msgspec import Meta

from studyteddy import __version__
from studyteddy.features.app.schemas import AppInfo, Features, Limits
from studyteddy.features.attachments.schemas import MAX_BYTES
from studyteddy.features.attachments.service import MAX_ATTACHMENTS
from studyteddy.features.auth.schemas.profile import Language
from studyteddy.features.focus.schemas.commands import Reason
from studyteddy.features.focus.schemas.sessions import Notes, Planned
from studyteddy.features.focus.service.commands import MAX_MINUTES
from studyteddy.features.quick_add.schemas import Line
from studyteddy.features.subjects.schemas import Name
from studyteddy.features.tasks.schemas.tasks import Labels
from studyteddy.features.tasks.service.subtasks import MAX_SUBTASKS
from studyteddy.platform.fields import Description, Email, FileName, Label, Minutes, Password, PersonName, Title
from studyteddy.platform.files.images import MOST_BYTES


def describe(build: str, *, google: bool, ai: bool) -> AppInfo:
    """Return what this server offers."""
    features = Features(google=google, ai=ai, calendar=False, push=None)
    return AppInfo(__version__, build, features, LIMITS, list(get_args(Language)))


def _bounds(kind: Any) -> Meta:
    """Return the constraints of a field type."""
    return next(meta for meta in kind.__metadata__ if isinstance(meta, Meta))


def _longest(kind: Any) -> int:
    return _bounds(kind).max_length or 0


LIMITS = Limits(
    title_length=_longest(Title),
    description_length=_longest(Description),
    line_length=_longest(Line),
    estimated_minutes=int(_bounds(Minutes).le or 0),
    labels=_longest(Labels),
    label_length=_longest(Label),
    subtasks=MAX_SUBTASKS,
    attachments=MAX_ATTACHMENTS,
    attachment_bytes=MAX_BYTES,
    attachment_name_length=_longest(FileName),
    subject_name_length=_longest(Name),
    person_name_length=_longest(PersonName),
    email_length=_longest(Email),
    min_password_length=_bounds(Password).min_length or 0,
    password_length=_longest(Password),
    avatar_bytes=MOST_BYTES,
    min_focus_minutes=int(_bounds(Planned).ge or 0),
    focus_minutes=int(_bounds(Planned).le or 0),
    extended_focus_minutes=MAX_MINUTES,
    focus_notes_length=_longest(Notes),
    interruption_reason_length=_longest(Reason),
)
