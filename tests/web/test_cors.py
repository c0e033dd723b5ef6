"""Pages of other origins: whom the API lets read its answers, and what a browser is told beforehand."""

from __future__ import annotations

from collections.abc import AsyncIterator

import httpx2
import pytest
from tests.cast import join
from tests.conftest import System, serving, settings_for

from studyteddy.bootstrap.runtime import runtime

APP, OTHER, STRANGER = "https://app.example", "http://localhost:5173", "https://evil.example"
ASKED = {"access-control-request-method": "PATCH", "access-control-request-headers": "authorization, if-match"}


@pytest.fixture(scope="module")
async def url(system: System) -> AsyncIterator[str]:
    settings = settings_for(system.engines, allowed_origins=f"{APP}, {OTHER}")
    async with runtime(settings) as running, serving(running) as address:
        yield address


@pytest.fixture
async def page(url: str) -> AsyncIterator[httpx2.AsyncClient]:
    """A page of the first allowed origin."""
    async with httpx2.AsyncClient(base_url=url, trust_env=False, headers={"origin": APP}) as client:
        yield client


def names(header: str) -> set[str]:
    return {one.strip().lower() for one in header.split(",")}


@pytest.mark.parametrize("origin", [APP, OTHER])
async def test_an_allowed_page_is_told_what_it_may_send(page: httpx2.AsyncClient, origin: str) -> None:
    answer = await page.options("/api/tasks", headers={"origin": origin, **ASKED})
    assert answer.status_code == 200
    assert answer.headers["access-control-allow-origin"] == origin
    assert answer.headers["access-control-allow-credentials"] == "true"
    assert answer.headers["access-control-max-age"] == "600"
    assert names(answer.headers["access-control-allow-methods"]) == {"get", "post", "patch", "put", "delete"}
    wanted = {
        "authorization",
        "content-type",
        "idempotency-key",
        "if-match",
        "if-none-match",
        "traceparent",
        "x-request-id",
    }
    assert wanted <= names(answer.headers["access-control-allow-headers"])


async def test_what_a_page_is_told_carries_the_headers_of_every_answer(page: httpx2.AsyncClient) -> None:
    answer = await page.options("/api/tasks", headers={"x-request-id": "preflight-1", **ASKED})
    assert answer.headers["x-request-id"] == "preflight-1"
    assert answer.headers["x-content-type-options"] == "nosniff"


@pytest.mark.parametrize(
    "headers",
    [
        {"origin": STRANGER, **ASKED},
        {"origin": "null", **ASKED},
        {"origin": f"{APP}.evil.example", **ASKED},
        {**ASKED, "access-control-request-method": "TRACE"},
        {**ASKED, "access-control-request-headers": "x-secret"},
    ],
)
async def test_what_is_not_on_the_list_is_refused(page: httpx2.AsyncClient, headers: dict[str, str]) -> None:
    answer = await page.options("/api/tasks", headers=headers)
    assert answer.status_code == 400
    assert "permissions-policy" in answer.headers
    assert answer.headers["cross-origin-opener-policy"] == "same-origin"
    assert answer.headers.get("access-control-allow-origin") in (None, APP)
    assert headers.get("origin", APP) == APP or "access-control-allow-origin" not in answer.headers


async def test_an_allowed_page_reads_answers_and_problems(url: str, page: httpx2.AsyncClient) -> None:
    person = await join(url, "Alice")
    found = {
        200: await page.get("/api/tasks", headers={"authorization": f"Bearer {person.access_token}"}),
        401: await page.get("/api/tasks"),
        404: await page.get("/api/nowhere"),
        405: await page.put("/api/tasks"),
        400: await page.post("/api/auth/login", content=b"{", headers={"content-type": "application/json"}),
    }
    await person.http.aclose()
    for status, answer in found.items():
        assert answer.status_code == status
        assert answer.headers["access-control-allow-origin"] == APP
        assert answer.headers["access-control-allow-credentials"] == "true"
        exposed = names(answer.headers["access-control-expose-headers"])
        assert exposed >= {"etag", "idempotent-replayed", "ratelimit", "ratelimit-policy", "retry-after"}
        assert "x-request-id" in exposed
        assert "origin" in names(answer.headers["vary"])


@pytest.mark.parametrize("origin", [STRANGER, None])
async def test_other_pages_and_programs_get_no_leave(url: str, origin: str | None) -> None:
    headers = {"origin": origin} if origin else {}
    async with httpx2.AsyncClient(base_url=url, trust_env=False, headers=headers) as client:
        answer = await client.get("/health/live")
    assert answer.status_code == 200
    assert "access-control-allow-origin" not in answer.headers
    assert "origin" in names(answer.headers["vary"]), "a cache must not give this answer to an allowed page"


async def test_without_a_list_no_page_gets_leave(guest: httpx2.AsyncClient) -> None:
    answers = [
        await guest.get("/health/live", headers={"origin": APP}),
        await guest.options("/api/tasks", headers={"origin": APP, **ASKED}),
    ]
    for answer in answers:
        assert not [name for name in answer.headers if name.startswith("access-control-")]
