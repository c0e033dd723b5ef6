"""Keyset pagination: opaque, signed cursors contain the sort order, a hash of the filters, and the last key and id."""

from __future__ import annotations

import hmac
from hashlib import blake2b
from typing import Any, Generic, Protocol, TypeVar
from uuid import UUID

import msgspec

from studyteddy.platform import base64url
from studyteddy.platform.errors import CursorMismatch, invalid
from studyteddy.platform.fields import NEXT_CURSOR


class Identified(Protocol):
    """An object with an id."""

    @property
    def id(self) -> UUID: ...


class Paged(Protocol):
    """A query of a list that comes in pages."""

    @property
    def limit(self) -> int: ...


T = TypeVar("T", bound=Identified)
_TAG = 12


class Page(msgspec.Struct, Generic[T], frozen=True, rename="camel"):
    """A page of a list; `nextCursor` is null on the last page."""

    items: list[T]
    next_cursor: str | None


class Position(msgspec.Struct, frozen=True, array_like=True):
    """The row after which a page starts: its sort key as text, and its id."""

    key: str
    id: UUID


class _Token(msgspec.Struct, frozen=True, array_like=True):
    list: str
    filters: str
    key: str
    id: UUID


def rows_of(query: Paged) -> int:
    """Return how many rows to read for a page: one more than it shows, to know whether there is another page."""
    return query.limit + 1


class Cursors:
    """Creates and reads cursors. A cursor of another list, sort order, or filter raises 422 `cursor_mismatch`."""

    def __init__(self, key: bytes) -> None:
        self._key = key

    def write(self, name: str, filters: msgspec.Struct, key: str, last: UUID) -> str:
        """Return the cursor after the row `last`; `name` identifies the list and sort order."""
        raw = msgspec.json.encode(_Token(name, _digest(filters), key, last))
        return base64url.encode(self._sign(raw) + raw)

    def read(self, cursor: str | None, name: str, filters: msgspec.Struct) -> Position | None:
        """Return where the page starts, `None` for the first one; raise 422 for an invalid or mismatched cursor."""
        if cursor is None:
            return None
        try:
            token = base64url.decode_canonical(cursor)
        except ValueError as fault:
            raise _malformed() from fault
        if not hmac.compare_digest(token[:_TAG], self._sign(token[_TAG:])):
            raise _malformed()
        found = msgspec.json.decode(token[_TAG:], type=_Token)
        if found.list != name or found.filters != _digest(filters):
            raise invalid("?cursor", "cursor_mismatch", CursorMismatch.title, CursorMismatch)
        return Position(found.key, found.id)

    def page(self, found: list[tuple[T, str]], query: Any, name: str) -> Page[T]:
        """Build a page from rows and their sort keys, queried with a limit of `rows_of(query)`."""
        if len(found) <= query.limit:
            return Page([item for item, _ in found], None)
        last, key = found[query.limit - 1]
        items = [item for item, _ in found[: query.limit]]
        return Page(items, self.write(name, query, key, last.id))

    def _sign(self, raw: bytes) -> bytes:
        return blake2b(raw, key=self._key, digest_size=_TAG).digest()


def _digest(filters: msgspec.Struct) -> str:
    """Hash every parameter of a list except the cursor and the limit."""
    fields = {k: v for k, v in msgspec.structs.asdict(filters).items() if k not in ("cursor", "limit")}
    return blake2b(msgspec.json.encode(fields, order="deterministic"), digest_size=6).hexdigest()


def _malformed() -> Exception:
    return invalid("?cursor", "malformed", NEXT_CURSOR["form"])
