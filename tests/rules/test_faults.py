"""All faulty fields of a request are named at once, each by its pointer."""

from __future__ import annotations

import json
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from studyteddy.features.subjects.schemas import NewSubject
from studyteddy.features.tasks.schemas import Batch, NewTask, SubtaskOrder, TaskChanges, TaskQuery
from studyteddy.platform.errors import Invalid, MalformedJson
from studyteddy.platform.web import faults

JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**70), 2**70)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5) | st.sampled_from(["title", "url"]), inner)
    ),
    max_leaves=12,
)
FIELDS = [
    "title",
    "description",
    "subjectId",
    "priority",
    "dueDate",
    "dueAt",
    "estimatedMinutes",
    "labels",
    "resources",
    "color",
]


def _found(body: Any, kind: Any = NewTask) -> dict[str, str]:
    fault = faults.of_body(json.dumps(body).encode(), kind)
    assert isinstance(fault, Invalid)
    return {one.pointer: one.code for one in fault.faults or []}


def test_every_faulty_field_is_named() -> None:
    body = {
        "title": "", "description": "x" * 10_001, "priority": "soon", "dueDate": "2026-02-30",
        "dueAt": "2026-01-01T00:00:00", "subjectId": "no id",
        "estimatedMinutes": 0, "labels": ["ok", "", 3], "colour": "red", "startDate": 5,
    }  # fmt: skip
    assert _found(body) == {
        "/title": "too_short", "/description": "too_long", "/priority": "not_one_of", "/dueDate": "malformed",
        "/dueAt": "malformed", "/subjectId": "malformed", "/estimatedMinutes": "out_of_range", "/labels/1": "too_short",
        "/labels/2": "wrong_type", "/colour": "unknown_field", "/startDate": "wrong_type",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("body", "found"),
    [
        ({}, {"/title": "missing"}),
        ([], {"": "wrong_type"}),
        (None, {"": "wrong_type"}),
        ({"title": None}, {"/title": "wrong_type"}),
        ({"title": "a\0b"}, {"/title": "malformed"}),
        ({"title": "   "}, {"/title": "malformed"}),
        ({"title": "\ud800"}, {"/title": "malformed"}),
        ({"title": "x", "estimatedMinutes": 10**30}, {"/estimatedMinutes": "out_of_range"}),
        ({"title": "x", "labels": ["a"] * 21}, {"/labels": "too_long"}),
        ({"title": "x", "a/b~c": 1}, {"/a~1b~0c": "unknown_field"}),
    ],
)
def test_a_fault_has_its_pointer_and_code(body: Any, found: dict[str, str]) -> None:
    assert _found(body) == found


def test_a_fault_inside_a_list_of_objects_has_its_place() -> None:
    body = {
        "name": "x",
        "color": "#000000",
        "resources": [{"title": "a", "url": "https://a.org"}, {"title": "", "more": 1}],
    }
    assert _found(body, NewSubject) == {
        "/resources/1/title": "too_short", "/resources/1/more": "unknown_field", "/resources/1/url": "missing",
    }  # fmt: skip


@pytest.mark.parametrize(
    "raw", [b"", b"{", b"{'a': 1}", b"\xff\xfe", b'{"a": 1}}', b"[" * 100_000, b'{"title": "\xff"}']
)
def test_what_is_no_json_is_malformed(raw: bytes) -> None:
    assert isinstance(faults.of_body(raw, NewTask), MalformedJson)


@given(st.dictionaries(st.sampled_from(FIELDS) | st.text(max_size=4), JSON))
@pytest.mark.parametrize("kind", [NewTask, TaskChanges, NewSubject, SubtaskOrder])
def test_what_does_not_decode_has_a_fault_and_every_fault_a_place(kind: Any, body: dict[str, Any]) -> None:
    _check_faults(kind, body)


def _check_faults(kind: Any, body: dict[str, Any]) -> None:
    raw = json.dumps(body).encode()
    try:
        msgspec.json.decode(raw, type=kind)
    except (msgspec.DecodeError, UnicodeDecodeError):
        fault = faults.of_body(raw, kind)
        assert isinstance(fault, Invalid)
        assert fault.faults
        assert all(_is_there(body, one.pointer) or one.code == "missing" for one in fault.faults)


COMMANDS = st.lists(
    st.dictionaries(
        st.sampled_from(["op", "id", "body", "x"]), JSON | st.sampled_from(["create", "update", "complete", "delete"])
    ),
    max_size=3,
)


@given(COMMANDS | JSON)
def test_so_it_is_with_commands_that_a_tag_tells_apart(commands: Any) -> None:
    _check_faults(Batch, {"commands": commands})


@given(st.dictionaries(st.sampled_from(["status", "limit", "dueFrom", "sort", "cursor", "x"]), st.text(max_size=10)))
def test_so_it_is_with_queries(values: dict[str, str]) -> None:
    try:
        msgspec.convert(values, TaskQuery, strict=False)
    except msgspec.ValidationError:
        found = faults.of_query(values, TaskQuery)
        assert [one.pointer for one in found.faults or [] if not one.pointer.startswith("?")] == []
        assert found.faults


def _is_there(document: Any, pointer: str) -> bool:
    """Whether an RFC 6901 pointer leads somewhere in a document."""
    for part in pointer.split("/")[1:]:
        name = part.replace("~1", "/").replace("~0", "~")
        try:
            document = document[int(name)] if isinstance(document, list) else document[name]
        except (LookupError, ValueError, TypeError):
            return False
    return True
