"""Batches: each command returns what its own route would, and can fail independently."""

from __future__ import annotations

import asyncio
from typing import Any
from uuid import UUID

import pytest
from tests.cast import Person, join, made
from tests.conftest import System, serving, settings_for

from studyteddy.bootstrap import runtime
from studyteddy.platform.db.advisory_locks import AdvisoryLock
from studyteddy.platform.ids import new_id

Json = dict[str, Any]


async def batch(person: Person, *commands: Json, **options: Any) -> list[Json]:
    """Run commands and return their results."""
    results: list[Json] = made(await person.post("/api/tasks/batch", {"commands": commands}, **options), 200)["results"]
    return results


async def tag(person: Person, task: Json) -> str:
    return (await person.get(f"/api/tasks/{task['id']}")).headers["etag"]


async def test_each_command_does_what_its_route_does(alice: Person) -> None:
    one, two, three, four = [await alice.task(f"Task {n}") for n in range(4)]
    await alice.post(f"/api/tasks/{three['id']}/complete")
    results = await batch(
        alice,
        {"op": "create", "body": {"title": "New", "priority": "high"}},
        {"op": "update", "id": one["id"], "body": {"title": "Changed"}},
        {"op": "complete", "id": two["id"]},
        {"op": "reopen", "id": three["id"]},
        {"op": "delete", "id": four["id"]},
    )
    assert [one["status"] for one in results] == [201, 200, 200, 200, 204]
    assert all("problem" not in result for result in results)
    assert results[4]["task"] is None
    for result in results[:4]:
        assert (await alice.get(f"/api/tasks/{result['task']['id']}")).json() == result["task"]
    assert (await alice.get(f"/api/tasks/{four['id']}")).status_code == 404
    said = [event["type"] for event in await alice.changes()][-5:]
    assert said == ["task.created", "task.updated", "task.completed", "task.reopened", "task.deleted"]


async def test_commands_on_series_have_their_scope(alice: Person) -> None:
    rule = {"rule": "FREQ=WEEKLY"}
    first = await alice.task("old", dueDate="2030-01-03", recurrence=rule)
    other = made(await alice.post(f"/api/tasks/{first['id']}/occurrences", {"start": "2030-01-10"}))
    gone = await alice.task("gone", dueDate="2030-01-03", recurrence=rule)
    made(await alice.post(f"/api/tasks/{gone['id']}/occurrences", {"start": "2030-01-10"}))
    results = await batch(
        alice,
        {"op": "update", "id": first["id"], "body": {"title": "new"}, "scope": "all"},
        {"op": "update", "id": first["id"], "body": {"dueDate": None}, "scope": "all"},
        {"op": "complete", "id": first["id"]},
        {"op": "update", "id": other["id"], "body": {"recurrence": {"rule": "FREQ=DAILY"}}, "scope": "following"},
        {"op": "complete", "id": other["id"]},
        {"op": "delete", "id": gone["id"], "scope": "all"},
    )
    assert [one["status"] for one in results] == [200, 422, 200, 200, 200, 204]
    assert results[1]["problem"]["errors"][0]["code"] == "due_date_needed"
    items = (await alice.get("/api/tasks")).json()["items"]
    assert [(one["title"], one["status"], one["dueDate"]) for one in items] == [
        ("new", "completed", "2030-01-03"),
        ("new", "completed", "2030-01-10"),
        ("new", "pending", "2030-01-11"),
    ]


async def test_the_jobs_of_a_batch_run(system: System, alice: Person) -> None:
    tasks = [await alice.task(f"Task {n}") for n in range(3)]
    await batch(alice, *({"op": "complete", "id": task["id"]} for task in tasks))
    await system.work()
    assert (await alice.get("/api/gamification/points")).json()["total"] == 30


async def test_a_failed_command_has_no_effect_and_stops_no_other(alice: Person) -> None:
    task = await alice.task()
    before = await alice.changes()
    results = await batch(
        alice,
        {"op": "create", "body": {"title": "One"}},
        {"op": "update", "id": task["id"], "body": {"title": "Lost", "subjectId": str(new_id())}},
        {"op": "create", "body": {"title": "Two", "dueDate": "2030-01-01", "dueAt": "2030-01-01T10:00:00Z"}},
        {"op": "complete", "id": str(new_id())},
        {"op": "create", "body": {"title": "Three"}},
    )
    assert [one["status"] for one in results] == [201, 422, 422, 404, 201]
    titles = {one["title"] for one in (await alice.get("/api/tasks")).json()["items"]}
    assert titles == {task["title"], "One", "Three"}
    new = (await alice.changes())[len(before) :]
    assert [(event["type"], event["data"]["title"]) for event in new] == [
        ("task.created", "One"),
        ("task.created", "Three"),
    ]


async def test_a_later_command_sees_the_earlier_ones(alice: Person) -> None:
    task = await alice.task()
    stale = await tag(alice, task)
    results = await batch(
        alice,
        {"op": "complete", "id": task["id"]},
        {"op": "update", "id": task["id"], "body": {"status": "in_progress"}},
        {"op": "reopen", "id": task["id"]},
        {"op": "update", "id": task["id"], "body": {"status": "in_progress"}},
        {"op": "update", "id": task["id"], "body": {"title": "x"}, "ifMatch": stale},
        {"op": "delete", "id": task["id"]},
        {"op": "complete", "id": task["id"]},
    )
    assert [one["status"] for one in results] == [200, 409, 200, 200, 412, 204, 404]
    assert [one["problem"]["code"] for one in results if "problem" in one] == [
        "already_completed",
        "stale_version",
        "no_such_task",
    ]


async def test_a_command_with_the_current_etag_succeeds(alice: Person) -> None:
    one, two = await alice.task("One"), await alice.task("Two")
    results = await batch(
        alice,
        {"op": "update", "id": one["id"], "body": {"title": "x"}, "ifMatch": await tag(alice, one)},
        {"op": "delete", "id": two["id"], "ifMatch": await tag(alice, two)},
        {"op": "delete", "id": one["id"], "ifMatch": await tag(alice, one)},
    )
    assert [one["status"] for one in results] == [200, 204, 412]


async def test_a_command_can_name_the_version_it_is_based_on(alice: Person) -> None:
    one = await alice.task("one")
    results = await batch(
        alice,
        {"op": "update", "id": one["id"], "body": {"title": "x"}, "ifMatch": '"v1"'},
        {"op": "update", "id": one["id"], "body": {"title": "y"}, "ifMatch": '"v1"'},
        {"op": "delete", "id": one["id"], "ifMatch": '"v1"'},
        {"op": "delete", "id": one["id"], "ifMatch": '"v2"'},
    )
    assert [one["status"] for one in results] == [200, 412, 412, 204]
    assert results[0]["task"]["version"] == 2


async def test_a_problem_is_the_one_of_the_single_route(alice: Person, bob: Person) -> None:
    """This covers every kind of error, and ids that are another user's, deleted or unknown."""
    done, gone, mine, foreign = [await who.task() for who in (alice, alice, alice, bob)]
    await alice.post(f"/api/tasks/{done['id']}/complete")
    await alice.delete(f"/api/tasks/{gone['id']}")
    ids = [foreign["id"], gone["id"], str(new_id())]
    unknown = {"title": "x", "subjectId": (await bob.subject())["id"]}
    twice = {"title": "x", "dueDate": "1066-10-14", "dueAt": "2030-01-01T10:00:00Z"}
    tried: list[tuple[Json, Any]] = [
        ({"op": "create", "body": body}, await alice.post("/api/tasks", body))
        for body in (unknown, twice, {"title": "x", "dueZone": "No/Where"})
    ]
    path = f"/api/tasks/{done['id']}"
    stale = {"headers": {"if-match": '"stale"'}}
    for id in ids:
        tried += [
            ({"op": "update", "id": id, "body": {"title": "x"}}, await alice.patch(f"/api/tasks/{id}", {"title": "x"})),
            ({"op": "complete", "id": id}, await alice.post(f"/api/tasks/{id}/complete")),
            ({"op": "reopen", "id": id}, await alice.post(f"/api/tasks/{id}/reopen")),
            ({"op": "delete", "id": id}, await alice.delete(f"/api/tasks/{id}")),
        ]
    tried += [
        (
            {"op": "update", "id": done["id"], "body": {"status": "pending"}},
            await alice.patch(path, {"status": "pending"}),
        ),
        ({"op": "update", "id": mine["id"], "body": twice}, await alice.patch(f"/api/tasks/{mine['id']}", twice)),
        (
            {"op": "update", "id": done["id"], "body": {"title": "x"}, "ifMatch": '"stale"'},
            await alice.patch(path, {"title": "x"}, **stale),
        ),
        ({"op": "delete", "id": done["id"], "ifMatch": '"stale"'}, await alice.delete(path, **stale)),
    ]
    results = await batch(alice, *(command for command, _ in tried))
    for result, (command, answer) in zip(results, tried, strict=True):
        assert result["status"] == answer.status_code >= 400, command
        assert result["problem"] | {"requestId": ""} == answer.json() | {"requestId": ""}, command
        assert result["task"] is None
    assert (await bob.get(f"/api/tasks/{foreign['id']}")).json() == foreign


async def test_a_problem_names_the_request(alice: Person) -> None:
    answer = await alice.post("/api/tasks/batch", {"commands": [{"op": "complete", "id": str(new_id())}]})
    assert answer.json()["results"][0]["problem"]["requestId"] == answer.headers["x-request-id"]


async def test_a_batch_is_idempotent_including_its_failures(alice: Person) -> None:
    commands: list[Json] = [{"op": "create", "body": {"title": "Once"}}, {"op": "complete", "id": str(new_id())}]
    first, second = [await batch(alice, *commands, headers={"idempotency-key": "a-key"}) for _ in range(2)]
    assert first == second
    assert [one["title"] for one in (await alice.get("/api/tasks")).json()["items"]] == ["Once"]


@pytest.mark.parametrize(
    ("commands", "faults"),
    [
        ([], {"/commands": "too_short"}),
        ([{"op": "reopen", "id": str(new_id())}] * 101, {"/commands": "too_long"}),
        (None, {"/commands": "wrong_type"}),
        ([7], {"/commands/0": "wrong_type"}),
        ([{"id": str(new_id())}], {"/commands/0/op": "missing"}),
        ([{"op": "paint", "id": str(new_id())}], {"/commands/0/op": "not_one_of"}),
        ([{"op": 7}], {"/commands/0/op": "not_one_of"}),
        ([{"op": "complete"}], {"/commands/0/id": "missing"}),
        ([{"op": "complete", "id": str(new_id()), "ifMatch": "x"}], {"/commands/0/ifMatch": "unknown_field"}),
        (
            [
                {"op": "create", "body": {"title": "fine"}},
                {"op": "create", "body": {"title": "", "priority": "huge", "labels": ["a", 5]}},
                {"op": "complete", "id": "not one"},
                {"op": "update", "body": {}, "other": 1},
            ],
            {
                "/commands/1/body/title": "too_short",
                "/commands/1/body/priority": "not_one_of",
                "/commands/1/body/labels/1": "wrong_type",
                "/commands/2/id": "malformed",
                "/commands/3/other": "unknown_field",
                "/commands/3/id": "missing",
            },
        ),
    ],
)
async def test_a_malformed_batch_is_rejected_with_all_its_errors(
    alice: Person, commands: Any, faults: dict[str, str]
) -> None:
    answer = await alice.post("/api/tasks/batch", {"commands": commands})
    assert answer.status_code == 422
    assert {fault["pointer"]: fault["code"] for fault in answer.json()["errors"]} == faults
    assert (await alice.get("/api/tasks")).json()["items"] == []


async def test_a_lock_timeout_fails_the_whole_batch(system: System, alice: Person) -> None:
    """A lock timeout fails the whole batch: nothing is stored, and the client can retry."""
    task = await alice.task()
    admin = await system.admin()
    async with admin.transaction():
        await admin.execute("SELECT FROM tasks WHERE id = $1 FOR UPDATE", task["id"])
        answer = await alice.post(
            "/api/tasks/batch",
            {"commands": [{"op": "create", "body": {"title": "x"}}, {"op": "complete", "id": task["id"]}]},
        )
    await admin.close()
    assert (answer.status_code, answer.json()["code"]) == (503, "unavailable")
    assert answer.headers["retry-after"]
    assert [one["id"] for one in (await alice.get("/api/tasks")).json()["items"]] == [task["id"]]


async def test_each_command_of_a_batch_counts_as_a_request_for_rate_limits(system: System) -> None:
    settings = settings_for(system.engines, limit_general="50/3600:50")
    async with runtime.runtime(settings) as running, serving(running) as url:
        carol, dave = await join(url, "Carol"), await join(url, "Dave")
        body = {"commands": [{"op": "create", "body": {"title": "x"}}] * 20}
        answers = [await carol.post("/api/tasks/batch", body) for _ in range(3)]
        assert [answer.status_code for answer in answers] == [200, 200, 429]
        assert [answer.headers["ratelimit"].split(";")[1] for answer in answers[:2]] == ["r=30", "r=10"]
        assert int(answers[2].headers["retry-after"]) > 1
        assert len((await carol.get("/api/tasks")).json()["items"]) == 40, "a refused batch has no effect"
        largest = {"commands": [{"op": "create", "body": {"title": "x"}}] * 100}
        assert (await dave.post("/api/tasks/batch", largest)).status_code == 200, "more than the burst is possible"
        assert (await dave.get("/api/tasks")).status_code == 429
        for person in (carol, dave):
            await person.http.aclose()


async def test_concurrent_batches_keep_the_events_in_order(alice: Person) -> None:
    tasks = [await alice.task(f"{n}") for n in range(4)]
    commands = [{"op": op, "id": task["id"]} for task in tasks for op in ("complete", "reopen")]
    await asyncio.gather(*(batch(alice, *commands) for _ in range(5)))
    seen = [event["seq"] for event in await alice.changes()]
    assert seen == list(range(1, len(seen) + 1))
    assert {one["status"] for one in (await alice.get("/api/tasks")).json()["items"]} == {"pending"}


async def test_a_batch_waits_for_other_commands_of_the_student(system: System, alice: Person) -> None:
    """Even one whose own commands lock no other task: a later one could, while it holds what the other waits for."""
    admin = await system.admin()
    lock = AdvisoryLock.USER_COMMANDS.hold("$1::uuid::text")
    async with admin.transaction():
        await admin.execute(f"SELECT {lock}", UUID(alice.user["id"]))
        waiting = asyncio.ensure_future(batch(alice, {"op": "create", "body": {"title": "x"}}))
        await asyncio.sleep(0.4)
        assert not waiting.done()
    assert [one["status"] for one in await waiting] == [201]
    await admin.close()
