"""Every constraint of every request has its own message, a stable code and the right pointer."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any, NamedTuple, get_args, get_type_hints

import msgspec
import pytest
from msgspec import inspect

from studyteddy.bootstrap import catalogue
from studyteddy.platform.errors import Fault, Invalid
from studyteddy.platform.web import validation


class Request(NamedTuple):
    """The input of a route: its body, or its query, whose values are strings."""

    kind: Any
    is_query: bool

    def __str__(self) -> str:
        return str(self.kind.__name__)


class InvalidDocument(NamedTuple):
    """A document with one invalid value, its pointer and the expected code."""

    document: Any
    pointer: str
    code: str


def _requests() -> list[Request]:
    found = set()
    for route in catalogue.routes():
        hints = get_type_hints(route.handler, include_extras=True)
        for name in ("body", "query"):
            kinds = [one for one in get_args(hints.get(name)) if one is not type(None)] or [hints.get(name)]
            found |= {Request(one, name == "query") for one in kinds if one is not None}
    return sorted(found, key=str)


REQUESTS = _requests()


def _plain(kind: inspect.Type) -> tuple[list[inspect.Type], bool, str | None]:
    """Return the types of a value, whether it may be null, and the message of its pattern."""
    sentence = None
    while isinstance(kind, inspect.Metadata):
        extra = kind.extra or {}
        sentence = extra.get("form", extra.get("message", sentence))
        kind = kind.type
    if not isinstance(kind, inspect.UnionType):
        return [kind], False, sentence
    options = [one for one in kind.types if not isinstance(one, inspect.NoneType)]
    if len(options) > 1:
        return options, len(options) < len(kind.types), sentence
    inner, _, own = _plain(options[0])
    return inner, True, own


def _invalid_values(kind: inspect.Type, is_query: bool) -> Iterator[tuple[Any, str]]:
    """Yield values that violate one constraint each, with the error code."""
    match kind:
        case inspect.StrType(min_length=least, max_length=most, pattern=pattern):
            if most is not None:
                yield "a" * (most + 1), "too_long"
            if least:
                yield "a" * (least - 1), "too_short"
            if pattern is not None:
                yield "\0" * max(least or 1, 1), "malformed"
            if not is_query:
                yield "\ud800" * max(least or 1, 1), "malformed"
                yield 5, "wrong_type"
        case inspect.IntType(ge=least, le=most):
            yield from ((value, "out_of_range") for value in (least - 1, most + 1))  # type: ignore[operator]
            yield from ((value, "wrong_type") for value in (["x", "1.5"] if is_query else ["5", 1.5, 1.0, True]))
        case inspect.LiteralType():
            yield "no such choice", "not_one_of"
            yield from [] if is_query else [(5, "wrong_type")]
        case inspect.BoolType():
            yield "yes", "wrong_type"
        case inspect.UUIDType() | inspect.DateType() | inspect.DateTimeType(tz=True):
            yield from ((value, "malformed") for value in ("", "2026-02-30", "2026-02-30T10:00:00"))
            yield from [] if is_query else [(5, "wrong_type")]
        case inspect.ListType(min_length=least, max_length=most):
            yield from [] if most is None else [([None] * (most + 1), "too_long")]
            yield from [([], "too_short")] if least else []
            yield from [] if is_query else [("x", "wrong_type")]
        case inspect.StructType():
            yield 5, "wrong_type"
        case _:
            pytest.fail(f"Requests may not have a {type(kind).__name__}: validation.py has no sentence for it.")


def _invalid(kind: inspect.Type, is_query: bool) -> Iterator[InvalidDocument]:
    """Yield every way in which a value of this type, or a part of it, can be invalid."""
    options, nullable, _ = _plain(kind)
    for option in options:
        for value, code in _invalid_values(option, is_query):
            yield InvalidDocument(value, "", code)
    if not is_query and not nullable:
        yield InvalidDocument(None, "", "wrong_type")
    for option in options:
        if isinstance(option, inspect.ListType):
            for one in _invalid(option.item_type, is_query):
                yield InvalidDocument([one.document], f"/0{one.pointer}", one.code)
        if isinstance(option, inspect.StructType):
            yield from _invalid_fields(option, is_query, tagged=len(options) > 1)


def _invalid_fields(kind: inspect.StructType, is_query: bool, *, tagged: bool) -> Iterator[InvalidDocument]:
    tag = {kind.tag_field: kind.tag} if tagged else {}
    if kind.forbid_unknown_fields:
        yield InvalidDocument({**tag, "no/such": "1"}, "/no~1such", "unknown_field")
    if tagged:
        yield InvalidDocument({}, f"/{kind.tag_field}", "missing")
        yield from (
            InvalidDocument({kind.tag_field: value}, f"/{kind.tag_field}", "not_one_of") for value in ("x", 5, None)
        )
    for field in kind.fields:
        name = field.encode_name
        if field.required:
            yield InvalidDocument(tag, f"/{name}", "missing")
        for one in _invalid(field.type, is_query):
            yield InvalidDocument({**tag, name: one.document}, f"/{name}{one.pointer}", one.code)
        if is_query and _is_read_as_null(field.type):
            yield InvalidDocument({name: "null"}, f"/{name}", "malformed")


def _is_read_as_null(kind: inspect.Type) -> bool:
    (option, *_), nullable, _ = _plain(kind)
    return nullable and not isinstance(option, inspect.StrType)


def _problem(document: Any, request: Request) -> list[Fault]:
    if request.is_query:
        problem: Exception = validation.query_problem(document, request.kind)
    else:
        problem = validation.body_problem(json.dumps(document).encode(), request.kind)
    assert isinstance(problem, Invalid)
    return problem.faults or []


def _cases(request: Request) -> list[InvalidDocument]:
    found = _invalid(inspect.type_info(request.kind), request.is_query)
    return [one for one in found if isinstance(one.document, dict) or not request.is_query]


@pytest.mark.parametrize("request_type", REQUESTS, ids=str)
def test_every_error_has_its_code_pointer_and_message(request_type: Request) -> None:
    for case in _cases(request_type):
        pointer = "?" + case.pointer.removeprefix("/") if request_type.is_query else case.pointer
        found = [one for one in _problem(case.document, request_type) if one.pointer == pointer]
        assert [one.code for one in found] == [case.code], (case, found)
        _check_sentence(found[0].detail)


def _check_sentence(sentence: str) -> None:
    assert re.fullmatch(r"[A-Z][^`]*[a-zA-Z0-9]\.", sentence), sentence
    assert len(sentence) <= 120 or sentence.startswith("Must be one of: ")
    assert sentence != "This value is invalid."
    assert not re.search(r"Expected|[\^$\\\[\]{}()|*+]", sentence), sentence


@pytest.mark.parametrize("request_type", [one for one in REQUESTS if not one.is_query], ids=str)
def test_the_decoder_rejects_each_invalid_value(request_type: Request) -> None:
    for case in _cases(request_type):
        with pytest.raises((msgspec.ValidationError, UnicodeDecodeError, msgspec.DecodeError)):
            msgspec.json.decode(json.dumps(case.document), type=request_type.kind)


@pytest.mark.parametrize("request_type", REQUESTS, ids=str)
def test_all_invalid_fields_are_reported_at_once(request_type: Request) -> None:
    cases = {one.pointer: one for one in _cases(request_type) if one.document and one.pointer.count("/") == 1}
    document: dict[str, Any] = {}
    for one in cases.values():
        document |= one.document
    expected = {"?" + name[1:] if request_type.is_query else name for name in cases}
    assert {one.pointer for one in _problem(document, request_type)} >= expected


def _patterns(kind: inspect.Type) -> Iterator[tuple[str, str | None]]:
    """Yield every pattern within a type, with its message."""
    options, _, sentence = _plain(kind)
    for option in options:
        match option:
            case inspect.StrType(pattern=str(pattern)):
                yield pattern, sentence
            case inspect.ListType(item_type=item):
                yield from _patterns(item)
            case inspect.StructType(fields=fields):
                for field in fields:
                    yield from _patterns(field.type)


def test_every_pattern_has_a_message() -> None:
    found = {pair for one in REQUESTS for pair in _patterns(inspect.type_info(one.kind))}
    assert [pattern for pattern, sentence in found if not sentence] == []
    assert len(found) >= 15
    for _, sentence in found:
        _check_sentence(str(sentence))


def test_no_pattern_message_appears_in_the_openapi_document() -> None:
    sentences = {str(sentence) for one in REQUESTS for _, sentence in _patterns(inspect.type_info(one.kind))}
    document = json.dumps(catalogue.openapi(), ensure_ascii=False)
    assert [one for one in sentences if one in document] == []


def _texts(kind: inspect.Type, path: str) -> Iterator[tuple[str, inspect.StrType]]:
    """Yield every text within a type, with the path to it."""
    options, _, _ = _plain(kind)
    for option in options:
        match option:
            case inspect.StrType():
                yield path, option
            case inspect.ListType(item_type=item):
                yield from _texts(item, path)
            case inspect.StructType(fields=fields):
                for field in fields:
                    yield from _texts(field.type, f"{path}.{field.encode_name}")


def test_every_required_text_has_something_to_see() -> None:
    """A text that can't be empty can't look empty either, unless it is a secret, a search or a name elsewhere."""
    found = {pair[0]: pair[1] for one in REQUESTS for pair in _texts(inspect.type_info(one.kind), str(one))}
    blank = "\u0301\u200b\u2800\u3164" * 3
    accepting = {
        path
        for path, kind in found.items()
        if kind.min_length and (kind.pattern is None or re.search(kind.pattern, blank))
    }
    assert {path.rpartition(".")[2] for path in accepting if "assword" not in path} == {"q", "username"}
    assert len(found) > 60
