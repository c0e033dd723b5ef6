"""Matching paths to the routes of the application."""

from __future__ import annotations

from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.applications import Starlette
from starlette.responses import JSONResponse
from starlette.routing import Router as StarletteRouter
from starlette.testclient import TestClient
from starlette.types import ASGIApp, Receive, Scope, Send

from studyteddy.platform.web.mounting import IndexedRouter, mounted
from studyteddy.platform.web.routing import Route, Router, allow

ID = "0197a3f0-0000-7000-8000-000000000000"
OTHER = "0197a3f0-0000-7000-8000-000000000001"


async def handler() -> None:
    """Is never called here."""


def endpoint(routes: list[Route]) -> ASGIApp:
    """Says which path and methods were found, and everything that tools read in the scope."""

    class Found:
        async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
            found = {
                "path": routes[0].path,
                "methods": [one.method for one in routes],
                "route": scope["route"].path,
                "ids": [str(one) for one in scope["path_params"].values()],
                "whole": scope["root_path"] + scope["route"].path_format,
            }
            await JSONResponse(found)(scope, receive, send)

    return Found()


def routers() -> list[Router]:
    """Two features, of which one answers under the other's prefix too, and something at the root."""
    tasks, whole, root = Router("/api/tasks", tag="tasks"), Router("/api", tag="api"), Router("", tag="root")
    for add, path in (
        (tasks.get, ""),
        (tasks.post, ""),
        (tasks.get, "/today"),
        (tasks.get, "/{task_id}"),
        (tasks.delete, "/{task_id}"),
        (tasks.post, "/{task_id}/complete"),
        (tasks.get, "/{task_id}/subtasks/{subtask_id}"),
        (tasks.put, "/{task_id}/subtasks/order"),
        (whole.get, "/docs"),
        (whole.get, "/tasks/{task_id}/stats"),
        (root.get, "/health"),
    ):
        add(path)(handler)
    return [whole, root, tasks]


@pytest.fixture(scope="module", params=["with the index", "without"])
def client(request: pytest.FixtureRequest) -> TestClient:
    """The index of the router must change nothing but the time that it takes."""
    routes = mounted(routers(), endpoint)
    app = Starlette()
    app.router = StarletteRouter(routes, redirect_slashes=False)
    if request.param == "with the index":
        app.router = IndexedRouter(routes)
    return TestClient(app)


@pytest.mark.parametrize(
    ("path", "found", "ids"),
    [
        ("/api/tasks", "/api/tasks", []),
        ("/api/tasks/today", "/api/tasks/today", []),
        (f"/api/tasks/{ID}", "/api/tasks/{task_id}", [ID]),
        (f"/api/tasks/{ID}/complete", "/api/tasks/{task_id}/complete", [ID]),
        (f"/api/tasks/{ID}/subtasks/{OTHER}", "/api/tasks/{task_id}/subtasks/{subtask_id}", [ID, OTHER]),
        (f"/api/tasks/{ID}/subtasks/order", "/api/tasks/{task_id}/subtasks/order", [ID]),
        (f"/api/tasks/{ID}/stats", "/api/tasks/{task_id}/stats", [ID]),
        ("/api/docs", "/api/docs", []),
        ("/health", "/health", []),
    ],
)
def test_a_path_matches_its_route(client: TestClient, path: str, found: str, ids: list[str]) -> None:
    answer = client.get(path).json()
    assert (answer["path"], answer["ids"]) == (found, ids)
    assert answer["route"] == found, "error reports name a request by the route's path"
    assert answer["whole"] == found, "traces name a request by the mount's path and the route's below it"


def test_the_methods_of_a_path_share_a_route(client: TestClient) -> None:
    assert client.put("/api/tasks").json()["methods"] == ["GET", "POST"]
    assert client.get(f"/api/tasks/{ID}").json()["methods"] == ["GET", "DELETE"]


@pytest.mark.parametrize(
    "path",
    [
        "/",
        "/api",
        "/api/",
        "/api/tasks/",
        "//api/tasks",
        "/api/task",
        "/API/tasks",
        f"/api/tasks/{ID.upper()}",
        f"/api/tasks/{ID}/",
        f"/api/tasks/{ID}x",
        f"/api/tasks/{{{ID}}}",
        "/api/tasks/{task_id}",
        f"/api/tasks/{ID}/subtasks",
        f"/api/tasks/{ID.replace('-', '')}",
        f"/api/tasks/{ID}%0a",
        "/api/tasks%0a",
        "/api/tasks/today%0a",
        "/health%0a",
        "/api/tasks/{}",
        "/api/tasks/{}/complete",
        f"/api/tasks/{{}}/subtasks/{ID}",
        f"/api/tasks/today/{ID}",
        "/api/tasks/tomorrow",
        "/health/",
    ],
)
def test_unknown_paths_are_not_found(client: TestClient, path: str) -> None:
    assert client.get(path).status_code == 404


@given(path=st.text("/abc-{}0123%.é \n", max_size=60))
def test_any_other_path_is_not_found(client: TestClient, path: str) -> None:
    assert client.get(f"/{quote(path.lstrip('/'))}").status_code == 404


def test_a_path_has_its_allowed_methods() -> None:
    assert allow(["GET", "PATCH"]) == b"GET, HEAD, OPTIONS, PATCH"
    assert allow(["POST"]) == b"OPTIONS, POST"
