"""A real language model and real CalDAV servers, started once for all tests that need them."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from tests.peers.caldav_servers import SERVERS, CalDavServer, caldav_server
from tests.peers.llama import llama


@pytest.fixture(scope="session")
def real_model() -> Iterator[str]:
    """The URL of a real model's API."""
    with llama() as url:
        yield url


@pytest.fixture(scope="session", params=SERVERS)
def calendar_server(request: pytest.FixtureRequest) -> Iterator[CalDavServer]:
    """Each of the CalDAV servers, one after the other."""
    with caldav_server(request.param) as running:
        yield running
