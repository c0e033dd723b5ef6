"""All invalid fields of a request are reported at once, each with a pointer, a code and a message."""

from __future__ import annotations

import json
from enum import Enum
from typing import Annotated, Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import Meta

from studyteddy.features.auth.schemas.accounts import NewAccount
from studyteddy.features.auth.schemas.api_keys import NewApiKey
from studyteddy.features.auth.schemas.oauth import CallbackQuery
from studyteddy.features.auth.schemas.profile import Preferences, ProfileChanges
from studyteddy.features.auth.schemas.sessions import Credentials
from studyteddy.features.subjects.schemas import NewSubject, SubjectQuery
from studyteddy.features.tasks.schemas.batch import Batch
from studyteddy.features.tasks.schemas.lists import TaskQuery
from studyteddy.features.tasks.schemas.subtasks import SubtaskOrder
from studyteddy.features.tasks.schemas.tasks import NewTask, TaskChanges
from studyteddy.platform.errors import Invalid, MalformedJson
from studyteddy.platform.web import validation

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
    fault = validation.body_problem(json.dumps(body).encode(), kind)
    assert isinstance(fault, Invalid)
    return {one.pointer: one.code for one in fault.faults or []}


def test_every_faulty_field_is_named() -> None:
    body = {
        "title": "",
        "description": "x" * 10_001,
        "priority": "soon",
        "dueDate": "2026-02-30",
        "dueAt": "2026-01-01T00:00:00",
        "subjectId": "no id",
        "estimatedMinutes": 0,
        "labels": ["ok", "", 3],
        "colour": "red",
        "startDate": 5,
    }
    assert _found(body) == {
        "/title": "too_short",
        "/description": "too_long",
        "/priority": "not_one_of",
        "/dueDate": "malformed",
        "/dueAt": "malformed",
        "/subjectId": "malformed",
        "/estimatedMinutes": "out_of_range",
        "/labels/1": "too_short",
        "/labels/2": "wrong_type",
        "/colour": "unknown_field",
        "/startDate": "wrong_type",
    }


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
        ({"title": "x", "labels": ["a"] * 20 + [""]}, {"/labels": "too_long", "/labels/20": "too_short"}),
        ({"title": "x", "priority": "\ud800"}, {"/priority": "malformed"}),
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
        "/resources/1/title": "too_short",
        "/resources/1/more": "unknown_field",
        "/resources/1/url": "missing",
    }


@pytest.mark.parametrize(
    "raw", [b"", b"{", b"{'a': 1}", b"\xff\xfe", b'{"a": 1}}', b"[" * 100_000, b'{"title": "\xff"}']
)
def test_what_is_no_json_is_malformed(raw: bytes) -> None:
    assert isinstance(validation.body_problem(raw, NewTask), MalformedJson)


def _said(values: Any, kind: Any) -> dict[str, str]:
    fault = validation.body_problem(json.dumps(values).encode(), kind)
    return {one.pointer.removeprefix("/"): one.detail for one in fault.faults or []}


@pytest.mark.parametrize(
    ("kind", "field", "value", "sentence"),
    [
        (NewTask, "title", "x" * 201, "Must be at most 200 characters."),
        (NewTask, "title", "", "Can't be empty."),
        (NewTask, "title", " ", "Can't be blank or contain control characters."),
        (NewTask, "title", "\ud83d", "Contains an unpaired surrogate."),
        (NewTask, "title", None, "Can't be null."),
        (NewTask, "title", 5, "Must be a string."),
        (NewTask, "description", "x" * 10_001, "Must be at most 10,000 characters."),
        (NewTask, "description", "\x1b", "Can't contain control characters."),
        (NewTask, "estimatedMinutes", 0, "Must be between 1 and 10,080."),
        (NewTask, "estimatedMinutes", 10**30, "Must be between 1 and 10,080."),
        (NewTask, "estimatedMinutes", "5", "Must be a whole number."),
        (NewTask, "estimatedMinutes", 5.5, "Must be a whole number."),
        (NewTask, "estimatedMinutes", 5.0, "Must be a whole number, without a decimal point or an exponent."),
        (NewTask, "estimatedMinutes", True, "Must be a whole number."),
        (NewTask, "priority", "soon", "Must be one of: low, medium, high, urgent."),
        (NewTask, "priority", 5, "Must be one of: low, medium, high, urgent."),
        (NewTask, "dueDate", "2026-02-30", "Must be a date in the form YYYY-MM-DD."),
        (NewTask, "dueDate", 5, "Must be a date in the form YYYY-MM-DD."),
        (
            NewTask,
            "dueAt",
            "2026-01-01T00:00:00",
            "Must be a date and time with an offset, such as 2026-11-23T09:00:00Z.",
        ),
        (NewTask, "subjectId", "physics", "Must be a UUID such as 01234567-89ab-7def-8123-456789abcdef."),
        (NewTask, "labels", "exam", "Must be an array."),
        (NewTask, "labels", ["a"] * 21, "Must contain at most 20 items."),
        (NewTask, "colour", "red", "Unknown field."),
        (NewTask, "recurrence", "weekly", "Must be an object."),
        (NewApiKey, "scopes", [], "Must contain at least 1 item."),
        (NewAccount, "email", "you at example.org", "Must be a valid e-mail address."),
        (NewAccount, "email", "a", "Must be a valid e-mail address."),
        (NewAccount, "email", "", "Must be a valid e-mail address."),
        (NewAccount, "email", "x" * 255, "Must be at most 254 characters."),
        (NewAccount, "password", "", "Must be at least 10 characters."),
        (NewAccount, "timeZone", "", "Must be a time zone such as Europe/Berlin."),
        (ProfileChanges, "locale", "", "Must be a language tag such as de-AT."),
        (NewSubject, "color", "#7c3aed00", "Must be a colour such as #7c3aed."),
        (NewAccount, "password", "short", "Must be at least 10 characters."),
        (NewAccount, "timeZone", "Berlin time", "Must be a time zone such as Europe/Berlin."),
        (ProfileChanges, "dayStart", "25:00", "Must be a time such as 04:00."),
        (ProfileChanges, "dayStart", "4:00", "Must be a time such as 04:00."),
        (NewSubject, "color", "red", "Must be a colour such as #7c3aed."),
        (Preferences, "reducedMotion", "yes", "Must be true or false."),
        (Batch, "commands", [], "Must contain at least 1 item."),
    ],
)
def test_a_fault_says_what_is_right(kind: Any, field: str, value: Any, sentence: str) -> None:
    assert _said({field: value}, kind)[field] == sentence


def test_a_missing_field_is_required() -> None:
    assert _said({}, Credentials) == {"email": "This field is required.", "password": "This field is required."}


def test_a_command_that_no_tag_names_says_which_there_are() -> None:
    said = _said({"commands": [{"op": "rename"}, {}, "delete", None]}, Batch)
    assert said == {
        "commands/0/op": "Must be one of: create, update, complete, reopen, delete.",
        "commands/1/op": "This field is required.",
        "commands/2": "Must be an object.",
        "commands/3": "Can't be null.",
    }


class _Measures(msgspec.Struct):
    positive: Annotated[int, Meta(gt=0)] = 1
    share: Annotated[float, Meta(ge=0, lt=1)] = 0.5
    unit: _Unit = msgspec.field(default_factory=lambda: _Unit.HOURS)
    amount: int | Annotated[str, Meta(min_length=2)] = 0


class _Unit(Enum):
    HOURS = "hours"
    DAYS = "days"


def test_other_limits_have_their_sentences_too() -> None:
    assert _said({"positive": 0, "share": 1, "unit": "weeks", "amount": "x"}, _Measures) == {
        "positive": "Must be greater than 0.",
        "share": "Must be at least 0 and less than 1.",
        "unit": "Must be one of: hours, days.",
        "amount": "Must be a whole number.",
    }
    assert _said({"share": "1"}, _Measures) == {"share": "Must be a number."}


@pytest.mark.parametrize("raw", [b'{"title": "", "title": "x"}', b'{"title": "x", "estimatedMinutes": 5}\x00'])
def test_what_only_the_decoder_refuses_never_shows_its_words(raw: bytes) -> None:
    fault = validation.body_problem(raw, NewTask)
    assert isinstance(fault, MalformedJson) or [one.detail for one in fault.faults or []] == ["This value is invalid."]


def test_a_query_is_described_in_the_same_words() -> None:
    query = {"limit": "0", "status": ["done", ""], "dueFrom": "tomorrow", "subjectId": "null", "page": "2"}
    found = validation.query_problem(query, TaskQuery, ["sort"]).faults or []
    assert {one.pointer: (one.code, one.detail) for one in found} == {
        "?sort": ("repeated", "Provide this parameter only once."),
        "?limit": ("out_of_range", "Must be between 1 and 200."),
        "?status/0": ("not_one_of", "Must be one of: pending, in_progress, completed, cancelled."),
        "?status/1": ("not_one_of", "Must be one of: pending, in_progress, completed, cancelled."),
        "?dueFrom": ("malformed", "Must be a date in the form YYYY-MM-DD."),
        "?subjectId": ("malformed", "Omit this parameter instead of sending null."),
        "?page": ("unknown_field", "Unknown parameter."),
    }


@pytest.mark.parametrize(
    ("values", "found"),
    [
        ({"archived": "yes"}, {"?archived": "Must be true or false."}),
        ({"limit": "ten"}, {"?limit": "Must be a whole number."}),
        ({"limit": "9" * 5000}, {"?limit": "Must be a whole number."}),
        ({"q": "null", "limit": "201"}, {"?limit": "Must be between 1 and 200."}),
        ({"cursor": "not one"}, {"?cursor": "Must be the nextCursor of the previous page."}),
    ],
)
def test_a_query_is_converted_as_the_decoder_converts_it(values: dict[str, str], found: dict[str, str]) -> None:
    fault = validation.query_problem(values, SubjectQuery)
    assert {one.pointer: one.detail for one in fault.faults or []} == found


def test_a_query_that_others_write_may_have_more() -> None:
    fault = validation.query_problem({"state": "x" * 201, "prompt": "none"}, CallbackQuery)
    assert [one.pointer for one in fault.faults or []] == ["?state"]


@pytest.mark.parametrize(
    "body",
    [
        {f"unknown{n}": n for n in range(10_000)},
        {"title": "x", "labels": [""] * 10_000},
        {"commands": [{"op": "create", "body": {f"u{n}": 1 for n in range(50)}}] * 500},
    ],
)
def test_the_work_for_a_hostile_body_is_bounded(body: Any) -> None:
    kind = Batch if "commands" in body else NewTask
    fault = validation.body_problem(json.dumps(body).encode(), kind)
    assert len(fault.faults or []) == validation.MOST_FAULTS


def test_items_beyond_the_bound_are_not_checked() -> None:
    labels = ["a"] * validation.MOST_ITEMS + [""] * 10
    assert _found({"title": "x", "labels": labels}) == {"/labels": "too_long"}


def test_a_hostile_name_is_cut_in_its_pointer() -> None:
    (pointer,) = _found({"title": "x", "\ud800/" * 500: 1})
    assert len(pointer) == 1 + 100
    pointer.encode()


def test_what_is_deep_is_not_followed() -> None:
    deep: Any = 1
    for _ in range(400):
        deep = [deep]
    assert _found({"title": deep, "labels": deep, "recurrence": deep}) == {
        "/title": "wrong_type",
        "/labels/0": "wrong_type",
        "/recurrence": "wrong_type",
    }


@given(st.dictionaries(st.sampled_from(FIELDS) | st.text(max_size=4), JSON))
@pytest.mark.parametrize("kind", [NewTask, TaskChanges, NewSubject, SubtaskOrder])
def test_what_does_not_decode_has_a_fault_and_every_fault_a_place(kind: Any, body: dict[str, Any]) -> None:
    _check_faults(kind, body)


def _check_faults(kind: Any, body: dict[str, Any]) -> None:
    raw = json.dumps(body).encode()
    try:
        msgspec.json.decode(raw, type=kind)
    except (msgspec.DecodeError, UnicodeDecodeError):
        fault = validation.body_problem(raw, kind)
        assert isinstance(fault, Invalid)
        assert fault.faults
        assert all(_is_there(body, one.pointer) or one.code == "missing" for one in fault.faults)
        assert [one.detail for one in fault.faults if one.detail == "This value is invalid."] == []


COMMANDS = st.lists(
    st.dictionaries(
        st.sampled_from(["op", "id", "body", "x"]), JSON | st.sampled_from(["create", "update", "complete", "delete"])
    ),
    max_size=3,
)


@given(COMMANDS | JSON)
def test_a_command_that_does_not_decode_has_a_fault_too(commands: Any) -> None:
    _check_faults(Batch, {"commands": commands})


@given(st.dictionaries(st.sampled_from(["status", "limit", "dueFrom", "sort", "cursor", "x"]), st.text(max_size=10)))
def test_a_query_that_does_not_convert_has_a_fault_too(values: dict[str, str]) -> None:
    try:
        msgspec.convert(values, TaskQuery, strict=False)
    except msgspec.ValidationError:
        found = validation.query_problem(values, TaskQuery)
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
