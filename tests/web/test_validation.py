"""Validation errors over HTTP."""

from __future__ import annotations

from typing import Any

import pytest
from tests.cast import Person


async def test_every_invalid_query_parameter_is_reported(alice: Person) -> None:
    answer = await alice.get(
        "/api/tasks?limit=0&sort=due&sort=created&subjectId=null&status=done,pending&page=2&page=3"
    )
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid")
    assert {one["pointer"]: (one["code"], one["detail"]) for one in answer.json()["errors"]} == {
        "?sort": ("repeated", "Provide this parameter only once."),
        "?page": ("unknown_field", "Unknown parameter."),
        "?limit": ("out_of_range", "Must be between 1 and 200."),
        "?subjectId": ("malformed", "Omit this parameter instead of sending null."),
        "?status/0": ("not_one_of", "Must be one of: pending, in_progress, completed, cancelled."),
    }


async def test_repeated_and_null_parameters_are_rejected(alice: Person) -> None:
    for query, code in (("limit=1&limit=1", "repeated"), ("subjectId=null", "malformed"), ("%ff", "malformed")):
        answer = await alice.get(f"/api/tasks?{query}")
        assert [one["code"] for one in answer.json()["errors"]] == [code]


async def test_a_route_without_parameters_rejects_them(alice: Person) -> None:
    answer = await alice.get("/api/users/me?page=1&page=2")
    assert [(one["pointer"], one["code"]) for one in answer.json()["errors"]] == [
        ("?page", "repeated"),
        ("?page", "unknown_field"),
    ]


async def test_every_invalid_field_of_a_body_is_reported(alice: Person) -> None:
    answer = await alice.post("/api/subjects", {"name": " ", "color": "red", "icon": "", "colour": "#7c3aed"})
    assert {one["pointer"]: one["detail"] for one in answer.json()["errors"]} == {
        "/name": "Can't be blank or contain control characters.",
        "/color": "Must be a colour such as #7c3aed.",
        "/icon": "Can't be empty.",
        "/colour": "Unknown field.",
    }


MOST_BYTES = 64 * 1024
LONG_NAMES = {f"{n}" + "\u0001é" * 50: n for n in range(1000)}
SOME_NAMES = dict(list(LONG_NAMES.items())[:300])


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/api/tasks", LONG_NAMES),
        ("/api/tasks", {"title": "x", "recurrence": {"rule": "FREQ=DAILY", "exdates": ["x" * 30] * 200}}),
        ("/api/tasks/batch", {"commands": [{"op": "create", "body": SOME_NAMES}] * 3}),
        ("/api/tasks/batch", {"commands": [{"op": "create", "body": {"title": ""}}] * 500}),
    ],
)
async def test_an_error_answer_is_bounded(alice: Person, path: str, body: dict[str, Any]) -> None:
    answer = await alice.post(path, body)
    assert answer.status_code == 422
    assert 0 < len(answer.json()["errors"]) <= 100
    assert len(answer.content) <= MOST_BYTES


async def test_the_errors_of_a_batch_share_the_limits_of_one_answer(alice: Person) -> None:
    """Every command is valid by itself and is refused by a rule, for each of its dates."""
    dates = ["2030-02-30T09:00:00"] * 200
    task = {"title": "x", "dueAt": "2030-01-03T09:00:00Z", "recurrence": {"rule": "FREQ=DAILY", "exdates": dates}}
    answer = await alice.post("/api/tasks/batch", {"commands": [{"op": "create", "body": task}] * 100})
    assert answer.status_code == 200, answer.text[:2000]
    results = answer.json()["results"]
    assert {one["status"] for one in results} == {422}
    assert all(one["problem"]["errors"] for one in results)
    assert sum(len(one["problem"]["errors"]) for one in results) <= 100
    assert len(answer.content) <= MOST_BYTES
