"""PostgreSQL's plan for a statement: both the custom and the generic plan."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any, Literal

import asyncpg
from tests.contracts.conftest import Connection

Mode = Literal["force_custom_plan", "force_generic_plan"]
MODES: tuple[Mode, ...] = ("force_custom_plan", "force_generic_plan")
"""PostgreSQL first plans a prepared statement for its given values, and later for any values."""

VALUES = {
    "uuid": "'0197a3f0-0000-7000-8000-000000000000'",
    "int2": "1",
    "int4": "50",
    "int8": "50",
    "float8": "60",
    "bool": "false",
    "date": "'2026-06-01'",
    "timestamptz": "'2026-06-01'",
    "text[]": "'{pending,medium}'",
    "uuid[]": "'{}'",
    "int4[]": "'{}'",
    "int8[]": "'{}'",
    "float8[]": "'{}'",
    "bytea": "''",
    "bytea[]": "'{}'",
    "tsvector": "''",
}
TEXTS = ("'2026-06-01 00:00:00+00'", "'1'")
"""A text may be the sort key of a page: an instant or a rank."""


async def plan(connection: Connection, text: str, *, mode: Mode, user: str | None = None) -> dict[str, Any]:
    """Return the plan of a statement as `user`, without running it."""
    prepared = await connection.prepare(text)
    kinds = [one.name for one in prepared.get_parameters()]
    for guess in TEXTS:
        values = [VALUES.get(kind, guess) for kind in kinds]
        values[:1] = [f"'{user}'"] if user else values[:1]
        try:
            return await _explain(connection, text, values, mode)
        except asyncpg.DataError:
            continue
    raise LookupError(f"no values fit {kinds} of {text}")


async def _explain(connection: Connection, text: str, values: list[str], mode: Mode) -> dict[str, Any]:
    await connection.execute(f"SET plan_cache_mode = {mode}; PREPARE this AS {text}")
    given = f"({', '.join(values)})" if values else ""
    try:
        found = await connection.fetchval(f"EXPLAIN (FORMAT JSON, VERBOSE) EXECUTE this{given}")
    finally:
        await connection.execute("DEALLOCATE this; RESET plan_cache_mode")
    top: dict[str, Any] = json.loads(found)[0]["Plan"]
    return top


def nodes(top: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield a plan node and all its descendants."""
    yield top
    for below in top.get("Plans", []):
        yield from nodes(below)
