"""Constrained types of what comes in: every string has a greatest length, every number both ends.

Control characters (but tab and newline) are refused everywhere; lone surrogates never decode.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated

from msgspec import Meta, Struct

_PRINTABLE = r"[^\x00-\x08\x0b-\x1f\x7f-\x9f]"
_PRINTABLE_NOT_SPACE = r"[^\x00-\x20\x7f-\xa0]"
GAP = r"\x00-\x20\x7f-\xa0\u1680\u2000-\u200b\u2028\u2029\u202f\u205f\u3000\ufeff"
"""Spaces of every script and controls, for a class of letters; `\\s` means other ones in each language."""
END = r"$(?!\n)"
"""The end of a text; `$` alone also matches before a last newline."""
TEXT = rf"^{_PRINTABLE}*$"
NAME = rf"^{_PRINTABLE}*{_PRINTABLE_NOT_SPACE}{_PRINTABLE}*$"

Title = Annotated[str, Meta(min_length=1, max_length=200, pattern=NAME, examples=["Read chapter 5"])]
Description = Annotated[str, Meta(max_length=10_000, pattern=TEXT, description="Markdown.")]
Email = Annotated[
    str,
    Meta(
        min_length=3,
        max_length=254,
        pattern=rf"^[^@{GAP}]+@[^@{GAP}]+{END}",
        examples=["you@example.org"],
    ),
]
PersonName = Annotated[str, Meta(min_length=1, max_length=100, pattern=NAME, examples=["Ada"])]
Password = Annotated[str, Meta(min_length=10, max_length=128, pattern=TEXT, examples=["correct horse battery"])]
Color = Annotated[str, Meta(pattern=rf"^#[0-9a-fA-F]{{6}}{END}", min_length=7, max_length=7, examples=["#7c3aed"])]
Zone = Annotated[str, Meta(min_length=1, max_length=64, pattern=rf"^[A-Za-z0-9_+/-]+{END}", examples=["Europe/Berlin"])]
Minutes = Annotated[int, Meta(ge=1, le=10_080)]
Label = Annotated[str, Meta(min_length=1, max_length=50, pattern=NAME, examples=["exam"])]
Limit = Annotated[int, Meta(ge=1, le=200, description="Items on a page.")]
Cursor = Annotated[
    str,
    Meta(
        min_length=1,
        max_length=2000,
        pattern=rf"^[A-Za-z0-9_-]+{END}",
        description="`nextCursor` of the page before.",
    ),
]
Searched = Annotated[
    str,
    Meta(
        min_length=1,
        max_length=200,
        pattern=TEXT,
        description="Words, or how they begin, 16 at most; all must be there. Case, accents and endings do not count.",
        examples=["chem exam"],
    ),
]
Token = Annotated[str, Meta(min_length=1, max_length=500, pattern=rf"^[A-Za-z0-9._~-]+{END}")]
FileName = Annotated[
    str,
    Meta(
        min_length=1,
        max_length=200,
        pattern=rf"^[^\x00-\x1f\x7f-\x9f/\\\u202a-\u202e\u2066-\u2069]+{END}",
        examples=["notes.pdf"],
        description="Without separators of paths, controls, and signs that turn the direction of writing.",
    ),
]
Day = Annotated[date, Meta(examples=["2026-11-23"])]
Instant = Annotated[datetime, Meta(tz=True, examples=["2026-11-23T09:00:00Z"])]


class Empty(Struct, frozen=True, forbid_unknown_fields=True):
    """The body of a command that needs none: `{}` or nothing."""
