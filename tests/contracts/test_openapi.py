"""The reference documents are accurate: the OpenAPI document, events, settings, metrics and tables."""

from __future__ import annotations

import inspect
import json
import re
from collections.abc import Iterator
from typing import Any

import pytest
from tests.contracts import operations, snapshot
from tests.contracts.conftest import Connection
from tests.contracts.operations import Operation

from studyteddy.bootstrap import catalogue
from studyteddy.platform import errors, fields, settings, telemetry
from studyteddy.platform.web.openapi import SERVER_PROBLEMS
from studyteddy.platform.web.routing import Route

Json = dict[str, Any]
OPERATIONS = operations.operations()
ROUTES = {route.name: route for route in catalogue.routes()}
BOUNDED_FORMATS = ("uuid", "date", "date-time")


def test_the_openapi_document_matches_its_snapshot() -> None:
    snapshot.check("docs/openapi.json", json.dumps(catalogue.openapi(), indent=2, ensure_ascii=False) + "\n")


def test_the_events_page_matches_its_snapshot() -> None:
    snapshot.check("docs/events.md", catalogue.events_page())


def test_the_settings_page_matches_its_snapshot() -> None:
    snapshot.check("docs/settings.md", settings.page())


def test_the_metrics_page_matches_its_snapshot() -> None:
    snapshot.check("docs/metrics.md", telemetry.page())


def test_every_setting_is_described() -> None:
    rows = re.findall(r"^\| `([A-Z_]+)` \| .* \| (.+) \|$", settings.page(), re.MULTILINE)
    assert [name for name, _ in rows] == [name.upper() for name in settings.Settings.__struct_fields__]
    assert [name for name, purpose in rows if len(purpose) < 10] == []


def test_every_metric_is_documented() -> None:
    served = set(re.findall(r"^# HELP (\w+)", telemetry.metrics().decode(), re.MULTILINE))
    ours = {name for name in served if name.startswith("studyteddy_") and not name.endswith("_created")}
    assert {name for name in ours if f"`{name}`" not in telemetry.page()} == set()
    assert len(ours) >= 11


async def test_every_table_is_described(admin: Connection) -> None:
    page = (snapshot.ROOT / "docs/tables.md").read_text()
    described = re.findall(r"^\| `(\w+)` \| .{20,} \|$", page, re.MULTILINE)
    tables = await admin.fetch("SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY 1")
    assert sorted(described) == [one["tablename"] for one in tables]


def test_every_route_has_a_unique_operation_id() -> None:
    names = [one.id for one in OPERATIONS]
    assert sorted(names) == sorted(name for name, route in ROUTES.items() if route.tag != "docs")
    assert len(set(names)) == len(names) == len({route.name for route in catalogue.routes() if route.tag != "docs"})


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda one: one.id)
def test_an_operation_has_a_summary_and_description(operation: Operation) -> None:
    summary = operation.spec["summary"]
    assert summary[0].isupper()
    assert summary.endswith((".", "…"))
    assert len(summary) < 120
    assert inspect.getdoc(ROUTES[operation.id].handler)


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda one: one.id)
def test_an_operation_documents_its_errors(operation: Operation) -> None:
    documented = {
        code: int(status)
        for status, answer in operation.spec["responses"].items()
        for code in answer.get("content", {}).get("application/problem+json", {}).get("examples", {})
    }
    expected = {kind.code: kind.status for kind in _problems(ROUTES[operation.id])}
    assert documented == expected | documented
    refused = {str(kind.status) for kind in SERVER_PROBLEMS}
    assert refused <= set(operation.spec["responses"])
    assert set(operation.spec["responses"]) <= refused | {str(status) for status in expected.values()} | {
        "200",
        "201",
        "202",
        "204",
        "302",
        "303",
        "304",
    }


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda one: one.id)
def test_every_input_is_bounded(operation: Operation) -> None:
    faults = [fault for one in operation.parameters for fault in _unbounded(one["schema"], one["name"])]
    if operation.body:
        faults += list(_unbounded(operation.body, "body"))
    assert faults == []


@pytest.mark.parametrize(
    ("schema", "fault"),
    [
        ({"type": "string"}, "a string without an end"),
        ({"type": "string", "format": "uri"}, "a string without an end"),
        ({"type": "string", "pattern": "^a*$"}, "a string without an end"),
        ({"type": "string", "pattern": "^[a-z]{1,20}$"}, None),
        ({"type": "string", "maxLength": 5}, None),
        ({"type": "string", "format": "uuid"}, None),
        ({"enum": ["a"]}, None),
        ({"type": "integer", "minimum": 0}, "a number without both ends"),
        ({"type": "number", "maximum": 0}, "a number without both ends"),
        ({"type": "integer", "minimum": 0, "maximum": 1}, None),
        ({"type": "array", "items": {"enum": ["a"]}}, "an array without an end"),
        ({"type": "array", "items": {"type": "string"}, "maxItems": 3}, "a string without an end"),
        ({"type": "object", "properties": {}}, "an object that takes anything"),
        ({"type": "object", "properties": {"a": {"type": "string"}}, "additionalProperties": False}, "a string"),
        ({"anyOf": [{"type": "null"}, {"type": "string"}]}, "a string without an end"),
        ({}, "anything"),
    ],
)
def test_an_unbounded_input_is_detected(schema: Json, fault: str | None) -> None:
    found = list(_unbounded(schema, "it"))
    assert (found == []) if fault is None else (fault in found[0]), found


def test_a_pattern_is_anchored_at_the_end_of_the_text() -> None:
    """`$` alone would accept a trailing newline, which could end a mail header."""
    document = json.dumps([one.spec.get("requestBody", {}) for one in OPERATIONS])
    schemas = [operations.document()["components"]["schemas"][name] for name in re.findall(r"schemas/(\w+)", document)]
    patterns = {part["pattern"] for part in _all_parts([*schemas, [one.parameters for one in OPERATIONS]])}
    headers = {pattern for pattern in patterns if pattern.startswith(("^[\\x20", "^[\\x21"))}
    open_ended = patterns - headers - {fields.TEXT, fields.PUBLISHED[fields.NAME]}
    assert len(open_ended) > 5
    assert {pattern for pattern in open_ended if not pattern.endswith(fields.END)} == set()


@pytest.mark.parametrize("event", catalogue.catalogue(), ids=lambda event: event.tag)
def test_every_event_payload_is_described(event: Any) -> None:
    assert event.shows is None or event.shows in operations.document()["components"]["schemas"]


def test_every_reference_resolves() -> None:
    referred = set(re.findall(r'"#/components/schemas/(\w+)"', json.dumps(operations.document())))
    assert referred - set(operations.document()["components"]["schemas"]) == set()


def test_every_list_is_a_page() -> None:
    """The response of a list has `items` and a cursor for the next page."""
    for operation in OPERATIONS:
        if operation.method == "GET" and operation.id.startswith("list_") and operation.id != "list_changes":
            answer = operation.spec["responses"]["200"]["content"]["application/json"]["schema"]
            assert {"items", "nextCursor"} <= set(operations.resolved(answer)["properties"]), operation.id


def _all_parts(schema: Any) -> Iterator[Json]:
    """Yield every part of a schema that has a pattern."""
    if isinstance(schema, list):
        for one in schema:
            yield from _all_parts(one)
    elif isinstance(schema, dict):
        yield from [schema] if isinstance(schema.get("pattern"), str) else []
        yield from _all_parts([*schema.values()])


def _problems(route: Route) -> list[type[errors.Problem]]:
    """Return the problems that a route may return."""
    asks = inspect.signature(route.handler).parameters
    found: list[type[errors.Problem]] = [errors.Invalid, errors.TooManyRequests, errors.InternalError]
    found += [errors.Unavailable, *route.errors]
    if not route.public:
        found += [errors.SignInNeeded, errors.Forbidden]
    if route.parameters:
        found.append(errors.NotFound)
    if route.method != "GET":
        found.append(errors.BodyTooLarge)
    if "body" in asks:
        found += [errors.MalformedJson, errors.UnsupportedMediaType]
    if "if_match" in asks:
        found.append(errors.StaleVersion)
    if route.replayable:
        found += [errors.StillRunning, errors.KeyReused]
    return found


def _unbounded(schema: Json, at: str) -> Iterator[str]:
    """Yield the inputs without an upper bound."""
    schema = operations.resolved(schema)
    if "anyOf" in schema:
        for one in schema["anyOf"]:
            yield from _unbounded(one, at)
        return
    kind = schema.get("type")
    if kind == "string" and "enum" not in schema and not _is_bounded(schema):
        yield f"{at}: a string without an end"
    elif kind in ("integer", "number") and not {"minimum", "maximum"} <= set(schema):
        yield f"{at}: a number without both ends"
    elif kind == "array":
        if "maxItems" not in schema:
            yield f"{at}: an array without an end"
        yield from _unbounded(schema["items"], f"{at}[]")
    elif kind == "object":
        if schema.get("additionalProperties") is not False:
            yield f"{at}: an object that takes anything"
        for name, value in schema.get("properties", {}).items():
            yield from _unbounded(value, f"{at}.{name}")
    elif kind is None and "enum" not in schema:
        yield f"{at}: anything"


def _is_bounded(schema: Json) -> bool:
    pattern = schema.get("pattern", "")
    bounded = pattern.startswith("^") and pattern.endswith("$") and not re.search(r"[*+]|,}", pattern)
    return "maxLength" in schema or schema.get("format") in BOUNDED_FORMATS or bounded
