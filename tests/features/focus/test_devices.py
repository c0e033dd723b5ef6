"""All devices see and control the same session."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import websockets
from tests.cast import Person
from tests.conftest import System
from tests.features.focus.conftest import begin, command
from websockets.asyncio.client import ClientConnection


def _open(system: System, ticket: str) -> websockets.connect:
    return websockets.connect(f"{system.url.replace('http', 'ws')}/ws?ticket={ticket}", proxy=None)


async def _ticket(person: Person) -> str:
    return str((await person.post("/api/realtime/ticket")).json()["ticket"])


async def _heard(socket: ClientConnection, count: int) -> list[dict[str, Any]]:
    """Return the next focus events."""
    found: list[dict[str, Any]] = []
    async with asyncio.timeout(5):
        while len(found) < count:
            message = json.loads(await socket.recv())
            found += [message] if message["type"].startswith("focus.") else []
    return found


async def test_a_command_on_one_device_is_seen_on_the_other_with_the_same_version(
    system: System, alice: Person
) -> None:
    async with _open(system, await _ticket(alice)) as phone, _open(system, await _ticket(alice)) as laptop:
        for socket in (phone, laptop):
            assert json.loads(await socket.recv())["type"] == "hello"
        session = await begin(alice)
        (started,), (seen,) = await _heard(phone, 1), await _heard(laptop, 1)
        assert started == seen
        assert (seen["type"], seen["data"]) == ("focus.started", session)
        paused = await command(alice, seen["data"], "pause", version=seen["data"]["version"])
        told = [await _heard(socket, 1) for socket in (phone, laptop)]
        assert told[0] == told[1]
        assert (told[0][0]["type"], told[0][0]["data"], paused["version"]) == ("focus.updated", paused, 2)


async def test_an_outdated_device_is_told_so(system: System, alice: Person) -> None:
    session = await begin(alice)
    await command(alice, session, "pause", version=1)
    late = await command(alice, session, "extend", 409, version=1, minutes=5)
    assert late["code"] == "stale_session"
    assert "version 2" in late["detail"]
