"""Digests of exercises, by which a text is recognised as one that was met before, without keeping the text."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from hashlib import sha256
from itertools import islice

from studyteddy.features.ai.tutoring.exercises import content, has_exercise
from studyteddy.features.ai.tutoring.languages import length_at, words
from studyteddy.features.ai.tutoring.normalization import plain
from studyteddy.features.ai.tutoring.numbers import literals
from studyteddy.features.ai.tutoring.pasted import pasted
from studyteddy.features.ai.tutoring.sentences import sentences
from studyteddy.features.ai.tutoring.views import View

MAX_PARTS = 40
"""Sentences and formulas of a text that are recognised by themselves."""
ALL_PARTS = 200
"""Those of a text that is compared with what is known: talk before an exercise doesn't hide it."""
_MIN_CONTENT, _MIN_NUMBERS = 3, 2
"""Words about a subject of such a sentence, and numbers of such a formula; less could be said of many exercises."""
MAX_OPENING = 6
"""Words that can stand before the question word or the order of a sentence, as “Hey, can you explain” does."""
_KINDS = ("question", "order")
_BEGINNING = 100
_WORD = re.compile(r"[^\W\d_]+")
_NOTHING = View("")
_IRRELEVANT = re.compile(r"(?<!\d)[.,]|[.,](?!\d)|-(?!\s*(?:\d|[a-z]\b|\())|[^\w+*/=^<>.,-]|_")
"""White space and punctuation, but no signs of a calculation."""
_INTRODUCTION = re.compile(r":\s")
_MARKER = re.compile(r"^\s*(?:\(?\w{1,2}\)|\w{1,2}\.(?!\d)|[-*•])\s*(?=\S)")
"""What begins an item of a list: a), 1. or a bullet."""


def digest(text: str) -> bytes:
    """Return a digest of 32 bytes that ignores case, white space and punctuation."""
    return sha256(_normal(text).encode()).digest()


@lru_cache(64)
def digests(text: str, parts: int = MAX_PARTS) -> frozenset[bytes]:
    """Return the digests of a text, of its questions and orders, and of its equations.

    Two texts with a digest in common have the same exercise, whatever else is said in them. `parts` are the most
    questions and orders, and the most equations.
    """
    return frozenset(digest(one) for one in (text, *_parts(text, parts)) if _normal(one))


def _normal(text: str) -> str:
    return _IRRELEVANT.sub("", plain(text))


def _parts(text: str, most: int) -> Iterator[str]:
    pieces = [_MARKER.sub("", piece).strip() for one in sentences(text) for piece in _INTRODUCTION.split(one)]
    yield from islice((_without_opening(one) for one in dict.fromkeys(pieces) if _is_one(one)), most)
    own = (one for one in pasted(View(text), _NOTHING) if len(literals(one)) >= _MIN_NUMBERS)
    yield from islice((_sorted(_MARKER.sub("", one)) for one in own), most)


def _is_one(sentence: str) -> bool:
    """Return whether a sentence by itself is an exercise that few others could have."""
    return len(content(View(sentence), _NOTHING)) >= _MIN_CONTENT and has_exercise(sentence)


def _without_opening(sentence: str) -> str:
    """Return a sentence from its question word or order on: without “Hey,” and “Can you explain”."""
    found = sentence
    for opening in islice(_WORD.finditer(sentence), 1, MAX_OPENING + 1):
        rest = sentence[opening.start() :]
        if _begins(rest) and len(content(View(rest), _NOTHING)) >= _MIN_CONTENT:
            found = rest
    return found


def _begins(sentence: str) -> bool:
    """Return whether a sentence begins with a question word or an order."""
    own = words(sentence[:_BEGINNING])
    return bool(own) and any(length_at(kind, own, 0) for kind in _KINDS)


def _sorted(formula: str) -> str:
    """Return an equation with its sides in one order."""
    return "=".join(sorted(formula.split("=")))
