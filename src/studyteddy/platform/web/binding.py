"""From a request to a handler's parameters, decided at start."""

from __future__ import annotations

import inspect
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from types import UnionType
from typing import Any, Union, get_args, get_origin, get_type_hints
from urllib.parse import parse_qsl
from uuid import UUID

import msgspec

from studyteddy.platform.errors import BodyTooLarge, Fault, Invalid, MalformedJson, UnsupportedMediaType, invalid
from studyteddy.platform.identity import Identity
from studyteddy.platform.web import faults
from studyteddy.platform.web.routing import BODY_LIMIT, Route

_MOST_QUERIES = 256
"""Parsed queries an endpoint remembers; they are frozen, and most clients ask the same few."""
Receive = Callable[[], Awaitable[Any]]


class Answer(msgspec.Struct, frozen=True):
    """An answer that is more than an object: its own status, type, or headers."""

    body: bytes
    status: int = 200
    media_type: bytes = b"application/json"
    headers: tuple[tuple[bytes, bytes], ...] = ()
    pieces: AsyncIterator[bytes] | None = None
    """A body that is too large to hold, in place of `body`."""


class Request:
    """What a handler may ask of the request itself, where a parameter is not enough."""

    __slots__ = (
        "answer_headers",
        "body",
        "client",
        "headers",
        "id",
        "identity",
        "path",
        "query_string",
        "secure",
    )

    def __init__(
        self, headers: dict[bytes, bytes], request_id: str, path: str, query_string: bytes, secure: bool
    ) -> None:
        self.headers = headers
        self.id = request_id
        self.path = path
        self.query_string = query_string
        self.secure = secure
        self.body = b""
        self.client = ""
        """The client's address: the last hop that we trust."""
        self.identity: Identity | None = None
        self.answer_headers: list[tuple[bytes, bytes]] = []

    def header(self, name: bytes) -> str | None:
        value = self.headers.get(name)
        return value.decode("latin-1") if value is not None else None

    def cookie(self, name: str) -> str | None:
        pairs = (pair.partition("=") for pair in (self.header(b"cookie") or "").split(";"))
        return next((value.strip() for key, _, value in pairs if key.strip() == name), None)


class Endpoint:
    """A route bound to the program's resources. Raises `LookupError` at start for a name nobody provides."""

    def __init__(self, route: Route, resources: Mapping[str, object]) -> None:
        self.route = route
        hints = get_type_hints(route.handler, include_extras=True)
        names = list(inspect.signature(route.handler).parameters)
        self._path = route.parameters
        self._body = _given(hints["body"]) if "body" in names else None
        self._decoder = msgspec.json.Decoder(self._body) if "body" in names else None
        self._body_optional = "body" in names and inspect.signature(route.handler).parameters["body"].default is None
        self._query = hints.get("query") if "query" in names else None
        self._no_query = _try(self._query)
        self._queries: dict[bytes, Any] = {}
        self._parameters = {one.encode_name: one.name for one in msgspec.structs.fields(self._query or _NoQuery)}
        self._lists = _list_fields(self._query)
        self._asks = [name for name in names if name in ("identity", "request", "if_match", "upload")]
        bound = {*self._path, "body", "query", *self._asks}
        self._constant = {name: self._resource(name, resources) for name in names if name not in bound}
        self.replayable = route.method == "POST" and not route.secret and not route.public
        self.scope = f"{route.method} {route.path}"
        self.also = dict(route.also)
        self.tagged = frozenset(status for status, shown in route.answers.items() if _is_object(shown))
        """Statuses that show a single object."""

    def status(self, shown: object) -> int:
        """The status of an answer that shows this."""
        return self.also.get(type(shown), self.route.status)

    def _resource(self, name: str, resources: Mapping[str, object]) -> object:
        if name not in resources:
            raise LookupError(
                f"{self.route.handler.__module__}.{self.route.name} asks for {name!r}, which bootstrap does not provide"
            )
        return resources[name]

    def call(self, request: Request, path_values: list[str]) -> Awaitable[Any]:
        """The handler's awaitable with all its parameters; raises 400, 415 or 422."""
        given = self._constant.copy()
        for name, value in zip(self._path, path_values, strict=True):
            given[name] = UUID(value)
        if self._decoder is not None:
            given["body"] = self._read_body(request)
        if self._query is not None:
            given["query"] = self._read_query(request.query_string)
        elif request.query_string:
            raise _unknown_query(request.query_string)
        for name in self._asks:
            given[name] = _ASKED[name](request)
        return self.route.handler(**given)

    def _read_body(self, request: Request) -> Any:
        assert self._decoder is not None
        if not request.body and self._body_optional:
            return None
        kind = request.headers.get(b"content-type", b"").partition(b";")[0].strip().lower()
        if kind not in (b"application/json", b"application/merge-patch+json"):
            raise UnsupportedMediaType()
        try:
            return self._decoder.decode(request.body)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError, OverflowError) as fault:
            raise faults.of_body(request.body, self._body) from fault

    def _read_query(self, raw: bytes) -> Any:
        if not raw and self._no_query is not None:
            return self._no_query
        known = self._queries.get(raw)
        if known is None:
            known = self._parse_query(raw)
            if len(self._queries) >= _MOST_QUERIES:
                self._queries.clear()
            self._queries[raw] = known
        return known

    def _parse_query(self, raw: bytes) -> Any:
        values = _query_values(raw, self._lists)
        try:
            found = msgspec.convert(values, self._query, strict=False)
        except (msgspec.ValidationError, ValueError, OverflowError) as fault:
            raise faults.of_query(values, self._query) from fault
        # The word "null" is no value: what is absent is left out.
        known = values.keys() & self._parameters.keys()  # a query that others write may have more
        nulls = [name for name in known if getattr(found, self._parameters[name]) is None]
        if nulls:
            raise Invalid(faults=[Fault(f"?{name}", "malformed", "Leave this parameter out.") for name in nulls])
        return found


def _query_values(raw: bytes, lists: frozenset[str]) -> dict[str, object]:
    try:
        pairs = parse_qsl(raw.decode("ascii"), keep_blank_values=True, errors="strict", max_num_fields=100)
    except (UnicodeDecodeError, ValueError) as fault:
        raise invalid("?", "malformed", "The query cannot be read.") from fault
    values: dict[str, Any] = {}
    for name, value in pairs:
        if name in lists:
            values.setdefault(name, []).extend(value.split(",") if value else [])
        elif name in values:
            raise invalid(f"?{name[:100]}", "repeated", "Give this parameter once.")
        else:
            values[name] = value
    return values


def _unknown_query(raw: bytes) -> Invalid:
    names = _query_values(raw, frozenset())
    return faults.of_query(names, _NoQuery)


class _NoQuery(msgspec.Struct, forbid_unknown_fields=True):
    pass


def _is_object(shown: Any) -> bool:
    return isinstance(shown, type) and issubclass(shown, msgspec.Struct) and "id" in shown.__struct_fields__


def _try(kind: Any) -> Any:
    try:
        return kind() if kind is not None else None
    except TypeError:
        return None


def _given(kind: Any) -> Any:
    """`X` of `X | None`: a body may be left out, but `null` is none."""
    options = [one for one in get_args(kind) if one is not type(None)]
    return options[0] if get_origin(kind) in (Union, UnionType) and len(options) == 1 else kind


def _list_fields(kind: Any) -> frozenset[str]:
    if kind is None:
        return frozenset()
    return frozenset(field.encode_name for field in msgspec.structs.fields(kind) if _has_list(field.type))


def _has_list(kind: Any) -> bool:
    return get_origin(kind) is list or any(_has_list(one) for one in get_args(kind))


_ASKED: dict[str, Callable[[Request], object]] = {
    "identity": lambda request: request.identity,
    "request": lambda request: request,
    "if_match": lambda request: request.header(b"if-match"),
    "upload": lambda request: request.body,
}
"""Parameters that every handler may have; `upload` is the body as it came."""


async def read_body(receive: Receive, headers: Mapping[bytes, bytes], largest: int = BODY_LIMIT) -> bytes:
    """The whole body; raises `BodyTooLarge` beyond `largest` bytes without reading on."""
    declared = headers.get(b"content-length", b"0")
    if declared.isdigit() and int(declared) > largest:
        raise BodyTooLarge()
    message = await receive()
    body: bytes = message.get("body", b"")
    if not message.get("more_body"):
        return body
    parts = [body]
    size = len(body)
    while message.get("more_body"):
        message = await receive()
        if message["type"] == "http.disconnect":
            raise MalformedJson("The body ended early.")
        parts.append(message.get("body", b""))
        size += len(parts[-1])
        if size > largest:
            raise BodyTooLarge()
    return b"".join(parts)
