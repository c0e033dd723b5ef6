"""Durable engines for tests that kill processes, and isolated databases on them."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from tests.chaos.harness import EngineHandles, database, running_engines

from studyteddy.embedded import Engines


@pytest.fixture(scope="session")
def durable_engines(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EngineHandles]:
    """Engines that write durably to disk."""
    with running_engines(tmp_path_factory.mktemp("engines")) as found:
        yield found


@pytest.fixture
async def fresh(durable_engines: EngineHandles) -> Engines:
    """An empty, migrated database."""
    return await database(durable_engines.engines)
