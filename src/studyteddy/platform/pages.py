"""Keyset pages: an opaque, signed cursor holds the sort, the filters' hash, and the last key and id."""

from __future__ import annotations

import base64
import binascii
import hmac
from hashlib import blake2b
from typing import Any, Generic, Protocol, TypeVar
from uuid import UUID

import msgspec

from studyteddy.platform.errors import CursorMismatch, invalid


class Identified(Protocol):
    """An object with an id."""

    @property
    def id(self) -> UUID: ...


T = TypeVar("T", bound=Identified)
_TAG = 12


class Page(msgspec.Struct, Generic[T], frozen=True, rename="camel"):
    """Some items in order, and where the next ones begin; `nextCursor` is null on the last page."""

    items: list[T]
    next_cursor: str | None


class Position(msgspec.Struct, frozen=True, array_like=True):
    """After which row a page begins: the row's sort key as text, and its id."""

    key: str
    id: UUID


class _Token(msgspec.Struct, frozen=True, array_like=True):
    list: str
    filters: str
    key: str
    id: UUID


class Cursors:
    """Makes and reads cursors. One of another list, sort or filter answers 422 `cursor_mismatch`."""

    def __init__(self, key: bytes) -> None:
        self._key = key

    def write(self, name: str, filters: msgspec.Struct, key: str, last: UUID) -> str:
        """The cursor after the row `last`; `name` says which list and sort."""
        raw = msgspec.json.encode(_Token(name, _digest(filters), key, last))
        return base64.urlsafe_b64encode(self._sign(raw) + raw).rstrip(b"=").decode()

    def read(self, cursor: str | None, name: str, filters: msgspec.Struct) -> Position | None:
        """Where the page begins; nothing for the first one. Raises 422 on a forged or foreign cursor."""
        if cursor is None:
            return None
        try:
            token = base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True)
        except (binascii.Error, ValueError) as fault:
            raise _forged() from fault
        if not hmac.compare_digest(token[:_TAG], self._sign(token[_TAG:])):
            raise _forged()
        found = msgspec.json.decode(token[_TAG:], type=_Token)
        if found.list != name or found.filters != _digest(filters):
            raise invalid("?cursor", "cursor_mismatch", CursorMismatch.title, CursorMismatch)
        return Position(found.key, found.id)

    def page(self, found: list[tuple[T, str]], query: Any, name: str) -> Page[T]:
        """A page of rows with their sort keys, of which one more than `query.limit` was asked for."""
        if len(found) <= query.limit:
            return Page([item for item, _ in found], None)
        last, key = found[query.limit - 1]
        items = [item for item, _ in found[: query.limit]]
        return Page(items, self.write(name, query, key, last.id))

    def _sign(self, raw: bytes) -> bytes:
        return blake2b(raw, key=self._key, digest_size=_TAG).digest()


def _digest(filters: msgspec.Struct) -> str:
    """A hash of everything that shapes a list but the cursor and the page's size."""
    fields = {k: v for k, v in msgspec.structs.asdict(filters).items() if k not in ("cursor", "limit")}
    return blake2b(msgspec.json.encode(fields, order="deterministic"), digest_size=6).hexdigest()


def _forged() -> Exception:
    return invalid("?cursor", "malformed", "This is not a cursor that we made.")
