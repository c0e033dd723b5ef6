"""Hooks and checks for Schemathesis beyond the OpenAPI document; loaded in its own process."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any

import httpx2
import schemathesis
from hypothesis import strategies as st

from studyteddy.features.calendar.providers.provider import REASONS
from studyteddy.platform.fields import NOT_BLANK, NOT_BLANK_FILE_NAME
from studyteddy.platform.ids import new_id

# Rules between two fields, or between a request and stored data, which a schema can't express.
NOT_IN_SCHEMA = {
    ("key_reused", ""): "the key was used with another request",
    ("undeliverable", "/email"): "the domain of an address must be valid in ASCII too",
    ("malformed", "?cursor"): "a cursor is signed: only the API can make one",
    ("cursor_mismatch", "?cursor"): "a cursor belongs to one list",
    ("no_word", "?q"): "a search needs a letter or digit",
    ("sorted_by_rank", "?sort"): "a search has its own order",
    ("two_due_dates", "/dueAt"): "either a due date or a due instant",
    ("no_such_subject", "/subjectId"): "the subject must exist",
    ("no_such_zone", "/timeZone"): "the time zone must be one of about six hundred",
    ("no_such_zone", "/dueZone"): "the time zone must be one of about six hundred",
    ("not_a_permutation", "/ids"): "every subtask exactly once",
    ("nothing_named", "/ids"): "either some ids or all",
    ("bad_rule", "/recurrence/rule"): "a rule has its own grammar",
    ("too_frequent", "/recurrence/rule"): "hourly at most",
    ("rule_of_times", "/recurrence/rule"): "all-day rules can't name hours",
    ("rule_of_schedule", "/recurrence/rule"): "rules after completion use the interval only",
    ("no_occurrence", "/recurrence/rule"): "the rule must produce an occurrence",
    ("no_occurrence", "/recurrence/exdates"): "at least one occurrence must remain",
    ("wrong_type", "/recurrence/exdates/n"): "dates for all-day rules, instants for timed rules",
    ("malformed", "/recurrence/exdates/n"): "the date must exist",
    ("out_of_range", "?to"): "a time has an end after its beginning, at most 62 days later",
    ("address_refused", "/url"): "the address of a calendar has a host, and no user or password",
    ("scope_needed", "/recurrence"): "a change of a series needs a scope",
    ("scope_this", "/status"): "a status applies to one occurrence",
    ("no_such_occurrence", "/start"): "the rule must produce this start",
    ("common_password", "/password"): "the password must not be one of the common ones",
    ("common_password", "/newPassword"): "the password must not be one of the common ones",
    ("bad_mail_token", "/token"): "the token is sent by mail",
    ("out_of_range", "/startAt"): "a session is planned for an instant within the next year",
    ("too_long_ago", "/at"): "a late command happened within twelve hours, a line was typed within seven days",
    ("in_the_future", "/at"): "nothing that is told late can be in the future",
    ("too_long_ago", "/startedAt"): "a past session began within the last seven days",
    ("in_the_future", "/startedAt"): "a past session can't be in the future",
    ("in_the_future", "/endedAt"): "a past session can't be in the future",
    ("in_the_future", "/minutes"): "a past session can't be in the future",
    ("out_of_range", "/endedAt"): "a session takes 5 to 240 minutes",
    ("one_of_two", "/minutes"): "either the end or the minutes",
    ("no_such_task", "/taskId"): "the task must exist",
    ("no_such_preset", "/presetId"): "the preset must exist",
    ("no_such_subtask", "/subtaskId"): "the subtask must exist",
    ("no_such_attachment", "/attachmentId"): "the attachment must exist",
    ("no_such_message", "/messageId"): "the message must exist",
    ("no_such_chat", "/chatId"): "the chat must exist",
    ("no_such_step", "/steps/n/index"): "the step must be one of the proposal",
    ("no_such_question", "/index"): "the question must be one of the set",
    ("exactly_one", "/taskId"): "either a task or a new one",
    ("required", "/brief"): "a brief, an attachment, or both",
    ("no_material", "/text"): "there must be sentences to ask about",
    ("not_a_uuid7", "/id"): "no format tells the versions of UUIDs apart",
    ("in_the_future", "/id"): "a UUIDv7 contains a time",
    ("longer_than_work", "/shortBreakMinutes"): "a break can't be longer than the work",
    ("longer_than_work", "/longBreakMinutes"): "a break can't be longer than the work",
    ("in_the_past", "/expiresAt"): "an expiry must be in the future",
    ("malformed", "/email"): "an address has limits in bytes, which no schema counts",
    ("too_long", "/labels"): "a label is measured in NFC, as it is stored",
    ("wrong_ending", "/name"): "the extension must match the type",
    ("not_uploaded", ""): "the file must be uploaded first",
    ("wrong_size", ""): "the size must match the declared size",
    ("not_a_picture", ""): "the image must be readable",
    ("too_many_pixels", ""): "the image has a maximum size",
    ("connection_failed", "/password"): "the calendar server must accept the password",
    **dict.fromkeys([(reason, "/url") for reason in REASONS], "a calendar server must be at the address"),
}
NOTES = "Photosynthesis converts light energy into chemical energy. Mitochondria release energy from glucose slowly."
# The API accepts the years 1970 to 2999.
_days = st.dates(date(1970, 1, 1), date(2999, 12, 31))
_instants = st.datetimes(datetime(1970, 1, 2), datetime(2999, 12, 30), timezones=st.just(UTC))
schemathesis.openapi.format("date", _days.map(date.isoformat))
schemathesis.openapi.format("date-time", _instants.map(lambda at: at.isoformat().replace("+00:00", "Z")))


@schemathesis.hook
def map_body(ctx: Any, body: Any) -> Any:
    """Give a task at most one due date, use real time zones, and match file extensions to types.

    Otherwise the API would reject most generated requests.
    """
    if not isinstance(body, dict):
        return body
    if body.get("type") == "text/plain" and isinstance(body.get("name"), str) and len(body["name"]) <= 196:
        body = body | {"name": body["name"] + ".txt"}
    if {"startedAt", "minutes"} <= body.keys() and body.get("endedAt") is None:
        # Some minutes of the last week, which random years would rarely hit.
        body = body | {"startedAt": _recent(body["minutes"])}
    if isinstance(body.get("startAt"), str) and re.fullmatch(r"2\d{3}-\d\d-\d\dT[0-9:.]+Z", body["startAt"]):
        # Tomorrow: the example of the document is in the past some day, and random years rarely are the next one.
        body = body | {"startAt": (datetime.now(UTC) + timedelta(days=1)).isoformat().replace("+00:00", "Z")}
    if isinstance(body.get("at"), str) and re.fullmatch(r"\d{4}-\d\d-\d\dT[0-9:.]+Z", body["at"]):
        body = body | {"at": datetime.now(UTC).isoformat().replace("+00:00", "Z")}
    if isinstance(body.get("id"), str) and re.fullmatch(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", body["id"]):
        body = body | {"id": str(new_id())}
    if ctx.operation.path == "/api/ai/practice-questions" and isinstance(body.get("text"), str):
        body = {"text": NOTES} | {name: value for name, value in body.items() if name == "count"}
    real = {name: "Europe/Berlin" for name in ("dueZone", "timeZone") if _may_be_zone(body.get(name))}
    return {name: value for name, value in (body | real).items() if name != "dueAt" or not body.get("dueDate")}


_created: dict[str, str] = {}
"""The ids of the last task and of its last subtask."""


@schemathesis.hook
def map_path_parameters(ctx: Any, path_parameters: Any) -> Any:
    """Use objects that exist: whether a sequence of requests reaches them would depend on the seed."""
    if path_parameters and "/subtasks" in ctx.operation.path:
        return path_parameters | {name: _created.get(name, value) for name, value in path_parameters.items()}
    return path_parameters


@schemathesis.hook
def before_call(ctx: Any, case: Any, kwargs: Any) -> None:
    """Change a focus session that exists, unconditionally: others may be deleted before; no random version is right.
    Likewise, delete an attachment that exists.

    A link to a field that is null in a response would be sent as the word "None".
    """
    case.query = {name: value for name, value in (case.query or {}).items() if value is not None}
    if case.operation.label == "PATCH /api/focus-sessions/{focus_session_id}" and case.meta.generation.mode.is_positive:
        case.path_parameters = {"focus_session_id": _planned_session()}
        case.headers.pop("If-Match", None)
    deletes = case.operation.label == "DELETE /api/tasks/{task_id}/attachments/{attachment_id}"
    if deletes and case.meta.generation.mode.is_positive:
        case.path_parameters = _attachment()


def _planned_session() -> str:
    """Plan a focus session and return its id."""
    at = (datetime.now(UTC) + timedelta(days=1)).isoformat().replace("+00:00", "Z")
    return str(_post("/api/focus-sessions", {"type": "custom", "startAt": at})["id"])


def _attachment() -> dict[str, str]:
    """Declare an attachment of a new task and return their ids."""
    task_id = str(_post("/api/tasks", {"title": "Essay"})["id"])
    new = _post(f"/api/tasks/{task_id}/attachments", {"name": "essay.txt", "type": "text/plain", "size": 5})
    return {"task_id": task_id, "attachment_id": str(new["attachment"]["id"])}


def _post(path: str, body: dict[str, Any]) -> dict[str, Any]:
    headers = {"authorization": f"Bearer {os.environ['TOKEN']}"}
    answer = httpx2.post(f"{os.environ['URL']}{path}", json=body, headers=headers, trust_env=False)
    created: dict[str, Any] = answer.raise_for_status().json()
    return created


def _recent(minutes: Any) -> str:
    ago = timedelta(minutes=300 + (minutes if isinstance(minutes, int) else 0) * 37 % 9000)
    return (datetime.now(UTC) - ago).isoformat().replace("+00:00", "Z")


def _may_be_zone(value: Any) -> bool:
    return isinstance(value, str) and re.fullmatch(r"[A-Za-z0-9_+/-]{1,64}", value) is not None


_PRECONDITION_FAILED = 412  # the ETag isn't the current one
_ALWAYS = (401, 403, 404, 409, 429, _PRECONDITION_FAILED)
WHOLE_FLOAT = "Must be a whole number, without a decimal point or an exponent."
"""JSON Schema accepts a whole number with a decimal point as an integer; the API doesn't."""
NOTHING_VISIBLE = (NOT_BLANK["message"], NOT_BLANK_FILE_NAME["message"])
"""The document shows shorter patterns of names, which accept marks and other characters that show nothing."""


@schemathesis.check
def valid_data_is_accepted(ctx: Any, response: Any, case: Any) -> None:
    """Replace `positive_data_acceptance`: a 422 must come from a rule that a schema can't express."""
    if case.meta is None or not case.meta.generation.mode.is_positive or response.status_code in _ALWAYS:
        return
    if response.status_code == 422:
        unexpected = [
            fault
            for fault in _faults(response.json())
            if fault[:2] not in NOT_IN_SCHEMA and fault[2] not in (WHOLE_FLOAT, *NOTHING_VISIBLE)
        ]
        assert not unexpected, f"valid data was refused: {unexpected}"
    else:
        assert response.status_code < 400, f"valid data was refused: {response.status_code}"


@schemathesis.check
class EveryOperationSucceeds:
    """Fail for an operation that never succeeded: an operation that is always rejected isn't tested."""

    UNREACHABLE = frozenset(
        [
            # These need what isn't generated: a password, a token, a code, an image, a whole file, or an operator.
            "POST /api/auth/login",
            "POST /api/auth/refresh",
            "POST /api/auth/verify-email",
            "POST /api/auth/reset-password",
            "POST /api/auth/change-password",
            "POST /api/auth/second-factor",
            "POST /api/auth/second-factor/confirm",
            "POST /api/auth/second-factor/end",
            "POST /api/users/me/delete",
            "PUT /api/users/me/avatar",
            "PUT /api/ai/key",
            "PUT /api/tasks/{task_id}/attachments/{attachment_id}/content",
            "POST /api/tasks/{task_id}/attachments/{attachment_id}/finish",
            "GET /api/tasks/{task_id}/attachments/{attachment_id}/content",
            "GET /api/users/me/avatar",
            "GET /api/users/exports/{export_id}/download",
            "GET /api/operator/users",
            "POST /api/operator/users/{user_id}/disable",
            "POST /api/operator/users/{user_id}/enable",
            # These lead to an external provider, which isn't configured here, or come back from it.
            "GET /api/auth/google",
            "GET /api/auth/google/callback",
            "POST /api/auth/google/finish",
            "DELETE /api/auth/identities/{identity_id}",
            # These need a calendar account, and so a calendar server.
            "POST /api/calendar/caldav/connect",
            "PATCH /api/calendar/accounts/{account_id}",
            "PATCH /api/calendar/accounts/{account_id}/calendars/{calendar_id}",
            "POST /api/calendar/accounts/{account_id}/sync",
            "DELETE /api/calendar/accounts/{account_id}",
            "POST /api/calendar/conflicts/{conflict_id}/reverse",
            # These need a verified e-mail address.
            "POST /api/calendar/feed",
            "GET /api/calendar/feed",
            "DELETE /api/calendar/feed",
            "GET /api/calendar/feed.ics",
        ]
    )

    def __init__(self) -> None:
        self.tried: set[str] = set()
        self.reached: set[str] = set()

    def after_response(self, ctx: Any, response: Any, case: Any) -> None:
        self.tried.add(case.operation.label)
        if response.status_code == 201 and case.operation.label == "POST /api/tasks":
            _created.update(task_id=response.json()["id"])
        if response.status_code == 201 and case.operation.label == "POST /api/tasks/{task_id}/subtasks":
            _created.update(task_id=response.json()["taskId"], subtask_id=response.json()["id"])
        if 200 <= response.status_code < 300:
            self.reached.add(case.operation.label)

    def after_run(self, ctx: Any) -> None:
        missing = self.tried - self.reached - self.UNREACHABLE
        assert not missing, f"never succeeded: {', '.join(sorted(missing))}"


@schemathesis.check
def problems_are_problems(ctx: Any, response: Any, case: Any) -> None:
    """Check that every error is a problem document with a code and reveals no implementation detail."""
    if response.status_code < 400:
        return
    assert response.headers["content-type"][0].startswith("application/problem+json")
    assert response.json()["requestId"] == response.headers["x-request-id"][0]
    text = response.text.lower()
    assert not [word for word in ("traceback", "asyncpg", "msgspec", "select ", "studyteddy.") if word in text]


def _faults(problem: dict[str, Any]) -> Iterator[tuple[str, str, str]]:
    """Yield the code, pointer and message of each error."""
    if not problem.get("errors"):
        yield problem["code"], "", problem["detail"]
    for fault in problem.get("errors", []):
        yield fault["code"], re.sub(r"/\d+", "/n", fault["pointer"]), fault["detail"]
