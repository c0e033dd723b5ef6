"""Shared fixtures and helpers of the focus tests."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from tests.cast import Person, made
from tests.conftest import System

Later = Callable[[float], None]


@pytest.fixture
def later(system: System) -> Iterator[Later]:
    """Move the clock forward by some minutes until the test ends."""

    def move(minutes: float) -> None:
        system.clock.ahead += timedelta(minutes=minutes)

    before = system.clock.ahead
    yield move
    system.clock.ahead = before


async def begin(person: Person, **fields: Any) -> dict[str, Any]:
    """Start a session; by default 50 minutes without breaks."""
    return made(await person.post("/api/focus-sessions", {"type": "custom", "plannedMinutes": 50, **fields}))


async def command(person: Person, session: dict[str, Any], verb: str, status: int = 200, **body: Any) -> dict[str, Any]:
    """Run a command and return the response."""
    return made(await person.post(f"/api/focus-sessions/{session['id']}/{verb}", body), status)


async def look(person: Person, session: dict[str, Any]) -> dict[str, Any]:
    return made(await person.get(f"/api/focus-sessions/{session['id']}"), 200)


async def said(person: Person) -> list[str]:
    """Return the focus events of a user."""
    return [event["type"] for event in await person.changes() if event["type"].startswith("focus.")]
