"""Which route answers a path."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from studyteddy.platform.errors import MethodNotAllowed, NotFound
from studyteddy.platform.web.routing import Table

ID = "0197a3f0-0000-7000-8000-000000000000"
OTHER = "0197a3f0-0000-7000-8000-000000000001"


@pytest.fixture(scope="module")
def table() -> Table:
    made = Table()
    for method, path in [
        ("GET", "/api/tasks"), ("POST", "/api/tasks"), ("GET", "/api/tasks/today"), ("GET", "/api/tasks/{task_id}"),
        ("DELETE", "/api/tasks/{task_id}"), ("POST", "/api/tasks/{task_id}/complete"),
        ("GET", "/api/tasks/{task_id}/subtasks/{subtask_id}"), ("PUT", "/api/tasks/{task_id}/subtasks/order"),
    ]:  # fmt: skip
        made.add(method, path, f"{method} {path}")
    return made


@pytest.mark.parametrize(
    ("method", "path", "found", "values"),
    [
        ("GET", "/api/tasks", "GET /api/tasks", []),
        ("POST", "/api/tasks", "POST /api/tasks", []),
        ("GET", "/api/tasks/today", "GET /api/tasks/today", []),
        ("GET", f"/api/tasks/{ID}", "GET /api/tasks/{task_id}", [ID]),
        ("POST", f"/api/tasks/{ID}/complete", "POST /api/tasks/{task_id}/complete", [ID]),
        ("GET", f"/api/tasks/{ID}/subtasks/{OTHER}", "GET /api/tasks/{task_id}/subtasks/{subtask_id}", [ID, OTHER]),
        ("PUT", f"/api/tasks/{ID}/subtasks/order", "PUT /api/tasks/{task_id}/subtasks/order", [ID]),
    ],
)
def test_a_path_finds_its_route(table: Table, method: str, path: str, found: str, values: list[str]) -> None:
    assert table.find(method, path) == (found, values)


@pytest.mark.parametrize(
    "path",
    [
        "", "/", "/api", "/api/", "/api/tasks/", "//api/tasks", "/api/task", "/API/tasks", f"/api/tasks/{ID.upper()}",
        f"/api/tasks/{ID}/", f"/api/tasks/{ID}x", f"/api/tasks/{{{ID}}}", "/api/tasks/{task_id}",
        f"/api/tasks/{ID}/subtasks",
        f"/api/tasks/{ID.replace('-', '')}", f"/api/tasks/{ID}\n", f"/api/tasks/today/{ID}", "/api/tasks/tomorrow",
    ],
)  # fmt: skip
def test_what_is_not_there_is_not_found(table: Table, path: str) -> None:
    with pytest.raises(NotFound):
        table.find("GET", path)


@pytest.mark.parametrize(
    ("method", "path", "known"),
    [
        ("PUT", "/api/tasks", ["GET", "POST"]),
        ("POST", "/api/tasks/today", ["GET"]),
        ("PUT", f"/api/tasks/{ID}", ["DELETE", "GET"]),
    ],
)
def test_an_unknown_method_is_told_the_known_ones(table: Table, method: str, path: str, known: list[str]) -> None:
    with pytest.raises(MethodNotAllowed) as fault:
        table.find(method, path)
    assert fault.value.known == known


@given(path=st.text("/abc-{}0123%.é \n", max_size=60), method=st.sampled_from(["GET", "POST", "BREW"]))
def test_any_path_is_found_or_not(table: Table, path: str, method: str) -> None:
    with pytest.raises((NotFound, MethodNotAllowed)):
        table.find(method, path)
