"""Durable engines for the tests that kill things, and quiet databases on them."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from tests.chaos.place import Ground, database, ground

from studyteddy.embedded import Engines


@pytest.fixture(scope="session")
def firm(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ground]:
    """Durable engines."""
    with ground(tmp_path_factory.mktemp("firm")) as found:
        yield found


@pytest.fixture
async def fresh(firm: Ground) -> Engines:
    """A migrated database with nothing in it."""
    return await database(firm.engines)
