"""A server with a language model whose endpoint answers as a test says."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import pytest
from tests.cast import Person, join
from tests.conftest import System, serving, settings_for
from tests.peers.completions import Completions, completions, says

from studyteddy.bootstrap import runtime
from studyteddy.bootstrap.runtime import Runtime


@dataclass
class Assisted:
    """A server with AI, a student of it, and the endpoint of its model."""

    url: str
    running: Runtime
    student: Person
    endpoint: Completions


@asynccontextmanager
async def assisted(system: System, **settings: str) -> AsyncIterator[Assisted]:
    """Serve with a model; `settings` are those that a test changes."""
    async with completions(says("{}")) as endpoint:
        own = {
            "ai_url": endpoint.url,
            "ai_key": "sk-test",
            "ai_model": "small",
            "ai_deadline": "5",
            "ai_daily_tokens": "30000",
        } | settings
        configured = settings_for(system.engines, **own)
        async with runtime.runtime(configured, clock=system.clock) as running, serving(running) as url:
            student = await join(url, "Ada")
            try:
                yield Assisted(url, running, student, endpoint)
            finally:
                await student.http.aclose()


@pytest.fixture
async def ai(system: System) -> AsyncIterator[Assisted]:
    async with assisted(system) as found:
        yield found


@pytest.fixture
async def student(system: System) -> AsyncIterator[Person]:
    """A student of a server without a language model."""
    async with assisted(system, ai_url="", ai_key="", ai_model="", ai_own_keys="off") as found:
        yield found.student


def kept(rows: list[dict[str, Any]], *names: str) -> list[tuple[Any, ...]]:
    """Some fields of each row."""
    return [tuple(row[name] for name in names) for row in rows]
