"""PostgreSQL accepts every SQL statement, the application may run it, and its result fits its struct."""

from __future__ import annotations

import ast
import importlib
import re
import types
from collections.abc import AsyncIterator, Iterator
from datetime import date, datetime
from typing import Any, Literal, NamedTuple, Union, get_args, get_origin, get_type_hints
from uuid import UUID

import asyncpg
import msgspec
import pytest
from tests.contracts import catalogue, sql
from tests.contracts.catalogue import Placed
from tests.contracts.conftest import Connection

from studyteddy.platform.db.statements import Nothing, Statement

KINDS = {
    "uuid": UUID,
    "timestamptz": datetime,
    "date": date,
    "int2": int,
    "int4": int,
    "int8": int,
    "bool": bool,
    "text": str,
    "varchar": str,
    "float8": float,
    "text[]": list[str],
    "bytea": bytes,
}
UNNAMED = {
    "?column?",
    "case",
    "coalesce",
    "count",
    "exists",
    "extract",
    "float8",
    "greatest",
    "int4",
    "least",
    "sum",
    "to_char",
}
"""Names that PostgreSQL gives to computed columns without an alias."""

RENAMED = {
    ("Task", "subject_name"): "name",
    ("ListedTask", "subject_name"): "name",
    ("Subtask", "order"): "position",
    ("SubjectShare", "subject_id"): "id",
    ("SubjectShare", "tasks_completed"): "completed",
    ("Counter", "last"): "last_seq",
    ("Span", "last"): "last_seq",
    ("Device", "last_used_at"): "rotated_at",
}
"""Fields that deliberately have a different name than their column."""


class Column(NamedTuple):
    """One column of a result as PostgreSQL describes it."""

    name: str
    kind: str
    nullable: bool | None
    """`None` if the text doesn't determine it."""


async def test_every_statement_can_be_prepared_and_fits_its_struct(app: Connection) -> None:
    not_null = await _not_null(app)
    faults = [
        fault
        for placed in catalogue.statements()
        async for fault in _misfits(app, placed, placed.statement.sql, not_null)
    ]
    assert not faults, "\n".join(faults)


async def test_every_read_can_be_prepared_with_its_guard(app: Connection) -> None:
    not_null = await _not_null(app)
    faults = [
        fault
        for placed in catalogue.reads()
        async for fault in _misfits(app, placed, placed.statement.guarded, not_null)
    ]
    assert not faults, "\n".join(faults)


async def test_the_application_may_run_every_statement(app: Connection) -> None:
    texts = [one.statement.sql for one in catalogue.statements()] + list(catalogue.raw().values())
    for text in texts:
        prepared = await app.prepare(text)
        await prepared.explain(*(None for _ in prepared.get_parameters()))  # plans it and checks privileges


async def test_the_constants_of_the_database_module_can_be_prepared(app: Connection) -> None:
    assert {"_STORE_EVENTS_AND_JOBS", "_STORE_JOBS", "_LOCK_KEY", "_STORED_RESPONSE", "_RECORD", "_SET_USER"} <= set(
        catalogue.raw()
    )
    for text in catalogue.raw().values():
        await app.prepare(text)


def test_the_catalogue_contains_every_statement() -> None:
    found: dict[str, int] = {}
    for path, tree in catalogue.sources():
        name = path.removesuffix(".py").replace("/", ".")
        inside = [one for function in _functions(tree) for one in _statement_calls(function)]
        outside = len(list(_statement_calls(tree))) - len(inside)
        found |= {name: outside} if outside else {}
        assert not inside or path in catalogue.BUILT or "pages" in {function.name for function in _functions(tree)}, (
            f"{path} makes a statement in a function: give the module a `pages()` that lists all of them"
        )
    known = [one.place for one in catalogue.statements() if ".pages[" not in one.place]
    assert {name: sum(place.startswith(f"{name}.") for place in known) for name in found} == found
    assert len(known) == sum(found.values())
    assert [name for name in found if not catalogue.HOMES.fullmatch(name)] == []


LOCK = re.compile(r" FOR (UPDATE|NO KEY UPDATE|SHARE|KEY SHARE)( OF \w+)?\s*$")


def test_a_function_of_a_store_that_says_so_locks() -> None:
    """Without its lock, a command would still work, except in a race."""
    checked = 0
    for path, tree in catalogue.sources():
        if "store" not in path:
            continue
        module = importlib.import_module(f"studyteddy.{path.removesuffix('.py').replace('/', '.')}")
        for function in _functions(tree):
            if not function.name.startswith("lock"):
                continue
            names = {node.id for node in ast.walk(function) if isinstance(node, ast.Name)}
            used = [one for name in names if isinstance(one := getattr(module, name, None), Statement)]
            checked += len(used)
            assert used, f"{path}: {function.name} runs no statement"
            assert [one.sql for one in used if not LOCK.search(one.sql)] == [], f"{path}: {function.name} locks nothing"
    assert checked >= 14


def test_no_statement_selects_everything() -> None:
    starred = [one.place for one in catalogue.statements() if sql.selects_everything(one.statement.sql)]
    assert starred == []


@pytest.mark.parametrize(
    ("text", "starred"),
    [
        ("SELECT * FROM tasks", True),
        ("SELECT t.* FROM tasks AS t", True),
        ("UPDATE tasks SET title = $1 RETURNING *", True),
        ("SELECT count(*) FROM tasks", False),
        ("WITH gone AS (DELETE FROM jobs RETURNING *) INSERT INTO jobs_dead (id) SELECT id FROM gone", False),
    ],
)
def test_a_star_is_detected(text: str, starred: bool) -> None:
    assert sql.selects_everything(text) is starred


class Thing(msgspec.Struct):
    """A struct for deliberately wrong statements."""

    id: UUID
    title: str
    due_date: date | None


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("SELECT id, title, due_date FROM tasks WHERE user_id = $1", None),
        ("SELECT id, title FROM tasks WHERE user_id = $1", "2 columns"),
        ("SELECT id, due_date, title FROM tasks WHERE user_id = $1", "title is fed by due_date"),
        ("SELECT id, status AS title, created_at AS due_date FROM tasks WHERE user_id = $1", "column is timestamptz"),
        ("SELECT id, due_zone AS title, due_date FROM tasks WHERE user_id = $1", "title may be null"),
        ("SELECT id, title, completed_at::date AS due_date FROM tasks WHERE user_id = $1", None),
        ("SELECT t.id, s.name AS title, due_date FROM tasks AS t LEFT JOIN subjects AS s ON s.id = t.id", "title may"),
        ("SELECT b.id, title, (SELECT day FROM daily_progress) AS due_date FROM subtasks AS b", None),
        ("SELECT id, title, day AS due_date FROM subtasks, (SELECT day FROM daily_progress) AS d", None),
        ("SELECT user_id AS id, rule AS title, local_date AS due_date FROM points_ledger", "due_date is never null"),
    ],
)
async def test_a_statement_that_does_not_fit_is_detected(app: Connection, text: str, fault: str | None) -> None:
    placed = Placed("here", Statement(Thing, text))
    found = [one async for one in _misfits(app, placed, text, await _not_null(app))]
    assert (found == []) if fault is None else any(fault in one for one in found), found


async def _misfits(app: Connection, placed: Placed, text: str, not_null: set[tuple[str, str]]) -> AsyncIterator[str]:
    try:
        prepared = await app.prepare(text)
    except asyncpg.PostgresError as fault:
        yield f"{placed.place}: {fault}"
        return
    nulls = sql.nullable_columns(placed.statement.sql, not_null)
    columns = [
        Column(one.name, one.type.name, null)
        for one, null in zip(prepared.get_attributes(), nulls or [None] * 99, strict=False)
    ]
    for fault_found in _compare(placed.statement, columns):
        yield f"{placed.place}: {fault_found}"


def _compare(statement: Statement[Any], columns: list[Column]) -> Iterator[str]:
    row: type[Any] = statement.row
    if columns and columns[-1].name == "sort_key":
        *columns, key = columns
        if key.kind != "text":
            yield f"the sort key is {key.kind}"
    if not issubclass(row, msgspec.Struct):
        yield from _compare_value(row, columns)
    elif row is Nothing:
        yield from [f"{column.name} is read by nobody" for column in columns]
    elif [column.kind for column in columns] == ["jsonb"] and statement.build is not row:
        return  # the whole struct is one column
    elif len(columns) != len(_stored_fields(row)):
        yield f"{len(columns)} columns for {len(_stored_fields(row))} fields of {row.__name__}"
    else:
        yield from _compare_fields(row, columns, by_hand=statement.build is not row)


def _compare_value(row: type[Any], columns: list[Column]) -> Iterator[str]:
    if [KINDS.get(column.kind) for column in columns] != [row]:
        yield f"{[column.kind for column in columns]} is not one {row.__name__}"


def _compare_fields(row: type[msgspec.Struct], columns: list[Column], *, by_hand: bool) -> Iterator[str]:
    hints = get_type_hints(row)
    if by_hand and "jsonb" not in {column.kind for column in columns}:
        yield "it is built by hand without need"
    for field, column in zip(_stored_fields(row), columns, strict=True):
        wanted, optional = _plain(hints[field])
        if column.name not in (field, RENAMED.get((row.__name__, field)), *UNNAMED):
            yield f"{field} is fed by {column.name}"
        if column.kind == "jsonb" and by_hand:
            continue
        if KINDS.get(column.kind) != wanted:
            yield f"{field} is {wanted} and its column is {column.kind}"
        if column.nullable is True and not optional:
            yield f"{field} may be null"
        if column.nullable is False and optional:
            yield f"{field} is never null"


def _stored_fields(row: type[msgspec.Struct]) -> list[str]:
    """Return the fields that a row fills: not those that are left out unless something else adds them."""
    return [one.name for one in msgspec.structs.fields(row) if one.default is not msgspec.UNSET]


def _plain(hint: Any) -> tuple[Any, bool]:
    """Return a type without `None` and literal values, and whether it included `None`."""
    options = list(get_args(hint)) if get_origin(hint) in (Union, types.UnionType) else [hint]
    kinds = [str if get_origin(one) is Literal else one for one in options if one is not type(None)]
    return kinds[0] if len(kinds) == 1 else hint, type(None) in options


async def _not_null(app: Connection) -> set[tuple[str, str]]:
    """Return the columns that are never null, as pairs of table and column."""
    found = await app.fetch(
        "SELECT attrelid::regclass::text AS of, attname, attnotnull FROM pg_attribute"
        " WHERE attnum > 0 AND attrelid IN (SELECT oid FROM pg_class WHERE relnamespace = 'public'::regnamespace)"
    )
    return {(one["of"], one["attname"]) for one in found if one["attnotnull"]}


def _functions(tree: ast.AST) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    return (node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef))


def _statement_calls(tree: ast.AST) -> Iterator[ast.Call]:
    calls = (node for node in ast.walk(tree) if isinstance(node, ast.Call))
    return (call for call in calls if isinstance(call.func, ast.Name) and call.func.id == "Statement")
