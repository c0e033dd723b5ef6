"""Routes: the handler of each method and path."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar, get_args, get_type_hints

from studyteddy.platform.errors import Problem
from studyteddy.platform.web.deadline import TIMEOUT

Handler = TypeVar("Handler", bound=Callable[..., Awaitable[Any]])
BODY_LIMIT = 1 << 20


@dataclass(frozen=True)
class Route:
    """One operation: its method and path, its handler, and what clients must know."""

    method: str
    path: str
    handler: Callable[..., Awaitable[Any]]
    status: int
    tag: str
    public: bool
    """Whether it needs no authentication."""
    secret: bool
    """Whether the response is secret: idempotency keys are ignored, and nothing is compressed or stored."""
    errors: tuple[type[Problem], ...]
    limited: bool
    largest: int
    """Maximum body size in bytes."""
    scope: str
    """Required scope: `read`, `write`, `account` or `operate`."""
    media: str
    """Media type of a non-JSON response."""
    redirects: bool
    """Whether it may redirect."""
    also: tuple[tuple[type, int], ...] = ()
    """Other response types with their statuses; each is a member of the handler's return union."""
    cost: Callable[[Any], int] | None = None
    """How many requests a body counts as for rate limits; one by default."""
    timeout: float = TIMEOUT
    """Seconds within which the response must start."""

    @property
    def traffic_class(self) -> str:
        """The class that shares database connections: the feature's routes; those with a cost are separate."""
        return f"{self.tag}, bulk" if self.cost else self.tag

    @property
    def replayable(self) -> bool:
        """Whether a repeated idempotency key gets the recorded response; one that only reads can be repeated anyway."""
        return self.method == "POST" and not self.secret and not self.public and self.scope != "read"

    @property
    def name(self) -> str:
        return self.handler.__name__

    @property
    def answers(self) -> dict[int, Any]:
        """Response types by success status."""
        returned = get_type_hints(self.handler, include_extras=True).get("return")
        others = {status: kind for kind, status in self.also}
        if others:
            (returned,) = (kind for kind in get_args(returned) if kind not in others.values())
        return {self.status: returned, **others}

    @property
    def parameters(self) -> list[str]:
        return re.findall(r"{(\w+)}", self.path)


class Router:
    """The routes of one feature, registered by decorating plain functions."""

    def __init__(self, prefix: str, *, tag: str, scope: str = "") -> None:
        self.prefix = prefix
        self.tag = tag
        self.scope = scope
        """The scope of every route; by default, GET requires `read` and other methods `write`."""
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
        redirects: bool = False,
        also: Mapping[type, int] | None = None,
        cost: Callable[[Any], int] | None = None,
        timeout: float = TIMEOUT,
    ) -> Callable[[Handler], Handler]:
        def register(handler: Handler) -> Handler:
            required = scope or self.scope or ("read" if method == "GET" else "write")
            full_path = self.prefix + path
            self.routes.append(
                Route(
                    method,
                    full_path,
                    handler,
                    status,
                    self.tag,
                    public,
                    secret,
                    tuple(errors),
                    limited,
                    largest,
                    required,
                    media,
                    redirects,
                    tuple((also or {}).items()),
                    cost,
                    timeout,
                )
            )
            return handler

        return register


def allow(methods: Iterable[str]) -> bytes:
    """Return the `Allow` header of a path with these methods; GET implies HEAD, and every path has OPTIONS."""
    return ", ".join(sorted({*methods, "OPTIONS", *(["HEAD"] if "GET" in methods else [])})).encode()
