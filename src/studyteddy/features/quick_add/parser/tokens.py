"""The tokenizer: letter sequences, digit sequences and single symbols with their offsets in the text."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import NamedTuple

from studyteddy.platform.text import fold

_APOSTROPHES = ("’", "‘", "ʼ", "`")
_TOKEN = re.compile(r"\d+|(?:[^\W\d_][\u0300-\u036f]*)+|\S")


class Token(NamedTuple):
    """A word, a number or a symbol, without case and accents."""

    text: str
    start: int
    end: int
    """Offsets in the text, in code points."""
    adjacent: bool
    """Whether it follows the previous token without a space."""


def words(text: str) -> frozenset[str]:
    """Return the normalized words of a text."""
    return frozenset(map(normalize, text.split()))


@lru_cache(maxsize=4096)
def normalize(word: str) -> str:
    """Return a word without case and accents; all apostrophes are equal."""
    return "'" if word in _APOSTROPHES else fold(word)


def tokenize(text: str) -> list[Token]:
    """Split a text into tokens in one pass. What folds to nothing is no token: every token has a first letter."""
    found: list[Token] = []
    last = -1
    for match in _TOKEN.finditer(text):
        start, end = match.span()
        if text := normalize(match.group()).strip():
            found.append(Token(text, start, end, start == last))
        last = end
    return found
