"""Every language model answers in the form that the program relies on: the built-in one, ours, and a real one."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from typing import Any

import jsonschema_rs
import pytest
from tests.peers.completions import completions, says
from tests.peers.llama import MODEL
from tests.providers.models import asked, now, pieces_of

from studyteddy.features.ai.providers.failover import Failover
from studyteddy.features.ai.providers.model import LanguageModel, ModelFailed, Prompt, Reply
from studyteddy.features.ai.providers.openai import OpenAI
from studyteddy.features.ai.providers.scripted import Scripted
from studyteddy.features.ai.splitting import proposal
from studyteddy.features.ai.tutoring.keys import KEY_SCHEMA

SECONDS = 60.0
HINT = "Which operation undoes adding five? Look at the left side."
SMALL: dict[str, Any] = {
    "type": "object",
    "additionalProperties": False,
    "required": ["size", "sure"],
    "properties": {"size": {"type": "string", "enum": ["short", "long"]}, "sure": {"type": "boolean"}},
}
STEP = {"title": "Read", "minutes": 30, "size": "short", "dueDate": None, "quotes": ["Read"], "after": []}
SAMPLES: dict[str, tuple[dict[str, Any], Any]] = {
    "a small form": (SMALL, {"size": "short", "sure": True}),
    "a key": (KEY_SCHEMA, {"exercise": True, "answer": "x = 3", "steps": ["2x = 6"], "synonyms": []}),
    "a proposal": (proposal.SCHEMA, {"steps": [STEP], "notes": []}),
}


@dataclass
class Case:
    """A model, and how to make sure that it answers as the sample of a prompt, if it can't do otherwise."""

    model: LanguageModel
    is_real: bool = False


@asynccontextmanager
async def endpoint(url: str, name: str) -> AsyncIterator[OpenAI]:
    model = OpenAI(url, "", name)
    try:
        yield model
    finally:
        await model.close()


REAL = pytest.param("real", marks=pytest.mark.slow)


@pytest.fixture(params=["scripted", "endpoint", "failover", REAL])
async def case(request: pytest.FixtureRequest) -> AsyncIterator[Case]:
    if request.param == "scripted":
        yield Case(Scripted())
    elif request.param == "real":
        async with endpoint(request.getfixturevalue("real_model"), MODEL) as model:
            yield Case(model, is_real=True)
    else:
        async with completions(lambda body: says(sample_of(body))(body)) as peer, endpoint(peer.url, "small") as model:
            yield Case(Failover([model]) if request.param == "failover" else model)


def sample_of(body: dict[str, Any]) -> str:
    """What our endpoint answers: an object of the schema that a request asks for, or a hint."""
    form = body.get("response_format")
    schema = form["json_schema"]["schema"] if form else None
    return next((json.dumps(sample) for known, sample in SAMPLES.values() if known == schema), HINT)


def valid(text: str, schema: dict[str, Any]) -> bool:
    return jsonschema_rs.is_valid(schema, json.loads(text))


async def complete(case: Case, prompt: Prompt) -> Reply:
    return await case.model.complete(prompt, until=now() + SECONDS)


def is_well_formed(reply: Reply, case: Case) -> bool:
    named = (reply.provider, reply.model) == (case.model.provider, case.model.name)
    return named and isinstance(reply.text, str) and 0 < reply.tokens < 10_000


async def test_a_question_is_answered_with_a_text(case: Case) -> None:
    reply = await complete(case, asked("What is a fraction?", sample=HINT, max_tokens=30))
    assert is_well_formed(reply, case)
    assert reply.text.strip()
    assert reply.finish in ("stop", "length")


@pytest.mark.parametrize("name", SAMPLES)
async def test_a_schema_is_answered_with_json_of_it(case: Case, name: str) -> None:
    schema, sample = SAMPLES[name]
    prompt = asked("Split this: read chapter 5.", sample=json.dumps(sample), schema=schema, max_tokens=120)
    reply = await complete(case, prompt)
    assert is_well_formed(reply, case)
    if name == "a small form" or not case.is_real:
        assert reply.finish == "stop"
    assert reply.finish == "length" or valid(reply.text, schema)


@pytest.mark.parametrize("schema", [None, SMALL], ids=["text", "json"])
async def test_the_pieces_of_a_stream_join_to_its_reply(case: Case, schema: dict[str, Any] | None) -> None:
    sample = json.dumps(SAMPLES["a small form"][1]) if schema else HINT
    prompt = asked("What is a fraction?", sample=sample, schema=schema, max_tokens=40)
    pieces = await pieces_of(case.model.stream(prompt, until=now() + SECONDS))
    *texts, reply = pieces
    assert isinstance(reply, Reply)
    assert is_well_formed(reply, case)
    assert all(isinstance(text, str) and text for text in texts)
    assert "".join(map(str, texts)) == reply.text
    assert len(texts) > 1
    assert schema is None or valid(reply.text, schema)


async def test_a_longer_prompt_has_more_tokens(case: Case) -> None:
    if not case.is_real and not isinstance(case.model, Scripted):
        return  # our endpoint reports a fixed number
    short, long = [
        await complete(case, asked("Read the book. " * times, sample=HINT, max_tokens=5)) for times in (1, 50)
    ]
    assert long.tokens > short.tokens + 100


async def test_texts_of_all_scripts_pass_unchanged(case: Case) -> None:
    text = 'ما هو الكسر؟ Größe 分数とは？ 👍🏽 \u202b\ufeff \\ " \\u0000 {}'
    reply = await complete(case, asked(text, sample=text, max_tokens=10))
    assert is_well_formed(reply, case)
    reply.text.encode()


@pytest.mark.parametrize("seconds", [-1.0, 0.0, 0.3])
async def test_a_deadline_is_kept(case: Case, seconds: float) -> None:
    prompt = asked("Write a long story about a bear.", sample=HINT, max_tokens=2000)
    for streamed in (False, True):
        began = now()
        with suppress(ModelFailed):
            if streamed:
                await pieces_of(case.model.stream(prompt, until=began + seconds))
            else:
                await case.model.complete(prompt, until=began + seconds)
        assert now() - began < max(seconds, 0) + 2


@pytest.mark.slow
async def test_a_real_answer_that_is_cut_at_its_limit_says_so(real_model: str) -> None:
    async with endpoint(real_model, MODEL) as model:
        reply = await model.complete(asked("Write a long story about a bear.", max_tokens=4), until=now() + SECONDS)
        *_, streamed = await pieces_of(
            model.stream(asked("Write a long story about a bear.", max_tokens=4), until=now() + SECONDS)
        )
    assert reply.finish == "length"
    assert isinstance(streamed, Reply)
    assert streamed.finish == "length"


@pytest.mark.slow
async def test_a_real_model_that_rejects_a_prompt_is_not_blamed(real_model: str) -> None:
    async with endpoint(real_model, MODEL) as model:
        with pytest.raises(ModelFailed, match="status 400") as failed:
            await model.complete(asked("word " * 20_000, max_tokens=10), until=now() + SECONDS)
        assert failed.value.rejected
        assert (await model.complete(asked("Hi", max_tokens=5), until=now() + SECONDS)).text
