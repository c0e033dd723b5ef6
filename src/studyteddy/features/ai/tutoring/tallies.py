"""Numbers that no digits or known number words say: counted by repeating a sign or a word, or in another script."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from itertools import groupby

from studyteddy.features.ai.tutoring.languages import length_at, words
from studyteddy.features.ai.tutoring.views import View

_TOKEN = re.compile(r"\\[a-z]+|[^\W_]+|[^\w\s]")
_BETWEEN = frozenset((",", ";", "and", "und", "et", "y", "و"))
_LINES = frozenset("-=_#`~()[]{}<>\"'")
"""Signs that Markdown and formulas repeat."""
_MARKS = frozenset(".!?*")
_MIN_SIGNS, _MIN_WORDS, _MIN_MARKS = 2, 3, 4
_EQUALS = re.compile(r"=\s*\$?\s*([^\W\d_]+)")
_COLON = re.compile(r":\s*\$?\s*([^\W\d_]+)")
_KNOWN_SCRIPTS = frozenset(("LATIN", "ARABIC", "MODIFIER", "FEMININE", "MASCULINE"))
_LETTERS = frozenset(("GREEK", "CYRILLIC"))
"""Scripts whose single letters are variables."""


def counted(view: View) -> Iterator[int]:
    """Yield how often a sign or a word is repeated, wherever one is: |||||, a, a, a."""
    # The fifth stroke of a tally lies across.
    tokens = (
        "|" if one in ("/", "\\") else one
        for token in _TOKEN.findall(view.shown.lower())
        if token not in _BETWEEN
        for one in _apart(token)
    )
    for token, same in groupby(tokens):
        count = sum(1 for _ in same)
        if token not in _LINES and count >= _least(token):
            yield count


def in_other_script(view: View) -> bool:
    """Return whether a word of a script that isn't read stands where a result is stated: x = пять."""
    stated = _EQUALS.findall(view.raw) + (_COLON.findall(view.raw) if view.says("answer") else [])
    said = words(view.raw)
    ends = (at + length_at("is", said, at) for at in range(len(said)) if length_at("is", said, at))
    return any(map(_is_foreign, (*stated, *(said[end] for end in ends if end < len(said)))))


def _apart(token: str) -> str | tuple[str]:
    """Return the letters of a word that repeats one: IIIII."""
    return token if len(token) >= _MIN_WORDS and len(set(token)) == 1 and not token.isdigit() else (token,)


def _least(token: str) -> int:
    if token in _MARKS:
        return _MIN_MARKS
    return _MIN_WORDS if token.isalnum() else _MIN_SIGNS


def _is_foreign(word: str) -> bool:
    scripts = {unicodedata.name(letter, "?").split()[0] for letter in word if letter.isalpha()}
    return not scripts <= _KNOWN_SCRIPTS and (len(word) > 1 or scripts.isdisjoint(_LETTERS))
