"""A POST with an `Idempotency-Key` can be repeated: it acts once and returns the same bytes."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any, NamedTuple

import pytest
from tests.cast import PASSWORD, Person, made
from tests.conftest import System
from tests.contracts import operations
from tests.contracts.calendar_accounts import add_account, planned
from tests.contracts.operations import Operation
from tests.contracts.population import NOTES
from tests.peers.memory_calendar import Found

from studyteddy.platform.ids import new_id


class Call(NamedTuple):
    """A request that changes something, and a different body."""

    path: str
    body: Any
    other: Any


async def _task(system: System, person: Person) -> str:
    return str((await person.task())["id"])


async def _create_task(system: System, person: Person) -> Call:
    return Call("/api/tasks", {"title": "Once"}, {"title": "Twice"})


async def _batch_tasks(system: System, person: Person) -> Call:
    return Call("/api/tasks/batch", *({"commands": [{"op": "create", "body": {"title": one}}]} for one in "ab"))


async def _quick_add_task(system: System, person: Person) -> Call:
    return Call("/api/tasks/quick-add", {"text": "Once", "create": True}, {"text": "Once"})


async def _create_subject(system: System, person: Person) -> Call:
    return Call("/api/subjects", {"name": "Once", "color": "#000000"}, {"name": "Twice", "color": "#000000"})


async def _create_feed(system: System, person: Person) -> Call:
    one, other = ({"url": f"https://127.0.0.1/{name}.ics"} for name in ("once", "twice"))
    return Call("/api/calendar/feeds", one, other)


async def _sync_feed(system: System, person: Person) -> Call:
    feed = made(await person.post("/api/calendar/feeds", {"url": f"https://127.0.0.1/{new_id()}.ics"}))
    admin = await system.admin()
    asked = "UPDATE calendar_feeds SET asked_at = asked_at - interval '2 minutes' WHERE id = $1"
    await admin.execute(asked, feed["id"])
    await admin.close()
    return Call(f"/api/calendar/feeds/{feed['id']}/sync", None, {"other": True})


async def _connect_caldav(system: System, person: Person) -> Call:
    vars(system.running.calendar_connections)["caldav"] = lambda one, **_: Found(address=f"{one.username}@example.org")
    one, other = ({"url": "cal.example", "username": name, "password": "secret"} for name in ("once", "twice"))
    return Call("/api/calendar/caldav/connect", one, other)


async def _sync_calendar_account(system: System, person: Person) -> Call:
    account_id = (await add_account(system, person))["account_id"]
    return Call(f"/api/calendar/accounts/{account_id}/sync", None, {"other": True})


async def _reverse_calendar_conflict(system: System, person: Person) -> Call:
    session_id = await planned(system, person, (system.clock() + timedelta(days=1)).isoformat())
    conflict_id = (await add_account(system, person, session_id=session_id))["conflict_id"]
    return Call(f"/api/calendar/conflicts/{conflict_id}/reverse", None, {"other": True})


async def _create_subtask(system: System, person: Person) -> Call:
    return Call(f"/api/tasks/{await _task(system, person)}/subtasks", {"title": "Once"}, {"title": "Twice"})


async def _finish_attachment(system: System, person: Person) -> Call:
    task_id = await _task(system, person)
    attachment = (await person.attach(task_id))["attachment"]
    return Call(f"/api/tasks/{task_id}/attachments/{attachment['id']}/finish", {}, None)


async def _complete_task(system: System, person: Person) -> Call:
    return Call(f"/api/tasks/{await _task(system, person)}/complete", {}, None)


async def _reopen_task(system: System, person: Person) -> Call:
    task_id = await _task(system, person)
    await person.post(f"/api/tasks/{task_id}/complete")
    return Call(f"/api/tasks/{task_id}/reopen", {}, None)


async def _series(person: Person) -> str:
    return str((await person.task(dueDate="2030-01-01", recurrence={"rule": "FREQ=DAILY"}))["id"])


async def _skip_task(system: System, person: Person) -> Call:
    return Call(f"/api/tasks/{await _series(person)}/skip", {}, None)


async def _create_occurrence(system: System, person: Person) -> Call:
    path = f"/api/tasks/{await _series(person)}/occurrences"
    return Call(path, {"start": "2030-01-05"}, {"start": "2030-01-06"})


async def _undo_change(system: System, person: Person) -> Call:
    task_id = await _task(system, person)
    await person.patch(f"/api/tasks/{task_id}", {"title": "Changed"})
    (change,) = (await person.get(f"/api/tasks/{task_id}/history")).json()["items"]
    return Call(f"/api/tasks/{task_id}/history/{change['id']}/undo", {}, None)


async def _read_notifications(system: System, person: Person) -> Call:
    await system.work()
    return Call("/api/notifications/read", {"all": True}, {"ids": [str(new_id())]})


async def _resend_verification(system: System, person: Person) -> Call:
    return Call("/api/auth/verify-email/resend", {}, {"other": True})


async def _create_export(system: System, person: Person) -> Call:
    return Call("/api/users/export", {}, {"other": True})


async def _restore_account(system: System, person: Person) -> Call:
    await person.post("/api/users/me/delete", {"password": PASSWORD})
    return Call("/api/users/me/restore", {}, {"other": True})


async def _create_focus_session(system: System, person: Person) -> Call:
    return Call("/api/focus-sessions", {"type": "custom"}, {"type": "pomodoro"})


async def _add_past_session(system: System, person: Person) -> Call:
    past = {"startedAt": (system.clock() - timedelta(hours=1)).isoformat(), "minutes": 20}
    return Call("/api/focus-sessions/past", past, past | {"minutes": 10})


async def _create_preset(system: System, person: Person) -> Call:
    rhythm = {"name": "Once", "workMinutes": 30, "shortBreakMinutes": 5, "longBreakMinutes": 10}
    return Call("/api/focus-presets", rhythm, rhythm | {"name": "Twice"})


async def _start_focus_session(system: System, person: Person) -> Call:
    planned = {"type": "custom", "startAt": (system.clock() + timedelta(hours=1)).isoformat()}
    session = made(await person.post("/api/focus-sessions", planned))
    return Call(f"/api/focus-sessions/{session['id']}/start", {}, {"version": 1})


async def _taskify(system: System, person: Person) -> Call:
    return Call("/api/ai/taskify", *({"brief": f"Read chapter {number} and answer the questions."} for number in "56"))


async def _create_fact(system: System, person: Person) -> Call:
    return Call("/api/ai/memory", *({"kind": "goal", "text": f"Pass exam {number}."} for number in "12"))


async def _create_questions(system: System, person: Person) -> Call:
    return Call("/api/ai/practice-questions", *({"text": NOTES, "count": count} for count in (1, 2)))


async def _answer_question(system: System, person: Person) -> Call:
    asked = made(await person.post("/api/ai/practice-questions", {"text": NOTES}))
    path = f"/api/ai/practice-questions/{asked['id']}/answers"
    return Call(path, *({"index": 0, "answer": answer} for answer in ("light", "dark")))


async def _break_down(system: System, person: Person) -> Call:
    task_id = await _task(system, person)
    step = made(await person.post(f"/api/tasks/{task_id}/subtasks", {"title": "Read chapter 5"}))
    body = {"taskId": task_id, "subtaskId": step["id"]}
    return Call("/api/ai/breakdown", body, body | {"parts": 5})


async def _accept_proposal(system: System, person: Person) -> Call:
    brief = {"brief": "Read chapter 5 and answer the questions."}
    proposal = made(await person.post("/api/ai/taskify", brief), 200)
    path = f"/api/ai/proposals/{proposal['proposalId']}/accept"
    return Call(path, *({"task": {"title": "Read"}, "steps": [{"index": index}]} for index in (0, 1)))


def _on_session(verb: str, *before: str, **body: Any) -> Callable[[System, Person], Awaitable[Call]]:
    """Return a call of a command on a running session."""

    async def call(system: System, person: Person) -> Call:
        path = f"/api/focus-sessions/{made(await person.post('/api/focus-sessions', {'type': 'custom'}))['id']}"
        for one in before:
            made(await person.post(f"{path}/{one}"), 200)
        return Call(f"{path}/{verb}", body, body | {"version": 1 + len(before)})

    return call


CALLS: dict[str, Callable[[System, Person], Awaitable[Call]]] = {
    "create_task": _create_task,
    "batch_tasks": _batch_tasks,
    "quick_add_task": _quick_add_task,
    "create_subject": _create_subject,
    "create_feed": _create_feed,
    "sync_feed": _sync_feed,
    "connect_caldav": _connect_caldav,
    "sync_calendar_account": _sync_calendar_account,
    "reverse_calendar_conflict": _reverse_calendar_conflict,
    "create_subtask": _create_subtask,
    "finish_attachment": _finish_attachment,
    "complete_task": _complete_task,
    "reopen_task": _reopen_task,
    "skip_task": _skip_task,
    "create_occurrence": _create_occurrence,
    "undo_change": _undo_change,
    "read_notifications": _read_notifications,
    "resend_verification": _resend_verification,
    "create_export": _create_export,
    "restore_account": _restore_account,
    "create_focus_session": _create_focus_session,
    "add_past_session": _add_past_session,
    "create_preset": _create_preset,
    "start_focus_session": _start_focus_session,
    "pause_focus_session": _on_session("pause"),
    "resume_focus_session": _on_session("resume", "pause"),
    "extend_focus_session": _on_session("extend", minutes=10),
    "note_interruption": _on_session("interruptions"),
    "complete_focus_session": _on_session("complete"),
    "cancel_focus_session": _on_session("cancel"),
    "taskify": _taskify,
    "create_fact": _create_fact,
    "create_questions": _create_questions,
    "answer_question": _answer_question,
    "break_down": _break_down,
    "accept_proposal": _accept_proposal,
}

COUNTED = {
    "taskify": "SELECT count(*)::int FROM ai_calls WHERE user_id = $1",
    "break_down": "SELECT count(*)::int FROM ai_calls WHERE user_id = $1",
    "create_fact": "SELECT count(*)::int FROM ai_facts WHERE user_id = $1",
    "create_questions": "SELECT count(*)::int FROM ai_questions WHERE user_id = $1",
    "answer_question": "SELECT count(*)::int FROM ai_questions WHERE user_id = $1 AND questions::text ~ ': [tf]'",
}
"""Operations without an event that are counted by what they cost or add."""

WITHOUT_EVENT = {
    "resend_verification": "notifications.send_verification",
    "sync_feed": "calendar.sync_feed",
    "sync_calendar_account": "calendar.sync_account",
}
"""Operations without an event, and the job that performs them."""

KEYLESS = {
    "register",
    "login",
    "refresh",
    "finish_google",
    "connect_google",
    "connect_outlook",
    "receive_google_notification",
    "receive_outlook_notifications",
    "receive_outlook_lifecycle",
    "logout",
    "logout_all",
    "create_ticket",
    "change_password",
    "verify_email",
    "forgot_password",
    "reset_password",
    "begin_second_factor",
    "confirm_second_factor",
    "end_second_factor",
    "create_api_key",
    "create_attachment",
    "delete_account",
    "disable_user",
    "enable_user",
    "read_together",
    "ask_tutor",
    "propose_study_plan",
    "estimate_taskify",
    "estimate_breakdown",
    "estimate_questions",
    "publish_feed",
}
"""Operations that ignore the key: their body or response is a secret, they end what a repetition would need, or they
change nothing."""

HONOURED = [
    operation
    for operation in operations.operations()
    if any(one["name"] == "Idempotency-Key" for one in operation.parameters)
]


def test_every_post_honours_keys_or_is_listed() -> None:
    posts = {operation.id for operation in operations.operations() if operation.method == "POST"}
    assert posts == {operation.id for operation in HONOURED} | KEYLESS


def test_every_operation_that_honours_keys_is_tested() -> None:
    assert {operation.id for operation in HONOURED} == set(CALLS)


@pytest.mark.parametrize("operation", HONOURED, ids=lambda one: one.id)
async def test_the_same_key_acts_once_and_returns_the_same_response(
    system: System, alice: Person, operation: Operation
) -> None:
    call = await CALLS[operation.id](system, alice)
    before = await _acts(system, alice, operation)
    first, second, third = [await _send(alice, call.path, call.body, "a-key") for _ in range(3)]
    assert first.status_code in (200, 201, 202)
    assert "idempotent-replayed" not in first.headers
    assert [(one.status_code, one.content) for one in (second, third)] == [(first.status_code, first.content)] * 2
    assert [one.headers["idempotent-replayed"] for one in (second, third)] == ["true", "true"]
    once = await _acts(system, alice, operation)
    assert once > before
    if operation.id in WITHOUT_EVENT:
        assert once == before + 1
    assert (await _send(alice, call.path, call.body, "another-key")).status_code in (first.status_code, 409)


@pytest.mark.parametrize("operation", HONOURED, ids=lambda one: one.id)
async def test_the_same_key_with_another_body_is_rejected(system: System, alice: Person, operation: Operation) -> None:
    call = await CALLS[operation.id](system, alice)
    await _send(alice, call.path, call.body, "a-key")
    before = await alice.changes()
    answer = await _send(alice, call.path, call.other, "a-key")
    assert (answer.status_code, answer.json()["code"]) == (422, "key_reused")
    assert await alice.changes() == before


@pytest.mark.parametrize("operation", HONOURED, ids=lambda one: one.id)
async def test_a_key_belongs_to_its_owner_alone(
    system: System, alice: Person, bob: Person, operation: Operation
) -> None:
    for person in (alice, bob):
        call = await CALLS[operation.id](system, person)
        answer = await _send(person, call.path, call.body, "the-same-key")
        assert (answer.status_code < 300, "idempotent-replayed" in answer.headers) == (True, False)


@pytest.mark.parametrize("operation", HONOURED, ids=lambda one: one.id)
@pytest.mark.parametrize("key", ["", "x" * 201, "a key", "schl\u00fcssel"])
async def test_an_invalid_key_is_rejected(system: System, alice: Person, operation: Operation, key: str) -> None:
    call = await CALLS[operation.id](system, alice)
    before = await alice.changes()
    answer = await _send(alice, call.path, call.body, key)
    assert answer.status_code == 422
    assert await alice.changes() == before


async def test_a_failure_is_not_stored(alice: Person) -> None:
    refused = await _send(alice, "/api/tasks", {"title": ""}, "a-key")
    accepted = await _send(alice, "/api/tasks", {"title": "Once"}, "a-key")
    assert (refused.status_code, accepted.status_code) == (422, 201)
    assert "idempotent-replayed" not in accepted.headers


async def test_a_key_does_not_apply_to_other_routes(alice: Person) -> None:
    task = await alice.task()
    answers = [
        await _send(alice, path, None, "a-key")
        for path in (f"/api/tasks/{task['id']}/complete", f"/api/tasks/{task['id']}/reopen")
    ]
    assert [answer.json()["status"] for answer in answers] == ["completed", "pending"]


async def test_a_key_applies_to_one_object(alice: Person) -> None:
    one, other = await alice.task(), await alice.task()
    await _send(alice, f"/api/tasks/{one['id']}/complete", None, "a-key")
    answer = await _send(alice, f"/api/tasks/{other['id']}/complete", None, "a-key")
    assert answer.json()["code"] == "key_reused"


@pytest.mark.parametrize("path", ["/api/auth/logout", "/api/auth/logout-all", "/api/realtime/ticket"])
async def test_a_secret_is_never_stored(system: System, alice: Person, path: str) -> None:
    answer = await _send(alice, path, None, "a-key")
    connection = await system.admin()
    kept = await connection.fetchval("SELECT count(*) FROM idempotency_keys WHERE user_id = $1", alice.user["id"])
    await connection.close()
    assert (answer.status_code, kept) == (200, 0)


async def _acts(system: System, person: Person, operation: Operation) -> int:
    """Return how often an operation acted, counted by its events, its waiting jobs, or its calls."""
    if operation.id not in WITHOUT_EVENT and operation.id not in COUNTED:
        return len(await person.changes())
    waiting = "SELECT count(*)::int FROM jobs WHERE user_id = $1 AND kind = $2"
    kinds = [WITHOUT_EVENT[operation.id]] if operation.id in WITHOUT_EVENT else []
    connection = await system.admin()
    count: int = await connection.fetchval(COUNTED.get(operation.id, waiting), person.user["id"], *kinds)
    await connection.close()
    return count


async def _send(person: Person, path: str, body: Any, key: str) -> Any:
    return await person.post(path, body, headers=[(b"idempotency-key", key.encode("latin-1"))])
