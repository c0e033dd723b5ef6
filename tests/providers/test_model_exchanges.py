"""What we send and receive has the form of OpenAI's API, also when a server that others wrote fails on purpose."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

import pytest
from tests.peers.aimock import Mock, aimock
from tests.peers.completions import completions, refuses, says
from tests.peers.openai_shapes import CHUNK, ERROR, REQUEST, RESPONSE, Recorder, faults
from tests.providers.models import asked, now, pieces_of

from studyteddy.features.ai.providers.model import ModelFailed, Reply
from studyteddy.features.ai.providers.openai import OpenAI
from studyteddy.features.ai.splitting import proposal
from studyteddy.features.ai.tutoring.keys import KEY_SCHEMA

SECONDS = 1.0


@dataclass
class Recorded:
    """A client of the mock, and what both said."""

    mock: Mock
    model: OpenAI
    recorder: Recorder

    async def complete(self, question: str, schema: dict[str, Any] | None = None) -> Reply:
        return await self.model.complete(asked(question, schema=schema), until=now() + SECONDS)

    async def stream(self, question: str, schema: dict[str, Any] | None = None) -> Reply:
        *texts, reply = await pieces_of(self.model.stream(asked(question, schema=schema), until=now() + SECONDS))
        assert isinstance(reply, Reply)
        assert "".join(map(str, texts)) == reply.text
        return reply

    @property
    def faults(self) -> list[str]:
        return [fault for one in self.recorder.exchanges for fault in one.faults]


@pytest.fixture(scope="module")
async def mock() -> AsyncIterator[Mock]:
    async with aimock() as running:
        yield running


@pytest.fixture
async def recorded(mock: Mock) -> AsyncIterator[Recorded]:
    await mock.fail()
    recorder = Recorder()
    model = OpenAI(mock.url, "sk-test", "gpt-4o", transport=recorder)
    yield Recorded(mock, model, recorder)
    await model.close()


ANSWERS = {
    "plain": ("stop", "Which operation undoes adding five?"),
    "emoji": ("stop", "Well done 👍🏽 🎉 so far."),
    "length": ("length", "Half an ans"),
    "filter": ("filtered", "Half"),
    "tools": ("refused", ""),
    "mixed": ("refused", "I delete it."),
}


@pytest.mark.parametrize("question", ANSWERS)
async def test_answers_end_as_they_say(recorded: Recorded, question: str) -> None:
    for reply in (await recorded.complete(question), await recorded.stream(question)):
        assert (reply.finish, reply.text) == ANSWERS[question]
        assert reply.tokens > 0
    assert recorded.faults == []
    assert [one.status for one in recorded.recorder.exchanges] == [200, 200]


@pytest.mark.parametrize("schema", [KEY_SCHEMA, proposal.SCHEMA], ids=["key", "proposal"])
async def test_a_schema_is_sent_in_the_form_of_openai(recorded: Recorded, schema: dict[str, Any]) -> None:
    assert json.loads((await recorded.complete("form", schema)).text)["answer"] == "x = 3"
    assert json.loads((await recorded.stream("form", schema)).text)["answer"] == "x = 3"
    assert recorded.faults == []
    sent = recorded.recorder.exchanges[0].request["response_format"]["json_schema"]
    assert sent["strict"] is True
    assert sent["schema"] == schema
    assert list(unstrict(schema)) == []


def unstrict(schema: Any) -> Any:
    """Yield the parts of a schema that OpenAI's strict mode rejects."""
    if isinstance(schema, list):
        for one in schema:
            yield from unstrict(one)
    if isinstance(schema, dict):
        if schema.get("type") == "object":
            closed = schema.get("additionalProperties") is False
            if not closed or sorted(schema["required"]) != sorted(schema["properties"]):
                yield schema
        if UNSUPPORTED & set(schema):
            yield schema
        for value in schema.values():
            yield from unstrict(value)


UNSUPPORTED = {"default", "oneOf", "allOf", "not", "patternProperties", "if", "uniqueItems", "dependentRequired"}

ERRORS = {
    "rate": ("rate limit", 1.0, False),
    "quota": ("no money", None, True),
    "overloaded": ("status 503", None, False),
    "a question without an answer": ("status 503", None, False),
}


@pytest.mark.parametrize("question", ERRORS)
async def test_errors_mean_what_openai_means(recorded: Recorded, question: str) -> None:
    for call in (recorded.complete, recorded.stream):
        with pytest.raises(ModelFailed) as failed:
            await call(question)
        fault = failed.value
        assert (fault.reason, fault.retry_after, fault.spent) == ERRORS[question]
    assert recorded.faults == []
    assert len(recorded.recorder.exchanges) == 2  # the client of OpenAI doesn't repeat by itself


@pytest.mark.parametrize(
    ("rate", "reasons"),
    [
        ("malformedRate", ("unreachable", "cut off")),
        ("disconnectRate", ("unreachable", "unreachable")),
        ("dropRate", ("status 500", "status 500")),
        ("rateLimitRate", ("rate limit", "rate limit")),
    ],
)
async def test_chaos_is_a_failure_and_nothing_else(recorded: Recorded, rate: str, reasons: tuple[str, str]) -> None:
    await recorded.mock.fail(**{rate: 1.0})
    for call, reason in zip((recorded.complete, recorded.stream), reasons, strict=True):
        with pytest.raises(ModelFailed) as failed:
            await call("plain")
        assert failed.value.reason == reason
    await recorded.mock.fail()
    assert (await recorded.complete("plain")).finish == "stop"


@pytest.mark.parametrize(("question", "reason"), [("truncated", "unreachable"), ("slow", "timeout")])
async def test_a_stream_that_breaks_in_the_middle_fails(recorded: Recorded, question: str, reason: str) -> None:
    with pytest.raises(ModelFailed) as failed:
        await recorded.stream(question)
    assert failed.value.reason == reason


async def test_half_of_all_answers_fail_and_the_others_are_whole(recorded: Recorded) -> None:
    await recorded.mock.fail(malformedRate=0.2, disconnectRate=0.2, dropRate=0.2, rateLimitRate=0.2)
    whole = 0
    for number in range(60):
        try:
            reply = await (recorded.stream if number % 2 else recorded.complete)("plain")
        except ModelFailed:
            continue
        assert (reply.finish, reply.text) == ANSWERS["plain"]
        whole += 1
    assert 0 < whole < 60


async def test_our_own_endpoint_answers_in_the_form_of_openai() -> None:
    """The other tests use it in place of OpenAI."""
    call = {"id": "1", "type": "function", "function": {"name": "delete_task", "arguments": "{}"}}
    async with completions(says("Look at it.")) as peer:
        peer.behaviours = [
            *[says("Look at it.")] * 2,
            says("Half", finish="length", tool_calls=[call]),
            says("", refusal="I can't."),
            refuses(429, code="rate_limit_exceeded", retry_after="1"),
            refuses(500),
        ]
        recorder = Recorder()
        model = OpenAI(peer.url, "", "small", transport=recorder)
        await pieces_of(model.stream(asked(), until=now() + SECONDS))
        for _ in range(3):
            await model.complete(asked(), until=now() + SECONDS)
        for _ in range(2):
            with pytest.raises(ModelFailed):
                await model.complete(asked(), until=now() + SECONDS)
        await model.close()
    assert [fault for one in recorder.exchanges for fault in one.faults] == []


@pytest.mark.parametrize(
    ("value", "shape"),
    [
        ({"model": "m", "messages": []}, REQUEST),
        ({"model": "m", "messages": [{"role": "user", "content": "Hi"}], "top_k": 1}, REQUEST),
        ({"model": "m", "messages": [{"role": "owner", "content": "Hi"}]}, REQUEST),
        ({"id": "1", "object": "chat.completion", "created": 1, "model": "m"}, RESPONSE),
        ({"id": "1", "object": "chat.completion", "created": 1, "model": "m", "choices": []}, CHUNK),
        ({"error": "Slow down."}, ERROR),
    ],
)
def test_the_shapes_reject_what_is_wrong(value: Any, shape: dict[str, Any]) -> None:
    assert faults(value, shape)
