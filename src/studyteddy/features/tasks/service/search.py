"""One box that finds tasks, their steps, and subjects."""

from __future__ import annotations

import asyncio
import re
from uuid import UUID

import msgspec

from studyteddy.features.tasks.schemas import Hit, SearchQuery
from studyteddy.features.tasks.store import search as hits
from studyteddy.platform.db import Reader
from studyteddy.platform.pages import Cursors, Page
from studyteddy.platform.words import asked, words

_BEFORE, _LONGEST = 40, 160
"""Letters of a snippet that stand before what was found, and all of them."""
_PART = re.compile(r"\S+")


async def search(reader: Reader, user_id: UUID, query: SearchQuery, cursors: Cursors) -> Page[Hit]:
    """What answers a query, the best first; raises 422 when there is no word in it."""
    after = cursors.read(query.cursor, "search", query)
    sought = asked(query.q)
    found = await hits.page(reader, user_id, sought, after=after, limit=query.limit + 1)
    shown = []
    for hit, key in found:
        shown.append((_with_snippet(hit, tuple(sought)), key))
        await asyncio.sleep(0)  # others have their turn: a long text in some scripts takes milliseconds
    return cursors.page(shown, query, "search")


def _with_snippet(hit: Hit, sought: tuple[str, ...]) -> Hit:
    return msgspec.structs.replace(hit, snippet=snippet(hit.snippet or "", sought))


def snippet(text: str, sought: tuple[str, ...]) -> str | None:
    """Some of a text round the first word that begins with one of `sought`, cut between words."""
    if not any(word.startswith(sought) for word in words(text)):  # most have it elsewhere, and this is much quicker
        return None
    for part in _PART.finditer(text):
        if any(word.startswith(sought) for word in words(part[0])):
            return _piece(text, _begin(text, part.start()))
    return None


def _begin(text: str, at: int) -> int:
    """Where a word begins that stands before the one at `at`, but not far."""
    space = text.find(" ", at - _BEFORE, at) if at > _BEFORE else -1
    return space + 1 if space >= 0 else 0 if at <= _BEFORE else at


def _piece(text: str, begin: int) -> str:
    piece = text[begin : begin + _LONGEST]
    if begin + _LONGEST < len(text) and " " in piece:
        piece = piece[: piece.rindex(" ")]
    return ("…" if begin else "") + piece.strip() + ("…" if begin + len(piece) < len(text) else "")
