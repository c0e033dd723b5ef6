"""Ids that clients choose: every create takes one, happens once under it, and tells nothing about other users' ids."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any, NamedTuple
from uuid import UUID, uuid1, uuid4

import httpx2
import pytest
from prometheus_client import REGISTRY
from tests.cast import Person, made
from tests.conftest import System
from tests.contracts import operations

from studyteddy.platform.ids import new_id

Json = dict[str, Any]


class Create(NamedTuple):
    """A request that creates an object, without an id; the body of another one; and the path of the object."""

    path: str
    body: Json
    other: Json
    address: str

    def asks(self, person: Person, id: Any, body: Json | None = None) -> Awaitable[httpx2.Response]:
        return person.post(self.path, (body or self.body) | {"id": str(id)})


RHYTHM = {"workMinutes": 30, "shortBreakMinutes": 5, "longBreakMinutes": 10}


async def _task(system: System, person: Person) -> Create:
    return Create("/api/tasks", {"title": "Mine"}, {"title": "Mine", "priority": "high"}, "/api/tasks/{}")


async def _series(system: System, person: Person) -> Create:
    body = {"title": "Mine", "dueDate": "2030-01-01", "recurrence": {"rule": "FREQ=DAILY"}}
    return Create("/api/tasks", body, body | {"recurrence": {"rule": "FREQ=WEEKLY"}}, "/api/tasks/{}")


async def _line(system: System, person: Person) -> Create:
    line = {"text": "Mine tomorrow", "create": True}
    return Create("/api/tasks/quick-add", line, line | {"text": "Mine"}, "/api/tasks/{}")


async def _subtask(system: System, person: Person) -> Create:
    path = f"/api/tasks/{(await person.task())['id']}/subtasks"
    return Create(path, {"title": "Mine"}, {"title": "Other"}, f"{path}/{{}}")


async def _subject(system: System, person: Person) -> Create:
    body = {"name": "Mine", "color": "#123456"}
    return Create("/api/subjects", body, body | {"name": "Other"}, "/api/subjects/{}")


async def _preset(system: System, person: Person) -> Create:
    body = {"name": "Mine", **RHYTHM}
    return Create("/api/focus-presets", body, body | {"name": "Other"}, "/api/focus-presets/{}")


async def _running(system: System, person: Person) -> Create:
    return Create("/api/focus-sessions", {"type": "custom"}, {"type": "deep_work"}, "/api/focus-sessions/{}")


async def _planned(system: System, person: Person) -> Create:
    planned = {"type": "custom", "startAt": (system.clock() + timedelta(hours=1)).isoformat()}
    return Create("/api/focus-sessions", planned, planned | {"plannedMinutes": 50}, "/api/focus-sessions/{}")


async def _past(system: System, person: Person) -> Create:
    past = {"startedAt": (system.clock() - timedelta(hours=1)).isoformat(), "minutes": 20}
    return Create("/api/focus-sessions/past", past, past | {"minutes": 10}, "/api/focus-sessions/{}")


CREATES: dict[str, tuple[str, Callable[[System, Person], Awaitable[Create]]]] = {
    "task": ("create_task", _task),
    "series": ("create_task", _series),
    "line": ("quick_add_task", _line),
    "subtask": ("create_subtask", _subtask),
    "subject": ("create_subject", _subject),
    "preset": ("create_preset", _preset),
    "running": ("create_focus_session", _running),
    "planned": ("create_focus_session", _planned),
    "past": ("add_past_session", _past),
}
"""Every way to create an object under a chosen id: the operation, and its request."""

every_create = pytest.mark.parametrize("kind", CREATES)


def test_every_chosen_id_is_tested() -> None:
    chosen = {place.operation.id for place in operations.places() if place.where == "body" and place.name == "id"}
    assert chosen == {operation for operation, _ in CREATES.values()}


@every_create
async def test_an_object_has_the_id_that_the_client_chose(system: System, alice: Person, kind: str) -> None:
    create, id = await CREATES[kind][1](system, alice), new_id()
    first = await create.asks(alice, id)
    assert (made(first)["id"], first.json()["version"]) == (str(id), 1)
    read = await alice.get(create.address.format(id))
    assert (read.json(), read.headers["etag"]) == (first.json(), first.headers["etag"])


@every_create
async def test_the_same_request_again_returns_the_same_object(system: System, alice: Person, kind: str) -> None:
    create, id = await CREATES[kind][1](system, alice), new_id()
    first = await create.asks(alice, id)
    events = await alice.changes()
    again = await create.asks(alice, id)
    assert (again.status_code, again.content, again.headers["etag"]) == (201, first.content, first.headers["etag"])
    assert await alice.changes() == events


CHANGES: dict[str, Json] = {
    "subject": {"name": "Changed"},
    "preset": {"name": "Changed"},
    "running": {"notes": "Changed"},
    "planned": {"notes": "Changed"},
    "past": {"notes": "Changed"},
}


@every_create
async def test_it_returns_the_object_as_it_is_now(system: System, alice: Person, kind: str) -> None:
    create, id = await CREATES[kind][1](system, alice), new_id()
    made(await create.asks(alice, id))
    changed = made(await alice.patch(create.address.format(id), CHANGES.get(kind, {"title": "Changed"})), 200)
    assert changed["version"] == 2
    assert made(await create.asks(alice, id)) == changed


@every_create
async def test_another_request_with_the_same_id_is_refused(system: System, alice: Person, kind: str) -> None:
    create, id = await CREATES[kind][1](system, alice), new_id()
    first = made(await create.asks(alice, id))
    events = await alice.changes()
    refused = await create.asks(alice, id, create.other)
    assert (refused.status_code, refused.json()["code"]) == (409, "id_taken")
    assert (await alice.get(create.address.format(id))).json() == first
    assert await alice.changes() == events


@every_create
async def test_an_id_that_the_server_chose_is_taken(system: System, alice: Person, kind: str) -> None:
    create = await CREATES[kind][1](system, alice)
    ours = made(await alice.post(create.path, create.body))["id"]
    refused = await alice.post(create.path, create.body | {"id": ours})
    if UUID(ours).version != 7:  # the id of an occurrence
        assert (refused.status_code, refused.json()["errors"][0]["code"]) == (422, "not_a_uuid7")
    else:
        assert (refused.status_code, refused.json()["code"]) == (409, "id_taken")


@every_create
async def test_concurrent_requests_create_one_object(system: System, alice: Person, kind: str) -> None:
    create, id = await CREATES[kind][1](system, alice), new_id()
    before = len(await alice.changes())
    answers = await asyncio.gather(*(create.asks(alice, id) for _ in range(6)))
    assert {(answer.status_code, answer.content) for answer in answers} == {(201, answers[0].content)}
    created = [event for event in (await alice.changes())[before:] if event["data"].get("id") == str(id)]
    assert len(created) == 1


@every_create
async def test_one_of_two_concurrent_requests_gets_the_id(system: System, alice: Person, kind: str) -> None:
    create, id = await CREATES[kind][1](system, alice), new_id()
    answers = await asyncio.gather(*(create.asks(alice, id, body) for body in (create.body, create.other) * 3))
    assert {answer.status_code for answer in answers} == {201, 409}
    assert len({answer.content for answer in answers if answer.status_code == 201}) == 1
    assert {answer.json()["code"] for answer in answers if answer.status_code == 409} == {"id_taken"}


@every_create
async def test_an_id_of_another_user_is_as_good_as_a_new_one(
    system: System, alice: Person, bob: Person, kind: str
) -> None:
    """Status, headers and shape are those of a new id, whether his object is still there or of this kind."""
    his, hers = await CREATES[kind][1](system, bob), await CREATES[kind][1](system, alice)
    gone, kept = new_id(), new_id()
    made(await his.asks(bob, gone))
    assert (await bob.delete(his.address.format(gone))).status_code == 204
    theirs = made(await his.asks(bob, kept))
    events = await bob.changes()
    answers = []
    for id in (kept, gone, UUID(bob.user["id"]), new_id()):
        answers.append(await hers.asks(alice, id))
        assert (await alice.delete(hers.address.format(id))).status_code == 204
    assert len({_comparable(answer) for answer in answers}) == 1
    assert answers[0].status_code == 201
    assert made(await bob.get(his.address.format(kept)), 200) == theirs
    assert await bob.changes() == events


def _comparable(answer: httpx2.Response) -> str:
    """Return a response without what differs between any two objects: its status, headers and shape."""
    volatile = {"date", "x-request-id", "ratelimit", "etag", "content-length"}
    headers = sorted((name, value) for name, value in answer.headers.items() if name not in volatile)
    named = {"id", "createdAt", "updatedAt", "startedAt", "endsAt", "overdueAt", "lastCommandAt", "seriesId"}
    shape = {name: "" if name in named else value for name, value in answer.json().items()}
    return f"{answer.status_code} {headers} {json.dumps(shape)}"


@every_create
async def test_the_id_of_a_deleted_object_is_free_again(system: System, alice: Person, kind: str) -> None:
    create, id = await CREATES[kind][1](system, alice), new_id()
    made(await create.asks(alice, id))
    assert (await alice.delete(create.address.format(id))).status_code == 204
    again = made(await create.asks(alice, id, create.other))
    assert (again["id"], again["version"]) == (str(id), 1)


@every_create
async def test_only_uuids_of_version_7_that_are_not_from_the_future_are_accepted(
    system: System, alice: Person, kind: str
) -> None:
    create = await CREATES[kind][1](system, alice)
    events = await alice.changes()
    wrong = {uuid4(): "not_a_uuid7", uuid1(): "not_a_uuid7", UUID(int=0): "not_a_uuid7"}
    last = UUID("ffffffff-ffff-7fff-bfff-ffffffffffff")
    wrong |= {_id_of(system, hours=25): "in_the_future", last: "in_the_future"}
    for id, code in wrong.items():
        refused = await create.asks(alice, id)
        assert refused.status_code == 422, refused.text
        assert [(one["pointer"], one["code"]) for one in refused.json()["errors"]] == [("/id", code)]
    assert (await create.asks(alice, "new")).status_code == 422
    assert await alice.changes() == events
    made(await create.asks(alice, _id_of(system, hours=23)))


def _id_of(system: System, *, hours: int) -> UUID:
    """Return an id from so many hours ahead."""
    at = int((system.clock() + timedelta(hours=hours)).timestamp() * 1000)
    return UUID(int=new_id().int & (1 << 80) - 1 | at << 80)


async def test_a_chosen_id_costs_no_statement(alice: Person) -> None:
    counts: list[list[float]] = [[], []]
    for n in range(12):  # the worker of another test may run statements too
        before = _statements()
        made(await alice.post("/api/tasks", {"title": "Read"} | ({"id": str(new_id())} if n % 2 else {})))
        counts[n % 2].append(_statements() - before)
    assert min(counts[0]) == min(counts[1]) == 1


def _statements() -> float:
    return REGISTRY.get_sample_value("studyteddy_query_seconds_count", {"access": "transaction"}) or 0.0


async def test_defaults_may_be_given_or_left_out(alice: Person) -> None:
    id = str(new_id())
    first = made(await alice.post("/api/tasks", {"title": "Read", "id": id}))
    explicit: Json = {"priority": "medium", "labels": [], "description": "", "dueDate": None, "title": "Read", "id": id}
    assert made(await alice.post("/api/tasks", explicit)) == first


async def test_an_id_of_another_kind_is_free(alice: Person) -> None:
    id = str(new_id())
    made(await alice.post("/api/tasks", {"title": "Read", "id": id}))
    made(await alice.post("/api/subjects", {"name": "Biology", "color": "#123456", "id": id}))


async def test_a_batch_creates_once(alice: Person) -> None:
    id = str(new_id())
    commands = [
        {"op": "create", "body": {"title": "Read", "id": id}},
        {"op": "update", "id": id, "body": {"title": "Read it"}},
        {"op": "create", "body": {"title": "Read", "id": id}},
        {"op": "create", "body": {"title": "Write", "id": id}},
        {"op": "create", "body": {"title": "Read", "id": str(uuid4())}},
    ]
    for first in (True, False):
        results = made(await alice.post("/api/tasks/batch", {"commands": commands}), 200)["results"]
        assert [one["status"] for one in results] == [201, 200, 201, 409, 422]
        assert results[2]["task"]["title"] == "Read it"
        assert results[3]["problem"]["code"] == "id_taken"
        assert results[4]["problem"]["errors"][0]["pointer"] == "/id"
        kinds = [event["type"] for event in await alice.changes() if event["type"].startswith("task.")]
        assert kinds == ["task.created", "task.updated"], first


async def test_a_series_that_is_refused_leaves_nothing_behind(system: System, alice: Person) -> None:
    create, id = await _series(system, alice), new_id()
    await asyncio.gather(*(create.asks(alice, id, body) for body in (create.body, create.other) * 3))
    made(await alice.post("/api/tasks", {"title": "Single", "id": str(other := new_id())}))
    assert (await create.asks(alice, other)).status_code == 409
    admin = await system.admin()
    count = await admin.fetchval("SELECT count(*) FROM task_series WHERE user_id = $1", UUID(alice.user["id"]))
    await admin.close()
    assert count == 1


async def test_the_next_occurrences_follow_a_chosen_id(system: System, alice: Person) -> None:
    create, id = await _series(system, alice), new_id()
    first = made(await create.asks(alice, id))
    made(await alice.post(f"/api/tasks/{id}/complete"), 200)
    (next_one,) = (await alice.get("/api/tasks?status=pending")).json()["items"]
    assert (next_one["seriesId"], next_one["occurrence"]) == (first["seriesId"], "2030-01-02")
    made(await alice.post(f"/api/tasks/{id}/reopen"), 200)
    assert [task["id"] for task in (await alice.get("/api/tasks")).json()["items"]] == [str(id)]


async def test_a_task_is_returned_after_its_subject_was_deleted(alice: Person) -> None:
    subject = (await alice.subject())["id"]
    body = {"title": "Read", "subjectId": subject, "id": str(new_id())}
    made(await alice.post("/api/tasks", body))
    assert (await alice.delete(f"/api/subjects/{subject}")).status_code == 204
    assert made(await alice.post("/api/tasks", body))["subjectId"] is None
    unknown = await alice.post("/api/tasks", body | {"id": str(new_id())})
    assert (unknown.status_code, unknown.json()["code"]) == (422, "no_such_subject")


async def test_a_subject_is_returned_after_another_one_took_its_name(system: System, alice: Person) -> None:
    create, id = await _subject(system, alice), new_id()
    made(await create.asks(alice, id))
    renamed = made(await alice.patch(f"/api/subjects/{id}", {"name": "Renamed"}), 200)
    made(await alice.post(create.path, create.body))
    assert made(await create.asks(alice, id)) == renamed
    taken = await create.asks(alice, new_id())
    assert (taken.status_code, taken.json()["code"]) == (409, "name_taken")


async def test_a_subtask_is_returned_from_a_full_list(system: System, alice: Person) -> None:
    create, id = await _subtask(system, alice), new_id()
    first = made(await create.asks(alice, id))
    for n in range(199):
        made(await alice.post(create.path, {"title": f"{n}"}))
    assert made(await create.asks(alice, id)) == first
    full = await create.asks(alice, new_id())
    assert (full.status_code, full.json()["code"]) == (409, "too_many_subtasks")


async def test_a_subtask_of_another_task_has_another_request(system: System, alice: Person) -> None:
    one, other, id = await _subtask(system, alice), await _subtask(system, alice), new_id()
    made(await one.asks(alice, id))
    refused = await other.asks(alice, id)
    assert (refused.status_code, refused.json()["code"]) == (409, "id_taken")


async def test_a_deleted_subtask_whose_id_is_used_again_is_not_restored(system: System, alice: Person) -> None:
    one, other, id = await _subtask(system, alice), await _subtask(system, alice), new_id()
    made(await one.asks(alice, id))
    assert (await alice.delete(one.address.format(id))).status_code == 204
    made(await other.asks(alice, id))
    history = one.path.replace("subtasks", "history")
    line = (await alice.get(history)).json()["items"][0]
    assert line["kind"] == "step_removed"
    refused = await alice.post(f"{history}/{line['id']}/undo")
    assert (refused.status_code, refused.json()["code"]) == (409, "changed_since")


async def test_a_session_is_returned_when_it_could_no_longer_be_created(system: System, alice: Person) -> None:
    planned, past = await _planned(system, alice), await _past(system, alice)
    one, other = new_id(), new_id()
    first = [made(await planned.asks(alice, one)), made(await past.asks(alice, other))]
    system.clock.ahead += timedelta(days=8)
    try:
        assert [made(await planned.asks(alice, one)), made(await past.asks(alice, other))] == first
        assert (await planned.asks(alice, new_id())).status_code == 422
        assert (await past.asks(alice, new_id())).status_code == 422
    finally:
        system.clock.ahead -= timedelta(days=8)


async def test_a_forgotten_session_is_returned_as_ended(system: System, alice: Person) -> None:
    create, id = await _running(system, alice), new_id()
    made(await create.asks(alice, id))
    system.clock.ahead += timedelta(hours=20)
    try:
        again = made(await create.asks(alice, id))
        assert (again["status"], again["endedBy"]) == ("completed", "forgotten")
        assert again == (await alice.get(f"/api/focus-sessions/{id}")).json()
    finally:
        system.clock.ahead -= timedelta(hours=20)


async def test_the_id_of_a_built_in_preset_is_taken(system: System, alice: Person) -> None:
    create = await _preset(system, alice)
    for preset in (await alice.get("/api/focus-presets")).json()["items"]:
        refused = await create.asks(alice, preset["id"])
        assert (refused.status_code, refused.json()["code"]) == (409, "id_taken")


async def test_a_preset_is_returned_at_the_limit(system: System, alice: Person) -> None:
    create, id = await _preset(system, alice), new_id()
    first = made(await create.asks(alice, id))
    for n in range(19):
        made(await alice.post(create.path, create.body | {"name": f"{n}"}))
    assert made(await create.asks(alice, id)) == first
    assert (await create.asks(alice, new_id(), create.other)).json()["code"] == "too_many_presets"


async def test_a_task_that_is_created_again_earns_no_second_points(system: System, alice: Person) -> None:
    create, id = await _task(system, alice), new_id()
    for _ in range(2):
        made(await create.asks(alice, id))
        made(await alice.post(f"/api/tasks/{id}/complete"), 200)
        await system.work()
        assert (await alice.get("/api/gamification/points")).json()["total"] == 10
        assert (await alice.delete(f"/api/tasks/{id}")).status_code == 204
