"""What Google Calendar accepts and answers, by its discovery document (in the package google-api-python-client)."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from pathlib import Path
from typing import Any

from tests.peers.locked import installed

LOCK = Path(__file__).parents[2] / "requirements/google.txt"
DOCUMENT = "googleapiclient/discovery_cache/documents/calendar.v3.json"
_TYPES: dict[str, Any] = {
    "string": str,
    "boolean": bool,
    "integer": int,
    "number": (int, float),
    "array": list,
    "object": dict,
}


@dataclass(frozen=True)
class Method:
    """A method of the interface, such as `calendar.events.list`."""

    id: str
    verb: str
    path: re.Pattern[str]
    description: Mapping[str, Any]

    @property
    def scopes(self) -> set[str]:
        return set(self.description["scopes"])


class Contract:
    """The vendor's description of its interface."""

    def __init__(self, document: Mapping[str, Any]) -> None:
        self._document = document
        self.methods = list(_methods(document))

    def method(self, verb: str, path: str) -> tuple[Method, dict[str, str]] | None:
        """Return the method of a request and the parameters in its path, which are still encoded."""
        for method in self.methods:
            found = method.path.fullmatch(path)
            if method.verb == verb and found:
                return method, found.groupdict()
        return None

    def query_faults(self, method: Method, query: Mapping[str, list[str]]) -> Iterator[str]:
        known = {**self._document["parameters"], **method.description.get("parameters", {})}
        for name, values in query.items():
            schema = known.get(name)
            if schema is None or schema["location"] != "query":
                yield f"{method.id} has no parameter {name}"
            elif len(values) > 1 and not schema.get("repeated"):
                yield f"{name} is repeated"
            else:
                for value in values:
                    yield from self._faults(schema, _typed(schema["type"], value), name)

    def body_faults(self, method: Method, body: Any) -> Iterator[str]:
        schema = method.description.get("request")
        if schema is None:
            if body is not None:
                yield f"{method.id} has no body"
            return
        yield from self._faults(schema, body, "body", nullable=method.verb == "PATCH")
        for name, one in self._document["schemas"][schema["$ref"]]["properties"].items():
            required = one.get("annotations", {}).get("required", ())
            if method.id in required and (not isinstance(body, dict) or body.get(name) is None):
                yield f"{method.id} needs {name}"

    def answer_faults(self, method: Method, data: Any) -> Iterator[str]:
        schema = method.description.get("response")
        if schema is not None:
            yield from self._faults(schema, data, "answer")
        elif data is not None:
            yield f"{method.id} has no answer"

    def _faults(self, schema: Mapping[str, Any], value: Any, where: str, *, nullable: bool = False) -> Iterator[str]:
        if "$ref" in schema:
            schema = self._document["schemas"][schema["$ref"]]
        if value is None and nullable:
            return
        kind = schema.get("type", "any")
        if kind == "any":
            return
        if not isinstance(value, _TYPES[kind]) or (kind in ("integer", "number") and isinstance(value, bool)):
            yield f"{where} is no {kind}"
        elif kind == "array":
            for index, item in enumerate(value):
                yield from self._faults(schema["items"], item, f"{where}[{index}]")
        elif kind == "object":
            for name, item in value.items():
                known = schema.get("properties", {}).get(name) or schema.get("additionalProperties")
                if known is None:
                    yield f"{where}.{name} is unknown"
                else:
                    yield from self._faults(known, item, f"{where}.{name}", nullable=nullable)
        else:
            yield from _value_faults(schema, value, where)


def _value_faults(schema: Mapping[str, Any], value: Any, where: str) -> Iterator[str]:
    if "enum" in schema and value not in schema["enum"]:
        yield f"{where} isn't one of {schema['enum']}"
    if "pattern" in schema and not re.fullmatch(schema["pattern"], value):
        yield f"{where} doesn't match {schema['pattern']}"
    if "minimum" in schema and value < int(schema["minimum"]):
        yield f"{where} is too small"
    form = schema.get("format", "")
    try:
        if form == "date":
            date.fromisoformat(value)
        elif form == "date-time" and datetime.fromisoformat(value).tzinfo is None:
            yield f"{where} has no time zone"
        elif form in ("int32", "int64"):
            int(value)
    except ValueError:
        yield f"{where} is no {form}"


def _typed(kind: str, value: str) -> Any:
    """Return the value of a parameter; unchanged if it has another form."""
    if kind == "boolean":
        return {"true": True, "false": False}.get(value, value)
    return int(value) if kind == "integer" and re.fullmatch("-?[0-9]{1,9}", value) else value


def _methods(part: Mapping[str, Any]) -> Iterator[Method]:
    for description in part.get("methods", {}).values():
        path = re.sub(r"\{(\w+)\}", r"(?P<\1>[^/]+)", description["path"])
        yield Method(description["id"], description["httpMethod"], re.compile(path), description)
    for resource in part.get("resources", {}).values():
        yield from _methods(resource)


@cache
def contract() -> Contract:
    """Return the contract; skip the test if the package can't be installed, except in CI."""
    document = (installed(LOCK, "google") / DOCUMENT).read_text()
    return Contract(json.loads(document))


def selected(data: Any, fields: str) -> Any:
    """Return what `fields` selects: `a,b/c,d(e,f)`.

    See https://developers.google.com/workspace/calendar/api/guides/performance.
    """
    tree, rest = _tree(fields)
    assert not rest, f"fields end too early, before {rest}"
    return _pruned(data, tree)


def _tree(text: str) -> tuple[dict[str, Any], str]:
    """Return the names of a list of fields with what is below each of them, and what follows the list."""
    tree = dict[str, Any]()
    while True:
        found = re.match(r"[\w*/]+", text)
        assert found, f"no field at {text}"
        text, below = text[found.end() :], dict[str, Any]()
        if text.startswith("("):
            below, text = _tree(text[1:])
            assert text.startswith(")"), "a parenthesis isn't closed"
            text = text[1:]
        *outer, last = found[0].split("/")
        node = tree
        for name in outer:
            node = node.setdefault(name, {})
        node[last] = below
        if not text.startswith(","):
            return tree, text
        text = text[1:]


def _pruned(data: Any, tree: Mapping[str, Any]) -> Any:
    if not tree or not isinstance(data, (dict, list)):
        return data
    if isinstance(data, list):
        return [_pruned(item, tree) for item in data]
    return {name: _pruned(value, tree[name]) for name, value in data.items() if name in tree}
