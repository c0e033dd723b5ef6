"""Texts that databases and encoders don't like, from students and from models."""

from __future__ import annotations

import json
from typing import Any

import pytest
from tests.features.ai.conftest import Assisted
from tests.peers.completions import raw, says

PROBLEM = "Solve the equation 2x + 5 = 11 for x."
KEY = json.dumps({"answer": "x = 3", "steps": []})
ODD = {
    "NUL": "a\0b",
    "the name of NUL": r"a\u0000b",
    "the name of NUL at the end": "a\\u0000",
    "half a character": "a\ud83d b",
    "the other half": "a\udc4d b",
    "noncharacters": "a\ufffe\uffff\U0010ffff b",
    "controls": "a\x01\x02\x1b[31m b\x7f\x85",
    "directions": "a\u202e\u2066 b",
    "backslashes": 'a\\\\ \\n \\" b\\',
}


async def settled(ai: Assisted) -> None:
    usage = (await ai.student.get("/api/ai/usage")).json()
    assert usage["reserved"] == 0
    assert usage["used"] > 0
    assert (await ai.student.get("/api/ai/sent")).status_code == 200
    chats = (await ai.student.get("/api/ai/chats")).json()["items"]
    for one in chats:
        assert (await ai.student.get(f"/api/ai/chats/{one['id']}")).status_code == 200


def streamed(text: str) -> Any:
    """A response in one chunk, escaped as JSON allows it."""
    base = {"id": "c1", "object": "chat.completion.chunk", "created": 1, "model": "small"}
    chunk = base | {"choices": [{"index": 0, "delta": {"content": text}, "finish_reason": "stop"}]}
    return raw(f"data: {json.dumps(chunk)}\n\ndata: [DONE]\n\n", "text/event-stream")


@pytest.mark.parametrize("odd", ODD)
async def test_what_a_student_writes(ai: Assisted, odd: str) -> None:
    text = ODD[odd]
    ai.endpoint.behaviours = [says(KEY)]
    ai.endpoint.otherwise = says("Look at the left side. What is there?")
    answers = [
        await ai.student.http.post(path, content=json.dumps(body), headers={"content-type": "application/json"})
        for path, body in (
            ("/api/ai/tutor", {"message": f"{PROBLEM} {text}"}),
            ("/api/ai/taskify", {"brief": f"Read chapter 5. {text}"}),
        )
    ]
    assert {one.status_code for one in answers} <= {200, 400, 422}
    if all(one.status_code == 200 for one in answers):
        await settled(ai)


@pytest.mark.parametrize("odd", ODD)
async def test_what_a_model_says(ai: Assisted, odd: str) -> None:
    text = ODD[odd]
    ai.endpoint.behaviours = [says(KEY), streamed(f"Look at the left side. {text} What is there?")]
    answer = await ai.student.post("/api/ai/tutor", {"message": PROBLEM})
    assert answer.status_code == 200, answer.text
    assert answer.text.rstrip().rpartition("data: ")[2].startswith('{"tokensUsed"')
    await settled(ai)


@pytest.mark.parametrize("odd", ODD)
async def test_what_a_model_writes_into_json(ai: Assisted, odd: str) -> None:
    text = ODD[odd]
    key = json.dumps({"answer": f"x = 3 {text}", "steps": [text]})
    ai.endpoint.behaviours = [says(key), says("Look at the left side.")]
    answer = await ai.student.post("/api/ai/tutor", {"message": PROBLEM})
    assert answer.status_code == 200, answer.text
    step = {"title": f"Read {text}", "minutes": 30, "size": "short", "dueDate": None, "after": []}
    quotes = {"quotes": ["Read chapter 5"]}
    ai.endpoint.otherwise = says(json.dumps({"steps": [step | quotes] * 3, "notes": [text]}))
    answer = await ai.student.post("/api/ai/taskify", {"brief": "Read chapter 5 and write a page about it."})
    assert answer.status_code == 200, answer.text
    await settled(ai)
