"""Access control: every operation and every id in it, with ids that are foreign, deleted or unknown."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

import httpx2
import pytest
from tests.cast import PASSWORD, Person, made
from tests.conftest import System
from tests.contracts import operations
from tests.contracts.calendar_accounts import add_account, planned
from tests.contracts.operations import Operation, Place
from tests.contracts.population import NOTES

from studyteddy.platform.ids import new_id

Ids = dict[str, str]


class Maker(NamedTuple):
    """Creates an object and names all ids that lead to it; `address` is the path to delete it."""

    make: Callable[[System, Person, Ids], Awaitable[Ids]]
    address: str


async def _subject(system: System, person: Person, known: Ids) -> Ids:
    return {"subject_id": (await person.subject())["id"]}


async def _task(system: System, person: Person, known: Ids) -> Ids:
    daily = {"rule": "FREQ=DAILY"}
    return {"task_id": (await person.task(dueDate="2030-01-01", recurrence=daily))["id"]}


async def _change(system: System, person: Person, known: Ids) -> Ids:
    task = await person.task()
    await person.patch(f"/api/tasks/{task['id']}", {"title": "Changed"})
    (change,) = (await person.get(f"/api/tasks/{task['id']}/history")).json()["items"]
    return {"task_id": task["id"], "change_id": change["id"]}


async def _subtask(system: System, person: Person, known: Ids) -> Ids:
    task_id = known.get("task_id") or (await person.task())["id"]
    step = made(await person.post(f"/api/tasks/{task_id}/subtasks", {"title": "Open the book"}))
    return {"task_id": task_id, "subtask_id": step["id"]}


async def _attachment(system: System, person: Person, known: Ids) -> Ids:
    task_id = known.get("task_id") or (await person.task())["id"]
    return {"task_id": task_id, "attachment_id": (await person.attachment(task_id))["id"]}


async def _notification(system: System, person: Person, known: Ids) -> Ids:
    task = await person.task()
    await person.post(f"/api/tasks/{task['id']}/complete")
    await system.work()
    newest = (await person.get("/api/notifications")).json()["items"][0]
    return {"notification_id": newest["id"]}


async def _session(system: System, person: Person, known: Ids) -> Ids:
    before = {one["id"] for one in (await person.get("/api/auth/sessions")).json()["items"]}
    made(await person.post("/api/auth/login", {"email": person.email, "password": PASSWORD}), 200)
    after = {one["id"] for one in (await person.get("/api/auth/sessions")).json()["items"]}
    (fresh,) = after - before
    return {"session_id": fresh}


async def _key(system: System, person: Person, known: Ids) -> Ids:
    key = made(await person.post("/api/auth/api-keys", {"name": "Script", "scopes": ["read"]}))
    return {"key_id": key["apiKey"]["id"]}


async def _identity(system: System, person: Person, known: Ids) -> Ids:
    admin, identity_id = await system.admin(), str(new_id())
    try:
        await admin.execute(
            "INSERT INTO identities (id, user_id, issuer, subject, email, created_at)"
            " VALUES ($1, $2, '', $3, '', now())",
            *(identity_id, person.user["id"], identity_id),
        )
    finally:
        await admin.close()
    return {"identity_id": identity_id}


async def _export(system: System, person: Person, known: Ids) -> Ids:
    export = made(await person.post("/api/users/export"), 202)
    await system.work()
    return {"export_id": export["id"]}


async def _focus_session(system: System, person: Person, known: Ids) -> Ids:
    """Create a running session, or a planned one beside it, so that every command applies."""
    answer = await person.post("/api/focus-sessions", {"type": "custom"})
    if answer.status_code == 409:
        answer = await person.post("/api/focus-sessions", {"type": "custom", "startAt": _tomorrow(system)})
    return {"focus_session_id": made(answer)["id"]}


async def _preset(system: System, person: Person, known: Ids) -> Ids:
    count = len((await person.get("/api/focus-presets")).json()["items"])
    rhythm = {"name": f"Rhythm {count}", "workMinutes": 30, "shortBreakMinutes": 5, "longBreakMinutes": 10}
    return {"preset_id": made(await person.post("/api/focus-presets", rhythm))["id"]}


def _tomorrow(system: System) -> str:
    return (system.clock() + timedelta(days=1)).isoformat()


def _an_hour_ago() -> str:
    return (datetime.now(UTC) - timedelta(hours=1)).isoformat()


async def _proposal(system: System, person: Person, known: Ids) -> Ids:
    task = await person.task()
    body = {"brief": f"Read chapter 5 and answer question {new_id()}.", "taskId": task["id"]}
    return {"proposal_id": made(await person.post("/api/ai/taskify", body), 200)["proposalId"]}


async def _chat(system: System, person: Person, known: Ids) -> Ids:
    made_chat = await person.post("/api/ai/tutor", {"message": f"What is {new_id()}?", "assessed": False})
    assert made_chat.status_code == 200, made_chat.text
    return {"chat_id": (await person.get("/api/ai/chats")).json()["items"][0]["id"]}


async def _fact(system: System, person: Person, known: Ids) -> Ids:
    return {"fact_id": made(await person.post("/api/ai/memory", {"kind": "goal", "text": "Pass the exam."}))["id"]}


async def _message(system: System, person: Person, known: Ids) -> Ids:
    chat = await _chat(system, person, known)
    (message,) = (await person.get(f"/api/ai/chats/{chat['chat_id']}")).json()["items"]
    return chat | {"message_id": message["id"]}


def _private_feed() -> dict[str, Any]:
    """Return a calendar that can't be fetched: its address is in a private network."""
    return {"url": f"https://127.0.0.1/{new_id()}.ics"}


async def _feed(system: System, person: Person, known: Ids) -> Ids:
    return {"feed_id": made(await person.post("/api/calendar/feeds", _private_feed()))["id"]}


async def _calendar_account(system: System, person: Person, known: Ids) -> Ids:
    session_id = await planned(system, person, _tomorrow(system))
    return await add_account(system, person, session_id=session_id)


async def _questions(system: System, person: Person, known: Ids) -> Ids:
    return {"questions_id": made(await person.post("/api/ai/practice-questions", {"text": NOTES}))["id"]}


MAKERS = {
    "subject_id": Maker(_subject, "/api/subjects/{subject_id}"),
    "task_id": Maker(_task, "/api/tasks/{task_id}"),
    "change_id": Maker(_change, "/api/tasks/{task_id}"),
    "subtask_id": Maker(_subtask, "/api/tasks/{task_id}/subtasks/{subtask_id}"),
    "attachment_id": Maker(_attachment, "/api/tasks/{task_id}/attachments/{attachment_id}"),
    "notification_id": Maker(_notification, "/api/notifications/{notification_id}"),
    "session_id": Maker(_session, "/api/auth/sessions/{session_id}"),
    "key_id": Maker(_key, "/api/auth/api-keys/{key_id}"),
    "focus_session_id": Maker(_focus_session, "/api/focus-sessions/{focus_session_id}"),
    "preset_id": Maker(_preset, "/api/focus-presets/{preset_id}"),
    "identity_id": Maker(_identity, "/api/auth/identities/{identity_id}"),
    "proposal_id": Maker(_proposal, "/api/ai/proposals/{proposal_id}"),
    "chat_id": Maker(_chat, "/api/ai/chats/{chat_id}"),
    "fact_id": Maker(_fact, "/api/ai/memory/{fact_id}"),
    "message_id": Maker(_message, "/api/ai/chats/{chat_id}"),
    "questions_id": Maker(_questions, "/api/ai/practice-questions/{questions_id}"),
    "feed_id": Maker(_feed, "/api/calendar/feeds/{feed_id}"),
    "account_id": Maker(_calendar_account, "/api/calendar/accounts/{account_id}"),
    "calendar_id": Maker(_calendar_account, "/api/calendar/accounts/{account_id}"),
    "conflict_id": Maker(_calendar_account, "/api/calendar/accounts/{account_id}"),
    "export_id": Maker(_export, "/api/users/exports/{export_id}"),
}
"""How to create the object of each path parameter."""

KINDS = {
    "create_task.subjectId": "subject_id",
    "update_task.subjectId": "subject_id",
    "list_tasks.subjectId": "subject_id",
    "order_subtasks.ids": "subtask_id",
    "read_notifications.ids": "notification_id",
    "list_focus_sessions.taskId": "task_id",
    "list_focus_sessions.subjectId": "subject_id",
    "create_focus_session.taskId": "task_id",
    "create_focus_session.subjectId": "subject_id",
    "create_focus_session.presetId": "preset_id",
    "add_past_session.taskId": "task_id",
    "add_past_session.subjectId": "subject_id",
    "create_questions.attachmentId": "attachment_id",
    "create_questions.taskId": "task_id",
    "create_questions.subjectId": "subject_id",
    "propose_study_plan.subjectId": "subject_id",
    "taskify.taskId": "task_id",
    "taskify.subjectId": "subject_id",
    "taskify.attachmentId": "attachment_id",
    "break_down.taskId": "task_id",
    "break_down.subtaskId": "subtask_id",
    "estimate_taskify.taskId": "task_id",
    "estimate_taskify.subjectId": "subject_id",
    "estimate_taskify.attachmentId": "attachment_id",
    "estimate_breakdown.taskId": "task_id",
    "estimate_breakdown.subtaskId": "subtask_id",
    "estimate_questions.attachmentId": "attachment_id",
    "estimate_questions.taskId": "task_id",
    "estimate_questions.subjectId": "subject_id",
    "accept_proposal.taskId": "task_id",
    "ask_tutor.chatId": "chat_id",
    "create_fact.messageId": "message_id",
    "ask_tutor.taskId": "task_id",
    "ask_tutor.subjectId": "subject_id",
    "publish_feed.subjectId": "subject_id",
    "create_feed.subjectId": "subject_id",
    "update_calendar_feed.subjectId": "subject_id",
    "choose_course_subject.subjectId": "subject_id",
}
"""The kind of object that each id in a body or query refers to."""

BODIES: dict[str, dict[str, Any]] = {
    "create_task": {"title": "Mine"},
    "update_task": {"title": "Changed"},
    "create_occurrence": {"start": "2030-01-05"},
    "create_subtask": {"title": "Mine"},
    "create_attachment": {"name": "mine.txt", "type": "text/plain", "size": 5},
    "update_attachment": {"name": "changed.txt"},
    "upload_attachment": {"title": "as good as any bytes"},
    "update_subtask": {"title": "Changed"},
    "update_subject": {"description": "Changed"},
    "order_subtasks": {},
    "read_notifications": {},
    "create_focus_session": {"type": "custom"},
    "add_past_session": {"startedAt": _an_hour_ago(), "minutes": 20},
    "update_focus_session": {"notes": "Changed"},
    "extend_focus_session": {"minutes": 5},
    "update_preset": {"cycles": 2},
    "taskify": {"brief": "Read chapter 5 and answer the questions."},
    "break_down": {},
    "estimate_taskify": {"brief": "Read chapter 5 and answer the questions."},
    "estimate_breakdown": {},
    "estimate_questions": {"text": NOTES},
    "propose_study_plan": {},
    "create_questions": {"text": NOTES},
    "answer_question": {"index": 0, "answer": "light"},
    "accept_proposal": {"steps": [{"index": 0}]},
    "update_fact": {"text": "Pass both exams."},
    "create_fact": {"kind": "goal", "text": "Pass the exam."},
    "ask_tutor": {"message": "What is a prime number?", "assessed": False},
    "publish_feed": {},
    "create_feed": _private_feed(),
    "update_calendar_feed": {"subjectId": None},
    "update_calendar_account": {"writes": False},
    "choose_account_calendar": {"busy": False},
    "choose_course_subject": {"course": "HIST 101", "subjectId": None},
}
"""A body for each operation that requires one and contains an id."""

BODY_IDS = {name: {"taskId": "task_id", "subtaskId": "subtask_id"} for name in ("break_down", "estimate_breakdown")}
"""The ids that a body needs beside the one that is tested."""

HARMLESS = {
    "list_focus_sessions.taskId": "a filter by a task that is not there finds nothing",
    "list_focus_sessions.subjectId": "a filter by a subject that is not there finds nothing",
    "list_tasks.subjectId": "a filter by a subject that is not there finds nothing",
    "read_notifications.ids": "ids of notifications that are not there change nothing",
}
"""Positions where an unknown id is not an error."""

EXHAUSTED = {"upload_attachment": 409, "publish_feed": 403}
"""Operations that valid ids reach, but that have nothing left to do, or need a verified address."""

CHOSEN = ("body", "id")
"""The position of an id that the client chooses: test_chosen_ids.py tests that it tells nothing about other users."""

PLACES = [
    place
    for place in operations.places()
    if place.operation.spec["tags"] != ["operator"] and (place.where, place.name) != CHOSEN
]
OPERATORS = [one for one in operations.operations() if one.spec["tags"] == ["operator"]]
"""Operations on other accounts, for operators only: closed to everyone else, whatever the id."""


def test_every_position_of_an_id_is_tested() -> None:
    missing = [str(place) for place in PLACES if _kind(place) not in MAKERS]
    assert missing == [], "say in MAKERS how the object is made, or in MEANS what the id is of"
    bodiless = {place.operation.id for place in PLACES if place.operation.spec.get("requestBody", {}).get("required")}
    assert bodiless - set(BODIES) == set(), "give the operation a body in BODIES"


def test_every_listed_position_exists() -> None:
    known = {str(place) for place in PLACES}
    assert (set(KINDS) | set(HARMLESS)) - known == set()
    assert set(BODIES) - {place.operation.id for place in PLACES} == set()


@pytest.mark.parametrize("place", PLACES, ids=str)
async def test_foreign_deleted_and_unknown_ids_are_rejected_alike(
    system: System, alice: Person, bob: Person, place: Place
) -> None:
    kind = _kind(place)
    mine = await _everything(system, alice, place)
    foreign = (await MAKERS[kind].make(system, bob, {}))[kind]
    gone = await MAKERS[kind].make(system, alice, {key: value for key, value in mine.items() if key != kind})
    assert (await alice.delete(MAKERS[kind].address.format(**gone))).status_code == 204
    before = await _all_objects(bob)
    answers = [await _call(alice, place, mine, wrong) for wrong in (foreign, gone[kind], str(new_id()))]
    assert len({_comparable(answer) for answer in answers}) == 1
    assert answers[0].status_code == (200 if str(place) in HARMLESS else 404 if place.where == "path" else 422)
    assert await _all_objects(bob) == before
    good = (await _call(alice, place, mine, mine[kind])).status_code  # only the id was wrong
    assert good == EXHAUSTED[place.operation.id] if place.operation.id in EXHAUSTED else good < 300


@pytest.mark.parametrize("place", [one for one in PLACES if len(one.operation.path.split("{")) > 2], ids=str)
async def test_foreign_ids_that_belong_together_are_rejected(
    system: System, alice: Person, bob: Person, place: Place
) -> None:
    bobs = await _everything(system, bob, place)
    before = await _all_objects(bob)
    answer = await _call(alice, place, bobs, bobs[_kind(place)])
    assert answer.status_code == 404
    assert await _all_objects(bob) == before


@pytest.mark.parametrize("operation", OPERATORS, ids=lambda one: one.id)
async def test_operator_operations_are_closed_to_everyone_else(
    system: System, alice: Person, bob: Person, operation: Operation
) -> None:
    """The response is the same for her own id, another user's id and an unknown one."""
    before = await _account(system, bob)
    answers = [
        await alice.http.request(
            operation.method, operation.path.format(user_id=user_id), params={"email": bob.email} if asks else {}
        )
        for user_id in (alice.user["id"], bob.user["id"], str(new_id()))
        for asks in {operation.method == "GET"}
    ]
    assert {answer.status_code for answer in answers} == {403}
    assert len({_comparable(answer) for answer in answers}) == 1
    assert await _account(system, bob) == before
    assert (await bob.get("/api/auth/me")).status_code == 200


def test_every_operator_operation_is_documented_as_such() -> None:
    assert {one.id for one in OPERATORS} == {"find_user", "disable_user", "enable_user"}
    assert all(one.spec["security"] == [{"bearer": ["operate"]}] for one in OPERATORS)
    assert {place.name for place in operations.places() if place.operation in OPERATORS} == {"user_id"}


async def _account(system: System, person: Person) -> Any:
    connection = await system.admin()
    row = await connection.fetchrow("SELECT * FROM users WHERE id = $1", person.user["id"])
    await connection.close()
    return row


async def test_a_subtask_of_another_task_is_not_found(system: System, alice: Person) -> None:
    one, other = [await _subtask(system, alice, {}) for _ in range(2)]
    address = f"/api/tasks/{one['task_id']}/subtasks/{other['subtask_id']}"
    answers = [await alice.get(address), await alice.patch(address, {"title": "x"}), await alice.delete(address)]
    assert {answer.status_code for answer in answers} == {404}


async def test_an_attachment_of_another_task_is_not_found(system: System, alice: Person) -> None:
    one, other = [await _attachment(system, alice, {}) for _ in range(2)]
    address = f"/api/tasks/{one['task_id']}/attachments/{other['attachment_id']}"
    answers = [
        await alice.get(address),
        await alice.patch(address, {"name": "x.txt"}),
        await alice.delete(address),
        await alice.get(f"{address}/content"),
        await alice.put(f"{address}/content", {}),
        await alice.post(f"{address}/finish"),
    ]
    assert {answer.status_code for answer in answers} == {404}


async def test_a_foreign_cursor_shows_only_own_objects(alice: Person, bob: Person) -> None:
    for person in (alice, bob):
        [await person.task(f"{person.name} {n}") for n in range(3)]
    cursor = (await bob.get("/api/tasks", params={"limit": 1})).json()["nextCursor"]
    seen = (await alice.get("/api/tasks", params={"cursor": cursor})).json().get("items", [])
    assert all(task["title"].startswith("Alice") for task in seen)


def _kind(place: Place) -> str:
    return place.name if place.where == "path" else KINDS.get(str(place), "")


async def _everything(system: System, person: Person, place: Place) -> Ids:
    """Create one of the person's objects for every path parameter and for the position itself."""
    known: Ids = {}
    for name in [
        *(one.name for one in PLACES if one.operation is place.operation and one.where == "path"),
        *BODY_IDS.get(place.operation.id, {}).values(),
        _kind(place),
    ]:
        if name not in known:
            known |= await MAKERS[name].make(system, person, known)
    return known


async def _call(person: Person, place: Place, known: Mapping[str, str], id: str) -> httpx2.Response:
    """Call the operation with `id` in its position and valid ids everywhere else."""
    operation = place.operation
    ids = {**known, _kind(place): id} if place.where == "path" else known
    body = BODIES.get(operation.id)
    if operation.id in BODY_IDS:
        body = {field: known[kind] for field, kind in BODY_IDS[operation.id].items()}
    if place.where == "body":
        body = {**(body or {}), place.name: [id] if place.is_list else id}
    elif body == {}:
        body = {"ids": [known["subtask_id"]] if "subtask_id" in known else []}
    query = {place.name: id} if place.where == "query" else {}
    return await person.http.request(operation.method, operation.path.format(**ids), json=body, params=query)


async def _all_objects(person: Person) -> list[Any]:
    """Return all objects of a person, as they see them."""
    seen = [await person.get(path) for path in LISTS]
    parts = [
        await person.get(f"/api/tasks/{task['id']}/{part}")
        for task in seen[0].json()["items"]
        for part in ("subtasks", "attachments")
    ]
    return [answer.json() for answer in (*seen, *parts)]


LISTS = (
    "/api/tasks",
    "/api/subjects",
    "/api/notifications",
    "/api/changes",
    "/api/auth/sessions",
    "/api/auth/api-keys",
    "/api/auth/identities",
    "/api/users/exports",
    "/api/users/audit",
    "/api/users/me",
    "/api/focus-sessions",
    "/api/focus-presets",
    "/api/ai/chats",
    "/api/ai/key",
    "/api/ai/memory",
    "/api/ai/practice-questions",
    "/api/ai/settings",
    "/api/ai/sent",
    "/api/ai/usage",
)


def _comparable(answer: httpx2.Response) -> str:
    """Return a response without the parts that differ between any two responses."""
    volatile = {"date", "x-request-id", "ratelimit", "content-length"}  # request ids vary in length
    headers = sorted((name, value) for name, value in answer.headers.items() if name not in volatile)
    return f"{answer.status_code} {headers} {answer.text.replace(answer.headers['x-request-id'], '')}"
