"""Row-level security: PostgreSQL isolates users even if a statement omits the owner."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from itertools import chain, repeat
from typing import Any, get_args
from uuid import UUID

import asyncpg
import pytest
from tests.cast import Person, join
from tests.conftest import System
from tests.contracts import catalogue, plans, population
from tests.contracts.conftest import Connection
from tests.contracts.population import Populated
from tests.contracts.test_owner_in_statements import CLOSED_TABLES, USER_TABLES

from studyteddy.platform.db.transaction import Purpose

VISIBLE = {
    "sign_in": {
        "users": "true",
        "sessions": "true",
        "realtime_tickets": "true",
        "api_keys": "true",
        "mail_tokens": "true",
        "identities": "true",
        "pending_sign_ins": "true",
        "calendar_channels": "true",
        "calendar_connections": "true",
    },
    "relay": {"sessions": "revoked_at IS NOT NULL", "event_counters": "true"},
    "worker": {"jobs": "true", "jobs_dead": "true"},
    "operate": {
        "jobs": "true",
        "jobs_dead": "true",
        "users": "true",
        "second_factors": "true",
        "ai_keys": "true",
        "calendar_feeds": "true",
        "calendar_accounts": "true",
    },
    "tidy": {
        "sessions": "absolute_expires_at < now() - interval '1 day'",
        "events": "at < now() - interval '30 days'",
        "idempotency_keys": "created_at < now() - interval '24 hours'",
        "realtime_tickets": "expires_at < now()",
        "jobs_dead": "died_at < now() - interval '30 days'",
        "users": "deletion_at < now()",
        "mail_tokens": "expires_at < now()",
        "pending_sign_ins": "expires_at < now()",
        "task_changes": "at < now() - interval '365 days'",
        "exports": "created_at < now() - interval '7 days' AND coalesce(finished_at < now() - interval '7 days', true)",
        "attachments": "status = 'waiting' AND created_at < now() - interval '1 day'",
        "focus_sessions": "overdue_at IS NOT NULL",
        "ai_days": "day < now() - interval '90 days'",
        "ai_calls": "(created_at < now() - interval '90 days'"
        " OR settled_at IS NULL AND created_at < now() - interval '2 minutes')",
        "ai_pages": "embedding IS NULL",
        "ai_proposals": "created_at < now() - interval '90 days'",
        "calendar_feeds": "true",
        "calendar_accounts": "true",
        "calendar_channels": "expires_at < now()",
        "calendar_conflicts": "at < now() - interval '90 days'",
        "calendar_connections": "expires_at < now()",
        "calendar_events": "removed_at < now() - interval '90 days'",
        "calendar_changes": "at < now() - interval '90 days'",
        "ai_assessed_exercises": "created_at < now() - interval '365 days'",
    },
}
"""The rows of all users that each purpose sees."""

READS_ONLY = {
    "sign_in": {
        "users",
        "sessions",
        "api_keys",
        "identities",
        "pending_sign_ins",
        "calendar_channels",
        "calendar_connections",
    },
    "relay": {"sessions", "event_counters"},
    "operate": {"users"},
    "tidy": {"users", "exports", "attachments", "focus_sessions", "ai_pages", "calendar_feeds", "calendar_accounts"},
}
"""Tables that a purpose may read but not change."""

NO_UPDATE = {("sign_in", "mail_tokens")}
NO_DELETE = {
    ("operate", "second_factors"),
    ("operate", "ai_keys"),
    ("operate", "calendar_feeds"),
    ("operate", "calendar_accounts"),
}
"""Tables that a purpose may delete from but not update, and the reverse."""

NEVER_CHANGED = {"audit_log"}
NEVER_DELETED = {"audit_heads"}
"""Tables that even the owner can't change, or can't delete from."""

CLOSED = {
    "sign_in_flows": {"sign_in": {"SELECT", "UPDATE", "DELETE"}, "tidy": set()},
    "audit_anonymous": {"tidy": {"SELECT"}, "operate": {"SELECT"}},
    "audit_seals": {"tidy": {"SELECT"}, "operate": {"SELECT"}},
}
"""What each purpose may do to rows without an owner that are sealed and recent."""


@pytest.fixture(scope="module")
async def people(system: System, admin: Connection) -> AsyncIterator[tuple[Populated, Populated]]:
    """Alice and Bob, each with rows in every table."""
    persons = [await join(system.url, name) for name in ("Alice", "Bob")]
    alice, bob = [await population.populate(system, admin, person) for person in persons]
    await admin.execute(_DELETING_ACCOUNT, bob.id)
    yield alice, bob
    await population.clean_up(admin)
    for person in persons:
        await person.http.aclose()


async def test_the_list_of_tables_matches_the_schema(admin: Connection) -> None:
    found = await admin.fetch(
        "SELECT table_name FROM information_schema.columns WHERE table_schema = 'public' AND column_name = 'user_id'"
    )
    assert {one["table_name"] for one in found} | {"users"} == USER_TABLES


async def test_both_users_have_rows_in_every_table(admin: Connection, people: tuple[Populated, Populated]) -> None:
    counts = {
        (table, someone.id): await _count(admin, table, f"{_owner(table)} = '{someone.id}'")
        for table in USER_TABLES
        for someone in people
    }
    assert [table for table, count in counts.items() if not count] == []


async def test_every_table_with_users_rows_forces_its_policies(admin: Connection) -> None:
    found = await admin.fetch(
        "SELECT relname, relrowsecurity AND relforcerowsecurity AS forced,"
        " (SELECT count(*) FROM pg_policy WHERE polrelid = pg_class.oid) AS policies"
        " FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p')"
    )
    assert {one["relname"] for one in found if one["forced"] and one["policies"]} >= USER_TABLES


async def test_no_view_or_function_bypasses_the_policies(admin: Connection) -> None:
    views = await admin.fetch(
        "SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind IN ('v', 'm')"
    )
    functions = await admin.fetch(
        "SELECT proname FROM pg_proc WHERE pronamespace = 'public'::regnamespace AND prosecdef"
    )
    assert (views, functions) == ([], [])


async def test_the_application_role_has_no_special_privileges(app: Connection) -> None:
    role = await app.fetchrow(
        "SELECT rolsuper, rolbypassrls, rolcreaterole, rolcreatedb, rolreplication"
        " FROM pg_roles WHERE rolname = current_user"
    )
    assert role is not None
    assert set(role.values()) == {False}
    owned = await app.fetchval(
        "SELECT count(*) FROM pg_shdepend WHERE refobjid = current_user::regrole AND deptype = 'o'"
    )
    groups = await app.fetchval("SELECT count(*) FROM pg_auth_members WHERE member = current_user::regrole")
    makes = await app.fetchval("SELECT has_schema_privilege('public', 'CREATE')")
    assert (owned, groups, makes) == (0, 0, False)


@pytest.mark.parametrize("table", sorted(USER_TABLES))
async def test_alice_sees_and_changes_only_her_rows(
    app: Connection, admin: Connection, people: tuple[Populated, Populated], table: str
) -> None:
    alice, bob = people
    hers, owner = f"{_owner(table)} = '{alice.id}'", _owner(table)
    most = 0 if table in ("jobs", "jobs_dead") else await _count(admin, table, hers)
    async with _as(app, user=alice.id):
        assert await _count(app, table, "true") == most
        assert await _count(app, table, f"{owner} = '{bob.id}'") == 0
    for change, never in (
        (f"UPDATE {table} SET {owner} = {owner}", NEVER_CHANGED),
        (f"DELETE FROM {table}", NEVER_CHANGED | NEVER_DELETED),
    ):
        async with _as(app, user=alice.id):
            assert await _touched(app, change) in ((0,) if table in never else (0, most))
    for change in (f"UPDATE {table} SET {owner} = {owner}", f"DELETE FROM {table}"):
        async with _as(app, user=alice.id):
            assert await _touched(app, f"{change} WHERE {owner} = '{bob.id}'") == 0


@pytest.mark.parametrize("table", sorted(USER_TABLES))
async def test_alice_cannot_give_rows_to_bob(
    app: Connection, admin: Connection, people: tuple[Populated, Populated], table: str
) -> None:
    alice, bob = people
    async with _as(app, user=alice.id):
        with pytest.raises(asyncpg.InsufficientPrivilegeError, match=r"row-level security|permission denied"):
            await _copy(app, admin, table, bob.id)
    async with _as(app, user=alice.id):
        assert await _touched(app, f"UPDATE {table} SET {_owner(table)} = '{bob.id}'") == 0


@pytest.mark.parametrize("table", sorted(USER_TABLES))
async def test_without_a_user_no_rows_are_visible_or_changeable(
    app: Connection, admin: Connection, people: tuple[Populated, Populated], table: str
) -> None:
    assert await _count(app, table, "true") == 0
    assert await _touched(app, f"UPDATE {table} SET {_owner(table)} = {_owner(table)}") == 0
    assert await _touched(app, f"DELETE FROM {table}") == 0
    with pytest.raises(asyncpg.InsufficientPrivilegeError, match="row-level security"):
        await _copy(app, admin, table, people[1].id)


def test_every_purpose_is_tested() -> None:
    assert set(VISIBLE) == set(get_args(Purpose))


@pytest.mark.parametrize("purpose", VISIBLE)
@pytest.mark.parametrize("table", sorted(USER_TABLES))
async def test_a_purpose_sees_the_rows_of_its_policy(
    app: Connection, admin: Connection, people: tuple[Populated, Populated], table: str, purpose: str
) -> None:
    bobs = f"{_owner(table)} = '{people[1].id}'"
    seen = await _count(admin, table, f"{bobs} AND {VISIBLE[purpose].get(table, 'false')}")
    updated, deleted = _may_change(purpose, table)
    async with _as(app, purpose=purpose):
        assert await _count(app, table, bobs) == seen
    async with _as(app, purpose=purpose):
        touched = await _touched(app, f"UPDATE {table} SET {_owner(table)} = {_owner(table)} WHERE {bobs}")
        assert touched == seen * updated
    async with _as(app, purpose=purpose):
        assert await _touched(app, f"DELETE FROM {table} WHERE {bobs}") == seen * deleted


@pytest.mark.parametrize(("purpose", "table"), [(one, table) for one in VISIBLE for table in VISIBLE[one]])
async def test_the_data_distinguishes_the_policies(
    admin: Connection, people: tuple[Populated, Populated], purpose: str, table: str
) -> None:
    """There are rows that the purpose sees, and rows that it doesn't see unless it sees all."""
    theirs = f"{_owner(table)} IN ('{people[0].id}', '{people[1].id}')"
    seen = await _count(admin, table, f"{theirs} AND {VISIBLE[purpose][table]}")
    assert 0 < seen <= await _count(admin, table, theirs) - (VISIBLE[purpose][table] != "true")


async def test_every_table_has_policies_or_no_user_rows(admin: Connection) -> None:
    found = await admin.fetch("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
    assert {one["tablename"] for one in found} - USER_TABLES - CLOSED_TABLES == {
        "ai_totals",
        "alembic_version",
        "schedules",
        "sealing_check",
    }
    assert set(CLOSED) == CLOSED_TABLES


@pytest.mark.usefixtures("people")
@pytest.mark.parametrize("purpose", ["", *VISIBLE])
@pytest.mark.parametrize("table", sorted(CLOSED))
async def test_rows_without_an_owner_are_visible_to_their_purpose(
    app: Connection, admin: Connection, people: tuple[Populated, Populated], table: str, purpose: str
) -> None:
    may = CLOSED[table].get(purpose, set())
    there = await _count(admin, table, "true")
    column = "sealed_in" if table == "audit_anonymous" else "hash"
    assert there
    async with _as(app, user=people[0].id if not purpose else None, purpose=purpose):
        assert await _count(app, table, "true") == (there if "SELECT" in may else 0)
    async with _as(app, user=people[0].id if not purpose else None, purpose=purpose):
        touched = await _touched(app, f"UPDATE {table} SET {column} = {column}")
        assert touched == (there if "UPDATE" in may else 0)
    async with _as(app, user=people[0].id if not purpose else None, purpose=purpose):
        assert await _touched(app, f"DELETE FROM {table}") == (there if "DELETE" in may else 0)


async def test_requests_leave_no_user_set_on_a_connection(system: System, alice: Person, bob: Person) -> None:
    for person in (alice, bob):
        await asyncio.gather(
            *(person.task(f"Task {n}") for n in range(20)), *(person.get("/api/tasks") for _ in range(20))
        )
        await asyncio.gather(*(person.post("/api/tasks", {"title": ""}) for _ in range(5)), person.get("/api/changes"))
    await system.work()
    pool = system.running.db.pool
    async with AsyncExitStack() as stack:
        held = [await stack.enter_async_context(pool.connection()) for _ in range(pool.size)]
        left = [await one.fetchrow(_SESSION) for one in held]
    assert {tuple(one) for one in left if one} == {("", "", 0)}


async def test_a_guarded_read_returns_only_its_owners_rows(
    app: Connection, admin: Connection, people: tuple[Populated, Populated]
) -> None:
    alice, _ = people
    nobody, with_rows = UUID(int=7), 0
    for one in catalogue.reads():
        for user_id in (alice.id, nobody):
            args = await _arguments(app, one.statement.guarded, user_id, alice)
            found = [tuple(row) for row in await app.fetch(one.statement.guarded, *args)]
            assert found == [tuple(row) for row in await admin.fetch(one.statement.sql, *args)], one.place
            with_rows += bool(found) and user_id == alice.id
    assert with_rows > 300


async def test_a_read_without_its_guard_returns_no_rows(app: Connection, people: tuple[Populated, Populated]) -> None:
    alice, _ = people
    for one in catalogue.reads():
        args = await _arguments(app, one.statement.sql, alice.id, alice)
        found = await app.fetch(one.statement.sql, *args)
        assert [value for row in found for value in row if value] == [], one.place


@pytest.mark.parametrize("mode", plans.MODES)
async def test_a_guarded_read_sets_its_owner_before_reading(
    app: Connection, people: tuple[Populated, Populated], mode: plans.Mode
) -> None:
    wrong = [
        one.place
        for one in catalogue.reads()
        if not _owner_first(await plans.plan(app, one.statement.guarded, mode=mode, user=str(people[0].id)))
    ]
    assert wrong == []


@pytest.mark.parametrize(
    "text",
    [
        "SELECT id FROM tasks WHERE user_id = $1",
        "SELECT set_config('app.user_id', $1::text, true), id FROM tasks",
        "SELECT t.id FROM tasks AS t, LATERAL (SELECT set_config('app.user_id', t.user_id::text, true)"
        " WHERE t.user_id = $1 OFFSET 0) AS owner",
    ],
)
async def test_a_plan_that_reads_first_is_detected(app: Connection, text: str) -> None:
    assert not _owner_first(await plans.plan(app, text, mode="force_generic_plan"))


def _owner_first(plan: dict[str, Any]) -> bool:
    """Return whether a nested loop sets the owner on its outer side, which reads nothing else."""
    while plan["Node Type"] in ("Limit", "Subquery Scan") and len(plan["Plans"]) == 1:
        (plan,) = plan["Plans"]
    if plan["Node Type"] != "Nested Loop":
        return False
    outer = plan["Plans"][0]
    sets = [one for one in plans.nodes(outer) if any("set_config" in text for text in one.get("Output", []))]
    looks = [one for one in plans.nodes(outer) if "Relation Name" in one]
    return outer["Parent Relationship"] == "Outer" and bool(sets) and not looks


_SESSION = """
SELECT coalesce(current_setting('app.user_id', true), ''), coalesce(current_setting('app.purpose', true), ''),
       (SELECT count(*) FROM tasks)"""


@asynccontextmanager
async def _as(app: Connection, *, user: UUID | None = None, purpose: str = "") -> AsyncIterator[None]:
    """Open a transaction as the program does, and roll it back at the end."""
    transaction = app.transaction()
    await transaction.start()
    await app.execute(
        "SELECT set_config($1, $2, true)", "app.user_id" if user else "app.purpose", str(user) if user else purpose
    )
    try:
        yield
    finally:
        await transaction.rollback()


async def _arguments(app: Connection, text: str, user_id: UUID, alice: Populated) -> list[object]:
    """Return arguments for a read: the owner, then Alice's ids."""
    prepared = await app.prepare(text)
    given: list[object] = [user_id]
    before = {"::text::timestamptz": "1999-01-01", "::text::smallint": "0", "::text::int,": "999999999"}
    texts = chain([next((key for kind, key in before.items() if kind in text), "a")], repeat("exam"))
    for kind in [one.name for one in prepared.get_parameters()][1:]:
        given.append(await app.fetchval(f"SELECT {plans.VALUES.get(kind, 'NULL')}::{kind}"))
        if kind == "uuid":
            given[-1] = alice.task_id if "t.id = $2" in text or "FROM subtasks" in text else alice.subject_id
        if kind == "text":
            given[-1] = next(texts)
        if kind == "text[]" and "::tsquery" in text and len(given) == 3:
            given[-1] = ["read"]
    return given


def _may_change(purpose: str, table: str) -> tuple[bool, bool]:
    """Return whether a purpose may update the rows it sees in a table, and whether it may delete them."""
    reads = table in READS_ONLY.get(purpose, ())
    return not reads and (purpose, table) not in NO_UPDATE, not reads and (purpose, table) not in NO_DELETE


_DELETING_ACCOUNT = "UPDATE users SET deletion_at = now() - interval '1 minute', disabled_at = now() WHERE id = $1"
"""His grace period is over and his account is suspended: no job processes him for some minutes."""


def _owner(table: str) -> str:
    return "id" if table == "users" else "user_id"


async def _count(connection: Connection, table: str, condition: str) -> int:
    found: int = await connection.fetchval(f"SELECT count(*)::int FROM {table} WHERE {condition}")
    return found


async def _touched(connection: Connection, change: str) -> int:
    """Return how many rows a change touches, 0 if it is rejected."""
    try:
        async with connection.transaction():
            return int((await connection.execute(change)).rpartition(" ")[2])
    except asyncpg.InsufficientPrivilegeError:
        return 0


async def _copy(app: Connection, admin: Connection, table: str, owner: UUID) -> None:
    """Add a copy of one of the owner's rows."""
    columns = [
        one["column_name"]
        for one in await admin.fetch(
            "SELECT column_name FROM information_schema.columns WHERE table_schema = 'public' AND table_name = $1"
            " AND is_generated = 'NEVER' AND is_identity = 'NO'",
            table,
        )
    ]
    row = await admin.fetchrow(f"SELECT {', '.join(columns)} FROM {table} WHERE {_owner(table)} = $1 LIMIT 1", owner)
    assert row is not None
    places = ", ".join(f"${n + 1}" for n in range(len(columns)))
    await app.execute(f"INSERT INTO {table} ({', '.join(columns)}) VALUES ({places})", *row.values())
