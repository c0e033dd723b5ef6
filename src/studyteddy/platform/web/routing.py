"""Routes: which function answers which method of which path."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar, get_args, get_type_hints

from studyteddy.platform.errors import MethodNotAllowed, NotFound, Problem

Handler = TypeVar("Handler", bound=Callable[..., Awaitable[Any]])
BODY_LIMIT = 1 << 20
UUID_TEXT = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")


@dataclass(frozen=True)
class Route:
    """One operation: its place, its function, and what its callers must know."""

    method: str
    path: str
    handler: Callable[..., Awaitable[Any]]
    status: int
    tag: str
    public: bool
    """Needs no login."""
    secret: bool
    """The answer is a secret: no idempotency key is honoured, nothing is compressed or stored."""
    errors: tuple[type[Problem], ...]
    limited: bool
    largest: int
    """Bytes of the greatest body."""
    scope: str
    """What the caller must be allowed: `read`, `write`, `account` or `operate`."""
    media: str
    """The type of an answer that is no JSON."""
    elsewhere: bool
    """Whether it may send the client to another address instead."""
    also: tuple[tuple[type, int], ...] = ()
    """What else a success may show, each with its status: one part of the handler's union each."""

    @property
    def name(self) -> str:
        return self.handler.__name__

    @property
    def answers(self) -> dict[int, Any]:
        """What each success shows, by its status."""
        shown = get_type_hints(self.handler, include_extras=True).get("return")
        others = {status: kind for kind, status in self.also}
        if others:
            (shown,) = (kind for kind in get_args(shown) if kind not in others.values())
        return {self.status: shown, **others}

    @property
    def parameters(self) -> list[str]:
        return re.findall(r"{(\w+)}", self.path)


class Router:
    """The routes of one feature, registered by decorating plain functions."""

    def __init__(self, prefix: str, *, tag: str, scope: str = "") -> None:
        self.prefix = prefix
        self.tag = tag
        self.scope = scope
        """The scope of every route; without one GET needs `read` and the others `write`."""
        self.routes: list[Route] = []

    def get(self, path: str = "", *, status: int = 200, **options: Any) -> Callable[[Handler], Handler]:
        return self._add("GET", path, status, **options)

    def post(self, path: str = "", *, status: int = 200, **options: Any) -> Callable[[Handler], Handler]:
        return self._add("POST", path, status, **options)

    def put(self, path: str = "", **options: Any) -> Callable[[Handler], Handler]:
        return self._add("PUT", path, 200, **options)

    def patch(self, path: str = "", **options: Any) -> Callable[[Handler], Handler]:
        return self._add("PATCH", path, 200, **options)

    def delete(self, path: str = "", **options: Any) -> Callable[[Handler], Handler]:
        return self._add("DELETE", path, 204, **options)

    def _add(
        self,
        method: str,
        path: str,
        status: int,
        *,
        public: bool = False,
        secret: bool = False,
        errors: Iterable[type[Problem]] = (),
        limited: bool = True,
        largest: int = BODY_LIMIT,
        scope: str = "",
        media: str = "",
        elsewhere: bool = False,
        also: Mapping[type, int] | None = None,
    ) -> Callable[[Handler], Handler]:
        def register(handler: Handler) -> Handler:
            needed = scope or self.scope or ("read" if method == "GET" else "write")
            path_in_full = self.prefix + path
            self.routes.append(
                Route(
                    method,
                    path_in_full,
                    handler,
                    status,
                    self.tag,
                    public,
                    secret,
                    tuple(errors),
                    limited,
                    largest,
                    needed,
                    media,
                    elsewhere,
                    tuple((also or {}).items()),
                )
            )
            return handler

        return register


@dataclass
class _Node:
    children: dict[str, _Node] = field(default_factory=dict)
    parameter: _Node | None = None
    methods: dict[str, Any] = field(default_factory=dict)


class Table:
    """Finds the endpoint of a request. Ids are lower-case UUIDs; anything else in their place was never there."""

    def __init__(self) -> None:
        self._static: dict[str, dict[str, Any]] = {}
        self._root = _Node()

    def add(self, method: str, path: str, endpoint: Any) -> None:
        if "{" not in path:
            self._static.setdefault(path, {})[method] = endpoint
            return
        node = self._root
        for part in path.split("/")[1:]:
            if part.startswith("{"):
                node.parameter = node.parameter or _Node()
                node = node.parameter
            else:
                node = node.children.setdefault(part, _Node())
        node.methods[method] = endpoint

    def find(self, method: str, path: str) -> tuple[Any, list[str]]:
        """The endpoint and its path parameters; raises `NotFound` or `MethodNotAllowed`."""
        values: list[str] = []
        methods = self._static.get(path) or self._walk(path, values)
        if not methods:
            raise NotFound()
        endpoint = methods.get(method)
        if endpoint is None:
            raise MethodNotAllowed(sorted(methods))
        return endpoint, values

    def _walk(self, path: str, values: list[str]) -> dict[str, Any]:
        node = self._root
        for part in path.split("/")[1:]:
            child = node.children.get(part)
            if child is None:
                child = node.parameter
                if child is None or not UUID_TEXT.fullmatch(part):
                    return {}
                values.append(part)
            node = child
        return node.methods
