"""Calendar providers beside the whole program: Google and Microsoft as emulators, and one in memory."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack
from dataclasses import dataclass
from typing import Any, cast

import httpx2
import pytest
from tests.conftest import System
from tests.peers.caldav_servers import SERVERS, CalDavServer, caldav_server
from tests.peers.google_calendar import GoogleCalendarServer, google_calendar
from tests.peers.google_oauth import CLIENT_ID, CLIENT_SECRET, REDIRECT_URI
from tests.peers.memory_calendar import Found, MemoryCalendar
from tests.peers.outlook import Graph, outlook

from studyteddy.features.calendar.providers.oauth import google, microsoft
from studyteddy.features.calendar.service.connections import Clients, Connections
from studyteddy.platform import egress


@dataclass
class Vendors:
    """The emulators of both vendors; Google's also stands for the sign-in of Microsoft."""

    google: GoogleCalendarServer
    graph: Graph


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


@pytest.fixture
def there(monkeypatch: pytest.MonkeyPatch) -> Found:
    """The calendars of a student at a provider: one of their own, and one of holidays."""
    provider = Found({"work": MemoryCalendar("Work"), "holidays": MemoryCalendar("Holidays", writable=False)})
    monkeypatch.setattr(Connections, "caldav", lambda *_, **__: provider)
    return provider


@pytest.fixture(params=SERVERS)
def server(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[CalDavServer]:
    with caldav_server(request.param) as found:
        monkeypatch.setattr(egress, "PORTS", egress.PORTS | {found.port})
        found.make_calendar("work", "Work")
        yield found
