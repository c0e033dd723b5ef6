"""What the tutor remembers, and what is never sent: both are the student's."""

from __future__ import annotations

import json
from typing import Any

import pytest
from tests.cast import Person, made
from tests.features.ai.conftest import Assisted, kept
from tests.features.ai.test_chats import HARMLESS, KEY, PROBLEM, ask, told
from tests.peers.completions import refuses, says


async def facts(person: Person) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = (await person.get("/api/ai/memory")).json()["items"]
    return found


async def test_facts_are_added_changed_and_deleted_by_the_student(alice: Person, bob: Person) -> None:
    fact = made(await alice.post("/api/ai/memory", {"kind": "goal", "text": "Pass the exam."}))
    changed = made(await alice.patch(f"/api/ai/memory/{fact['id']}", {"text": "Pass both exams."}), 200)
    assert (changed["kind"], changed["text"], changed["messageId"]) == ("goal", "Pass both exams.", None)
    assert (await bob.patch(f"/api/ai/memory/{fact['id']}", {"text": "x"})).status_code == 404
    assert (await bob.delete(f"/api/ai/memory/{fact['id']}")).status_code == 404
    assert kept(await facts(alice), "text") == [("Pass both exams.",)]
    assert (await alice.delete(f"/api/ai/memory/{fact['id']}")).status_code == 204
    assert await facts(alice) == []


async def test_a_hundred_facts_at_most(alice: Person) -> None:
    statuses = [
        (await alice.post("/api/ai/memory", {"kind": "level", "text": f"Fact {number}"})).status_code
        for number in range(101)
    ]
    assert statuses == [201] * 100 + [409]


@pytest.mark.parametrize(
    ("message", "fact"),
    [
        ("Remember that I learn best with drawings.", "I learn best with drawings."),
        ("Merk dir, dass ich Legasthenie habe.", "dass ich Legasthenie habe."),
        ("تذكر أن الامتحان يوم الأحد", "الامتحان يوم الأحد"),
        ("Bitte merk dir bitte, dass ich Beispiele mag", "dass ich Beispiele mag"),
        ("I remember that we did this in class.", None),
        ("Remember the formula for kinetic energy?", None),
        ("Remember that this works?", None),
        ("Remember that I need " + "very " * 100 + "much time.", None),
        ("Do you remember me?", None),
    ],
)
async def test_the_tutor_remembers_what_it_is_asked_to_and_nothing_else(
    ai: Assisted, message: str, fact: str | None
) -> None:
    ai.endpoint.otherwise = says("I will remember that you live in Berlin. Remember that: you are tall.")
    found = await told(ai.student, message, assessed=False)
    meta = found[0].data
    response = "".join(one.data["text"] for one in found if one.name == "delta")
    assert response.startswith(f"I'll remember: “{fact}”" if fact else "I will remember that")
    remembered = [(fact, meta["messageId"], meta["chatId"])] if fact else []
    assert kept(await facts(ai.student), "text", "messageId", "chatId") == remembered
    assert (await ai.student.delete(f"/api/ai/chats/{meta['chatId']}")).status_code == 204
    left = [(fact, None, None)] if fact else []
    assert kept(await facts(ai.student), "text", "messageId", "chatId") == left


async def test_facts_are_sent_unless_their_kind_is_off(ai: Assisted) -> None:
    ai.endpoint.otherwise = says(HARMLESS)
    for kind, text in (("goal", "Pass the exam."), ("level", "Tenth grade.")):
        made(await ai.student.post("/api/ai/memory", {"kind": kind, "text": text}))
    await told(ai.student, "What is a prime number?", assessed=False)
    made(await ai.student.put("/api/ai/settings", {"off": ["level"]}), 200)
    await told(ai.student, "What is a square number?", assessed=False)
    sent = [json.dumps(one["messages"]) for one in ai.endpoint.requests]
    assert [("Pass the exam." in one, "Tenth grade." in one) for one in sent] == [(True, True), (True, False)]
    ledger = (await ai.student.get("/api/ai/sent")).json()["items"]
    assert all("memory" in one["kinds"] for one in ledger)


async def test_what_is_off_is_not_sent(ai: Assisted) -> None:
    ai.endpoint.behaviours = [says(KEY)]
    ai.endpoint.otherwise = says(HARMLESS)
    subject = await ai.student.subject("Secret subject")
    task = await ai.student.task("Secret title", description="Secret description", subjectId=subject["id"])
    made(await ai.student.put("/api/ai/settings", {"off": ["subject", "task", "history", "material"]}), 200)
    chat = (await told(ai.student, PROBLEM, taskId=task["id"]))[0].data["chatId"]
    await told(ai.student, "I tried to divide both sides by 2 and got x = 3.", chatId=chat)
    last = json.dumps(ai.endpoint.requests[-1]["messages"])
    assert "Secret" not in json.dumps(ai.endpoint.requests)
    assert HARMLESS.split("?")[0] not in last
    assert {kind for one in (await ai.student.get("/api/ai/sent")).json()["items"] for kind in one["kinds"]} == {
        "message",
        "problem",
    }


async def test_a_chat_about_a_task_does_not_send_it_once_tasks_are_off(ai: Assisted) -> None:
    ai.endpoint.behaviours = [says(KEY)]
    ai.endpoint.otherwise = says(HARMLESS)
    task = await ai.student.task("Secret title", description="Secret description")
    chat = (await told(ai.student, "I don't know how to begin.", taskId=task["id"]))[0].data["chatId"]
    assert "Secret description" in json.dumps(ai.endpoint.requests)
    made(await ai.student.put("/api/ai/settings", {"off": ["task"]}), 200)
    before = len(ai.endpoint.requests)
    await told(ai.student, "Which idea do I need?", chatId=chat)
    assert len(ai.endpoint.requests) > before
    assert "Secret" not in json.dumps(ai.endpoint.requests[before:])
    latest = (await ai.student.get("/api/ai/sent")).json()["items"][0]
    assert not {"task", "problem"} & set(latest["kinds"])


async def test_a_subject_that_is_off_is_not_sent_with_a_brief(ai: Assisted) -> None:
    subject = await ai.student.subject("Secret subject")
    made(await ai.student.put("/api/ai/settings", {"off": ["subject"]}), 200)
    brief = {"brief": "Read chapter 5 and answer the questions.", "subjectId": subject["id"]}
    made(await ai.student.post("/api/ai/taskify", brief), 200)
    assert ai.endpoint.requests
    assert "Secret" not in json.dumps(ai.endpoint.requests)


async def test_settings_are_kept_once_and_are_only_known_kinds(alice: Person) -> None:
    assert (await alice.get("/api/ai/settings")).json() == {"off": []}
    assert made(await alice.put("/api/ai/settings", {"off": ["task", "task"]}), 200) == {"off": ["task"]}
    assert (await alice.put("/api/ai/settings", {"off": ["brief"]})).status_code == 422
    assert (await alice.get("/api/ai/settings")).json() == {"off": ["task"]}


async def test_a_message_without_a_response_is_not_remembered_each_time_it_is_sent(ai: Assisted) -> None:
    ai.endpoint.otherwise = refuses(400)
    message = "Remember that I learn best with examples."
    for _ in range(3):
        assert (await ask(ai.student, message)).status_code == 503
    assert await facts(ai.student) == []
    ai.endpoint.otherwise = says(HARMLESS)
    await told(ai.student, message)
    assert kept(await facts(ai.student), "text") == [("I learn best with examples.",)]
