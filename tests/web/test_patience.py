"""A request that takes too long is cut, and says so."""

from __future__ import annotations

import asyncio
import time

import httpx2
from tests.conftest import System, serving, settings_for

from studyteddy import bootstrap
from studyteddy.platform.web import Router
from studyteddy.platform.web import app as web

router = Router("/api/slow", tag="tests")


@router.get("", public=True)
async def wait_for_ever() -> None:
    """Never answers by itself."""
    await asyncio.sleep(600)


@router.get("/quick", public=True)
async def answer_at_once() -> None:
    """Does."""


async def test_a_slow_request_is_cut_and_others_go_on(system: System) -> None:
    bootstrap.ROUTERS.append(router)
    try:
        async with (
            bootstrap.runtime(settings_for(system.engines)) as running,
            serving(running) as url,
            httpx2.AsyncClient(base_url=url, trust_env=False, timeout=30) as guest,
        ):
            started = time.monotonic()
            slow = asyncio.ensure_future(guest.get("/api/slow"))
            await asyncio.sleep(0.1)
            assert (await guest.get("/api/slow/quick")).status_code == 200
            answer = await slow
    finally:
        bootstrap.ROUTERS.remove(router)
    assert (answer.status_code, answer.json()["code"]) == (503, "unavailable")
    assert answer.headers["retry-after"] == "2"
    assert web.PATIENCE <= time.monotonic() - started < web.PATIENCE + 2
