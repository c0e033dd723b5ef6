"""What Schemathesis is told about this API beyond its document; loaded by its own process."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any

import schemathesis
from hypothesis import strategies as st

# Rules between two fields, or between a request and what is there already: a schema cannot tell them.
UNTOLD = {
    ("key_reused", ""): "the key was used with another request",
    ("malformed", "?cursor"): "a cursor is signed: only the API can make one",
    ("cursor_mismatch", "?cursor"): "a cursor belongs to one list",
    ("no_word", "?q"): "a search needs a letter or digit",
    ("sorted_by_rank", "?sort"): "a search has an order of its own",
    ("two_due_dates", "/dueAt"): "a due date or a due instant",
    ("no_such_subject", "/subjectId"): "the subject must be there",
    ("no_such_zone", "/timeZone"): "the zone must be one of some six hundred",
    ("no_such_zone", "/dueZone"): "the zone must be one of some six hundred",
    ("not_a_permutation", "/ids"): "every step once",
    ("nothing_named", "/ids"): "some, or all",
    ("bad_rule", "/recurrence/rule"): "a rule has a grammar of its own",
    ("too_frequent", "/recurrence/rule"): "hourly at most",
    ("rule_of_times", "/recurrence/rule"): "whole days know no hours",
    ("rule_of_schedule", "/recurrence/rule"): "after a completion only the interval counts",
    ("no_occurrence", "/recurrence/rule"): "the rule must come true",
    ("no_occurrence", "/recurrence/exdates"): "one occurrence at least is left",
    ("wrong_type", "/recurrence/exdates/n"): "dates for days, moments for moments",
    ("malformed", "/recurrence/exdates/n"): "the day must be in the calendar",
    ("scope_needed", "/recurrence"): "which occurrences are meant",
    ("scope_this", "/status"): "a status belongs to one occurrence",
    ("no_such_occurrence", "/start"): "the rule must give it",
    ("common_password", "/password"): "the password must not be one of the common ones",
    ("common_password", "/newPassword"): "the password must not be one of the common ones",
    ("bad_mail_token", "/token"): "a link's token comes by mail",
    ("out_of_range", "/startAt"): "a session is planned for an instant within the next year",
    ("too_long_ago", "/startedAt"): "a past session began within the last seven days",
    ("in_the_future", "/startedAt"): "it has happened",
    ("in_the_future", "/endedAt"): "it has happened",
    ("in_the_future", "/minutes"): "it has happened",
    ("out_of_range", "/endedAt"): "it took 5 to 240 minutes",
    ("one_of_two", "/minutes"): "its end, or its minutes",
    ("no_such_task", "/taskId"): "the task must be there",
    ("no_such_preset", "/presetId"): "the preset must be there",
    ("longer_than_work", "/shortBreakMinutes"): "a break is no longer than the work",
    ("longer_than_work", "/longBreakMinutes"): "a break is no longer than the work",
    ("in_the_past", "/expiresAt"): "a key ends in the future",
    ("wrong_ending", "/name"): "a name that ends as files of its type do",
    ("not_uploaded", ""): "the bytes were sent before",
    ("wrong_size", ""): "as many bytes as were declared",
    ("not_a_picture", ""): "a picture that can be read",
    ("too_many_pixels", ""): "a picture of a bearable size",
}
# Years are those that the API knows: 1970 to 2999.
_days = st.dates(date(1970, 1, 1), date(2999, 12, 31))
_instants = st.datetimes(datetime(1970, 1, 2), datetime(2999, 12, 30), timezones=st.just(UTC))
schemathesis.openapi.format("date", _days.map(date.isoformat))
schemathesis.openapi.format("date-time", _instants.map(lambda at: at.isoformat().replace("+00:00", "Z")))


@schemathesis.hook
def map_body(ctx: Any, body: Any) -> Any:
    """A task has one due date at most, a zone is a real one, and a file ends as its type says.

    Else most of what is generated would be refused.
    """
    if not isinstance(body, dict):
        return body
    if body.get("type") == "text/plain" and isinstance(body.get("name"), str) and len(body["name"]) <= 196:
        body = body | {"name": body["name"] + ".txt"}
    if {"startedAt", "minutes"} <= body.keys() and body.get("endedAt") is None:
        # Some minutes of the last week, which random years would hardly ever hit.
        body = body | {"startedAt": _lately(body["minutes"])}
    real = {name: "Europe/Berlin" for name in ("dueZone", "timeZone") if _may_be_zone(body.get(name))}
    return {name: value for name, value in (body | real).items() if name != "dueAt" or not body.get("dueDate")}


def _lately(minutes: Any) -> str:
    ago = timedelta(minutes=300 + (minutes if isinstance(minutes, int) else 0) * 37 % 9000)
    return (datetime.now(UTC) - ago).isoformat().replace("+00:00", "Z")


def _may_be_zone(value: Any) -> bool:
    return isinstance(value, str) and re.fullmatch(r"[A-Za-z0-9_+/-]{1,64}", value) is not None


_PRECONDITION_FAILED = 412  # the ETag is not the present one
_ALWAYS = (401, 403, 404, 409, 429, _PRECONDITION_FAILED)
WHOLE_FLOAT = "Expected `int`, got `float`."
"""A whole number written with a point is an integer to JSON Schema, but not to us."""


@schemathesis.check
def valid_data_is_accepted(ctx: Any, response: Any, case: Any) -> None:
    """Stands in for `positive_data_acceptance`: a 422 must come from a rule that a schema cannot tell."""
    if case.meta is None or not case.meta.generation.mode.is_positive or response.status_code in _ALWAYS:
        return
    if response.status_code == 422:
        unexpected = [
            fault for fault in _faults(response.json()) if fault[:2] not in UNTOLD and fault[2] != WHOLE_FLOAT
        ]
        assert not unexpected, f"valid data was refused: {unexpected}"
    else:
        assert response.status_code < 400, f"valid data was refused: {response.status_code}"


@schemathesis.check
class EveryOperationSucceeds:
    """Fails for an operation that never succeeded: what is always refused is not tried."""

    UNREACHABLE = frozenset([
        # They need what is not generated: a password, a token, a code, a picture, a whole file, or an operator.
        "POST /api/auth/login", "POST /api/auth/refresh", "POST /api/auth/verify-email",
        "POST /api/auth/reset-password", "POST /api/auth/change-password", "POST /api/auth/second-factor",
        "POST /api/auth/second-factor/confirm",
        "POST /api/auth/second-factor/end", "POST /api/users/me/delete", "PUT /api/users/me/avatar",
        "PUT /api/tasks/{task_id}/attachments/{attachment_id}/content",
        "POST /api/tasks/{task_id}/attachments/{attachment_id}/finish",
        "GET /api/tasks/{task_id}/attachments/{attachment_id}/content",
        "GET /api/users/me/avatar", "GET /api/users/exports/{export_id}/download", "GET /api/operator/users",
        "POST /api/operator/users/{user_id}/disable", "POST /api/operator/users/{user_id}/enable",
        # They lead to a provider outside, which is not configured here.
        "GET /api/auth/google", "GET /api/auth/google/callback",
    ])  # fmt: skip

    def __init__(self) -> None:
        self.tried: set[str] = set()
        self.reached: set[str] = set()

    def after_response(self, ctx: Any, response: Any, case: Any) -> None:
        self.tried.add(case.operation.label)
        if 200 <= response.status_code < 300:
            self.reached.add(case.operation.label)

    def after_run(self, ctx: Any) -> None:
        missing = self.tried - self.reached - self.UNREACHABLE
        assert not missing, f"never succeeded: {', '.join(sorted(missing))}"


@schemathesis.check
def problems_are_problems(ctx: Any, response: Any, case: Any) -> None:
    """Every refusal is a problem document with a code, and nothing tells how we are built."""
    if response.status_code < 400:
        return
    assert response.headers["content-type"][0].startswith("application/problem+json")
    assert response.json()["requestId"] == response.headers["x-request-id"][0]
    text = response.text.lower()
    assert not [word for word in ("traceback", "asyncpg", "msgspec", "select ", "studyteddy.") if word in text]


def _faults(problem: dict[str, Any]) -> Iterator[tuple[str, str, str]]:
    """Code, pointer and words of each fault."""
    if not problem.get("errors"):
        yield problem["code"], "", problem["detail"]
    for fault in problem.get("errors", []):
        yield fault["code"], re.sub(r"/\d+", "/n", fault["pointer"]), fault["detail"]
