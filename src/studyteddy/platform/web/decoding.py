"""Decodes the body and the query string of a request."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime
from typing import Any, get_args, get_origin
from urllib.parse import parse_qsl

import msgspec

from studyteddy.platform.errors import BodyTooLarge, MalformedJson, invalid
from studyteddy.platform.web import validation
from studyteddy.platform.web.routing import BODY_LIMIT

_MAX_CACHED = 256
"""Maximum number of parsed queries that a decoder caches; they are frozen, and most clients send the same few."""
Receive = Callable[[], Awaitable[Any]]


class _NoQuery(msgspec.Struct, forbid_unknown_fields=True):
    pass


class QueryDecoder:
    """Decodes query strings into one struct; without a struct, every parameter is unknown."""

    def __init__(self, kind: type[msgspec.Struct] | None) -> None:
        self._kind = kind or _NoQuery
        self._without = _try(self._kind)
        self._known: dict[bytes, Any] = {}
        fields = msgspec.structs.fields(self._kind)
        self._names = {one.encode_name: one.name for one in fields}
        self._lists = frozenset(one.encode_name for one in fields if _has_list(one.type))
        self._instants = [one.encode_name for one in fields if _has_instant(one.type)]

    def decode(self, raw: bytes) -> Any:
        """Return the struct; raise `Invalid` with every fault."""
        if not raw and self._without is not None:
            return self._without
        known = self._known.get(raw)
        if known is None:
            known = self._parse(raw)
            if len(self._known) >= _MAX_CACHED:
                self._known.clear()
            self._known[raw] = known
        return known

    def _parse(self, raw: bytes) -> Any:
        values, repeated = _query_values(raw, self._lists)
        try:
            found = msgspec.convert(values, self._kind, strict=False)
        except (msgspec.ValidationError, ValueError, OverflowError) as fault:
            raise validation.query_problem(values, self._kind, repeated) from fault
        # The decoder converts the word "null" to None, but a parameter without a value must be omitted.
        known = values.keys() & self._names.keys()  # structs that allow unknown parameters
        # It also takes numbers for instants, which have a colon.
        numbers = any(":" not in str(values.get(name, ":")) for name in self._instants)
        if repeated or numbers or any(getattr(found, self._names[name]) is None for name in known):
            raise validation.query_problem(values, self._kind, repeated)
        return found


def _query_values(raw: bytes, lists: frozenset[str]) -> tuple[dict[str, object], list[str]]:
    """Return the parameters by name, and the names of single-valued parameters that are repeated."""
    try:
        pairs = parse_qsl(raw.decode("ascii"), keep_blank_values=True, errors="strict", max_num_fields=100)
    except (UnicodeDecodeError, ValueError) as fault:
        raise invalid("?", "malformed", "The query string is malformed.") from fault
    values: dict[str, Any] = {}
    repeated: dict[str, None] = {}
    for name, value in pairs:
        if name in lists:
            values.setdefault(name, []).extend(value.split(",") if value else [])
        elif name in values:
            repeated[name] = None
        else:
            values[name] = value
    return values, list(repeated)


def _try(kind: Any) -> Any:
    try:
        return kind()
    except TypeError:
        return None


def _has_list(kind: Any) -> bool:
    return get_origin(kind) is list or any(_has_list(one) for one in get_args(kind))


def _has_instant(kind: Any) -> bool:
    return kind is datetime or any(_has_instant(one) for one in get_args(kind))


async def read_body(receive: Receive, headers: Mapping[bytes, bytes], largest: int = BODY_LIMIT) -> bytes:
    """Return the whole body; raise `BodyTooLarge` as soon as it exceeds `largest` bytes."""
    declared = headers.get(b"content-length", b"0")
    if declared.isdigit() and int(declared) > largest:
        raise BodyTooLarge()
    body, more = await _receive_part(receive)
    if not more:
        return body
    parts, size = [body], len(body)
    while more:
        body, more = await _receive_part(receive)
        parts.append(body)
        size += len(body)
        if size > largest:
            raise BodyTooLarge()
    return b"".join(parts)


async def _receive_part(receive: Receive) -> tuple[bytes, bool]:
    """Return the next part of the body and whether more follow. A client that has left has not sent a whole request."""
    message = await receive()
    if message["type"] == "http.disconnect":
        raise MalformedJson("The body is incomplete.")
    return message.get("body", b""), message.get("more_body", False)
