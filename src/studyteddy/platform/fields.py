"""Constrained input types: every string has a maximum length, every number a minimum and a maximum.

Control characters (except tab and newline) are rejected everywhere; unpaired surrogates don't decode. Every name, of
whatever thing, is `name_of` so long: there is something to see in it. Error messages don't show patterns: each pattern
has a sentence in `extra`, under `form` if it describes the whole form of the text, or under `message` if it describes
only the characters.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated
from uuid import UUID

from msgspec import Meta, Struct

from studyteddy.platform.mail import ADDRESS
from studyteddy.platform.text import INVISIBLE

_PRINTABLE = r"[^\x00-\x08\x0b-\x1f\x7f-\x9f]"
GAP = r"\x00-\x20\x7f-\xa0\u1680\u2000-\u200b\u2028\u2029\u202f\u205f\u3000\ufeff"
"""White space of every script and controls, for a character class; `\\s` differs between regex dialects."""
END = r"$(?!\n)"
"""The end of the text; `$` alone also matches before a trailing newline."""
TEXT = rf"^{_PRINTABLE}*$"
NAME = rf"^(?![{INVISIBLE}]*$){_PRINTABLE}*$"
_FILE_NAME = r"[^\x00-\x1f\x7f-\x9f/\\\u202a-\u202e\u2066-\u2069]+"
_VISIBLE_FILE_NAME = rf"^(?![{INVISIBLE}]*(\.[^.]*)?$){_FILE_NAME}{END}"
_ANY_ADDRESS = rf"^[^@{GAP}]+@[^@{GAP}]+{END}"
PUBLISHED = {
    NAME: rf"^{_PRINTABLE}*[^\x00-\x20\x7f-\xa0]{_PRINTABLE}*$",
    _VISIBLE_FILE_NAME: rf"^{_FILE_NAME}{END}",
    ADDRESS: _ANY_ADDRESS,
}
"""Patterns that the OpenAPI document shows in a shorter and wider form: they list thousands of characters."""

NO_CONTROLS = {"message": "Can't contain control characters."}
"""The message for `TEXT`."""
NOT_BLANK = {"message": "Can't be blank or contain control characters."}
"""The message for `name_of`."""
NOT_BLANK_FILE_NAME = {
    "message": "Can't be blank or contain slashes, backslashes, or control and text direction characters."
}
"""The message for `FileName`."""
NEXT_CURSOR = {"form": "Must be the nextCursor of the previous page."}
"""The message for a cursor that the API didn't create."""


def name_of(length: int, example: str) -> Meta:
    """Return the constraints of a name of at most `length` characters, at least one of which can be seen."""
    return Meta(min_length=1, max_length=length, pattern=NAME, extra=NOT_BLANK, examples=[example])


Title = Annotated[str, name_of(200, "Read chapter 5")]
Description = Annotated[str, Meta(max_length=10_000, pattern=TEXT, extra=NO_CONTROLS, description="Markdown.")]
Email = Annotated[
    str,
    Meta(
        min_length=3,
        max_length=254,
        pattern=ADDRESS,
        extra={"form": "Must be a valid e-mail address."},
        examples=["you@example.org"],
        description="An address that mail can be sent to.",
    ),
]
StoredEmail = Annotated[
    str,
    Meta(
        min_length=3,
        max_length=254,
        pattern=_ANY_ADDRESS,
        extra={"form": "Must be a valid e-mail address."},
        examples=["you@example.org"],
    ),
]
"""The address of an account to find; accounts of earlier versions may have one that is no `Email`."""
PersonName = Annotated[str, name_of(100, "Ada")]
Password = Annotated[
    str, Meta(min_length=10, max_length=128, pattern=TEXT, extra=NO_CONTROLS, examples=["correct horse battery"])
]
Color = Annotated[
    str,
    Meta(
        min_length=7,
        max_length=7,
        pattern=rf"^#[0-9a-fA-F]{{6}}{END}",
        extra={"form": "Must be a colour such as #7c3aed."},
        examples=["#7c3aed"],
    ),
]
Zone = Annotated[
    str,
    Meta(
        min_length=1,
        max_length=64,
        pattern=rf"^[A-Za-z0-9_+/-]+{END}",
        extra={"form": "Must be a time zone such as Europe/Berlin."},
        examples=["Europe/Berlin"],
    ),
]
NewId = Annotated[
    UUID,
    Meta(
        description="A UUIDv7 of your choice, to refer to the object at once. The same request again, with the same id,"
        " returns the same object; another one gets 409 `id_taken`.",
        examples=["0197a3f0-5b7c-7d4e-9a51-3c2f60d1e8ab"],
    ),
]
Minutes = Annotated[int, Meta(ge=1, le=10_080)]
Version = Annotated[
    int, Meta(ge=1, description='Starts at 1 and increases with every change. `If-Match: "v7"` names version 7.')
]
MAX_LABEL_LENGTH = 50
Label = Annotated[str, name_of(MAX_LABEL_LENGTH, "exam")]
Limit = Annotated[int, Meta(ge=1, le=200, description="Maximum number of items per page.")]
Cursor = Annotated[
    str,
    Meta(
        min_length=1,
        max_length=2000,
        pattern=rf"^[A-Za-z0-9_-]+{END}",
        extra=NEXT_CURSOR,
        description="The `nextCursor` of the previous page.",
    ),
]
Searched = Annotated[
    str,
    Meta(
        min_length=1,
        max_length=200,
        pattern=TEXT,
        extra=NO_CONTROLS,
        description="Up to 16 words or prefixes; all must match. Ignores case, accents, and word endings.",
        examples=["chem exam"],
    ),
]
Token = Annotated[
    str,
    Meta(
        min_length=1,
        max_length=500,
        pattern=rf"^[A-Za-z0-9._~-]+{END}",
        extra={"message": "Can contain only letters, digits, periods, underscores, tildes, and hyphens."},
    ),
]
FileName = Annotated[
    str,
    Meta(
        min_length=1,
        max_length=200,
        pattern=_VISIBLE_FILE_NAME,
        extra=NOT_BLANK_FILE_NAME,
        examples=["notes.pdf"],
        description="A file name without a path.",
    ),
]
Day = Annotated[date, Meta(examples=["2026-11-23"])]
Instant = Annotated[datetime, Meta(tz=True, examples=["2026-11-23T09:00:00Z"])]
UpdatedFrom = Annotated[
    datetime,
    Meta(
        tz=True,
        examples=["2026-11-23T09:00:00Z"],
        description="Only what was created or changed at or after this instant. Deletions are events only.",
    ),
]


class Empty(Struct, frozen=True, forbid_unknown_fields=True):
    """The body of a command without parameters: `{}` or no body."""
