"""The title of a line: what remains after removing the recognised parts."""

from __future__ import annotations

import re
from collections.abc import Iterable

from studyteddy.features.quick_add.parser.languages import DANGLING
from studyteddy.features.quick_add.parser.tokens import normalize
from studyteddy.platform.fields import GAP
from studyteddy.platform.text import INVISIBLE, is_visible

_MAX_LENGTH = 200
_HIDDEN_START = re.compile(rf"^[{INVISIBLE}]+")
_EDGES = re.compile(rf"^[{GAP}]+|[{GAP}]+$")
_SEPARATORS = ",;:-–—|/&+"
_OF = ("of", "von", "de", "des", "du")
"""Words that join a duration to a noun: “90 minutes of maths”."""
_CLOSERS = ",;.:!?)]"


def title(text: str, cuts: Iterable[tuple[int, int]], language: str) -> str:
    """Return the remaining text with single spaces and no dangling words.

    If nothing remains that can be seen, return the whole text, from its first visible character if need be.
    """
    cuts = sorted(cuts)
    pieces = _pieces(text, cuts)
    whole = ""
    for piece in pieces:
        whole = _joined(whole, piece)
    end_is_cut = bool(cuts) and not pieces[-1].strip(" \t\n.!?)]")
    start_is_cut = bool(cuts) and not pieces[0].strip()
    words = whole.split()
    if end_is_cut:
        words = _without_dangling(words, DANGLING[language])
    while start_is_cut and words and (not words[0].strip(_SEPARATORS) or words[0] in _OF):
        words = words[1:]
    whole = " ".join(text.split())
    options = (" ".join(words), whole, _HIDDEN_START.sub("", whole))
    return next((found for option in options if is_visible(found := _trimmed(option))), "")


def _pieces(text: str, cuts: list[tuple[int, int]]) -> list[str]:
    found, place = [], 0
    for start, end in cuts:
        found.append(text[place:start])
        place = end
    return [*found, text[place:]]


def _joined(left: str, right: str) -> str:
    """Join two pieces around a cut, without empty brackets, spaces before commas or duplicate commas."""
    left, right = left.rstrip(), right.lstrip()
    if left[-1:] and left[-1:] + right[:1] in ("()", "[]"):
        left, right = left[:-1].rstrip(), right[1:].lstrip()
    if not left or not right:
        return left or right.lstrip(",;.:!?")
    if right[0] in _CLOSERS and not right[1:2].strip():
        return left + (right[1:] if left[-1] in _CLOSERS and right[0] != ")" else right)
    return f"{left} {right}"


def _without_dangling(words: list[str], dangling: frozenset[str]) -> list[str]:
    while words:
        last = normalize(words[-1]).strip(_SEPARATORS)
        if last and last not in dangling:
            break
        words = words[:-1]
    if words:
        words = [*words[:-1], words[-1].rstrip(_SEPARATORS) or words[-1]]
    return words


def _trimmed(text: str) -> str:
    """Trim to at most 200 characters with visible characters at both ends."""
    return _EDGES.sub("", _EDGES.sub("", text)[:_MAX_LENGTH])
