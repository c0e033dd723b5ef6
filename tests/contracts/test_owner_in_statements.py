"""Owner predicates: every statement on a user's rows names its owner, and every store function takes the owner."""

from __future__ import annotations

import ast
from collections.abc import Iterator

import pytest
from tests.contracts import catalogue, sql

USER_TABLES = frozenset(
    [
        "users",
        "sessions",
        "subjects",
        "tasks",
        "subtasks",
        "event_counters",
        "events",
        "idempotency_keys",
        "realtime_tickets",
        "jobs",
        "jobs_dead",
        "notifications",
        "daily_progress",
        "points_ledger",
        "api_keys",
        "mail_tokens",
        "second_factors",
        "recovery_codes",
        "identities",
        "pending_sign_ins",
        "exports",
        "audit_heads",
        "audit_log",
        "task_series",
        "task_changes",
        "attachments",
        "focus_presets",
        "focus_sessions",
        "ai_days",
        "ai_calls",
        "ai_keys",
        "ai_proposals",
        "ai_chats",
        "ai_assessed_exercises",
        "ai_messages",
        "ai_pages",
        "ai_questions",
        "ai_facts",
        "ai_settings",
        "published_feeds",
        "account_calendars",
        "calendar_accounts",
        "calendar_channels",
        "calendar_conflicts",
        "calendar_connections",
        "calendar_copies",
        "calendar_feeds",
        "calendar_events",
        "calendar_changes",
        "calendar_courses",
    ]
)
"""Tables with rows of users; the tests of row-level security compare this list with the schema."""

CLOSED_TABLES = frozenset(["sign_in_flows", "audit_anonymous", "audit_seals"])
"""Tables whose rows have no owner; only some purposes see them."""


def test_every_statement_on_a_users_rows_names_the_owner() -> None:
    unowned = {
        one.place: faults
        for one in catalogue.statements()
        if one.place not in catalogue.SYSTEM and (faults := sql.unowned(one.statement.sql, USER_TABLES))
    }
    assert unowned == {}


def test_the_transactions_own_statements_name_the_owner() -> None:
    unowned = {name: faults for name, text in catalogue.raw().items() if (faults := sql.unowned(text, USER_TABLES))}
    assert unowned == {}


def test_the_list_of_system_statements_is_exact() -> None:
    guarded = USER_TABLES | CLOSED_TABLES
    needed = {one.place for one in catalogue.statements() if sql.unowned(one.statement.sql, guarded)}
    assert needed == set(catalogue.SYSTEM)


def test_every_store_function_takes_and_passes_the_owner() -> None:
    faults = [
        f"{path}: {fault}"
        for path, tree in catalogue.sources()
        if _is_store(path)
        for fault in _without_owner(tree, _system_names(path))
    ]
    assert faults == []


def test_single_reads_run_only_statements_that_can_carry_the_owner() -> None:
    readable = {one.place for one in catalogue.reads()}
    faults = [
        f"{path}: {name} is read outside a transaction"
        for path, tree in catalogue.sources()
        if _is_store(path)
        for name in _read_through_a_reader(tree)
        if f"{_module(path)}.{name}" not in readable
    ]
    assert faults == []


@pytest.mark.parametrize(
    "text",
    [
        "SELECT title FROM tasks WHERE id = $2",
        "SELECT title FROM tasks WHERE user_id = $2",
        "SELECT title FROM tasks WHERE user_id = $1 OR id = $2",
        "SELECT title FROM tasks WHERE NOT user_id = $1",
        "SELECT title FROM tasks AS t JOIN subjects AS s ON s.id = t.subject_id WHERE t.user_id = $1",
        "SELECT title FROM tasks AS t LEFT JOIN subjects AS s ON t.user_id = $1 AND s.user_id = $1",
        "SELECT title FROM tasks AS t, subjects AS s WHERE user_id = $1",
        "SELECT title FROM tasks AS t WHERE t.user_id = t.user_id",
        "SELECT title FROM tasks AS t JOIN subtasks AS s ON s.user_id = t.user_id",
        "SELECT (SELECT count(*) FROM events) FROM tasks WHERE user_id = $1",
        "SELECT title FROM tasks WHERE user_id = $1 AND EXISTS (SELECT FROM subjects WHERE id = $2)",
        "SELECT name FROM users WHERE user_id = $1",
        "SELECT name FROM users WHERE email = $1",
        "SELECT title FROM tasks WHERE user_id = $1 UNION SELECT title FROM tasks",
        "WITH all_ AS (SELECT user_id FROM tasks) SELECT id FROM subtasks AS b, all_ WHERE b.user_id = all_.user_id",
        "WITH one AS (SELECT $2::uuid AS user_id) SELECT title FROM tasks AS t, one WHERE t.user_id = one.user_id",
        "UPDATE tasks SET title = $2 WHERE id = $1",
        "UPDATE tasks SET user_id = $2 WHERE user_id = $1",
        "UPDATE tasks SET title = s.name FROM subjects AS s WHERE s.user_id = $1",
        "DELETE FROM tasks WHERE id = $1",
        "DELETE FROM tasks USING subjects AS s WHERE s.user_id = $1 AND s.id = $2",
        "WITH gone AS (DELETE FROM tasks WHERE id = $2 RETURNING id) SELECT id FROM gone",
        "INSERT INTO tasks (id, title) VALUES ($1, $2)",
        "INSERT INTO tasks (user_id, id) VALUES ($2, $1)",
        "INSERT INTO tasks (user_id, id) VALUES ($1, $2), ($3, $4)",
        "INSERT INTO tasks (user_id, id) SELECT user_id, $2 FROM subjects WHERE id = $1",
        "INSERT INTO event_counters (user_id) SELECT $2 FROM unnest($3::int[])",
        "INSERT INTO tasks (user_id, id) VALUES ($1, $2) ON CONFLICT (id) DO UPDATE SET title = 'x'",
    ],
)
def test_a_statement_without_an_owner_is_detected(text: str) -> None:
    assert sql.unowned(text, USER_TABLES) != []


@pytest.mark.parametrize(
    "text",
    [
        "SELECT title FROM tasks WHERE user_id = $1 AND (id = $2 OR title = $3)",
        "SELECT title FROM tasks AS t LEFT JOIN subjects AS s ON s.user_id = t.user_id WHERE t.user_id = $1",
        "SELECT title FROM tasks AS t JOIN subjects AS s ON s.user_id = t.user_id AND t.user_id = $1",
        "SELECT title FROM tasks AS t WHERE $1::uuid = t.user_id",
        "SELECT name, (SELECT count(*) FROM tasks AS t WHERE t.user_id = u.id) FROM users AS u WHERE id = $1",
        "WITH mine AS (SELECT user_id FROM tasks WHERE user_id = $1) SELECT 1 FROM events e, mine"
        " WHERE e.user_id = mine.user_id",
        "SELECT slot FROM schedules WHERE name = $1",
    ],
)
def test_a_statement_with_its_owner_is_accepted(text: str) -> None:
    assert sql.unowned(text, USER_TABLES) == []


@pytest.mark.parametrize(
    "function",
    [
        "async def get(reader: Reader, task_id: UUID) -> Task: return await reader.one(_GET, task_id)",
        "async def get(reader: Reader, user_id: UUID, id: UUID) -> Task: return await reader.one(_GET, id, user_id)",
        "async def get(tx: Tx, user_id: UUID) -> None: await tx.do(_page('due', (), False), tx.user_id)",
    ],
)
def test_a_function_that_omits_the_owner_is_detected(function: str) -> None:
    assert len(list(_without_owner(ast.parse(function), frozenset()))) == 1


def test_a_system_function_needs_no_owner() -> None:
    function = "async def find(tx: Tx, email: str) -> Account: return await tx.one(_FIND, email)"
    assert list(_without_owner(ast.parse(function), frozenset(["_FIND"]))) == []


_OWNERS = {"user_id": "user_id", "account": "account.id"}
"""How a store function takes the owner, and how it passes it on; an account is a locked one."""


def _without_owner(tree: ast.Module, system: frozenset[str]) -> Iterator[str]:
    """Return functions that run a user's statement without taking the owner and passing it first."""
    for function in tree.body:
        if not isinstance(function, ast.AsyncFunctionDef):
            continue
        for call in _runs(function):
            statement, *values = call.args
            if isinstance(statement, ast.Name) and statement.id in system:
                continue
            taken = function.args.args[1].arg if len(function.args.args) > 1 else ""
            owner = _OWNERS.get(taken)
            if owner is None or not values or ast.unparse(values[0]) != owner:
                yield f"{function.name} does not take and pass `user_id`"


def _runs(function: ast.AsyncFunctionDef) -> Iterator[ast.Call]:
    runners = {f"{given}.{verb}" for given in ("tx", "reader") for verb in ("one", "all", "keyed", "do")}
    calls = (node for node in ast.walk(function) if isinstance(node, ast.Call))
    return (call for call in calls if ast.unparse(call.func) in runners)


def _read_through_a_reader(tree: ast.Module) -> Iterator[str]:
    for function in tree.body:
        if isinstance(function, ast.AsyncFunctionDef) and function.args.args[0].arg == "reader":
            yield from (call.args[0].id for call in _runs(function) if isinstance(call.args[0], ast.Name))


def _system_names(path: str) -> frozenset[str]:
    """Return the names of this store's system statements and of those that touch no user's rows."""
    mine = [one for one in catalogue.statements() if one.place.startswith(f"{_module(path)}.")]
    tables = {one.place: {table.name for table in sql.tables(one.statement.sql)} for one in mine}
    return frozenset(
        place.rpartition(".")[2]
        for place, found in tables.items()
        if place in catalogue.SYSTEM or not found & USER_TABLES
    )


def _is_store(path: str) -> bool:
    return path.endswith("store.py") or "/store/" in path


def _module(path: str) -> str:
    return path.removesuffix(".py").replace("/", ".")
