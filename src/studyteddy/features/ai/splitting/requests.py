"""Sentences of a brief that ask for something beside the assignment as a whole: “Explain your method.”"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from studyteddy.features.ai.schemas.steps import CitedSpan
from studyteddy.features.ai.splitting import deliverables, kinds, verbs
from studyteddy.features.ai.splitting.kinds import Kind

_READ_CHARACTERS = 10_000
"""What begins later is part of the material, where a sentence that looks like a request is none."""
_MOST = 20
_SENTENCE = re.compile(r"[^\W_](?:[^\n\r\u2028\u2029.!?؟]|[.!?؟](?!\s))*[.!?؟]?")


def unserved(brief: str, kind: Kind, served: Iterable[CitedSpan]) -> list[CitedSpan]:
    """Return the places of the requests of which no part is served, at most 20."""
    spans, whole = list(served), kinds.naming(brief, kind)
    found = []
    for place in _sentences(brief[:_READ_CHARACTERS]):
        is_served = any(span.start < place.end and place.start < span.end for span in spans)
        text = brief[place.start : place.end]
        if not is_served and place != whole and verbs.asks(text) and not _is_whole(text, kind):
            found.append(place)
    return found[:_MOST]


def _is_whole(text: str, kind: Kind) -> bool:
    """Return whether a sentence asks for the assignment itself, as “Write an essay” does."""
    if kind == "reading" and deliverables.is_reading(text):
        return True
    return deliverables.is_making(text) and kinds.names(text, kind)


def _sentences(text: str) -> Iterator[CitedSpan]:
    yield from (CitedSpan(match.start(), match.start() + len(match[0].rstrip())) for match in _SENTENCE.finditer(text))
