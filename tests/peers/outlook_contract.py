"""The contract of Microsoft Graph, as the models of the vendor's client state it.

The models are generated from the vendor's metadata. They are read, not imported: they need what the tests don't have
(requirements/outlook.txt).
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

from tests.peers.locked import installed

LOCK = Path(__file__).parents[2] / "requirements/outlook.txt"
_INSTANT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,7})?Z")
_LOCAL = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,7})?")
_PRIMITIVES: dict[str, type | tuple[type, ...]] = {
    "get_str_value": str,
    "get_bool_value": bool,
    "get_int_value": int,
    "get_float_value": (int, float),
    "get_datetime_value": str,
    "get_bytes_value": str,
    "get_uuid_value": str,
}


def packages() -> Path:
    """Return the folder with the vendor's client; skip the test if it can't be installed, except in CI."""
    return installed(LOCK, "outlook")


def faults(kind: str, value: Any, where: str = "") -> list[str]:
    """Return what of a JSON value isn't as the vendor's model says, such as of `Event`."""
    return list(_faults(kind, value, where or kind))


def _faults(kind: str, value: Any, where: str) -> Iterator[str]:
    if not isinstance(value, dict):
        yield f"{where}: {value!r} isn't an object"
        return
    properties = _properties(kind)
    for name, one in value.items():
        if name not in properties:
            if not name.startswith("@"):
                yield f"{where}: no property {name}"
        elif one is not None:
            yield from _value_faults(*properties[name], one, f"{where}.{name}")
    if kind == "DateTimeTimeZone" and not _LOCAL.fullmatch(str(value.get("dateTime"))):
        yield f"{where}: {value.get('dateTime')!r} isn't a local time"


def _value_faults(getter: str, kind: str, value: Any, where: str) -> Iterator[str]:
    if getter.startswith("get_collection_of_"):
        if not isinstance(value, list):
            yield f"{where}: {value!r} isn't a list"
            return
        single = getter.removeprefix("get_collection_of_").removesuffix("s")
        for one in value:
            yield from _value_faults(f"get_{single}", kind, one, where)
    elif getter == "get_object_value":
        yield from _faults(kind, value, where)
    elif getter == "get_enum_value":
        if value not in _members(kind):
            yield f"{where}: {value!r} isn't one of {sorted(_members(kind))}"
    elif getter in _PRIMITIVES:
        if not isinstance(value, _PRIMITIVES[getter]) or (isinstance(value, bool) and getter != "get_bool_value"):
            yield f"{where}: {value!r} isn't what {getter} reads"
        elif getter == "get_datetime_value" and not _INSTANT.fullmatch(str(value)):
            yield f"{where}: {value!r} isn't an instant"


@cache
def _properties(kind: str) -> dict[str, tuple[str, str]]:
    """Return how each property of a model is read, with the names of bases: `{name: (getter, model or "")}`."""
    model = _class(kind)
    found = dict[str, tuple[str, str]]()
    for base in model.bases:
        if isinstance(base, ast.Name) and base.id not in ("AdditionalDataHolder", "BackedModel", "Parsable"):
            found |= _properties(base.id)
    for method in model.body:
        if isinstance(method, ast.FunctionDef) and method.name == "get_field_deserializers":
            for table in (node for node in ast.walk(method) if isinstance(node, ast.Dict)):
                for key, reader in zip(table.keys, table.values, strict=True):
                    assert isinstance(key, ast.Constant)
                    found[str(key.value)] = _reader(reader)
    return found


def _reader(reader: ast.expr) -> tuple[str, str]:
    (call,) = (
        node
        for node in ast.walk(reader)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr.startswith("get_")
    )
    assert isinstance(call.func, ast.Attribute)
    argument = call.args[0] if call.args else None
    return call.func.attr, argument.id if isinstance(argument, ast.Name) else ""


@cache
def _members(kind: str) -> frozenset[str]:
    """Return the values of an enumeration."""
    values = (node.value for node in _class(kind).body if isinstance(node, ast.Assign))
    constants = (node for value in values for node in ast.walk(value) if isinstance(node, ast.Constant))
    return frozenset(str(constant.value) for constant in constants)


@cache
def _class(kind: str) -> ast.ClassDef:
    name = re.sub(r"(?<!^)(?=[A-Z])", "_", kind).lower()
    source = packages() / "msgraph/generated/models" / f"{name}.py"
    (found,) = (
        node for node in ast.parse(source.read_text()).body if isinstance(node, ast.ClassDef) and node.name == kind
    )
    return found
