"""What a language must define for splitting."""

from __future__ import annotations

from typing import Literal, NamedTuple

from studyteddy.features.ai.splitting.kinds import Kind

Note = Literal[
    "empty",
    "overdue",
    "short",
    "long",
    "partial",
    "fewer",
    "more",
    "crowded",
    "ratio",
    "cut",
    "used_up",
    "failed",
    "unserved",
]


class Wording(NamedTuple):
    """The texts and words of a language. Titles of steps all have one form, which the module of the language names."""

    outlines: dict[Kind, str]
    """An outline (see `outline.read`) of three parts: preparation, the work itself, completion."""
    breakdown: str
    """An outline of any single step."""
    read: str
    """The title of a step that serves a chapter or pages; `{item}` is its name."""
    work_on: dict[Kind, str]
    """The title of a step that serves one item of a list; `{item}` is its name."""
    and_more: str
    """The title of a step that serves several items; `{title}` is that of the first, `{count}` counts the others."""
    unnamed_item: str
    """The name of an item whose text can't be shown."""
    quoted: str
    piece: str
    """The title of one of several pieces of a step."""
    notes: dict[Note, str]
    """`partial` and `cut` count with `{count}`, `crowded` has `{hours}`, `ratio` has `{percent}`, and
    `unserved` has `{text}`."""
    title_verbs: str
    """Verbs in the form that titles begin with."""
    other_verbs: str
    """Verbs in other forms with which a title may begin."""
    final_verbs: str
    """Verbs with which a title may end instead: “Kapitel 5 lesen”."""
    labels: str
    """Verbs that are also nouns of things with numbers: “Exercise 3” is no title."""
    dishonest: tuple[str, ...]
    """Patterns, on folded words, of work that isn't the student's own."""
    unsafe: tuple[str, ...]
    """Patterns, on folded words, of requests for secrets or clicks."""
