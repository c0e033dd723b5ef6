"""Every faulty field of a request at once.

The fast decoder stops at the first fault; only when it has found one is the body read again, field by field.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from types import UnionType
from typing import Annotated, Any, Union, get_args, get_origin, get_type_hints

import msgspec

from studyteddy.platform.errors import Fault, Invalid, MalformedJson

_PATH = re.compile(r" - at `(.+)`$")
_CODES = (
    ("length <=", "too_long"),
    ("length >=", "too_short"),
    ("matching regex", "malformed"),
    ("Invalid enum", "not_one_of"),
    (">=", "out_of_range"),
    ("<=", "out_of_range"),
    ("Invalid", "malformed"),
    ("timezone", "malformed"),
)


def of_body(raw: bytes, kind: Any) -> Invalid | MalformedJson:
    """The problem with a body that does not decode as `kind`."""
    try:
        value = json.loads(raw)
    except (ValueError, RecursionError):
        return MalformedJson()
    found = list(_faults(value, kind, ""))
    return Invalid(faults=found or [Fault("", "malformed", "This body cannot be read.")])


def of_query(values: Mapping[str, object], kind: Any) -> Invalid:
    """The problem with query parameters that do not convert to `kind`."""
    found = [
        Fault("?" + fault.pointer.removeprefix("/"), fault.code, fault.detail)
        for fault in _faults(dict(values), kind, "", strict=False)
    ]
    return Invalid(faults=found)


def _faults(value: Any, kind: Any, at: str, *, strict: bool = True) -> list[Fault]:
    kind = _bare(kind, value)
    if isinstance(kind, type) and issubclass(kind, msgspec.Struct):
        return _struct_faults(value, kind, at, strict=strict)
    if tags := _tagged(kind):
        return _tagged_faults(value, tags, at, strict=strict)
    plain = get_args(kind)[0] if get_origin(kind) is Annotated else kind
    if get_origin(plain) is list and isinstance(value, list):
        (item,) = get_args(plain)
        nested = [
            fault for n, one in enumerate(value[:500]) for fault in _faults(one, item, f"{at}/{n}", strict=strict)
        ]
        return nested or _own(value, kind, at, strict=strict)
    return _own(value, kind, at, strict=strict)


def _struct_faults(value: Any, kind: type[msgspec.Struct], at: str, *, strict: bool) -> list[Fault]:
    if not isinstance(value, dict):
        return [Fault(at, "wrong_type", "Expected an object.")]
    hints = get_type_hints(kind, include_extras=True)
    fields = {field.encode_name: field for field in msgspec.structs.fields(kind)}
    faults = [
        Fault(f"{at}/{_escape(name)}", "unknown_field", "There is no such field.")
        for name in value
        if name not in fields and name != kind.__struct_config__.tag_field
    ]
    for name, field in fields.items():
        if name in value:
            faults += _faults(value[name], hints[field.name], f"{at}/{name}", strict=strict)
        elif field.required:
            faults.append(Fault(f"{at}/{name}", "missing", "This field is needed."))
    return faults


def _tagged_faults(value: Any, kinds: Mapping[str, Any], at: str, *, strict: bool) -> list[Fault]:
    """Of the one among `kinds` that the tag names; without one there is nothing to compare with."""
    if not isinstance(value, dict):
        return [Fault(at, "wrong_type", "Expected an object.")]
    field = next(iter(kinds.values())).__struct_config__.tag_field
    if field not in value:
        return [Fault(f"{at}/{field}", "missing", "This field is needed.")]
    tag = value[field]
    if not isinstance(tag, str) or tag not in kinds:
        return [Fault(f"{at}/{field}", "not_one_of", f"Choose one of {', '.join(kinds)}.")]
    return _struct_faults(value, kinds[tag], at, strict=strict)


def _own(value: Any, kind: Any, at: str, *, strict: bool) -> list[Fault]:
    try:
        msgspec.convert(value, kind, strict=strict)
        if isinstance(value, str):
            value.encode()
    except msgspec.ValidationError as fault:
        text = str(fault)
        path = _PATH.search(text)
        deeper = "".join(f"/{part}" for part in re.findall(r"\w+", path[1])) if path else ""
        detail = _PATH.sub("", text)
        code = next((code for sign, code in _CODES if sign in detail), "wrong_type")
        return [Fault(at + deeper, code, detail + ".")]
    except UnicodeEncodeError:
        return [Fault(at, "malformed", "This text holds half a character.")]
    except (OverflowError, ValueError):
        return [Fault(at, "out_of_range", "This value is out of range.")]
    return []


def _bare(kind: Any, value: Any) -> Any:
    """`X` of `X | None | UNSET` for a value that is not null."""
    if get_origin(kind) in (Union, UnionType):
        options = [one for one in get_args(kind) if one not in (type(None), msgspec.UnsetType)]
        if len(options) == 1 and value is not None:
            return _bare(options[0], value)
        return kind
    if get_origin(kind) is Annotated:
        inner = get_args(kind)[0]
        return kind if inner in (str, int, float) else (inner if _is_struct(inner) else kind)
    return kind


def _tagged(kind: Any) -> dict[str, Any]:
    """The structs of a union that a tag tells apart; nothing for any other type."""
    options = get_args(kind) if get_origin(kind) in (Union, UnionType) else ()
    if not options or not all(_is_struct(one) and one.__struct_config__.tag_field for one in options):
        return {}
    return {str(one.__struct_config__.tag): one for one in options}


def _is_struct(kind: Any) -> bool:
    return isinstance(kind, type) and issubclass(kind, msgspec.Struct)


def _escape(name: str) -> str:
    return name.replace("~", "~0").replace("/", "~1").encode("utf-8", "replace").decode()[:100]
