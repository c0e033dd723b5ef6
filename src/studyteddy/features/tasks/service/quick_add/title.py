"""The title of a line: what remains when all that was recognised is cut out."""

from __future__ import annotations

import re
from collections.abc import Iterable

from studyteddy.features.tasks.service.quick_add.languages import DANGLING
from studyteddy.features.tasks.service.quick_add.letters import fold
from studyteddy.platform.fields import GAP

_LONGEST = 200
_EDGES = re.compile(rf"^[{GAP}]+|[{GAP}]+$")
_SEPARATORS = ",;:-–—|/&+"
_OF = ("of", "von", "de", "des", "du")
"""What joins a duration to the thing: “90 minutes of maths”."""
_CLOSERS = ",;.:!?)]"


def title(text: str, cuts: Iterable[tuple[int, int]], language: str) -> str:
    """The rest of the text with single spaces and no loose ends; the whole text where nothing is left."""
    cuts = sorted(cuts)
    pieces = _pieces(text, cuts)
    whole = ""
    for piece in pieces:
        whole = _joined(whole, piece)
    ends_cut = bool(cuts) and not pieces[-1].strip(" \t\n.!?)]")
    begins_cut = bool(cuts) and not pieces[0].strip()
    words = whole.split()
    if ends_cut:
        words = _without_end(words, DANGLING[language])
    while begins_cut and words and (not words[0].strip(_SEPARATORS) or words[0] in _OF):
        words = words[1:]
    return _plain(" ".join(words)) or _plain(" ".join(text.split()))


def _pieces(text: str, cuts: list[tuple[int, int]]) -> list[str]:
    found, place = [], 0
    for start, end in cuts:
        found.append(text[place:start])
        place = end
    return [*found, text[place:]]


def _joined(left: str, right: str) -> str:
    """Two pieces round a cut: no empty brackets, no space before a comma, no comma twice."""
    left, right = left.rstrip(), right.lstrip()
    if left[-1:] and left[-1:] + right[:1] in ("()", "[]"):
        left, right = left[:-1].rstrip(), right[1:].lstrip()
    if not left or not right:
        return left or right.lstrip(",;.:!?")
    if right[0] in _CLOSERS and not right[1:2].strip():
        return left + (right[1:] if left[-1] in _CLOSERS and right[0] != ")" else right)
    return f"{left} {right}"


def _without_end(words: list[str], dangling: frozenset[str]) -> list[str]:
    while words:
        last = fold(words[-1]).strip(_SEPARATORS)
        if last and last not in dangling:
            break
        words = words[:-1]
    if words:
        words = [*words[:-1], words[-1].rstrip(_SEPARATORS) or words[-1]]
    return words


def _plain(text: str) -> str:
    """At most 200 characters, with something to be seen at both ends."""
    return _EDGES.sub("", _EDGES.sub("", text)[:_LONGEST])
