"""Logs contain events with their request id and no secrets."""

from __future__ import annotations

import io
import json
from collections.abc import AsyncIterator

import httpx2
import pytest
from tests.cast import PASSWORD, join
from tests.conftest import System, serving, settings_for

from studyteddy.bootstrap import runtime
from studyteddy.platform.telemetry import configure_logs


@pytest.fixture
async def logged(system: System) -> AsyncIterator[tuple[str, io.StringIO]]:
    """A second runtime that logs every request to a buffer."""
    text = io.StringIO()
    configure_logs("info", text)
    try:
        async with runtime.runtime(settings_for(system.engines, log_sample="1")) as running, serving(running) as url:
            yield url, text
    finally:
        configure_logs("error")


async def test_each_line_is_json_with_its_request(logged: tuple[str, io.StringIO]) -> None:
    url, text = logged
    async with httpx2.AsyncClient(base_url=url, trust_env=False) as guest:
        await guest.get("/health/live", headers={"x-request-id": "look-for-me-1"})
    lines = [json.loads(line) for line in text.getvalue().splitlines()]
    (line,) = [line for line in lines if line.get("request_id") == "look-for-me-1"]
    assert (line["event"], line["route"], line["status"]) == ("web.request", "GET /health/live", 200)
    assert line["ms"] >= 0


async def test_logs_contain_no_secrets(logged: tuple[str, io.StringIO]) -> None:
    url, text = logged
    person = await join(url, "Canary")
    ticket = (await person.post("/api/realtime/ticket")).json()["ticket"]
    await person.post("/api/auth/login", {"email": person.email, "password": PASSWORD + "!"})
    await person.post("/api/tasks", {"title": 5, "secret": person.refresh_token})
    await person.http.aclose()
    said = text.getvalue()
    assert '"route": "POST /api/auth/register"' in said
    for secret in (PASSWORD, ticket, person.access_token, person.refresh_token, person.email):
        assert secret not in said


async def test_a_request_id_does_not_decide_what_is_logged(system: System) -> None:
    text = io.StringIO()
    configure_logs("info", text)
    try:
        async with (
            runtime.runtime(settings_for(system.engines, log_sample="0.5")) as running,
            serving(running) as url,
            httpx2.AsyncClient(base_url=url, trust_env=False) as guest,
        ):
            for _ in range(64):
                await guest.get("/health/live", headers={"x-request-id": "always-the-same"})
    finally:
        configure_logs("error")
    assert 0 < text.getvalue().count("always-the-same") < 64
