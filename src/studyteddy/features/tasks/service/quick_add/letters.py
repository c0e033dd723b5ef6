"""A line as tokens: runs of letters, runs of digits, and single signs, each with its place in the text."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from typing import NamedTuple

_TOKEN = re.compile(r"\d+|(?:[^\W\d_][\u0300-\u036f]*)+|\S")


class Token(NamedTuple):
    """A word, a number or a sign, without case and accents."""

    text: str
    start: int
    end: int
    """Offsets in code points of the given text."""
    glued: bool
    """Nothing stands between it and the token before."""


def words(text: str) -> frozenset[str]:
    """The words of a text as they are compared."""
    return frozenset(map(fold, text.split()))


@lru_cache(maxsize=4096)
def fold(word: str) -> str:
    """A word without case and accents; every apostrophe is the same."""
    if word.isascii():
        return word.lower()
    if word in "’‘ʼ`":
        return "'"
    plain = unicodedata.normalize("NFKD", word.casefold())
    return "".join(letter for letter in plain if not unicodedata.combining(letter))


def split(text: str) -> list[Token]:
    """The tokens of a text, in one pass."""
    found: list[Token] = []
    last = -1
    for match in _TOKEN.finditer(text):
        start, end = match.span()
        found.append(Token(fold(match.group()), start, end, start == last))
        last = end
    return found
