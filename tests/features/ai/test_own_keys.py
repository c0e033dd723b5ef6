"""Students' own keys: they are what arrives at the provider, and nobody else pays for or learns of them."""

from __future__ import annotations

import asyncio
import io
import json
import zipfile
from collections.abc import AsyncIterator
from typing import Any

import pytest
from tests.cast import PASSWORD, Person, join, made
from tests.conftest import System
from tests.features.ai.conftest import Assisted, assisted, kept
from tests.features.ai.test_chats import solves
from tests.features.ai.test_usage import BRIEF, split, totals, usage
from tests.peers.completions import Completions, completions, refuses, says

from studyteddy.features.ai.service import usage as service
from studyteddy.platform.telemetry import AI_FAILURES

KEY, OTHER = "sk-own-0123456789abcdef", "sk-new-0123456789fedcba"
OPERATORS, OWN = "Bearer sk-test", f"Bearer {KEY}"
REJECTED, SPENT = refuses(401, code="invalid_api_key"), refuses(429, code="insufficient_quota")
NOTES = "Plants turn light into chemical energy. The light is absorbed by chlorophyll in their leaves."


@pytest.fixture
async def ai(system: System) -> AsyncIterator[Assisted]:
    async with assisted(system, ai_own_keys="on") as found:
        yield found


async def bring(person: Person, key: str = KEY) -> dict[str, Any]:
    return made(await person.put("/api/ai/key", {"key": key, "password": PASSWORD}), 200)


async def stored_key(person: Person) -> dict[str, Any]:
    found: dict[str, Any] = (await person.get("/api/ai/key")).json()
    return found


def failures() -> float:
    """What the operator's metric counts."""
    (metric,) = AI_FAILURES.collect()
    return sum(one.value for one in metric.samples if one.name.endswith("_total"))


async def test_a_key_is_shown_by_its_last_four_characters_only(ai: Assisted) -> None:
    assert await stored_key(ai.student) == {"allowed": True, "provider": ai.endpoint.url, "model": "small", "key": None}
    answer = await ai.student.put("/api/ai/key", {"key": KEY, "password": PASSWORD})
    shown = await ai.student.get("/api/ai/key")
    assert answer.json() == shown.json()
    assert (shown.json()["key"]["lastFour"], KEY in answer.text + shown.text) == ("cdef", False)
    await bring(ai.student, OTHER)
    assert (await stored_key(ai.student))["key"]["lastFour"] == "dcba"
    for _ in range(2):
        assert (await ai.student.delete("/api/ai/key")).status_code == 204
    assert (await stored_key(ai.student))["key"] is None


async def test_a_key_needs_the_password_and_a_session(ai: Assisted) -> None:
    wrong = await ai.student.put("/api/ai/key", {"key": KEY, "password": "another password"})
    assert (wrong.status_code, wrong.json()["code"]) == (403, "wrong_password")
    program = made(await ai.student.post("/api/auth/api-keys", {"name": "Script", "scopes": ["read", "write"]}))
    headers = {"authorization": f"Bearer {program['key']}"}
    assert (await ai.student.http.get("/api/ai/key", headers=headers)).status_code == 403
    assert (await ai.student.http.delete("/api/ai/key", headers=headers)).status_code == 403
    assert (await stored_key(ai.student))["key"] is None


@pytest.mark.parametrize(
    "key", ["sk-0123", "sk-0123456789 abcdef", "sk-0123456789\r\nabcdef", "x" * 301, "schlüssel-0123456"]
)
async def test_what_is_no_key_is_refused_without_repeating_it(ai: Assisted, key: str) -> None:
    answer = await ai.student.put("/api/ai/key", {"key": key, "password": PASSWORD})
    assert answer.status_code == 422
    assert [one["pointer"] for one in answer.json()["errors"]] == ["/key"]
    assert json.dumps(key)[1:-1] not in answer.text


async def test_the_own_key_arrives_for_every_feature_and_the_servers_for_others(ai: Assisted) -> None:
    other = await join(ai.url, "Carol")
    await bring(ai.student)
    for person, key in ((ai.student, OWN), (other, OPERATORS)):
        ai.endpoint.keys.clear()
        await split(person)
        await person.post("/api/ai/practice-questions", {"text": NOTES})
        task = await person.task("Read chapter 5")
        step = made(await person.post(f"/api/tasks/{task['id']}/subtasks", {"title": "Read chapter 5"}))
        await person.post("/api/ai/breakdown", {"taskId": task["id"], "subtaskId": step["id"]})
        ai.endpoint.otherwise = solves({}, "A prime number has two divisors.")
        streamed = await person.post("/api/ai/tutor", {"message": "What is a prime number?", "assessed": True})
        assert "event: done" in streamed.text
        assert [bool(one.get("stream")) for one in ai.endpoint.requests].count(True) == (
            1 if person is not other else 2
        )
        assert "response_format" in ai.endpoint.requests[0]
        assert len(ai.endpoint.keys) >= 9
        assert set(ai.endpoint.keys) == {key}
    await other.http.aclose()


async def test_a_new_key_is_used_at_once_and_a_deleted_one_no_more(ai: Assisted) -> None:
    await bring(ai.student)
    await split(ai.student)
    await bring(ai.student, OTHER)
    await split(ai.student, f"{BRIEF}2")
    await ai.student.delete("/api/ai/key")
    await split(ai.student, f"{BRIEF}3")
    assert ai.endpoint.keys == [OWN] * 3 + [f"Bearer {OTHER}"] * 3 + [OPERATORS] * 3


async def test_calls_with_an_own_key_are_counted_apart_and_not_limited(system: System) -> None:
    before = await totals(system)
    async with assisted(system, ai_own_keys="on", ai_daily_tokens="100", ai_total_daily_tokens="0") as found:
        found.endpoint.otherwise = says("no JSON", tokens=150)
        await bring(found.student)
        await split(found.student)
        counted = await usage(found.student)
        assert (counted["used"], counted["reserved"], counted["byFeature"]["taskify"]) == (0, 0, 0)
        assert counted["ownKey"] == 450
        sent = (await found.student.get("/api/ai/sent")).json()["items"]
        assert kept(sent, "ownKey", "tokens", "provider") == [(True, 150, found.endpoint.url)] * 3
    assert await totals(system) == before


async def test_a_rejected_key_says_what_to_do_and_costs_the_operator_nothing(ai: Assisted) -> None:
    await bring(ai.student)
    ai.endpoint.otherwise = REJECTED
    for path, body in (
        ("/api/ai/taskify", {"brief": BRIEF}),
        ("/api/ai/practice-questions", {"text": NOTES}),
        ("/api/ai/tutor", {"message": "What is a prime number?"}),
    ):
        answer = await ai.student.post(path, body)
        assert (answer.status_code, answer.json()["code"]) == (409, "ai_key_rejected"), path
        assert "save it again" in answer.json()["detail"]
        assert "secret of the provider" not in answer.text
    assert ai.endpoint.keys == [OWN] * 3  # neither repeated nor tried with the server's key
    assert (await ai.student.get("/api/ai/chats")).json()["items"] == []
    counted = await usage(ai.student)
    assert (counted["used"], counted["reserved"], counted["ownKey"]) == (0, 0, 0)
    assert {one["outcome"] for one in (await ai.student.get("/api/ai/sent")).json()["items"]} == {"status 401"}


@pytest.mark.parametrize(
    ("status", "code", "problem"),
    [
        (401, "invalid_api_key", "ai_key_rejected"),
        (403, "permission_denied", "ai_key_rejected"),
        (404, "model_not_found", "ai_key_rejected"),
        (402, "insufficient_balance", "ai_key_out_of_credit"),
        (429, "insufficient_quota", "ai_key_out_of_credit"),
    ],
)
async def test_what_is_wrong_with_a_key_is_told_to_the_student_only(
    ai: Assisted, status: int, code: str, problem: str
) -> None:
    await bring(ai.student)
    ai.endpoint.otherwise = refuses(status, code=code)
    before = failures()
    answer = await split(ai.student)
    assert (answer.status_code, answer.json()["code"]) == (409, problem)
    assert ai.endpoint.keys == [OWN]
    assert failures() == before


async def test_a_bad_key_neither_falls_back_nor_stops_the_others(system: System) -> None:
    """Far more failures than a provider is given before it rests: the server's key still works at once."""
    async with (
        completions(says("{}")) as fallback,
        assisted(
            system,
            ai_own_keys="on",
            ai_fallback_url=fallback.url,
            ai_fallback_key="sk-fallback",
            ai_fallback_model="other",
        ) as found,
    ):
        other = await join(found.url, "Carol")
        await bring(found.student)
        for fault in (REJECTED, SPENT, refuses(500)):
            found.endpoint.otherwise = fault
            for number in range(4):
                await split(found.student, f"{BRIEF}{number}")
        assert set(found.endpoint.keys) == {OWN}
        assert fallback.requests == []
        found.endpoint.otherwise = says("no JSON")
        await split(other)
        assert (found.endpoint.keys[-3:], fallback.requests) == ([OPERATORS] * 3, [])
        await other.http.aclose()


async def test_a_fault_of_the_provider_is_no_fault_of_the_key(ai: Assisted) -> None:
    await bring(ai.student)
    ai.endpoint.otherwise = refuses(500)
    assert (await split(ai.student)).json()["source"] == "template"
    tutored = await ai.student.post("/api/ai/tutor", {"message": "What is a prime number?"})
    assert (tutored.status_code, tutored.json()["code"]) == (503, "ai_unavailable")
    assert set(ai.endpoint.keys) == {OWN}


async def test_once_own_keys_are_off_the_kept_one_is_not_used_and_can_be_deleted(system: System, ai: Assisted) -> None:
    await bring(ai.student)
    async with assisted(system, ai_own_keys="off") as off:
        later = Person("Ada", ai.student.email, off.student.http, {}, "", "")
        later.http.headers["authorization"] = ai.student.http.headers["authorization"]
        found = await stored_key(later)
        assert (found["allowed"], found["provider"], found["key"]["lastFour"]) == (False, None, "cdef")
        refused = await later.put("/api/ai/key", {"key": OTHER, "password": PASSWORD})
        assert (refused.status_code, refused.json()["code"]) == (403, "ai_keys_off")
        await split(later)
        assert set(off.endpoint.keys) == {OPERATORS}
        assert (await later.delete("/api/ai/key")).status_code == 204
    assert (await stored_key(ai.student))["key"] is None


async def test_keys_are_sealed_for_their_owner(system: System, ai: Assisted) -> None:
    """A row that is copied to another student opens for nobody."""
    thief = await join(ai.url, "Mallory")
    await bring(ai.student)
    admin = await system.admin()
    sealed = await admin.fetchval("SELECT secret FROM ai_keys WHERE user_id = $1", ai.student.user["id"])
    assert KEY.encode() not in sealed
    await admin.execute(
        "INSERT INTO ai_keys (user_id, secret, last_four, created_at) VALUES ($1, $2, 'cdef', now())",
        thief.user["id"],
        sealed,
    )
    answer = await split(thief)
    await admin.execute("DELETE FROM ai_keys WHERE user_id = $1", thief.user["id"])
    await admin.close()
    assert (answer.status_code, answer.json()["code"]) == (503, "decryption_error")
    assert ai.endpoint.keys == []
    await thief.http.aclose()


async def test_changes_are_in_the_audit_log_and_told(system: System, ai: Assisted) -> None:
    await bring(ai.student)
    await ai.student.delete("/api/ai/key")
    await ai.student.delete("/api/ai/key")
    await system.work()
    entries = (await ai.student.get("/api/users/audit")).json()["items"]
    assert [one["action"] for one in entries][:2] == ["ai_key.deleted", "ai_key.kept"]
    notes = [one["title"] for one in (await ai.student.get("/api/notifications")).json()["items"]]
    assert sorted(one for one in notes if "AI key" in one) == [
        "Your own AI key was deleted",
        "Your own AI key was saved",
    ]


async def test_the_export_says_that_a_key_was_kept_and_not_which(system: System) -> None:
    student = await join(system.url, "Ada")
    await bring(student)
    await split(student)
    export = made(await student.post("/api/users/export"), 202)
    while await system.work():
        pass
    data = (await student.get(f"/api/users/exports/{export['id']}/download")).content
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        text = b"".join(archive.read(name) for name in archive.namelist()).decode().replace(" ", "")
    assert '"last_four":"cdef"' in text
    assert '"own_key":true' in text
    assert KEY not in text
    await student.http.aclose()


async def test_a_lost_call_with_an_own_key_charges_nobody_else(system: System, ai: Assisted) -> None:
    await bring(ai.student)
    before = await totals(system)
    await split(ai.student)
    admin = await system.admin()
    await admin.execute(
        "UPDATE ai_calls SET settled_at = NULL, tokens = NULL, created_at = created_at - interval '3 minutes'"
        " WHERE user_id = $1",
        ai.student.user["id"],
    )
    await admin.close()
    assert await service.settle_lost(ai.running.db) >= 3
    counted = await usage(ai.student)
    assert (counted["used"], counted["reserved"], counted["ownKey"] > 9000) == (0, 0, True)
    assert await totals(system) == before


async def test_students_with_own_keys_are_asked_in_parallel(ai: Assisted) -> None:
    """Each call has the key of its student, however they overlap."""
    students = [await join(ai.url, f"Student{number}") for number in range(5)]
    for number, one in enumerate(students):
        await bring(one, f"sk-{number}-0123456789abcdef")
    expected: dict[str, str] = {}

    def remember(endpoint: Completions) -> None:
        for body, key in zip(endpoint.requests, endpoint.keys, strict=True):
            brief = json.dumps(body["messages"])
            number = next(n for n in range(5) if f"chapter 5{n}" in brief)
            expected.setdefault(f"{number}", key)
            assert expected[f"{number}"] == key == f"Bearer sk-{number}-0123456789abcdef"

    await asyncio.gather(*(split(one, f"Read chapter 5{number} of the book.") for number, one in enumerate(students)))
    remember(ai.endpoint)
    assert len(expected) == 5
    for one in students:
        await one.http.aclose()
