"""Search over tasks, subtasks and subjects."""

from __future__ import annotations

import asyncio
import re
from uuid import UUID

import msgspec

from studyteddy.features.tasks.schemas.search import Hit, SearchQuery
from studyteddy.features.tasks.store import search as store
from studyteddy.platform.db.statements import Reader
from studyteddy.platform.fulltext import asked, words
from studyteddy.platform.web.pagination import Cursors, Page, rows_of

_CONTEXT, _MAX_LENGTH = 40, 160
"""The characters of a snippet before the match, and in total."""
_WORD = re.compile(r"\S+")


async def page(reader: Reader, user_id: UUID, query: SearchQuery, cursors: Cursors) -> Page[Hit]:
    """Return the results of a query, best match first; raise 422 if the query has no searchable words."""
    after = cursors.read(query.cursor, "search", query)
    terms = asked(query.q)
    found = await store.page(reader, user_id, terms, after=after, limit=rows_of(query))
    hits = []
    for hit, key in found:
        hits.append((_with_snippet(hit, tuple(terms)), key))
        await asyncio.sleep(0)  # yield to other requests: a long text in some scripts takes milliseconds
    return cursors.page(hits, query, "search")


def _with_snippet(hit: Hit, terms: tuple[str, ...]) -> Hit:
    return msgspec.structs.replace(hit, snippet=snippet(hit.snippet or "", terms))


def snippet(text: str, terms: tuple[str, ...]) -> str | None:
    """Return an excerpt around the first word that starts with one of `terms`, cut between words, or None."""
    if not any(word.startswith(terms) for word in words(text)):  # a fast check first: most matches are in other fields
        return None
    for part in _WORD.finditer(text):
        if any(word.startswith(terms) for word in words(part[0])):
            return _excerpt(text, _start_near(text, part.start()))
    return None


def _start_near(text: str, at: int) -> int:
    """Return the start of a word at most `_CONTEXT` characters before `at`."""
    space = text.find(" ", at - _CONTEXT, at) if at > _CONTEXT else -1
    return space + 1 if space >= 0 else 0 if at <= _CONTEXT else at


def _excerpt(text: str, begin: int) -> str:
    excerpt = text[begin : begin + _MAX_LENGTH]
    if begin + _MAX_LENGTH < len(text) and " " in excerpt:
        excerpt = excerpt[: excerpt.rindex(" ")]
    return ("…" if begin else "") + excerpt.strip() + ("…" if begin + len(excerpt) < len(text) else "")
