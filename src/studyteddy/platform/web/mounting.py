"""Converts the features' routers to Starlette's routes: a mount for each prefix, and one route for each path."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple
from uuid import UUID

from starlette.convertors import Convertor, register_url_convertor
from starlette.routing import BaseRoute, Mount
from starlette.routing import Route as StarletteRoute
from starlette.routing import Router as StarletteRouter
from starlette.types import ASGIApp, Lifespan, Receive, Scope, Send

from studyteddy.platform.web.routing import Route, Router


class IdConvertor(Convertor[UUID]):
    """An id in a path is a lower-case UUID; anything else does not match."""

    regex = "[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"

    def convert(self, value: str) -> UUID:
        return UUID(value)

    def to_string(self, value: UUID) -> str:
        return str(value)


register_url_convertor("id", IdConvertor())
_ID = re.compile(rf"/({IdConvertor.regex})(?=/|\Z)")


class PathRoute(StarletteRoute):
    """One path below its mount, for all methods. `path` is the full path, which error reporting uses as the name."""

    def __init__(self, path: str, prefix: str, endpoint: ASGIApp) -> None:
        super().__init__(re.sub(r"{(\w+)}", r"{\1:id}", path.removeprefix(prefix)), endpoint, name=path)
        self.path = path
        # Starlette's `$` would also match before a newline at the end.
        self.path_regex = re.compile(self.path_regex.pattern.removesuffix("$") + r"\Z")


class Found(NamedTuple):
    """What a path leads to."""

    route: PathRoute
    prefix: str
    ids: dict[str, UUID]


class IndexedRouter(StarletteRouter):
    """Starlette's router with an index: looks a path up by its shape instead of trying the mounts in order.

    The result is the same as with the mounts, with the same entries in the scope. `others` answers requests for paths
    that aren't in the index; Starlette handles WebSockets.
    """

    def __init__(
        self, routes: Sequence[BaseRoute], *, others: ASGIApp | None = None, lifespan: Lifespan[Any] | None = None
    ) -> None:
        super().__init__(routes, redirect_slashes=False, lifespan=lifespan)
        self._others = others or super().__call__
        self._found = {
            re.sub(r"{\w+}", "{}", route.path): (route, mount.path, list(route.param_convertors))
            for mount in routes
            if isinstance(mount, Mount)
            for route in mount.routes
            if isinstance(route, PathRoute)
        }

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await super().__call__(scope, receive, send)
        elif self._find(scope):
            await scope["endpoint"](scope, receive, send)
        else:
            await self._others(scope, receive, send)

    def find(self, path: str) -> Found | None:
        """Return the route of a path below the mounts, its prefix, and the ids in the path."""
        found, ids = self._found.get(path), []
        if found is None:
            found, ids = self._found.get(_ID.sub("/{}", path)), _ID.findall(path)
        if found is None or len(ids) != len(found[2]):
            return None
        route, prefix, names = found
        return Found(route, prefix, {name: UUID(one) for name, one in zip(names, ids, strict=True)})

    def _find(self, scope: Scope) -> bool:
        found = self.find(scope["path"])
        if found is None:
            return False
        scope["router"] = self
        scope["route"] = found.route
        scope["endpoint"] = found.route.endpoint
        scope["path_params"] = found.ids
        scope["app_root_path"] = root = scope.get("root_path", "")
        scope["root_path"] = root + found.prefix
        return True


def mounted(routers: Sequence[Router], endpoint: Callable[[list[Route]], ASGIApp]) -> list[BaseRoute]:
    """Return the mounts of these routers; `endpoint` builds the ASGI application of a path from its routes."""
    by_path: dict[str, list[Route]] = {}
    for router in routers:
        for route in router.routes:
            by_path.setdefault(route.path, []).append(route)
    # Most specific first: the first mount that matches is final. A prefix itself belongs to the mount above it.
    prefixes = sorted({router.prefix for router in routers}, key=len, reverse=True)
    paths: dict[str, list[BaseRoute]] = {prefix: [] for prefix in prefixes}
    for path in sorted(by_path, key=lambda path: "{" not in path):
        prefix = next(one for one in prefixes if path.startswith(f"{one}/"))
        paths[prefix].append(PathRoute(path, prefix, endpoint(by_path[path])))
    mounts: list[BaseRoute] = [Mount(prefix, _router(found)) for prefix, found in paths.items() if found]
    return mounts


def _router(routes: list[BaseRoute]) -> StarletteRouter:
    return StarletteRouter(routes, redirect_slashes=False)
