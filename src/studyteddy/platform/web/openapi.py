"""OpenAPI 3.1, generated from the routes and structs that serve the requests."""

from __future__ import annotations

import inspect
from collections.abc import Iterable
from typing import Any, get_type_hints

import msgspec

from studyteddy.platform import errors
from studyteddy.platform.errors import Problem, ProblemDocument
from studyteddy.platform.web.binding import Answer
from studyteddy.platform.web.routing import Route

_REF = "#/components/schemas/{name}"
SERVER_PROBLEMS = (errors.MalformedRequest, errors.RequestTimeout, errors.UriTooLong, errors.HeadersTooLarge)
"""Problems by which the server refuses a request before it reaches an operation: documented once, for all of them."""
_IF_MATCH = (
    "The version your change is based on, by its ETag or, if the object has a `version`, by that number, such as"
    ' `"v7"`; 412 if it has changed since.'
)
_IDEMPOTENCY = "Repeating a request with the same key within 24 hours returns the first response."


def describe(routes: Iterable[Route], *, version: str, extra: Iterable[type[msgspec.Struct]] = ()) -> dict[str, Any]:
    """Return the OpenAPI document of these routes, in a stable order; `extra` are structs that only events contain."""
    routes = sorted(routes, key=lambda route: (route.path, route.method))
    kinds = [*(kind for route in routes for kind in _kinds(route)), *extra]
    _, components = msgspec.json.schema_components([*kinds, ProblemDocument], ref_template=_REF)
    paths: dict[str, Any] = {}
    for route in routes:
        paths.setdefault(route.path, {})[route.method.lower()] = _operation(route)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Study Teddy",
            "version": version,
            "description": _INTRODUCTION,
            "license": {"name": "MIT", "identifier": "MIT"},
        },
        "servers": [{"url": "/"}],
        "paths": paths,
        "components": {
            "responses": {kind.__name__: _problem_response([kind]) for kind in SERVER_PROBLEMS},
            "schemas": dict(sorted(components.items())),
            "securitySchemes": {"bearer": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"}},
        },
    }


def _kinds(route: Route) -> list[Any]:
    hints = get_type_hints(route.handler, include_extras=True)
    found = [*(hints[name] for name in ("body", "query") if name in hints), *route.answers.values()]
    return [kind for kind in found if kind not in (type(None), Answer)]


def _operation(route: Route) -> dict[str, Any]:
    hints = get_type_hints(route.handler, include_extras=True)
    summary, _, rest = (inspect.getdoc(route.handler) or route.name).partition("\n")
    operation: dict[str, Any] = {"operationId": route.name, "tags": [route.tag], "summary": summary}
    if rest.strip():
        operation["description"] = rest.strip()
    operation["parameters"] = _parameters(route, hints)
    if "body" in hints:
        optional = inspect.signature(route.handler).parameters["body"].default is None
        operation["requestBody"] = {
            "required": not optional,
            "content": {"application/json": {"schema": _schema(_some(hints["body"]))}},
        }
    if "upload" in hints:
        binary = {"schema": {"type": "string", "format": "binary", "maxLength": route.largest}}
        operation["requestBody"] = {"required": True, "content": {"application/octet-stream": binary}}
    operation["responses"] = _responses(route, hints)
    operation["security"] = [] if route.public else [{"bearer": [route.scope]}]
    return operation


def _parameters(route: Route, hints: dict[str, Any]) -> list[dict[str, Any]]:
    found = [
        {"name": name, "in": "path", "required": True, "schema": {"type": "string", "format": "uuid"}}
        for name in route.parameters
    ]
    if "query" in hints:
        found += [_query_parameter(field, kind) for field, kind in _fields(hints["query"])]
    if "if_match" in hints:
        found.append(_header("If-Match", _IF_MATCH, r"\x20-\x7e"))
    if route.replayable:
        found.append(_header("Idempotency-Key", _IDEMPOTENCY, r"\x21-\x7e"))
    return found


def _fields(kind: type[msgspec.Struct]) -> list[tuple[Any, Any]]:
    hints = get_type_hints(kind, include_extras=True)
    return [(field, hints[field.name]) for field in msgspec.structs.fields(kind)]


def _query_parameter(field: Any, kind: Any) -> dict[str, Any]:
    schema = _schema(_some(kind))
    parameter = {"name": field.encode_name, "in": "query", "required": field.required, "schema": schema}
    if schema.get("type") == "array":
        parameter |= {"style": "form", "explode": False}
    return parameter


def _header(name: str, description: str, characters: str) -> dict[str, Any]:
    return {
        "name": name,
        "in": "header",
        "required": False,
        "description": description,
        "schema": {"type": "string", "pattern": f"^[{characters}]{{1,200}}$"},
    }


_MEDIA: dict[str, dict[str, Any]] = {
    "text/event-stream": {
        "type": "object",
        "description": "One event of the stream; its data are JSON.",
        "required": ["id", "event", "data"],
        "properties": {
            "id": {"type": "string"},
            "event": {"type": "string"},
            "data": {"type": "string", "contentMediaType": "application/json"},
        },
    }
}


def _responses(route: Route, hints: dict[str, Any]) -> dict[str, Any]:
    kind = route.answers[route.status]
    success: dict[str, Any] = {"description": "Redirects to `Location`." if route.status == 303 else "Success."}
    if route.status == 303:
        success["headers"] = {"Location": {"required": True, "schema": {"type": "string"}}}
    if route.media:
        success["content"] = {route.media: {"schema": _MEDIA.get(route.media, {"type": "string", "format": "binary"})}}
    if kind not in (None, type(None), Answer):
        success["content"] = {"application/json": {"schema": _schema(kind)}}
    found = {str(route.status): success}
    if route.redirects:
        location = {"Location": {"required": True, "schema": {"type": "string"}}}
        found["302"] = {"description": "Redirects to `Location`.", "headers": location}
    if (
        isinstance(kind, type)
        and hasattr(kind, "__struct_fields__")
        and "id" in kind.__struct_fields__
        and route.method == "GET"
    ):
        found["304"] = {"description": "Not modified."}
    for other, status in route.also:
        found[str(status)] = {"description": "Success."}
        if other is not type(None):
            found[str(status)]["content"] = {"application/json": {"schema": _schema(other)}}
    for status, kinds in sorted(_problems(route, hints).items()):
        found[str(status)] = _problem_response(kinds)
    for kind in SERVER_PROBLEMS:
        found.setdefault(str(kind.status), {"$ref": f"#/components/responses/{kind.__name__}"})
    return found


def _problems(route: Route, hints: dict[str, Any]) -> dict[int, list[type[Problem]]]:
    kinds: list[type[Problem]] = [errors.TooManyRequests, errors.InternalError, errors.Unavailable]
    if not route.public:
        kinds += [errors.SignInNeeded, errors.Forbidden]
    if "body" in hints:
        kinds += [errors.MalformedJson, errors.BodyTooLarge, errors.UnsupportedMediaType]
    if route.parameters:
        kinds.append(errors.NotFound)
    if "if_match" in hints:
        kinds.append(errors.StaleVersion)
    if route.replayable:
        kinds += [errors.StillRunning, errors.KeyReused]
    if route.method != "GET":
        kinds.append(errors.BodyTooLarge)
    found: dict[int, list[type[Problem]]] = {}
    every: list[type[Problem]] = [*kinds, errors.Invalid, *route.errors]
    for kind in dict.fromkeys(every):
        found.setdefault(kind.status, []).append(kind)
    return found


def _problem_response(kinds: list[type[Problem]]) -> dict[str, Any]:
    examples = {
        kind.code: {
            "value": {
                "type": f"/api/docs#{kind.code}",
                "title": kind.title,
                "status": kind.status,
                "detail": kind.description,
                "code": kind.code,
                "requestId": "5f0c1c7d4a3e-1",
            }
        }
        for kind in kinds
    }
    return {
        "description": " ".join(kind.title for kind in kinds),
        "content": {
            "application/problem+json": {"schema": {"$ref": _REF.format(name="ProblemDocument")}, "examples": examples}
        },
    }


def _schema(kind: Any) -> dict[str, Any]:
    (schema,), _ = msgspec.json.schema_components([kind], ref_template=_REF)
    return schema


def _some(kind: Any) -> Any:
    """Return the type of a parameter's value: a parameter is omitted, never null."""
    options = [one for one in getattr(kind, "__args__", ()) if one not in (type(None), msgspec.UnsetType)]
    return options[0] if len(options) == 1 and type(None) in kind.__args__ else kind


_INTRODUCTION = """Plan your studies. Instants are RFC 3339 in UTC. Local dates and time zones are separate fields.
Lists return `items` and `nextCursor`. Errors are `application/problem+json` with a stable `code`.
Responses with a single object have an `ETag`; send it back as `If-Match` to avoid overwriting newer changes.
Objects that change have a `version`, also in lists and events: ignore one that is older than yours, and name it in
`If-Match` as `"v7"` when you have no ETag.
Send an `Idempotency-Key` with a POST request to make it safe to retry.
What you create can have an `id` of your choice, a UUIDv7. The same request with the same id returns the same object, at
any time and as it is then; it happens once. The id of a deleted object can be used again."""
