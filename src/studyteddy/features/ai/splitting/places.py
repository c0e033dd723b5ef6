"""Where a quote stands in a brief: its words must be the same, its white space, quotation marks and dashes needn't be.

Letters of any case are equal, as models begin a quote with a capital, and characters that show nothing are skipped.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from functools import cached_property

from studyteddy.features.ai.schemas.steps import CitedSpan

MIN_LENGTH, MIN_WORDS = 8, 2
_SHORT_LINE = 80
_LONGEST_WORD = 100
"""Longer words are cut, as normalization sorts long runs of accents in quadratic time."""
_HIDDEN = "\u00ad\u034f\u061c\u180e\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff"
_MARKS = (
    r"!-/:-@\[-`{-~\u00a1-\u00a9\u00ab\u00ac\u00ae-\u00b4\u00b6-\u00b9\u00bb-\u00bf\u2010-\u2027\u2030-\u205e"
    r"\u2190-\u23ff\u3001-\u303f\uff01-\uff0f،؛؟۔"
)
_UNSPACED = "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff"
"""Scripts without spaces between words: each letter counts as a word."""
_WORD = re.compile(
    rf"[{_MARKS}]|[{_UNSPACED}]|[^\s{_HIDDEN}{_MARKS}{_UNSPACED}][^\s{_MARKS}{_UNSPACED}]{{0,{_LONGEST_WORD - 1}}}"
)
_LIST_MARKER = re.compile(r"\s*(?:[(]?\w{1,4}[.)]|[-*+•–·▪◦‣●])\s+")
_END_MARKS = ".:;,"
_VARIANTS = {
    **dict.fromkeys(map(ord, "“”„‟«»″＂"), '"'),
    **dict.fromkeys(map(ord, "‘’‚‛‹›′`´"), "'"),
    **dict.fromkeys(map(ord, "‐‑‒–—―−－"), "-"),
    **dict.fromkeys((0x00AD, 0x034F, 0x061C, 0x180E, 0xFEFF)),
    **dict.fromkeys((*range(0x200B, 0x2010), *range(0x202A, 0x202F), *range(0x2060, 0x206A))),
}


class Places:
    """The words of a brief and their places; each search takes time in proportion to the length of the brief."""

    def __init__(self, brief: str) -> None:
        self._brief = brief
        self._spans = [match.span() for match in _WORD.finditer(brief)]
        self._words = _joined([brief[start:end] for start, end in self._spans])

    def find(self, quote: str) -> CitedSpan | None:
        """Return the first place of a quote; one that is too short to prove anything must be a whole line."""
        words = _WORD.findall(quote)
        if not any(map(_has_letter, words)):
            return None
        return self._search(words) if _is_telling(quote, words) else self._short_lines.get(_line_key(words))

    def _search(self, words: Sequence[str]) -> CitedSpan | None:
        needle = _joined(words)
        at = self._words.find(needle)
        if at < 0:
            return None
        first = self._words.count(" ", 0, at + 1) - 1
        return CitedSpan(self._spans[first][0], self._spans[first + len(words) - 1][1])

    @cached_property
    def _short_lines(self) -> dict[str, CitedSpan]:
        found: dict[str, CitedSpan] = {}
        for line in re.finditer(r"[^\n\r\u2028\u2029]+", self._brief):
            if len(line[0].strip()) <= _SHORT_LINE:
                self._add_line(found, line)
        return found

    @staticmethod
    def _add_line(found: dict[str, CitedSpan], line: re.Match[str]) -> None:
        """Add a line as it is, and without its list marker."""
        marker = _LIST_MARKER.match(line[0])
        for skipped in (0, marker.end() if marker else 0):
            text = line[0][skipped:]
            start = line.start() + skipped + len(text) - len(text.lstrip())
            if text.strip():
                found.setdefault(_line_key(_WORD.findall(text)), CitedSpan(start, start + len(text.strip())))


def place(quote: str, brief: str) -> CitedSpan | None:
    """Return the first place of a quote in a brief; see `Places`."""
    return Places(brief).find(quote)


def _is_telling(quote: str, words: Sequence[str]) -> bool:
    """Return whether a quote is long enough; a letter of a script without spaces says as much as two others."""
    unspaced = sum(1 for word in words if re.match(f"[{_UNSPACED}]", word))
    return len(quote.strip()) + unspaced >= MIN_LENGTH and sum(map(_has_letter, words)) >= MIN_WORDS


def _has_letter(word: str) -> bool:
    return any(letter.isalnum() for letter in word)


def _line_key(words: Sequence[str]) -> str:
    return _joined(words).rstrip(f" {_END_MARKS}")


def _joined(words: Sequence[str]) -> str:
    """Return the words in the form in which they are compared, with a space before and after each of them."""
    text = f" {' '.join(words)} "
    return text.lower() if text.isascii() else unicodedata.normalize("NFC", text.translate(_VARIANTS).casefold())
