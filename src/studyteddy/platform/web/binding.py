"""Binds requests to handlers: resolves a handler's parameters and encodes its result."""

from __future__ import annotations

import asyncio
import inspect
from asyncio import Task
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Mapping
from contextlib import aclosing
from types import UnionType
from typing import Any, Union, get_args, get_origin, get_type_hints
from uuid import UUID

import msgspec
from starlette.requests import Request as StarletteRequest
from starlette.requests import cookie_parser
from starlette.types import Receive, Scope

from studyteddy.platform.db.database import Database
from studyteddy.platform.errors import UnsupportedMediaType
from studyteddy.platform.identity import Identity
from studyteddy.platform.web import validation
from studyteddy.platform.web.addresses import client_address
from studyteddy.platform.web.deadline import Deadline
from studyteddy.platform.web.decoding import QueryDecoder
from studyteddy.platform.web.routing import Route

_encode = msgspec.json.Encoder().encode


class Answer(msgspec.Struct, frozen=True):
    """A response with its own status, media type, or headers."""

    body: bytes
    status: int = 200
    media_type: bytes = b"application/json"
    headers: tuple[tuple[bytes, bytes], ...] = ()
    pieces: AsyncIterator[bytes] | None = None
    """A streamed body, instead of `body`."""


class Request:
    """The HTTP request, for handlers that need more than its parameters."""

    __slots__ = (
        "answer_headers",
        "body",
        "client",
        "deadline",
        "headers",
        "id",
        "identity",
        "label",
        "limit_headers",
        "method",
        "operation",
        "path",
        "query_string",
        "receive",
        "status",
        "task",
    )

    def __init__(self, scope: Scope, headers: dict[bytes, bytes], request_id: str, receive: Receive) -> None:
        self.headers = headers
        self.receive = receive
        self.id = request_id
        self.method: str = scope["method"]
        self.path: str = scope["path"]
        self.query_string: bytes = scope["query_string"]
        self.client = client_address((scope.get("client") or ("", 0))[0])
        """The client's address; behind trusted proxies, the forwarded one."""
        self.body = b""
        self.identity: Identity | None = None
        self.operation: Operation | None = None
        """The operation, once the route is known."""
        self.label = "unknown"
        """What a request without an operation is called in metrics and logs."""
        self.answer_headers: list[tuple[bytes, bytes]] = []
        self.limit_headers: list[tuple[bytes, bytes]] = []
        self.status = 0
        """The response status, once the response has started."""
        self.task: Task[Any] | None = None
        """The task that the deadline watches."""
        self.deadline: Deadline | None = None

    def header(self, name: bytes) -> str | None:
        value = self.headers.get(name)
        return value.decode("latin-1") if value is not None else None

    def cookie(self, name: str) -> str | None:
        return cookie_parser(self.header(b"cookie") or "").get(name)

    def reading(self, path: str, query_string: bytes) -> Request:
        """Return a GET request of the same client for something else."""
        scope = {"method": "GET", "path": path, "query_string": query_string, "client": (self.client, 0)}
        return Request(scope, self.headers, self.id, self.receive)

    async def gone(self) -> bool:
        """Return whether the client has closed the connection; only after the body was read."""
        return await StarletteRequest({"type": "http"}, self.receive).is_disconnected()

    async def until_gone(self, pieces: AsyncGenerator[bytes]) -> AsyncGenerator[bytes]:
        """Yield the pieces until the client closes the connection; then close the generator, so that it can settle."""
        # One task runs the generator from its beginning to its end: deadlines inside it belong to a task.
        queue: asyncio.Queue[bytes] = asyncio.Queue()
        pump = asyncio.ensure_future(_pump(pieces, queue))
        pump.add_done_callback(lambda _: queue.put_nowait(b""))
        gone = asyncio.ensure_future(self._wait_until_gone())
        gone.add_done_callback(lambda _: pump.cancel())
        try:
            while piece := await queue.get():
                yield piece
            if not pump.cancelled():
                pump.result()
        finally:
            for task in (gone, pump):
                task.cancel()
            await asyncio.gather(gone, pump, return_exceptions=True)

    async def _wait_until_gone(self) -> None:
        while (await self.receive())["type"] != "http.disconnect":
            pass


async def _pump(pieces: AsyncGenerator[bytes], queue: asyncio.Queue[bytes]) -> None:
    async with aclosing(pieces):
        async for piece in pieces:
            queue.put_nowait(piece)


class Operation:
    """A route bound to its resources. Raises `LookupError` at startup if a parameter can't be provided."""

    def __init__(self, route: Route, resources: Mapping[str, object]) -> None:
        self.route = route
        self.name = f"{route.method} {route.path}"
        self.tagged = frozenset(status for status, kind in route.answers.items() if _is_object(kind))
        """Statuses whose responses contain a single object."""
        self._also = dict(route.also)
        hints = get_type_hints(route.handler, include_extras=True)
        parameters = inspect.signature(route.handler).parameters
        self._body = _without_none(hints["body"]) if "body" in parameters else None
        self._decoder = msgspec.json.Decoder(self._body) if "body" in parameters else None
        self._body_optional = "body" in parameters and parameters["body"].default is None
        self._query = QueryDecoder(hints.get("query"))
        self._takes_query = "query" in parameters
        self._from_request = [name for name in parameters if name in _REQUEST_PARAMETERS]
        bound = {*route.parameters, "body", "query", "tx", *_REQUEST_PARAMETERS}
        self._constant = {name: self._resource(name, resources) for name in parameters if name not in bound}
        self._db = self._database(resources) if "tx" in parameters else None

    def _resource(self, name: str, resources: Mapping[str, object]) -> object:
        if name not in resources:
            raise LookupError(f"{self.route.handler.__module__}.{self.route.name} takes {name!r}, which isn't provided")
        return resources[name]

    def _database(self, resources: Mapping[str, object]) -> Database:
        """Return the database that opens the handler's `tx`."""
        if self.route.public:
            raise LookupError(f"{self.route.name} takes 'tx', but a public route has no user")
        if self.route.replayable and Answer in self.route.answers.values():
            raise LookupError(f"{self.route.name} takes 'tx', but an Answer can't be replayed")
        found = self._resource("db", resources)
        assert isinstance(found, Database)
        return found

    def status(self, result: object) -> int:
        """Return the response status for a handler's result."""
        return self._also.get(type(result), self.route.status)

    async def answer(self, request: Request, arguments: dict[str, Any]) -> Answer:
        """Call the handler with these `arguments`.

        A handler that takes `tx` runs in a transaction of the caller. It is committed before the response is sent and
        records the response for the idempotency key; raise `Replay` if the key already has a response.
        """
        if self._db is None:
            return self._encoded(await self.route.handler(**arguments))
        assert request.identity is not None
        async with self._db.transaction(request.identity) as tx:
            answer = self._encoded(await self.route.handler(tx=tx, **arguments))
            tx.record_answer(answer.status, answer.body)
        return answer

    def _encoded(self, result: object) -> Answer:
        if isinstance(result, Answer):
            return result
        status = self.status(result) if self._also else self.route.status
        return Answer(_encode(result) if result is not None else b"", status)

    def arguments(self, request: Request, ids: dict[str, UUID]) -> dict[str, Any]:
        """Return the handler's arguments; raise 400, 415 or 422 for invalid input."""
        arguments: dict[str, Any] = self._constant | ids
        if self._decoder is not None:
            arguments["body"] = self._read_body(request)
        if self._takes_query:
            arguments["query"] = self._query.decode(request.query_string)
        elif request.query_string:
            self._query.decode(request.query_string)
        for name in self._from_request:
            arguments[name] = _REQUEST_PARAMETERS[name](request)
        return arguments

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
            raise validation.body_problem(request.body, self._body) from fault


def _is_object(kind: Any) -> bool:
    return isinstance(kind, type) and issubclass(kind, msgspec.Struct) and "id" in kind.__struct_fields__


def _without_none(kind: Any) -> Any:
    """Return `X` for `X | None`: an optional body may be omitted but can't be `null`."""
    options = [one for one in get_args(kind) if one is not type(None)]
    return options[0] if get_origin(kind) in (Union, UnionType) and len(options) == 1 else kind


_REQUEST_PARAMETERS: dict[str, Callable[[Request], object]] = {
    "identity": lambda request: request.identity,
    "request": lambda request: request,
    "if_match": lambda request: request.header(b"if-match"),
    "upload": lambda request: request.body,
}
"""Parameters that every handler can take; `upload` is the raw body."""
