"""Database connections for the contract tests."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import TypeAlias

import asyncpg
import pytest

from studyteddy.embedded import Engines

Connection: TypeAlias = "asyncpg.Connection[asyncpg.Record]"


@pytest.fixture
async def app(engine: Engines) -> AsyncIterator[Connection]:
    """A connection of the application's role, subject to row-level security."""
    connection = await asyncpg.connect(engine.database_url, statement_cache_size=0)
    yield connection
    await connection.close()


@pytest.fixture(scope="session")
async def admin(engine: Engines) -> AsyncIterator[Connection]:
    """An administrator connection, which bypasses row-level security."""
    connection = await asyncpg.connect(engine.admin_database_url.rsplit("/", 1)[0] + "/study")
    yield connection
    await connection.close()
