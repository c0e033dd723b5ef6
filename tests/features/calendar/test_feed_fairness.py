"""Calendars on servers that don't answer delay neither other jobs nor the calendars of other students."""

from __future__ import annotations

import asyncio
from collections import Counter
from urllib.parse import urlsplit

import pytest
from starlette.responses import Response
from starlette.types import Receive, Scope, Send
from tests.cast import Person, join, made
from tests.chaos.harness import until
from tests.conftest import System, serving

from studyteddy.bootstrap import runtime
from studyteddy.features.calendar.service.feeds import MAX_FEEDS
from studyteddy.platform import egress


async def test_mails_and_students_do_not_wait_for_servers_that_never_answer(
    system: System, alice: Person, bob: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: Counter[str] = Counter()
    released = asyncio.Event()

    async def silent(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            asked[scope["path"].split("/")[1]] += 1
            await released.wait()
            await Response(status_code=503)(scope, receive, send)

    monkeypatch.setattr(egress, "TOTAL_SECONDS", 60.0)  # no reading ends within this test
    async with serving(system.running, silent) as url:
        monkeypatch.setattr(egress, "PORTS", egress.PORTS | {urlsplit(url).port})
        for person, name in ((alice, "alice"), (bob, "bob")):
            for number in range(MAX_FEEDS):
                made(await person.post("/api/calendar/feeds", {"url": f"{url}/{name}/{number}"}))
        worker = runtime.worker(system.running)
        working = asyncio.ensure_future(worker.run())
        try:
            await until(lambda: asked.total() >= 6, within=10)
            carol = await join(system.url, "Carol")
            await until(lambda: bool(system.mails(carol.email)), within=10)
            await carol.http.aclose()
            assert asked == {"alice": 3, "bob": 3}
        finally:
            released.set()
            worker.stop()
            await working
            await system.work()
