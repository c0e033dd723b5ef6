"""OPTIONS and 405: each path says which methods it allows, all of them."""

from __future__ import annotations

import httpx2
import pytest
from tests.conftest import System

from studyteddy.bootstrap import catalogue

ID = "0197a3f0-0000-7000-8000-000000000000"


def methods_by_path() -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for route in catalogue.routes():
        found.setdefault(route.path, set()).add(route.method)
    return found


def allowed(answer: httpx2.Response) -> list[str]:
    return str(answer.headers["allow"]).split(", ")


@pytest.mark.parametrize(("path", "methods"), methods_by_path().items(), ids=lambda one: one if str(one) == one else "")
async def test_every_path_says_what_it_allows(guest: httpx2.AsyncClient, path: str, methods: set[str]) -> None:
    address = "/".join(ID if part.startswith("{") else part for part in path.split("/"))
    answer = await guest.options(address)
    assert (answer.status_code, answer.content) == (204, b"")
    expected = sorted({*methods, "OPTIONS", *(["HEAD"] if "GET" in methods else [])})
    assert allowed(answer) == expected
    assert "x-request-id" in answer.headers
    for other in {"GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "TRACE"} - set(expected):
        refused = await guest.request(other, address)
        assert (refused.status_code, allowed(refused)) == (405, expected), other
        assert refused.headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize(
    "path", ["/api/nowhere", f"/api/tasks/{ID.upper()}", f"/api/tasks/{ID}%0a", "/api/tasks/", "/ws", "/", "*"]
)
async def test_where_nothing_is_nothing_is_allowed(system: System, guest: httpx2.AsyncClient, path: str) -> None:
    answer = await guest.options(path)
    assert (answer.status_code, answer.json()["code"]) == (404, "not_found")
    assert "allow" not in answer.headers
