"""Describes every fault of an invalid request, with a pointer, a code and a message for each.

msgspec's decoder decides whether a request is valid; it is fast and stops at the first fault. Only if it rejects a
request is the request checked again, field by field, to describe every fault. The work is bounded: at most
`MOST_FAULTS` faults are described, and at most `MOST_ITEMS` items of each array are checked.
"""

from __future__ import annotations

import json
import operator
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime
from functools import cache
from itertools import islice
from typing import Annotated, Any, Literal, NamedTuple, get_args, get_origin, get_type_hints
from uuid import UUID

import msgspec
from msgspec import Meta, inspect

from studyteddy.platform.errors import MOST_FAULTS as MOST_FAULTS
from studyteddy.platform.errors import Fault, Invalid, MalformedJson

MOST_ITEMS = 500
_MAX_NAME = 100
"""Maximum number of characters of an unknown field's name in its pointer."""
_INVALID = "This value is invalid."
"""Only if the decoder rejects a request without a known fault; a contract test covers every constraint."""

_SURROGATE = re.compile("[\ud800-\udfff]")
"""Half of a character, which `json.loads` accepts and the decoder rejects."""

_Messages = Mapping[str, str]
"""The messages of a pattern: `form` describes the whole form of the text, `message` only its characters."""
_NO_MESSAGES: _Messages = {}

_Problem = tuple[str, str] | None
"""The code and message of a value; None if it is valid."""

_FORMATS: Mapping[type[inspect.Type], tuple[Any, str]] = {
    inspect.UUIDType: (UUID, "Must be a UUID such as 01234567-89ab-7def-8123-456789abcdef."),
    inspect.DateType: (date, "Must be a date in the form YYYY-MM-DD."),
    inspect.DateTimeType: (
        Annotated[datetime, Meta(tz=True)],
        "Must be a date and time with an offset, such as 2026-11-23T09:00:00Z.",
    ),
}
"""Strings that are decoded to other types: the type, and the message."""

_LIMITS = (
    ("ge", "at least", operator.ge),
    ("gt", "greater than", operator.gt),
    ("le", "at most", operator.le),
    ("lt", "less than", operator.lt),
)


class _Place(NamedTuple):
    """The location of a value in a request."""

    pointer: str
    strict: bool
    """Whether values have their JSON types; in a query every value is a string."""
    choices: Mapping[frozenset[Any], Sequence[Any]] = {}
    """The literals of the enclosing struct in declared order, by their values."""

    def child(self, name: str) -> _Place:
        return self._replace(pointer=f"{self.pointer}/{name}")

    def fault(self, code: str, detail: str) -> Fault:
        return Fault(self.pointer, code, detail)

    @property
    def noun(self) -> str:
        return "field" if self.strict else "parameter"


def body_problem(raw: bytes, kind: Any) -> Invalid | MalformedJson:
    """Return the problem of a body that the decoder rejects as `kind`."""
    try:
        value = json.loads(raw.decode())  # bytes in UTF-16 or UTF-32 would be accepted
    except (ValueError, RecursionError):
        return MalformedJson()
    faults = _first_faults(value, _type_info(kind), _Place("", strict=True))
    return Invalid(faults=faults or [Fault("", "malformed", _INVALID)])


def query_problem(values: Mapping[str, object], kind: Any, repeated: Iterable[str] = ()) -> Invalid:
    """Return the problem of query parameters that don't convert to `kind`, or of which some are `repeated`."""
    faults = [Fault(f"?{name[:_MAX_NAME]}", "repeated", "Provide this parameter only once.") for name in repeated]
    for fault in _first_faults(dict(values), _type_info(kind), _Place("", strict=False)):
        faults.append(msgspec.structs.replace(fault, pointer="?" + fault.pointer.removeprefix("/")))
    return Invalid(faults=faults[:MOST_FAULTS] or [Fault("?", "malformed", _INVALID)])


@cache
def _type_info(kind: Any) -> inspect.Type:
    return inspect.type_info(kind)


def _first_faults(value: Any, kind: inspect.Type, place: _Place) -> list[Fault]:
    return list(islice(_faults(value, kind, place), MOST_FAULTS))


def _faults(value: Any, kind: inspect.Type, place: _Place, messages: _Messages = _NO_MESSAGES) -> Iterator[Fault]:
    """Yield every fault of a value; `messages` are those of its pattern."""
    match kind:
        case inspect.Metadata():
            yield from _faults(value, kind.type, place, kind.extra or messages)
        case inspect.UnionType():
            yield from _union_faults(value, kind, place)
        case _ if value is None:
            yield place.fault("wrong_type", "Can't be null.")
        case inspect.StructType():
            yield from _struct_faults(value, kind, place)
        case inspect.ListType():
            yield from _list_faults(value, kind, place)
        case _:
            if problem := _value_problem(value, kind, messages, place):
                yield place.fault(*problem)


def _union_faults(value: Any, kind: inspect.UnionType, place: _Place) -> Iterator[Fault]:
    options = [one for one in kind.types if not isinstance(one, inspect.NoneType)]
    nullable = len(options) < len(kind.types)
    structs = [one for one in options if isinstance(one, inspect.StructType)]
    if value is None and nullable:
        return
    if value is None:
        yield place.fault("wrong_type", "Can't be null.")
    elif len(structs) > 1:
        yield from _tagged_faults(value, structs, place)
    elif found := min((_first_faults(value, one, place) for one in options), key=len):
        is_null = nullable and not place.strict and str(value).lower() == "null"
        yield from [place.fault("malformed", "Omit this parameter instead of sending null.")] if is_null else found


def _tagged_faults(value: Any, structs: Sequence[inspect.StructType], place: _Place) -> Iterator[Fault]:
    """Yield the faults of the struct that the tag selects; without a valid tag, nothing else is checked."""
    by_tag = {one.tag: one for one in structs}
    name = str(structs[0].tag_field)
    if not isinstance(value, dict):
        yield place.fault("wrong_type", "Must be an object.")
    elif name not in value:
        yield place.child(name).fault("missing", f"This {place.noun} is required.")
    elif isinstance(tag := value[name], str) and tag in by_tag:
        yield from _struct_faults(value, by_tag[tag], place)
    else:
        yield place.child(name).fault("not_one_of", _one_of(list(by_tag)))


def _struct_faults(value: Any, kind: inspect.StructType, place: _Place) -> Iterator[Fault]:
    if not isinstance(value, dict):
        yield place.fault("wrong_type", "Must be an object.")
        return
    place = place._replace(choices=_literals(kind.cls))
    for field in kind.fields:
        child = place.child(field.encode_name)
        if field.encode_name in value:
            yield from _faults(value[field.encode_name], field.type, child)
        elif field.required:
            yield child.fault("missing", f"This {place.noun} is required.")
    if kind.forbid_unknown_fields:
        known = {kind.tag_field, *(field.encode_name for field in kind.fields)}
        for name in (name for name in value if name not in known):
            yield place.child(_escape(name)).fault("unknown_field", f"Unknown {place.noun}.")


@cache
def _literals(kind: type) -> Mapping[frozenset[Any], Sequence[Any]]:
    """Return the choices of every literal of a struct in declared order; msgspec sorts them."""
    found: dict[frozenset[Any], Sequence[Any]] = {}
    pending: list[Any] = [*get_type_hints(kind, include_extras=True).values()]
    while pending:
        one = pending.pop()
        if get_origin(one) is Literal:
            found[frozenset(get_args(one))] = get_args(one)
        else:
            pending += get_args(one)
    return found


def _escape(name: str) -> str:
    return name.replace("~", "~0").replace("/", "~1").encode("utf-8", "replace").decode()[:_MAX_NAME]


def _list_faults(value: Any, kind: inspect.ListType, place: _Place) -> Iterator[Fault]:
    if not isinstance(value, list):
        yield place.fault("wrong_type", "Must be an array.")
        return
    if problem := _length_problem(len(value), kind, "contain", "item"):
        yield place.fault(*problem)
    for position, item in enumerate(value[:MOST_ITEMS]):
        yield from _faults(item, kind.item_type, place.child(str(position)))


def _value_problem(value: Any, kind: inspect.Type, messages: _Messages, place: _Place) -> _Problem:
    strict = place.strict
    match kind:
        case _ if isinstance(value, str) and _SURROGATE.search(value):
            return "malformed", "Contains an unpaired surrogate."
        case inspect.StrType():
            return _text_problem(value, kind, messages)
        case inspect.IntType() | inspect.FloatType():
            return _number_problem(value, kind, strict=strict)
        case inspect.BoolType() if _converted(value, bool, strict=strict) is None:
            return "wrong_type", "Must be true or false."
        case inspect.LiteralType():
            return _choice_problem(value, place.choices.get(frozenset(kind.values), kind.values))
        case inspect.EnumType():
            return _choice_problem(value, [one.value for one in kind.cls])
        case inspect.UUIDType() | inspect.DateType() | inspect.DateTimeType():
            return _format_problem(value, *_FORMATS[type(kind)])
    return None


def _text_problem(value: Any, kind: inspect.StrType, messages: _Messages) -> _Problem:
    if not isinstance(value, str):
        return "wrong_type", "Must be a string."
    if problem := _length_problem(len(value), kind, "be", "character"):
        code, message = problem
    elif kind.pattern is not None and not re.search(kind.pattern, value):
        code, message = "malformed", messages.get("message", _INVALID)
    else:
        return None
    if "form" in messages and (code != "too_long" or kind.min_length == kind.max_length):
        return code, messages["form"]
    return code, "Can't be empty." if not value and (kind.min_length or 0) <= 1 else message


def _length_problem(length: int, kind: inspect.StrType | inspect.ListType, verb: str, noun: str) -> _Problem:
    if kind.max_length is not None and length > kind.max_length:
        return "too_long", f"Must {verb} at most {_count(kind.max_length, noun)}."
    if kind.min_length is not None and length < kind.min_length:
        return "too_short", f"Must {verb} at least {_count(kind.min_length, noun)}."
    return None


def _count(number: int, noun: str) -> str:
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"


def _number_problem(value: Any, kind: inspect.IntType | inspect.FloatType, *, strict: bool) -> _Problem:
    whole = isinstance(kind, inspect.IntType)
    number = _converted(value, int if whole else float, strict=strict)
    if number is not None:
        return None if _in_range(number, kind) else ("out_of_range", _range(kind))
    if whole and isinstance(value, float) and value.is_integer():
        return "wrong_type", "Must be a whole number, without a decimal point or an exponent."
    return "wrong_type", "Must be a whole number." if whole else "Must be a number."


def _in_range(number: float, kind: inspect.IntType | inspect.FloatType) -> bool:
    limits = ((getattr(kind, name), holds) for name, _, holds in _LIMITS)
    return all(limit is None or holds(number, limit) for limit, holds in limits)


def _range(kind: inspect.IntType | inspect.FloatType) -> str:
    if kind.ge is not None and kind.le is not None:
        return f"Must be between {kind.ge:,} and {kind.le:,}."
    limits = ((words, getattr(kind, name)) for name, words, _ in _LIMITS)
    return "Must be " + " and ".join(f"{words} {limit:,}" for words, limit in limits if limit is not None) + "."


def _choice_problem(value: Any, choices: Sequence[Any]) -> _Problem:
    same_type = [one for one in choices if type(one) is type(value)]
    if value in same_type:
        return None
    return "not_one_of" if same_type else "wrong_type", _one_of(choices)


def _one_of(choices: Sequence[Any]) -> str:
    return f"Must be one of: {', '.join(map(str, choices))}."


def _format_problem(value: Any, kind: Any, message: str) -> _Problem:
    if _converted(value, kind, strict=True) is not None:
        return None
    return "malformed" if isinstance(value, str) else "wrong_type", message


def _converted(value: Any, kind: Any, *, strict: bool) -> Any:
    """Return the value as the decoder converts it, or None if it is invalid."""
    try:
        return msgspec.convert(value, kind, strict=strict)
    except (msgspec.ValidationError, ValueError, OverflowError):
        return None
