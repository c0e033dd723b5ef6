"""Shared fixtures and helpers of the focus tests."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
from tests.cast import Person, made
from tests.conftest import System

from studyteddy.platform.local_time.dates import DayBoundary

Later = Callable[[float], None]
BERLIN = DayBoundary("Europe/Berlin", 4 * 60)
ROOM = timedelta(hours=8)
"""What a test may move the clock by, within one day."""


@pytest.fixture
def later(system: System) -> Iterator[Later]:
    """Move the clock forward by some minutes until the test ends."""

    def move(minutes: float) -> None:
        system.clock.ahead += timedelta(minutes=minutes)

    before = system.clock.ahead
    system.clock.ahead += _until_a_day_with_room(system.clock())
    yield move
    system.clock.ahead = before


def _until_a_day_with_room(now: datetime) -> timedelta:
    """Nothing, or the time until the next day, if the students' day ends soon: its minutes count for one day only."""
    day = BERLIN.date_of(now)
    ends = BERLIN.end_of(day)
    return timedelta() if ends - now > ROOM else ends - now + timedelta(minutes=1)


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
