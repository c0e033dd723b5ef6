"""The operations in the OpenAPI document and the positions of ids in them."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from typing import Any, Literal, NamedTuple

from studyteddy.bootstrap import catalogue

Where = Literal["path", "query", "body"]


class Operation(NamedTuple):
    """One method on one path."""

    id: str
    method: str
    path: str
    spec: dict[str, Any]

    @property
    def parameters(self) -> list[dict[str, Any]]:
        return list(self.spec["parameters"])

    @property
    def body(self) -> dict[str, Any] | None:
        """The schema of the request body, whatever its media type."""
        if "requestBody" not in self.spec:
            return None
        (content,) = self.spec["requestBody"]["content"].values()
        schema: dict[str, Any] = content["schema"]
        return resolved(schema)


class Place(NamedTuple):
    """A position of an id in an operation."""

    operation: Operation
    where: Where
    name: str
    is_list: bool = False

    def __str__(self) -> str:
        return f"{self.operation.id}.{self.name}"


@cache
def document() -> dict[str, Any]:
    return catalogue.openapi()


DEEP = {
    "batch_tasks.commands": "tests/features/tasks/test_batch.py compares each command with its own route",
    "accept_proposal.task": "tests/features/ai/test_proposals.py accepts for a new task with a foreign subject",
}
"""Ids inside lists of objects, and the tests that cover them."""


def operations() -> list[Operation]:
    """Return every operation in the document."""
    return [
        Operation(spec["operationId"], method.upper(), path, spec)
        for path, methods in document()["paths"].items()
        for method, spec in methods.items()
    ]


def places() -> list[Place]:
    """Return every position of an id in every operation."""
    return [place for operation in operations() for place in _places(operation)]


def resolved(schema: dict[str, Any]) -> dict[str, Any]:
    """Return the schema that a reference points to."""
    if "$ref" in schema:
        found: dict[str, Any] = document()["components"]["schemas"][schema["$ref"].rpartition("/")[2]]
        return found
    return schema


def parts(schema: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield a schema and its `anyOf` alternatives, with references resolved."""
    schema = resolved(schema)
    yield schema
    for one in schema.get("anyOf", []):
        yield from parts(one)


def _places(operation: Operation) -> Iterator[Place]:
    for one in operation.parameters:
        if _is_id(one["schema"]):
            yield Place(operation, one["in"], one["name"])
    if operation.body:
        yield from _in_object(operation, operation.body)


def _in_object(operation: Operation, schema: dict[str, Any]) -> Iterator[Place]:
    for name, value in schema.get("properties", {}).items():
        for part in parts(value):
            if _is_id(part):
                yield Place(operation, "body", name)
            elif part.get("type") == "array" and any(_is_id(one) for one in parts(part["items"])):
                yield Place(operation, "body", name, is_list=True)
            elif _contains_ids(part) and f"{operation.id}.{name}" not in DEEP:
                raise LookupError(f"{operation.id}: {name} contains ids nested too deeply to be tested")


def _contains_ids(schema: dict[str, Any]) -> bool:
    inner = [*schema.get("properties", {}).values(), *([schema["items"]] if "items" in schema else [])]
    return any(_is_id(part) or _contains_ids(part) for one in inner for part in parts(one))


def _is_id(schema: dict[str, Any]) -> bool:
    return schema.get("format") == "uuid"
