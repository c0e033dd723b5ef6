"""What the server offers, for everyone who has not signed in yet."""

from __future__ import annotations

import json
from typing import Any

import httpx2
import pytest
from tests.cast import PASSWORD, Person, made
from tests.conftest import System, key, serving, settings_for

from studyteddy import __version__
from studyteddy.bootstrap import runtime


async def info(client: httpx2.AsyncClient) -> dict[str, Any]:
    return made(await client.get("/api/app"), 200)


async def test_a_guest_learns_what_the_server_offers(guest: httpx2.AsyncClient) -> None:
    found = await info(guest)
    assert (found["version"], found["build"]) == (__version__, __version__)
    assert found["features"] == {"google": False, "ai": True, "calendar": False, "push": None}
    assert found["languages"] == ["en", "de", "ar", "es", "fr"]
    assert found["limits"] == {
        "titleLength": 200,
        "descriptionLength": 10_000,
        "lineLength": 500,
        "estimatedMinutes": 10_080,
        "labels": 20,
        "labelLength": 50,
        "subtasks": 200,
        "attachments": 20,
        "attachmentBytes": 26_214_400,
        "attachmentNameLength": 200,
        "subjectNameLength": 100,
        "personNameLength": 100,
        "emailLength": 254,
        "minPasswordLength": 10,
        "passwordLength": 128,
        "avatarBytes": 5_242_880,
        "minFocusMinutes": 5,
        "focusMinutes": 240,
        "extendedFocusMinutes": 480,
        "focusNotesLength": 2000,
        "interruptionReasonLength": 200,
    }


async def test_without_a_model_there_is_no_ai(system: System) -> None:
    async with (
        runtime.runtime(settings_for(system.engines, ai_url="", ai_own_keys="off"), clock=system.clock) as running,
        serving(running) as url,
        httpx2.AsyncClient(base_url=url, trust_env=False) as client,
    ):
        assert (await info(client))["features"]["ai"] is False


async def test_google_is_offered_if_it_is_configured(system: System) -> None:
    settings = settings_for(system.engines, google_client_id="id", google_client_secret="hidden")
    async with (
        runtime.runtime(settings, clock=system.clock) as running,
        serving(running) as url,
        httpx2.AsyncClient(base_url=url, trust_env=False) as client,
    ):
        assert (await info(client))["features"]["google"] is True
        assert "hidden" not in (await client.get("/api/app")).text


async def test_the_answer_is_the_same_for_everyone_and_kept_for_a_minute(
    alice: Person, guest: httpx2.AsyncClient
) -> None:
    mine, theirs = await alice.get("/api/app"), await guest.get("/api/app")
    assert mine.content == theirs.content
    assert {mine.headers["cache-control"], theirs.headers["cache-control"]} == {"public, max-age=60"}
    assert "set-cookie" not in theirs.headers
    text = json.dumps(theirs.json())
    assert not [secret for secret in (key("signing"), key("pepper"), "127.0.0.1", "postgresql") if secret in text]


async def test_it_counts_as_an_anonymous_request(system: System) -> None:
    settings = settings_for(system.engines, limit_anonymous="3/60:3", redis_url="redis://127.0.0.1:1/0")
    async with (
        runtime.runtime(settings, clock=system.clock) as running,
        serving(running) as url,
        httpx2.AsyncClient(base_url=url, trust_env=False) as client,
    ):
        assert [(await client.get("/api/app")).status_code for _ in range(4)] == [200, 200, 200, 429]


@pytest.mark.parametrize("more", [0, 1])
async def test_the_limits_are_those_of_the_routes(alice: Person, guest: httpx2.AsyncClient, more: int) -> None:
    limits = (await info(guest))["limits"]
    status = 422 if more else 201
    title, labels = "x" * (limits["titleLength"] + more), [f"l{n}" for n in range(limits["labels"] + more)]
    assert (await alice.post("/api/tasks", {"title": title})).status_code == status
    assert (await alice.post("/api/tasks", {"title": "x", "labels": labels})).status_code == status
    minutes = limits["focusMinutes"] + more
    assert (
        await alice.post("/api/focus-sessions", {"type": "custom", "plannedMinutes": minutes})
    ).status_code == status
    account = {"email": f"{alice.user['id']}@example.org", "name": "Ada"}
    long = (PASSWORD * 9)[: limits["passwordLength"] + more]
    assert (await guest.post("/api/auth/register", json={**account, "password": long})).status_code == status
    short = PASSWORD[: limits["minPasswordLength"] - more]
    other = {**account, "email": f"short-{account['email']}", "password": short}
    assert (await guest.post("/api/auth/register", json=other)).status_code == status
