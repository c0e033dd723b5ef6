"""The answer of a model: its schema, and what is accepted of whatever a model writes."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.rules.ai.briefs import case

from studyteddy.features.ai.splitting.proposal import MAX_BYTES, SCHEMA, Malformed, RawProposal, RawStep, parse

STEP: dict[str, Any] = {
    "title": "Read",
    "minutes": 30,
    "size": "short",
    "dueDate": None,
    "quotes": ["the text"],
    "after": [],
}
ANSWER = {"steps": [STEP], "notes": ["Ask."]}
PROPOSAL = RawProposal([RawStep("Read", 30, "short", None, ["the text"], [])], ["Ask."])


def schemas(schema: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield schema
    for inner in (*schema.get("properties", {}).values(), *([schema["items"]] if "items" in schema else [])):
        yield from schemas(inner)


def test_the_schema_is_in_the_strict_subset() -> None:
    found = list(schemas(SCHEMA))
    objects = [schema for schema in found if schema["type"] == "object"]
    assert len(objects) == 2
    for schema in objects:
        assert schema["additionalProperties"] is False
        assert schema["required"] == list(schema["properties"])
    allowed = {"type", "properties", "required", "additionalProperties", "items", "enum", "description"}
    assert set().union(*found) <= allowed


def test_the_schema_names_what_is_parsed() -> None:
    named = SCHEMA["properties"]["steps"]["items"]["properties"]
    assert list(named) == [field.encode_name for field in msgspec.structs.fields(RawStep)]
    assert list(SCHEMA["properties"]) == [field.encode_name for field in msgspec.structs.fields(RawProposal)]


@pytest.mark.parametrize("form", ["{}", " \n{}\n", "```json\n{}\n```", "```\n{}\n```\n", "\n```JSON\n{}```"])
def test_an_answer_can_stand_between_fences(form: str) -> None:
    assert parse(form.replace("{}", json.dumps(ANSWER, indent=1))) == PROPOSAL


def test_an_answer_is_parsed_as_it_was_written() -> None:
    for number in range(20):
        raw = case(number).raw
        assert parse(msgspec.json.encode(raw).decode()) == raw


@pytest.mark.parametrize(
    "answer",
    [
        "",
        "I can't help with that.",
        "[]",
        "null",
        "{}",
        '{"steps": []}',
        '{"steps": [], "notes": [], }',
        json.dumps(ANSWER) + json.dumps(ANSWER),
        json.dumps(ANSWER)[:-1],
        json.dumps({**ANSWER, "notes": None}),
        *(json.dumps({"steps": [{k: v for k, v in STEP.items() if k != name}], "notes": []}) for name in STEP),
        json.dumps({"steps": [{**STEP, "minutes": "30"}], "notes": []}),
        json.dumps({"steps": [{**STEP, "minutes": 30.5}], "notes": []}),
        json.dumps({"steps": [{**STEP, "size": "huge"}], "notes": []}),
        json.dumps({"steps": [{**STEP, "quotes": "the text"}], "notes": []}),
        json.dumps({"steps": [STEP] * 51, "notes": []}),
        json.dumps({"steps": [STEP], "notes": ["x" * MAX_BYTES]}),
        "ü" * (MAX_BYTES // 2 + 1),
        "[" * 60_000,
        '{"steps": NaN, "notes": []}',
        '{"steps": [], "notes": ["\\ud800"]}',
        "\ud800",
    ],
    ids=lambda answer: answer[:40].encode("ascii", "replace").decode(),
)
def test_what_is_no_proposal_is_malformed(answer: str) -> None:
    with pytest.raises(Malformed):
        parse(answer)


def test_fifty_steps_are_a_proposal() -> None:
    assert len(parse(json.dumps({"steps": [STEP] * 50, "notes": []})).steps) == 50


@given(st.text())
def test_any_text_is_a_proposal_or_malformed(answer: str) -> None:
    with pytest.raises(Malformed):
        parse(answer + "x")
