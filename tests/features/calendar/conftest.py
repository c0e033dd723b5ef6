"""Google and Microsoft beside the whole program, as emulators."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from typing import Any, cast

import httpx2
import pytest
from tests.conftest import System
from tests.peers.google_calendar import GoogleCalendarServer, google_calendar
from tests.peers.google_oauth import CLIENT_ID, CLIENT_SECRET, REDIRECT_URI
from tests.peers.outlook import Graph, outlook

from studyteddy.features.calendar.providers.oauth import google, microsoft
from studyteddy.features.calendar.service.connections import Clients


@dataclass
class Vendors:
    """The emulators of both vendors; Google's also stands for the sign-in of Microsoft."""

    google: GoogleCalendarServer
    graph: Graph
    landed: list[str] = field(default_factory=list)


@pytest.fixture
async def vendors(system: System) -> AsyncIterator[Vendors]:
    connections = system.running.calendar_connections
    async with AsyncExitStack() as stack:
        server = await stack.enter_async_context(google_calendar())
        graph = await stack.enter_async_context(outlook())
        http = await stack.enter_async_context(httpx2.AsyncClient(trust_env=False))
        graph.tokens = cast("Any", server.oauth.access)
        client = {"client_id": CLIENT_ID, "client_secret": CLIENT_SECRET, "redirect_uri": REDIRECT_URI}
        clients = Clients(
            http,
            google(http, **client, issuer=server.url),
            server.api,
            microsoft(http, **client, login_url=server.url),
            graph.base,
        )
        before = vars(connections).copy()
        vars(connections).update(_clients=clients, providers=["google", "outlook", "caldav"])
        yield Vendors(server, graph)
        vars(connections).update(before)
        assert server.violations == []
        assert graph.objections == []
