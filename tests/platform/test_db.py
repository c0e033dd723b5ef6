"""Transactions: what they announce and when, connection state, and failures."""

from __future__ import annotations

import asyncio
import random
import socket
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import nullcontext, suppress
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

import asyncpg
import httpx2
import msgspec
import pytest
from prometheus_client import REGISTRY
from tests.cast import Person, join, made
from tests.chaos.harness import EngineHandles, admin, running_engines, until
from tests.conftest import serving, settings_for

from studyteddy.bootstrap import runtime
from studyteddy.events import SecondFactorChanged
from studyteddy.platform.db import migrations, schema, transaction
from studyteddy.platform.db.advisory_locks import AdvisoryLock
from studyteddy.platform.db.database import Database, connect
from studyteddy.platform.db.driver_errors import as_problem, passing
from studyteddy.platform.db.outbox import Announcement, NewJob, Reaction
from studyteddy.platform.db.pool import Pool
from studyteddy.platform.db.shares import TrafficClass
from studyteddy.platform.db.statements import Nothing, Statement
from studyteddy.platform.db.transaction import Tx
from studyteddy.platform.errors import Unavailable
from studyteddy.platform.event import Deleted, Event, public
from studyteddy.platform.identity import Identity
from studyteddy.platform.ids import new_id

NOBODY = UUID(int=0)
ECHO = Statement(str, "SELECT $2::text FROM (SELECT $1::uuid) AS owner, pg_sleep($3)")
SLEEP = Statement(Nothing, "SELECT pg_sleep($1)")
ADD = Statement(Nothing, "INSERT INTO marks (name) VALUES ($1)")


class Named(msgspec.Struct, frozen=True):
    """A row with one column."""

    name: str


_LISTED = "FROM (SELECT $1::uuid) AS owner, unnest($2::text[]) WITH ORDINALITY AS listed(name, place)"
NAMES = Statement(Named, f"SELECT name {_LISTED}")
NAMES_WITH_PLACES = Statement(Named, f"SELECT name, place {_LISTED}")


@public("mark.made", shows="Gone")
class MarkMade(Event, frozen=True):
    """Something happened."""


@dataclass
class Bench:
    """A separate database object and its announcements."""

    db: Database
    identity: Identity
    sql: asyncpg.Connection[asyncpg.Record]
    announcements: list[Announcement] = field(default_factory=list)

    async def marks(self) -> list[str]:
        return [row["name"] for row in await self.sql.fetch("SELECT name FROM marks ORDER BY name")]

    async def change(self, name: str, *, fail: bool = False) -> None:
        """Make a change with an event and a job."""
        announcements = len(self.announcements)
        async with self.db.transaction(self.identity) as tx:
            await tx.do(ADD, name)
            tx.publish(MarkMade(), Deleted(new_id()))
            tx.enqueue(NewJob("marks.none", "local", "{}"))
            await tx.flush()
            assert len(self.announcements) == announcements
            if fail:
                raise ZeroDivisionError


@pytest.fixture(scope="module")
def soil(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EngineHandles]:
    """Engines that this module can stop."""
    with running_engines(tmp_path_factory.mktemp("soil"), durable=False) as found:
        migrations.upgrade(found.engines.migration_database_url)
        yield found


@pytest.fixture
async def sql(soil: EngineHandles) -> AsyncIterator[asyncpg.Connection[asyncpg.Record]]:
    async with admin(soil.engines) as connection:
        await connection.execute(
            "DROP TABLE IF EXISTS marks;"
            "CREATE TABLE marks (name text UNIQUE DEFERRABLE INITIALLY DEFERRED);"
            "GRANT SELECT, INSERT ON marks TO study_app"
        )
        await connection.execute("TRUNCATE users CASCADE; TRUNCATE jobs")
        yield connection


@pytest.fixture
async def bench(soil: EngineHandles, sql: asyncpg.Connection[asyncpg.Record]) -> AsyncIterator[Bench]:
    """A pool of one connection, so that each test sees the state that the previous one left."""
    user = new_id()
    await sql.execute(
        "INSERT INTO users (id, email, name, created_at, updated_at) VALUES ($1, 'a@example.org', 'A', now(), now())",
        user,
    )
    await sql.execute("INSERT INTO event_counters (user_id) VALUES ($1)", user)
    async with connect(soil.engines.database_url, size=1) as pool:
        found = Bench(Database(pool), Identity(user, NOBODY), sql)
        found.db.announce = found.announcements.append
        yield found


# Announcements.


async def test_nothing_is_announced_before_the_commit(bench: Bench) -> None:
    await bench.change("a")
    ((user, messages, lanes),) = bench.announcements
    assert (user, len(messages), lanes) == (bench.identity.user_id, 1, frozenset({"local"}))
    assert messages[0].startswith(b'{"seq":1,"type":"mark.made","at":"')


async def test_a_rollback_announces_and_stores_nothing(bench: Bench) -> None:
    with pytest.raises(ZeroDivisionError):
        await bench.change("a", fail=True)
    assert (bench.announcements, await bench.marks()) == ([], [])
    assert await bench.sql.fetchval("SELECT (SELECT count(*) FROM events) + (SELECT count(*) FROM jobs)") == 0
    await bench.change("b")
    assert bench.announcements[0].messages[0].startswith(b'{"seq":1,'), "the rolled back change left a gap"


async def test_a_failed_commit_announces_nothing(bench: Bench) -> None:
    await bench.sql.execute("INSERT INTO marks VALUES ('a')")
    with pytest.raises(asyncpg.UniqueViolationError):
        await bench.change("a")
    assert (bench.announcements, await bench.marks()) == ([], ["a"])
    await bench.change("b")
    assert len(bench.announcements) == 1


async def test_change_event_and_job_commit_together(bench: Bench) -> None:
    await bench.change("a")
    found = await bench.sql.fetch(
        "SELECT xmin::text FROM marks UNION SELECT xmin::text FROM events UNION SELECT xmin::text FROM jobs"
    )
    assert len(found) == 1


async def test_a_public_event_requires_data(bench: Bench) -> None:
    async with bench.db.transaction(bench.identity) as tx:
        with pytest.raises(TypeError, match="say what it shows"):
            tx.publish(MarkMade())


async def test_a_user_without_a_counter_has_no_events(bench: Bench) -> None:
    await bench.sql.execute("DELETE FROM event_counters")
    with pytest.raises(LookupError, match="no event counter"):
        await bench.change("a")
    assert (bench.announcements, await bench.marks()) == ([], [])


def test_advisory_locks_never_change_their_numbers() -> None:
    """During a deployment, processes of both versions use them."""
    assert {one.name: one.value for one in AdvisoryLock} == {
        "IDEMPOTENCY_KEY": 7,
        "USER_JOBS": 11,
        "USER_COMMANDS": 13,
        "MIGRATIONS": 388561,
    }


async def test_a_database_has_no_revision_before_its_first_migration(soil: EngineHandles) -> None:
    empty = soil.engines.admin_database_url.rsplit("/", 1)[0] + "/template1"
    assert await schema.current(empty) is None
    assert await schema.current(soil.engines.migration_database_url) == schema.latest()


def test_a_revision_of_a_newer_version_is_unknown() -> None:
    assert schema.known("0001")
    assert schema.known(schema.latest())
    assert not schema.known(f"{int(schema.latest()) + 1:04}")


async def test_a_security_event_says_by_whom_and_from_where(bench: Bench) -> None:
    """The user agent is cut; it is somebody else's text."""
    bench.db.reactions = {SecondFactorChanged: (Reaction("warn", "local"),)}
    at_home = msgspec.structs.replace(bench.identity, client="x" * 400, address="192.0.2.1")
    async with bench.db.transaction(at_home) as tx:
        tx.publish(SecondFactorChanged(tx.user_id, True))
        now = tx.now
    found = msgspec.json.decode(await bench.sql.fetchval("SELECT payload FROM jobs"))
    assert (found["client"], found["address"]) == ("x" * 300, "192.0.2.1")
    assert datetime.fromisoformat(found["at"]) == now


async def test_events_belong_to_the_user_of_their_moment(bench: Bench) -> None:
    """A system transaction may act for several."""
    other = new_id()
    await bench.sql.execute(
        "INSERT INTO users (id, email, name, created_at, updated_at) VALUES ($1, 'b@example.org', 'B', now(), now())",
        other,
    )
    await bench.sql.execute("INSERT INTO event_counters (user_id) VALUES ($1)", other)
    users = [bench.identity.user_id, other]
    async with bench.db.system("worker") as tx:
        for user in users:
            await tx.act_as(user, alone=True)
            tx.publish(MarkMade(), Deleted(new_id()))
    assert [(one.user_id, len(one.messages)) for one in bench.announcements] == [(user, 1) for user in users]
    assert {row["user_id"] for row in await bench.sql.fetch("SELECT user_id FROM events")} == set(users)


@pytest.mark.parametrize("how", ["commands", "jobs", "plain"])
async def test_commands_and_jobs_of_a_user_wait_for_each_other(soil: EngineHandles, bench: Bench, how: str) -> None:
    """For a second at most, as for any lock."""

    async def lock(tx: Tx) -> None:
        if how == "commands":
            await tx.lock_user()
        else:
            await tx.act_as(bench.identity.user_id, alone=how == "jobs")

    async with connect(soil.engines.database_url, size=2) as pool:
        db = Database(pool)
        async with db.system("worker") as first:
            await first.act_as(bench.identity.user_id)
            await lock(first)
            expected = nullcontext() if how == "plain" else pytest.raises(Unavailable)
            with expected:
                async with db.system("worker") as second:
                    second.user_id = bench.identity.user_id
                    await lock(second)


# Savepoints.


async def test_a_failed_savepoint_leaves_no_row_event_or_job(bench: Bench) -> None:
    async with bench.db.transaction(bench.identity) as tx:
        await _mark(tx, "before")
        with suppress(ZeroDivisionError):
            async with tx.savepoint():
                await _mark(tx, "lost")
                raise ZeroDivisionError
        async with tx.savepoint():
            await _mark(tx, "after")
    assert await bench.marks() == ["after", "before"]
    assert [message[:8] for message in bench.announcements[0].messages] == [b'{"seq":1', b'{"seq":2']
    found = await bench.sql.fetch("SELECT payload FROM jobs ORDER BY id")
    assert [row["payload"] for row in found] == ['"before"', '"after"']


@pytest.mark.parametrize("inner", [True, False])
async def test_rows_flushed_early_are_rolled_back_too(bench: Bench, inner: bool) -> None:
    """Flushing in a savepoint also stores earlier events, which must still be announced."""
    async with bench.db.transaction(bench.identity) as tx:
        await _mark(tx, "before")
        with suppress(ZeroDivisionError):
            async with tx.savepoint():
                await _mark(tx, "lost")
                if inner:
                    await tx.flush()
                raise ZeroDivisionError
    assert [len(one.messages) for one in bench.announcements] == [1]
    found = await bench.sql.fetch("SELECT payload FROM jobs")
    assert ([row["payload"] for row in found], await bench.marks()) == (['"before"'], ["before"])
    assert await bench.sql.fetchval("SELECT last_seq FROM event_counters") == 1


async def test_a_nested_savepoint_rolls_back_alone(bench: Bench) -> None:
    async with bench.db.transaction(bench.identity) as tx, tx.savepoint():
        await _mark(tx, "outer")
        with suppress(asyncpg.UndefinedTableError):
            async with tx.savepoint():
                await _mark(tx, "inner")
                await tx.do(Statement(Nothing, "INSERT INTO nothing VALUES ($1)"), "x")
        await _mark(tx, "last")
    assert await bench.marks() == ["last", "outer"]


async def test_a_transient_error_aborts_the_transaction_even_if_caught(soil: EngineHandles, bench: Bench) -> None:
    async def change(db: Database) -> None:
        async with db.transaction(bench.identity) as tx:
            await _mark(tx, "a")
            with suppress(asyncpg.QueryCanceledError):
                async with tx.savepoint():
                    await tx.do(SLEEP, 2.0)

    async with connect(soil.engines.database_url, size=1, statement_timeout=0.1) as pool:
        with pytest.raises(Unavailable):
            await change(Database(pool))
    assert await bench.marks() == []


async def _mark(tx: Tx, name: str) -> None:
    await tx.do(ADD, name)
    tx.publish(MarkMade(), Deleted(new_id()))
    tx.enqueue(NewJob("marks.none", "local", f'"{name}"'))


# Connection state.


async def test_session_state_does_not_outlive_its_transaction(bench: Bench) -> None:
    state = "SELECT name, setting FROM pg_settings ORDER BY name"
    async with bench.db.pool.connection() as connection:
        before = await connection.fetch(state)
    await bench.change("a")
    assert await bench.db.reading(bench.identity).one(ECHO, bench.identity.user_id, "x", 0.0) == "x"
    async with bench.db.system("relay"):
        pass
    with pytest.raises(ZeroDivisionError):
        await bench.change("b", fail=True)
    async with bench.db.pool.connection() as connection:
        assert await connection.fetch(state) == before
        for name in ("app.user_id", "app.purpose"):
            assert await connection.fetchval("SELECT current_setting($1, true)", name) in (None, "")
        assert await connection.fetchval("SELECT count(*) FROM users") == 0, "somebody's rows are visible to nobody"


async def test_a_cancelled_request_never_releases_a_connection_with_a_pending_result(bench: Bench) -> None:
    dice = random.Random(1)

    async def read() -> None:
        await bench.db.reading(bench.identity).one(ECHO, bench.identity.user_id, "unread", 0.05)

    async def write() -> None:
        async with bench.db.transaction(bench.identity) as tx:
            await tx.do(SLEEP, 0.02)
            tx.publish(MarkMade(), Deleted(new_id()))

    for n in range(60):
        task = asyncio.ensure_future(read() if n % 2 else write())
        await asyncio.sleep(dice.choice([0.0, dice.uniform(0, 0.004), dice.uniform(0.01, 0.03)]))
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        found = await bench.db.reading(bench.identity).one(ECHO, bench.identity.user_id, str(n), 0.0)
        assert found == str(n)
    log = await bench.sql.fetch("SELECT seq FROM events ORDER BY seq")
    assert [row["seq"] for row in log] == list(range(1, len(log) + 1))
    assert len(bench.announcements) <= len(log)


async def test_without_the_statement_cache_nothing_is_prepared(soil: EngineHandles, bench: Bench) -> None:
    async with connect(soil.engines.database_url, size=1, statement_cache=False) as pool:
        plain = Bench(Database(pool), bench.identity, bench.sql)
        plain.db.announce = plain.announcements.append
        await plain.change("a")
        assert await plain.db.reading(bench.identity).one(ECHO, bench.identity.user_id, "x", 0.0) == "x"
        async with pool.connection() as connection:
            assert await connection.fetchval("SELECT count(*) FROM pg_prepared_statements WHERE name <> ''") == 0
    assert len(plain.announcements) == 1


async def test_each_statement_is_counted_and_timed(bench: Bench) -> None:
    """What else runs in this process, like the poll for revoked sessions, counts too: the least is the test's own."""
    found = [await _statements_of_a_read_and_a_change(bench) for _ in range(5)]
    reads, statements = min(count for count, _, _, _ in found), min(count for _, _, count, _ in found)
    assert (reads, statements) == (1, 3)
    assert 0.02 <= min(taken for _, taken, _, _ in found) < 1
    assert 0.04 <= min(taken for _, _, _, taken in found) < 3


async def _statements_of_a_read_and_a_change(bench: Bench) -> tuple[float, float, float, float]:
    """Return the number and the seconds of reads, and of statements in transactions, while one of each runs."""

    def counted() -> list[float]:
        found = [
            REGISTRY.get_sample_value(f"studyteddy_query_seconds_{name}", {"access": access})
            for access in ("read", "transaction")
            for name in ("count", "sum")
        ]
        return [value or 0.0 for value in found]

    before = counted()
    await bench.db.reading(bench.identity).one(ECHO, bench.identity.user_id, "x", 0.02)
    async with bench.db.transaction(bench.identity) as tx:
        await tx.one(ECHO, bench.identity.user_id, "x", 0.02)
        await tx.all(ECHO, bench.identity.user_id, "x", 0.02)
        await tx.do(ADD, str(new_id()))
    reads, read_for, statements, taken = (after - one for after, one in zip(counted(), before, strict=True))
    return reads, read_for, statements, taken


async def test_a_connection_has_the_limits_of_the_program(soil: EngineHandles) -> None:
    """Three seconds for a statement, one for a lock, ten for a transaction that does nothing."""
    async with connect(soil.engines.database_url, size=1) as pool, pool.connection() as connection:
        names = ("statement_timeout", "lock_timeout", "idle_in_transaction_session_timeout", "jit", "TimeZone")
        found = [await connection.fetchval("SELECT current_setting($1)", name) for name in names]
    assert found == ["3s", "1s", "10s", "off", "UTC"]


def test_a_read_without_an_owner_is_refused() -> None:
    with pytest.raises(ValueError, match="owner as"):
        _ = Statement(str, "SELECT name FROM marks WHERE name = $2").guarded
    assert "$10" in Statement(str, "SELECT $10::text, $1::uuid").guarded, "only the whole number is replaced"


async def test_a_transaction_reads_what_a_single_read_does(bench: Bench) -> None:
    """Stores don't know which of the two they are given."""
    user = bench.identity.user_id

    async def found(reader: Any) -> list[object]:
        return [
            await reader.one(NAMES, user, ["a", "b"]),
            await reader.one(NAMES, user, []),
            await reader.all(NAMES, user, ["a", "b"]),
            await reader.keyed(NAMES_WITH_PLACES, user, ["a", "b"]),
        ]

    expected = [Named("a"), None, [Named("a"), Named("b")], [(Named("a"), "1"), (Named("b"), "2")]]
    assert await found(bench.db.reading(bench.identity)) == expected
    async with bench.db.transaction(bench.identity) as tx:
        assert await found(tx) == expected
        assert [one async for one in tx.stream(NAMES, user, ["a", "b"])] == [Named("a"), Named("b")]


async def test_a_connection_keeps_four_hundred_prepared_statements(soil: EngineHandles) -> None:
    """Those used last."""
    async with connect(soil.engines.database_url, size=1) as pool, pool.connection() as connection:
        for n in range(410):
            await connection.fetchval(f"SELECT {n}")
        prepared = await connection.fetchval("SELECT count(*) FROM pg_prepared_statements")
    assert prepared == 400


@pytest.mark.parametrize(("opens", "seconds"), [("connect", 1.0), ("revision", 2.0)])
async def test_a_server_that_accepts_and_says_nothing_is_given_up(opens: str, seconds: float) -> None:
    """A connection within a second, the revision of the schema within two."""
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"postgresql://somebody@127.0.0.1:{silent.getsockname()[1]}/nothing?sslmode=disable"
        async with connect(url, size=1) as pool:
            opening = pool._connect() if opens == "connect" else schema.current(url)
            started = time.monotonic()
            with pytest.raises(TimeoutError):
                await opening
        assert seconds - 0.1 < time.monotonic() - started < seconds + 5, "longer on a busy machine"


# Failures.


async def test_a_transaction_that_postgresql_rolls_back_has_not_succeeded(bench: Bench) -> None:
    """After an error, `COMMIT` rolls back without an error of its own."""

    async def caught() -> None:
        async with bench.db.transaction(bench.identity) as tx:
            await tx.do(ADD, "a")
            with suppress(asyncpg.UndefinedTableError):
                await tx.do(Statement(Nothing, "INSERT INTO nothing VALUES ($1)"), "x")

    with pytest.raises(Unavailable, match="could not be saved") as refusal:
        await caught()
    assert (refusal.value.retry_after, await bench.marks()) == (1, [])


async def test_who_waits_in_vain_is_told_to_try_again_in_a_second(bench: Bench) -> None:
    pool = bench.db.pool
    theirs = pool._classes["other"] = TrafficClass(pool.size)
    async with bench.db.transaction(bench.identity):
        theirs._time_held, theirs.waiting = 9.0, 9
        with pytest.raises(Unavailable, match="Too many requests are waiting") as refusal:
            await bench.db.reading(bench.identity).one(ECHO, bench.identity.user_id, "x", 0.0)
        theirs.waiting = 0
    assert refusal.value.retry_after == 1


@pytest.mark.parametrize(
    ("fault", "busy"),
    [
        (asyncpg.DeadlockDetectedError(), True),
        (asyncpg.LockNotAvailableError(), True),
        (asyncpg.QueryCanceledError(), True),
        (asyncpg.AdminShutdownError(), False),
        (OSError(), False),
    ],
)
def test_a_transient_error_can_be_retried_in_a_second(fault: Exception, busy: bool) -> None:
    problem = as_problem(fault)
    assert isinstance(problem, Unavailable)
    assert (problem.retry_after, "concurrent" in str(problem.detail)) == (1, busy)
    problem.__cause__ = fault
    assert passing(fault)
    assert passing(problem)


def test_other_errors_are_not_transient() -> None:
    fault = asyncpg.UniqueViolationError()
    assert as_problem(fault) is fault
    assert not passing(fault)
    assert not passing(Unavailable())


async def test_a_ping_needs_an_answer(bench: Bench) -> None:
    await bench.db.ping()
    assert not bench.db.pool.in_use, "the connection was returned"
    with pytest.raises(Unavailable):
        await Database(Pool(_refused, size=1)).ping()


async def _refused() -> Any:
    raise ConnectionRefusedError


@pytest.mark.parametrize(("url", "role"), [("postgres://app:x@h/d", "app"), ("postgres://h/d", migrations.APP_ROLE)])
def test_the_role_of_the_application_is_in_its_url(url: str, role: str) -> None:
    assert migrations.app_role(url) == role


async def test_an_exhausted_pool_fails_within_a_second(bench: Bench) -> None:
    async with bench.db.transaction(bench.identity):
        started = time.monotonic()
        with pytest.raises(Unavailable) as refusal:
            await bench.db.reading(bench.identity).one(ECHO, bench.identity.user_id, "x", 0.0)
    assert 0.9 < time.monotonic() - started < 1.8
    assert refusal.value.retry_after


@pytest.mark.parametrize("place", ["reading", "transaction"])
async def test_a_statement_timeout_is_unavailable(soil: EngineHandles, bench: Bench, place: str) -> None:
    async with connect(soil.engines.database_url, size=1, statement_timeout=0.1) as pool:
        db = Database(pool)
        with pytest.raises(Unavailable):
            await _slow(db, bench.identity, place)
        assert await db.reading(bench.identity).one(ECHO, bench.identity.user_id, "y", 0.0) == "y"


async def _slow(db: Database, identity: Identity, place: str) -> None:
    if place == "reading":
        await db.reading(identity).one(ECHO, identity.user_id, "x", 2.0)
    else:
        await _sleep(db, identity, 2.0)


async def _sleep(db: Database, identity: Identity, seconds: float) -> None:
    async with db.transaction(identity) as tx:
        await tx.do(SLEEP, seconds)


_END_ALL = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'study_app'"


async def test_a_connection_lost_during_a_statement_is_unavailable_and_the_next_one_works(bench: Bench) -> None:
    for n in range(3):
        working = asyncio.ensure_future(_sleep(bench.db, bench.identity, 2.0))
        await asyncio.sleep(0.1)
        await bench.sql.fetch(_END_ALL)
        with pytest.raises(Unavailable):
            await working
        await bench.change(f"a{n}")
        bench.announcements.clear()


async def test_a_connection_lost_between_statements_is_unavailable(bench: Bench) -> None:
    async def change() -> None:
        async with bench.db.transaction(bench.identity) as tx:
            await tx.do(ADD, "a")
            await bench.sql.fetch(_END_ALL)
            await asyncio.sleep(0.1)
            await tx.do(ADD, "b")

    with pytest.raises(Unavailable):
        await change()
    assert await bench.marks() == []


async def test_a_lost_idle_connection_is_replaced(bench: Bench) -> None:
    await bench.change("a")
    await bench.sql.fetch(_END_ALL)
    await asyncio.sleep(0.1)
    assert await bench.db.reading(bench.identity).one(ECHO, bench.identity.user_id, "x", 0.0) == "x"


async def test_writes_to_a_read_only_database_are_unavailable(soil: EngineHandles, bench: Bench) -> None:
    """After a failover, the server is a standby."""
    await bench.sql.execute("ALTER ROLE study_app SET default_transaction_read_only = on")
    try:
        async with connect(soil.engines.database_url, size=1) as pool:
            standby = Bench(Database(pool), bench.identity, bench.sql)
            with pytest.raises(Unavailable):
                await standby.change("a")
            assert await standby.db.reading(bench.identity).one(ECHO, bench.identity.user_id, "x", 0.0) == "x"
    finally:
        await bench.sql.execute("ALTER ROLE study_app RESET default_transaction_read_only")
    await bench.change("a")


async def test_requests_fail_fast_without_postgresql_and_then_recover(soil: EngineHandles) -> None:
    async with runtime.runtime(settings_for(soil.engines)) as running, serving(running) as url:
        alice = await join(url, "Alice")
        await alice.task("before")
        await asyncio.to_thread(soil.postgres.stop)
        try:
            for answer in await asyncio.gather(*(alice.post("/api/tasks", {"title": "x"}) for _ in range(30))):
                assert (answer.status_code, answer.json()["code"]) == (503, "unavailable")
                assert int(answer.headers["retry-after"]) >= 1
                assert answer.elapsed.total_seconds() < 1.5
            assert (await alice.get("/health/live")).status_code == 200
            assert (await alice.get("/health/ready")).status_code == 503
        finally:
            await asyncio.to_thread(soil.postgres.start)
        await until(lambda: _writes(alice), within=5)
        titles = [task["title"] for task in (await alice.get("/api/tasks")).json()["items"]]
        assert sorted(titles) == ["after", "before"]
        await alice.http.aclose()


async def _writes(person: Person) -> bool:
    return (await person.post("/api/tasks", {"title": "after"})).status_code == 201


# Costs.

STATEMENTS = {
    "GET /api/auth/me": 1,
    "GET /api/tasks": 1,
    "GET /api/tasks/{id}": 1,
    "GET /api/subjects": 1,
    "GET /api/notifications": 1,
    "GET /api/gamification/points": 2,
    "GET /api/changes": 2,
    "POST /api/tasks": 4,
    "POST /api/tasks with a key": 7,
    "POST /api/tasks with a used key": 4,
    "PATCH /api/tasks/{id}": 6,
    "POST /api/tasks/{id}/complete": 4,
    "POST /api/tasks/{id}/complete again": 4,
    "POST /api/tasks/{id}/reopen": 6,
    "POST /api/tasks/{id}/subtasks": 7,
    "DELETE /api/tasks/{id}": 5,
}
"""Round trips of each request; `BEGIN` also sets the owner."""


async def test_round_trips_per_request(soil: EngineHandles, sql: object) -> None:
    settings = settings_for(soil.engines, database_pool="1")
    async with (
        runtime.runtime(settings) as running,
        serving(running, runtime.application(running, watching=False)) as url,  # its polls would be counted too
    ):
        running.revocations._polled_at = time.monotonic() + 3600  # as if the poll had just run
        alice = await join(url, "Alice")
        log: list[str] = []
        connection: Any = await running.db.pool.acquire()
        connection.add_query_logger(lambda record: log.append(record.query))
        running.db.pool.release(connection)
        found: dict[str, int] = {}
        async for name, answer in _requests(alice):
            assert answer.status_code < 300, f"{name}: {answer.text}"
            found[name] = len(log)
            log.clear()
        await alice.http.aclose()
    assert found == STATEMENTS


async def _requests(alice: Person) -> AsyncIterator[tuple[str, httpx2.Response]]:
    once: dict[str, Any] = {"headers": {"idempotency-key": "once"}}
    yield "POST /api/tasks", (made_task := await alice.post("/api/tasks", {"title": "a"}))
    path = f"/api/tasks/{made(made_task)['id']}"
    yield "POST /api/tasks with a key", await alice.post("/api/tasks", {"title": "b"}, **once)
    yield "POST /api/tasks with a used key", await alice.post("/api/tasks", {"title": "b"}, **once)
    for listed in ("auth/me", "tasks", "subjects", "notifications", "gamification/points", "changes"):
        yield f"GET /api/{listed}", await alice.get(f"/api/{listed}")
    yield "GET /api/tasks/{id}", await alice.get(path)
    yield "PATCH /api/tasks/{id}", await alice.patch(path, {"title": "c"})
    yield "POST /api/tasks/{id}/subtasks", await alice.post(f"{path}/subtasks", {"title": "d"})
    yield "POST /api/tasks/{id}/complete", await alice.post(f"{path}/complete")
    yield "POST /api/tasks/{id}/complete again", await alice.post(f"{path}/complete")
    yield "POST /api/tasks/{id}/reopen", await alice.post(f"{path}/reopen")
    yield "DELETE /api/tasks/{id}", await alice.delete(path)


# What is left behind.


class Unwilling:
    """A connection that can't be rolled back."""

    def __init__(self, fault: BaseException | None) -> None:
        self._fault = fault
        self.terminated = False

    async def execute(self, _: str) -> None:
        if self._fault is None:
            await asyncio.sleep(3600)
        raise self._fault or AssertionError

    def terminate(self) -> None:
        self.terminated = True


@pytest.mark.parametrize(
    ("fault", "raised"),
    [
        (OSError(), None),
        (asyncpg.InterfaceError("closed"), None),
        (asyncio.CancelledError(), asyncio.CancelledError),
        (None, None),  # it doesn't respond
    ],
)
async def test_a_connection_that_cannot_be_rolled_back_is_terminated_and_returned(
    bench: Bench, monkeypatch: pytest.MonkeyPatch, fault: BaseException | None, raised: type[BaseException] | None
) -> None:
    """Only a cancellation goes on; otherwise, what made the transaction fail says more."""
    monkeypatch.setattr(transaction, "ROLLBACK_SECONDS", 0.01)
    returned: list[object] = []
    monkeypatch.setattr(bench.db, "release", returned.append)
    tx, connection = bench.db.system("worker"), Unwilling(fault)
    tx._connection = connection
    with pytest.raises(raised) if raised else nullcontext():
        await tx._abandon()
    assert (connection.terminated, returned, tx._connection) == (True, [connection], None)


async def test_a_pool_is_closed_with_its_block(soil: EngineHandles) -> None:
    async with connect(soil.engines.database_url, size=1) as pool, pool.connection() as connection:
        pass
    assert connection.is_closed()
    with pytest.raises(asyncpg.InterfaceError, match="closed"):
        await pool.acquire()


@pytest.mark.parametrize("scheme", ["postgres", "postgresql"])
def test_migrations_use_the_driver_of_the_program(scheme: str) -> None:
    url = f"{scheme}://owner:postgres@host:5432/postgres?sslmode=require"
    assert migrations._for_sqlalchemy(url) == ("postgresql+asyncpg://owner:postgres@host:5432/postgres?sslmode=require")
