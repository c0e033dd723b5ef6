"""Tools that watch from outside name a request by its route, and never by the ids in its path."""

from __future__ import annotations

import httpx2
from starlette.types import ASGIApp, Receive, Scope, Send
from tests.conftest import System, serving

from studyteddy.bootstrap import catalogue
from studyteddy.bootstrap.runtime import application

ID = "0197a3f0-0000-7000-8000-000000000000"


class Watcher:
    """Reads the scope when the application is done with it, as error reports and traces do."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self.seen: list[tuple[str, str]] = []

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self._app(scope, receive, send)
        if route := scope.get("route"):
            self.seen.append((route.path, scope["root_path"] + route.path_format))


async def test_every_request_is_named_by_its_route(system: System) -> None:
    watcher = Watcher(application(system.running, watching=False))
    paths = sorted({route.path for route in catalogue.routes()})
    async with serving(system.running, watcher) as url, httpx2.AsyncClient(base_url=url, trust_env=False) as client:
        watcher.seen.clear()
        for path in paths:
            await client.options("/".join(ID if part.startswith("{") else part for part in path.split("/")))
    assert [by_error_reports for by_error_reports, _ in watcher.seen] == paths
    assert [by_traces for _, by_traces in watcher.seen] == paths
