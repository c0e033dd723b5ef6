"""The Starlette application: a mount for each feature's prefix, and the middleware."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.cors import CORSMiddleware
from starlette.routing import BaseRoute
from starlette.types import ASGIApp, Lifespan

from studyteddy.platform.settings import Settings
from studyteddy.platform.web.admission import Admission
from studyteddy.platform.web.binding import Operation
from studyteddy.platform.web.deadline import Deadline
from studyteddy.platform.web.endpoint import Endpoint
from studyteddy.platform.web.middleware import ProblemMiddleware, RequestMiddleware
from studyteddy.platform.web.mounting import IndexedRouter, mounted
from studyteddy.platform.web.reads import Reads
from studyteddy.platform.web.routing import Route, Router


class App(Starlette):
    """The application of these routers and resources.

    `sockets` are the WebSocket routes; `others` answers requests for paths that no router has.
    """

    def __init__(
        self,
        routers: Sequence[Router],
        resources: Mapping[str, Any],
        *,
        settings: Settings,
        admission: Admission,
        sockets: Sequence[BaseRoute] = (),
        others: ASGIApp | None = None,
        lifespan: Lifespan[App] | None = None,
    ) -> None:
        provided = {**resources, "reads": Reads(self._reading, admission)}

        def endpoint(routes: list[Route]) -> Endpoint:
            return Endpoint([Operation(route, provided) for route in routes], admission)

        super().__init__(middleware=_middleware(settings, admission))
        self.router = self.indexed = IndexedRouter(
            [*sockets, *mounted(routers, endpoint)], others=others, lifespan=lifespan
        )
        self.draining = False
        """Whether the server is draining; every response then closes its connection."""

    def _reading(self, path: str) -> tuple[Operation, dict[str, UUID]] | None:
        """Return the GET operation of a path, and the ids in it."""
        found = self.indexed.find(path)
        endpoint = found.route.endpoint if found else None
        operation = endpoint.reading if isinstance(endpoint, Endpoint) else None
        return (operation, found.ids) if found and operation else None

    def build_middleware_stack(self) -> ASGIApp:
        """Omit Starlette's two exception middlewares, which `ProblemMiddleware` replaces (docs/adr/0005)."""
        app: ASGIApp = self.router
        for one, args, kwargs in reversed(self.user_middleware):
            app = one(app, *args, **kwargs)
        return app


def _middleware(settings: Settings, admission: Admission) -> list[Middleware]:
    """Return the middleware, outermost first.

    CORS is between our two, so that problems have its headers and preflight responses have ours.
    """
    origins = items(settings.allowed_origins)
    deadline = Deadline()
    return [
        Middleware(RequestMiddleware, deadline=deadline, log_sample=settings.log_sample),
        *([_cross_origin(origins)] if origins else []),
        Middleware(ProblemMiddleware, deadline=deadline, admission=admission),
    ]


def _cross_origin(origins: list[str]) -> Middleware:
    return Middleware(
        CORSMiddleware,
        allow_origins=origins,
        allow_credentials=True,
        allow_methods=["GET", "POST", "PATCH", "PUT", "DELETE"],
        allow_headers=[
            "Authorization",
            "Content-Type",
            "Idempotency-Key",
            "If-Match",
            "If-None-Match",
            "Traceparent",
            "X-Request-Id",
        ],
        expose_headers=["ETag", "Idempotent-Replayed", "RateLimit", "RateLimit-Policy", "Retry-After", "X-Request-Id"],
        max_age=600,
    )


def items(text: str) -> list[str]:
    """Return the items of a comma-separated setting."""
    return [one.strip() for one in text.split(",") if one.strip()]
