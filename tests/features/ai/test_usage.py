"""What AI may cost: exact under parallel calls on several processes, also when a process dies in the middle."""

from __future__ import annotations

import asyncio
import json
from contextlib import AsyncExitStack
from datetime import timedelta
from typing import Any
from uuid import UUID

import httpx2
import pytest
from tests.cast import PASSWORD, Person, join, made
from tests.conftest import System
from tests.features.ai.conftest import Assisted, assisted, kept
from tests.peers.completions import completions, raw, refuses, says, waits

from studyteddy.features.ai.providers.model import answered_tokens
from studyteddy.features.ai.service import usage as service
from studyteddy.platform.identity import Identity

BRIEF = "Read chapter 5 of the book and answer the questions about it. "
TOKENS = 1000


async def usage(person: Person) -> dict[str, Any]:
    found: dict[str, Any] = (await person.get("/api/ai/usage")).json()
    return found


async def split(person: Person, brief: str = BRIEF) -> httpx2.Response:
    return await person.post("/api/ai/taskify", {"brief": brief})


async def totals(system: System) -> tuple[int, int]:
    """What is used and reserved of all students today."""
    admin = await system.admin()
    row = await admin.fetchrow(
        "SELECT coalesce(sum(used), 0), coalesce(sum(reserved), 0) FROM ai_totals WHERE day = $1", system.clock().date()
    )
    await admin.close()
    assert row is not None
    return int(row[0]), int(row[1])


async def test_nothing_is_used_at_first_and_the_day_ends_at_midnight_utc(student: Person) -> None:
    found = await usage(student)
    assert (found["used"], found["reserved"], found["limit"]) == (0, 0, 30_000)
    assert found["byFeature"] == {"taskify": 0, "breakdown": 0, "tutor": 0, "questions": 0}
    assert found["resetsAt"].endswith("T00:00:00Z")


async def test_what_a_call_used_is_counted_by_feature_and_for_all(system: System, ai: Assisted) -> None:
    before = await totals(system)
    ai.endpoint.otherwise = says("no JSON", tokens=150)
    await split(ai.student)
    found = await usage(ai.student)
    assert (found["used"], found["reserved"], found["byFeature"]["taskify"]) == (450, 0, 450)
    assert await totals(system) == (before[0] + 450, before[1])


async def test_a_provider_that_counts_nonsense_is_not_believed(ai: Assisted) -> None:
    ai.endpoint.behaviours = [says("x", tokens=10_000_000), says("x", tokens=-5), says("x", tokens=None)]
    await split(ai.student)
    assert 300 < (await usage(ai.student))["used"] < 6000


async def test_what_was_not_answered_costs_nothing(ai: Assisted) -> None:
    ai.endpoint.otherwise = refuses(500)
    await split(ai.student)
    found = await usage(ai.student)
    assert (found["used"], found["reserved"]) == (0, 0)


def prompt_tokens(ai: Assisted, number: int = 0) -> int:
    """The estimated tokens of a prompt that the endpoint received."""
    return sum(answered_tokens(one["content"]) for one in ai.endpoint.requests[number]["messages"])


async def test_a_prompt_that_was_received_is_charged_without_an_answer(system: System) -> None:
    async with assisted(system, ai_deadline="1") as ai:
        before = await totals(system)
        ai.endpoint.otherwise = waits(3)
        assert (await split(ai.student)).json()["source"] == "template"
        asked = prompt_tokens(ai)
        assert asked > 300
        assert ((await usage(ai.student))["used"], len(ai.endpoint.requests)) == (asked, 1)
        assert await totals(system) == (before[0] + asked, before[1])
        (call,) = (await ai.student.get("/api/ai/sent")).json()["items"]
        assert (call["outcome"], call["tokens"]) == ("timeout", asked)
        answer = await ai.student.post("/api/ai/tutor", {"message": "What is a prime number?", "assessed": False})
        assert answer.status_code == 503
        assert (await usage(ai.student))["used"] == asked + prompt_tokens(ai, 1)


async def test_what_was_refused_costs_nothing(ai: Assisted) -> None:
    for behaviour in (refuses(400), refuses(401), refuses(429, retry_after="9"), refuses(402)):
        ai.endpoint.otherwise = behaviour
        await split(ai.student, f"{BRIEF}{behaviour}")
    found = await usage(ai.student)
    assert (found["used"], found["reserved"]) == (0, 0)


async def test_an_attempt_before_the_fallback_is_charged_too(system: System) -> None:
    async with completions(says("no JSON", tokens=500)) as fallback:
        own = {"ai_fallback_url": fallback.url, "ai_fallback_key": "sk-2", "ai_fallback_model": "other"}
        async with assisted(system, ai_deadline="3", **own) as ai:
            ai.endpoint.behaviours = [raw("<html>")]
            ai.endpoint.otherwise = says("no JSON", tokens=100)
            await split(ai.student)
            assert (len(ai.endpoint.requests), len(fallback.requests)) == (3, 1)
            assert (await usage(ai.student))["used"] == prompt_tokens(ai) + 500 + 100 + 100


async def test_attempts_are_never_charged_more_than_was_reserved(ai: Assisted) -> None:
    ai.endpoint.otherwise = raw("<html>")
    await split(ai.student, f"{BRIEF * 500}")
    assert len(ai.endpoint.requests) == 2
    reserved = sum(len(one["content"].encode()) // 2 + 8 for one in ai.endpoint.requests[0]["messages"])
    reserved += ai.endpoint.requests[0]["max_tokens"]
    assert reserved < 2 * prompt_tokens(ai)
    assert (await usage(ai.student))["used"] == reserved


async def test_a_provider_that_counts_more_than_was_reserved_is_charged_the_reservation(ai: Assisted) -> None:
    ai.endpoint.otherwise = refuses(400)
    await split(ai.student)
    reserved = sum(len(one["content"].encode()) // 2 + 8 for one in ai.endpoint.requests[0]["messages"])
    reserved += ai.endpoint.requests[0]["max_tokens"]
    ai.endpoint.behaviours = [says("no JSON", tokens=reserved + reserved // 2)]
    await split(ai.student, f"{BRIEF} ")
    assert (await usage(ai.student))["used"] in range(reserved, reserved + 5)


async def test_closing_the_tutor_while_a_problem_is_solved_costs_the_prompt_only(ai: Assisted) -> None:
    ai.endpoint.otherwise = waits(30)
    body = {"message": "Solve 2x + 5 = 11 for x."}
    asking = asyncio.ensure_future(ai.student.http.post("/api/ai/tutor", json=body))
    while not ai.endpoint.requests:  # noqa: ASYNC110 - the endpoint is another server
        await asyncio.sleep(0.01)
    await asyncio.sleep(0.2)
    asking.cancel()
    for _ in range(100):
        found = await usage(ai.student)
        if found["reserved"] == 0:
            break
        await asyncio.sleep(0.05)
    assert (found["used"], found["reserved"]) == (prompt_tokens(ai), 0)
    (call,) = (await ai.student.get("/api/ai/sent")).json()["items"]
    assert call["outcome"] == "cancelled"


async def test_the_limit_holds_under_a_hundred_calls_on_three_processes(system: System) -> None:
    """Each call reserves more than it uses; together they stay below the limit."""
    async with AsyncExitStack() as stack:
        servers = [
            await stack.enter_async_context(assisted(system, ai_daily_tokens="20000", database_pool="20"))
            for _ in range(3)
        ]
        first = servers[0].student
        for one in servers:
            one.endpoint.otherwise = says("no JSON", tokens=TOKENS)
        clients = [
            Person(
                first.name, first.email, httpx2.AsyncClient(base_url=one.url, headers=first.http.headers), {}, "", ""
            )
            for one in servers
        ]
        answers = await asyncio.gather(
            *(split(clients[number % 3], f"{BRIEF}{number}") for number in range(100)), return_exceptions=True
        )
        for client in clients:
            await client.http.aclose()
        calls = sum(len(one.endpoint.requests) for one in servers)
        found = await usage(first)
    assert all(isinstance(one, httpx2.Response) and one.status_code in (200, 503) for one in answers)
    assert found["reserved"] == 0
    assert found["used"] == calls * TOKENS <= 20_000
    assert calls >= 10


async def test_the_limit_of_all_students_holds_for_each_of_them(system: System) -> None:
    used, _ = await totals(system)
    async with assisted(system, ai_total_daily_tokens=str(used + 6000)) as found:
        found.endpoint.otherwise = says("no JSON", tokens=3000)
        await split(found.student)
        other = await join(found.url, "Carol")
        calls = len(found.endpoint.requests)
        assert (await split(other)).json()["source"] == "template"
        await other.http.aclose()
    assert (calls, len(found.endpoint.requests)) == (1, 1)


async def test_without_tokens_left_the_template_is_used_and_no_call_made(system: System) -> None:
    async with assisted(system, ai_daily_tokens="100") as found:
        assert (await split(found.student)).json()["source"] == "template"
        assert found.endpoint.requests == []


async def test_a_new_day_begins_with_all_tokens(system: System, ai: Assisted) -> None:
    ai.endpoint.otherwise = says("no JSON", tokens=500)
    await split(ai.student)
    assert (await usage(ai.student))["used"] == 1500
    identity = Identity(UUID(ai.student.user["id"]), UUID(int=0))
    reader, budget = ai.running.db.reading(identity), service.Budget(30_000, 30_000)
    tomorrow = system.clock() + timedelta(days=1)
    assert (await service.today(reader, identity.user_id, tomorrow, budget)).used == 0


async def test_a_call_of_a_dead_process_is_charged_in_full_once(system: System, ai: Assisted) -> None:
    ai.endpoint.otherwise = waits(3)
    task = asyncio.ensure_future(split(ai.student))
    while not ai.endpoint.requests:  # noqa: ASYNC110 - the endpoint is another server
        await asyncio.sleep(0.01)
    reserved = (await usage(ai.student))["reserved"]
    assert reserved > 3000
    admin = await system.admin()
    await admin.execute(
        "UPDATE ai_calls SET created_at = created_at - interval '3 minutes' WHERE user_id = $1", ai.student.user["id"]
    )
    await admin.close()
    lost = await asyncio.gather(service.settle_lost(ai.running.db), service.settle_lost(ai.running.db))
    assert max(lost) >= 1
    found = await usage(ai.student)
    assert (found["used"], found["reserved"]) == (reserved, 0)
    await task  # what comes later changes nothing
    assert (await usage(ai.student))["reserved"] == 0


async def test_the_ledger_says_what_was_sent_where_and_why(ai: Assisted, bob: Person) -> None:
    ai.endpoint.otherwise = says("no JSON", tokens=200)
    subject = await ai.student.subject("Physics")
    await ai.student.post("/api/ai/taskify", {"brief": BRIEF, "subjectId": subject["id"]})
    page = (await ai.student.get("/api/ai/sent", params={"limit": 2})).json()
    last = (await ai.student.get("/api/ai/sent", params={"limit": 2, "cursor": page["nextCursor"]})).json()
    assert [len(page["items"]), len(last["items"]), last["nextCursor"]] == [2, 1, None]
    (first,) = last["items"]
    assert (first["feature"], first["kinds"], first["tokens"]) == ("taskify", ["brief", "subject"], 200)
    assert (first["provider"], first["model"], first["outcome"]) == (ai.endpoint.url, "small", "answered")
    assert first["messages"] == ai.endpoint.requests[0]["messages"]
    assert BRIEF in first["messages"][1]["content"]
    assert (await bob.get("/api/ai/sent")).json()["items"] == []


async def test_the_ledger_leaves_out_rejected_drafts_and_what_was_wrong_with_them(ai: Assisted) -> None:
    draft = {"title": "x = 5017", "minutes": 30, "size": "short", "dueDate": None, "quotes": ["y = 5018"], "after": []}
    ai.endpoint.otherwise = says(json.dumps({"steps": [draft] * 3, "notes": []}))
    await split(ai.student)
    listed = (await ai.student.get("/api/ai/sent")).json()["items"]
    sent = [request["messages"] for request in ai.endpoint.requests]
    assert ["5017" in json.dumps(messages) for messages in sent] == [False, True, True]
    assert "5018" in sent[1][3]["content"]
    assert not any(hidden in json.dumps(listed) for hidden in ("5017", "5018"))
    for call in listed[:2]:
        assert [one["role"] for one in call["messages"]] == ["system", "user", "assistant", "user"]
        assert call["messages"][:2] == sent[1][:2]
        assert kept(call["messages"][2:], "content") == [(service.REJECTED,), (service.CORRECTIONS,)]


async def calls_made(system: System, student: Person, number: int, own_key: bool = False) -> None:
    """Enter failed calls of today into the ledger."""
    admin = await system.admin()
    await admin.execute(
        "INSERT INTO ai_calls (user_id, id, day, feature, kinds, messages, provider, model, own_key, reserved, tokens,"
        " outcome, created_at, settled_at) SELECT $1, gen_random_uuid(), $2, 'tutor', '{message}', '[]', 'x', 'x', $4,"
        " 0, 0, 'status 401', now(), now() FROM generate_series(1, $3)",
        student.user["id"],
        system.clock().date(),
        number,
        own_key,
    )
    await admin.close()


@pytest.mark.parametrize("own_key", [False, True])
async def test_calls_of_a_day_are_bounded_however_they_end(system: System, own_key: bool) -> None:
    async with assisted(system, ai_own_keys="on") as ai:
        if own_key:
            made(await ai.student.put("/api/ai/key", {"key": "sk-own-0123456789abcdef", "password": PASSWORD}), 200)
        ai.endpoint.otherwise = refuses(400)
        await calls_made(system, ai.student, service.MAX_CALLS - 1, own_key)
        assert (await split(ai.student)).status_code == 200
        text = "Plants turn light into chemical energy. The light is absorbed by chlorophyll in their leaves."
        for path, body in (
            ("/api/ai/taskify", {"brief": f"{BRIEF}2"}),
            ("/api/ai/practice-questions", {"text": text}),
            ("/api/ai/tutor", {"message": "What is a prime number?"}),
        ):
            answer = await ai.student.post(path, body)
            assert (answer.status_code, answer.json()["code"]) == (429, "calls_used_up"), path
            wait = timedelta(seconds=int(answer.headers["retry-after"]))
            midnight = system.clock().replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=1)
            assert abs(system.clock() + wait - midnight) < timedelta(seconds=5)
        assert len(ai.endpoint.requests) == 1
        assert (await ai.student.get("/api/ai/chats")).json()["items"] == []
        other = await join(ai.url, "Carol")
        await split(other)
        assert len(ai.endpoint.requests) == 2
        await other.http.aclose()


async def test_calls_at_the_same_time_stay_below_the_bound(system: System, ai: Assisted) -> None:
    ai.endpoint.otherwise = refuses(400)
    await calls_made(system, ai.student, service.MAX_CALLS - 3)
    answers = await asyncio.gather(*(split(ai.student, f"{BRIEF}{number}") for number in range(8)))
    assert sorted(one.status_code for one in answers) == [200] * 3 + [429] * 5
    assert len(ai.endpoint.requests) == 3
