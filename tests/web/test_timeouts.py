"""Requests time out."""

from __future__ import annotations

import asyncio
import time

import httpx2
from tests.conftest import System, serving, settings_for

from studyteddy.bootstrap import catalogue, runtime
from studyteddy.platform.web.deadline import TIMEOUT
from studyteddy.platform.web.routing import Router

router = Router("/api/slow", tag="tests")


@router.get("", public=True)
async def wait_for_ever() -> None:
    """Never respond."""
    await asyncio.sleep(600)


@router.get("/quick", public=True)
async def answer_at_once() -> None:
    """Respond immediately."""


async def test_a_slow_request_times_out_without_affecting_others(system: System) -> None:
    catalogue.ROUTERS.append(router)
    try:
        async with (
            runtime.runtime(settings_for(system.engines)) as running,
            serving(running) as url,
            httpx2.AsyncClient(base_url=url, trust_env=False, timeout=30) as guest,
        ):
            started = time.monotonic()
            slow = asyncio.ensure_future(guest.get("/api/slow"))
            await asyncio.sleep(0.1)
            assert (await guest.get("/api/slow/quick")).status_code == 200
            answer = await slow
    finally:
        catalogue.ROUTERS.remove(router)
    assert (answer.status_code, answer.json()["code"]) == (503, "unavailable")
    assert answer.headers["retry-after"] == "2"
    assert TIMEOUT <= time.monotonic() - started < TIMEOUT + 2
