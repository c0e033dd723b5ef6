"""Transactions: what they announce and when, what they leave on a connection, and how they fail."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import asyncpg
import httpx2
import pytest
from tests.cast import Person, join, made
from tests.chaos.place import Ground, admin, ground, until
from tests.conftest import serving, settings_for

from studyteddy import bootstrap
from studyteddy.platform import migrations
from studyteddy.platform.db import Announcement, Database, JobOrder, Nothing, Statement, Tx, connect
from studyteddy.platform.errors import Unavailable
from studyteddy.platform.event import Event, Gone, public
from studyteddy.platform.identity import Identity
from studyteddy.platform.ids import new_id

NOBODY = UUID(int=0)
ECHO = Statement(str, "SELECT $2::text FROM (SELECT $1::uuid) AS owner, pg_sleep($3)")
SLEEP = Statement(Nothing, "SELECT pg_sleep($1)")
ADD = Statement(Nothing, "INSERT INTO marks (name) VALUES ($1)")


@public("mark.made", shows="Gone")
class MarkMade(Event, frozen=True):
    """Something happened."""


@dataclass
class Bench:
    """A database object of its own, and what it announced."""

    db: Database
    identity: Identity
    sql: asyncpg.Connection[asyncpg.Record]
    told: list[Announcement] = field(default_factory=list)

    async def marks(self) -> list[str]:
        return [row["name"] for row in await self.sql.fetch("SELECT name FROM marks ORDER BY name")]

    async def change(self, name: str, *, fail: bool = False) -> None:
        """A change with an event and a job."""
        told = len(self.told)
        async with self.db.transaction(self.identity) as tx:
            await tx.do(ADD, name)
            tx.publish(MarkMade(), Gone(new_id()))
            tx.enqueue(JobOrder("marks.none", "local", "{}"))
            await tx.flush()
            assert len(self.told) == told
            if fail:
                raise ZeroDivisionError


@pytest.fixture(scope="module")
def soil(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ground]:
    """Engines that this module may stop."""
    with ground(tmp_path_factory.mktemp("soil"), durable=False) as found:
        migrations.upgrade(found.engines.migration_database_url)
        yield found


@pytest.fixture
async def sql(soil: Ground) -> AsyncIterator[asyncpg.Connection[asyncpg.Record]]:
    async with admin(soil.engines) as connection:
        await connection.execute(
            "DROP TABLE IF EXISTS marks;"
            "CREATE TABLE marks (name text UNIQUE DEFERRABLE INITIALLY DEFERRED);"
            "GRANT SELECT, INSERT ON marks TO study_app"
        )
        await connection.execute("TRUNCATE users CASCADE; TRUNCATE jobs")
        yield connection


@pytest.fixture
async def bench(soil: Ground, sql: asyncpg.Connection[asyncpg.Record]) -> AsyncIterator[Bench]:
    """A pool of one connection, so that each test meets what the one before it left there."""
    user = new_id()
    await sql.execute(
        "INSERT INTO users (id, email, name, created_at, updated_at) VALUES ($1, 'a@example.org', 'A', now(), now())",
        user,
    )
    await sql.execute("INSERT INTO event_counters (user_id) VALUES ($1)", user)
    async with connect(soil.engines.database_url, size=1) as pool:
        found = Bench(Database(pool), Identity(user, NOBODY), sql)
        found.db.announce = found.told.append
        yield found


# What is announced.


async def test_nothing_is_announced_before_the_commit(bench: Bench) -> None:
    await bench.change("a")
    ((user, messages, lanes),) = bench.told
    assert (user, len(messages), lanes) == (bench.identity.user_id, 1, frozenset({"local"}))
    assert messages[0].startswith(b'{"seq":1,"type":"mark.made","at":"')


async def test_a_rolled_back_change_announces_nothing_and_leaves_nothing(bench: Bench) -> None:
    with pytest.raises(ZeroDivisionError):
        await bench.change("a", fail=True)
    assert (bench.told, await bench.marks()) == ([], [])
    assert await bench.sql.fetchval("SELECT (SELECT count(*) FROM events) + (SELECT count(*) FROM jobs)") == 0
    await bench.change("b")
    assert bench.told[0].messages[0].startswith(b'{"seq":1,'), "the rolled back change left a gap"


async def test_a_commit_that_fails_announces_nothing(bench: Bench) -> None:
    await bench.sql.execute("INSERT INTO marks VALUES ('a')")
    with pytest.raises(asyncpg.UniqueViolationError):
        await bench.change("a")
    assert (bench.told, await bench.marks()) == ([], ["a"])
    await bench.change("b")
    assert len(bench.told) == 1


async def test_the_change_its_event_and_its_job_are_one_transaction(bench: Bench) -> None:
    await bench.change("a")
    found = await bench.sql.fetch(
        "SELECT xmin::text FROM marks UNION SELECT xmin::text FROM events UNION SELECT xmin::text FROM jobs"
    )
    assert len(found) == 1


async def test_an_event_is_public_with_what_it_shows_or_internal_without(bench: Bench) -> None:
    async with bench.db.transaction(bench.identity) as tx:
        with pytest.raises(TypeError, match="say what it shows"):
            tx.publish(MarkMade())


# A part that is taken back alone.


async def test_a_part_that_fails_leaves_no_row_no_event_and_no_job(bench: Bench) -> None:
    async with bench.db.transaction(bench.identity) as tx:
        await _mark(tx, "before")
        with suppress(ZeroDivisionError):
            async with tx.savepoint():
                await _mark(tx, "lost")
                raise ZeroDivisionError
        async with tx.savepoint():
            await _mark(tx, "after")
    assert await bench.marks() == ["after", "before"]
    assert [message[:8] for message in bench.told[0].messages] == [b'{"seq":1', b'{"seq":2']
    found = await bench.sql.fetch("SELECT payload FROM jobs ORDER BY id")
    assert [row["payload"] for row in found] == ['"before"', '"after"']


@pytest.mark.parametrize("inner", [True, False])
async def test_what_was_stored_early_is_taken_back_too(bench: Bench, inner: bool) -> None:
    """Storing inside also stores what was published before: that part must be told all the same."""
    async with bench.db.transaction(bench.identity) as tx:
        await _mark(tx, "before")
        with suppress(ZeroDivisionError):
            async with tx.savepoint():
                await _mark(tx, "lost")
                if inner:
                    await tx.flush()
                raise ZeroDivisionError
    assert [len(one.messages) for one in bench.told] == [1]
    found = await bench.sql.fetch("SELECT payload FROM jobs")
    assert ([row["payload"] for row in found], await bench.marks()) == (['"before"'], ["before"])
    assert await bench.sql.fetchval("SELECT last_seq FROM event_counters") == 1


async def test_a_part_within_a_part_is_taken_back_alone(bench: Bench) -> None:
    async with bench.db.transaction(bench.identity) as tx, tx.savepoint():
        await _mark(tx, "outer")
        with suppress(asyncpg.UndefinedTableError):
            async with tx.savepoint():
                await _mark(tx, "inner")
                await tx.do(Statement(Nothing, "INSERT INTO nothing VALUES ($1)"), "x")
        await _mark(tx, "last")
    assert await bench.marks() == ["last", "outer"]


async def test_a_fault_of_the_moment_ends_the_whole_transaction_whoever_catches_it(soil: Ground, bench: Bench) -> None:
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
    tx.publish(MarkMade(), Gone(new_id()))
    tx.enqueue(JobOrder("marks.none", "local", f'"{name}"'))


# What stays on a connection.


async def test_no_session_state_outlives_its_transaction(bench: Bench) -> None:
    state = "SELECT name, setting FROM pg_settings ORDER BY name"
    async with bench.db.pool.holding() as connection:
        before = await connection.fetch(state)
    await bench.change("a")
    assert await bench.db.reading(bench.identity).one(ECHO, bench.identity.user_id, "x", 0.0) == "x"
    async with bench.db.system("relay"):
        pass
    with pytest.raises(ZeroDivisionError):
        await bench.change("b", fail=True)
    async with bench.db.pool.holding() as connection:
        assert await connection.fetch(state) == before
        for name in ("app.user_id", "app.purpose"):
            assert await connection.fetchval("SELECT current_setting($1, true)", name) in (None, "")
        assert await connection.fetchval("SELECT count(*) FROM users") == 0, "somebody's rows are visible to nobody"


async def test_a_cancelled_request_never_returns_a_connection_with_an_unread_answer(bench: Bench) -> None:
    dice = random.Random(1)

    async def read() -> None:
        await bench.db.reading(bench.identity).one(ECHO, bench.identity.user_id, "unread", 0.05)

    async def write() -> None:
        async with bench.db.transaction(bench.identity) as tx:
            await tx.do(SLEEP, 0.02)
            tx.publish(MarkMade(), Gone(new_id()))

    for n in range(60):
        task = asyncio.ensure_future(read() if n % 2 else write())
        await asyncio.sleep(dice.choice([0.0, dice.uniform(0, 0.004), dice.uniform(0.01, 0.03)]))
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        found = await bench.db.reading(bench.identity).one(ECHO, bench.identity.user_id, str(n), 0.0)
        assert found == str(n)
    log = await bench.sql.fetch("SELECT seq FROM events ORDER BY seq")
    assert [row["seq"] for row in log] == list(range(1, len(log) + 1))
    assert len(bench.told) <= len(log)


async def test_without_the_statement_cache_nothing_is_prepared(soil: Ground, bench: Bench) -> None:
    async with connect(soil.engines.database_url, size=1, statement_cache=False) as pool:
        plain = Bench(Database(pool), bench.identity, bench.sql)
        plain.db.announce = plain.told.append
        await plain.change("a")
        assert await plain.db.reading(bench.identity).one(ECHO, bench.identity.user_id, "x", 0.0) == "x"
        async with pool.holding() as connection:
            # The question itself may be among them: it runs through the unnamed or a passing statement.
            assert await connection.fetchval("SELECT count(*) FROM pg_prepared_statements WHERE name <> ''") <= 1
    assert len(plain.told) == 1


# How it fails.


async def test_an_exhausted_pool_refuses_within_a_second(bench: Bench) -> None:
    async with bench.db.transaction(bench.identity):
        started = time.monotonic()
        with pytest.raises(Unavailable) as refusal:
            await bench.db.reading(bench.identity).one(ECHO, bench.identity.user_id, "x", 0.0)
    assert 0.9 < time.monotonic() - started < 1.8
    assert refusal.value.retry_after


@pytest.mark.parametrize("place", ["reading", "transaction"])
async def test_a_statement_that_takes_too_long_is_unavailable(soil: Ground, bench: Bench, place: str) -> None:
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


async def test_a_connection_cut_in_the_middle_is_unavailable_and_the_next_one_works(bench: Bench) -> None:
    for n in range(3):
        working = asyncio.ensure_future(_sleep(bench.db, bench.identity, 2.0))
        await asyncio.sleep(0.1)
        await bench.sql.fetch(_END_ALL)
        with pytest.raises(Unavailable):
            await working
        await bench.change(f"a{n}")
        bench.told.clear()


async def test_a_connection_cut_between_two_statements_is_unavailable(bench: Bench) -> None:
    async def change() -> None:
        async with bench.db.transaction(bench.identity) as tx:
            await tx.do(ADD, "a")
            await bench.sql.fetch(_END_ALL)
            await asyncio.sleep(0.1)
            await tx.do(ADD, "b")

    with pytest.raises(Unavailable):
        await change()
    assert await bench.marks() == []


async def test_an_idle_connection_that_was_cut_is_replaced(bench: Bench) -> None:
    await bench.change("a")
    await bench.sql.fetch(_END_ALL)
    await asyncio.sleep(0.1)
    assert await bench.db.reading(bench.identity).one(ECHO, bench.identity.user_id, "x", 0.0) == "x"


async def test_a_database_that_takes_no_writes_is_unavailable_for_them(soil: Ground, bench: Bench) -> None:
    """A failover has left us with a standby."""
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


async def test_while_postgresql_is_away_requests_are_refused_quickly_and_then_go_on(soil: Ground) -> None:
    async with bootstrap.runtime(settings_for(soil.engines)) as running, serving(running) as url:
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


# What it costs.

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
"""Round trips of each request; `BEGIN` takes the owner along."""


async def test_a_request_costs_the_statements_that_it_needs(soil: Ground, sql: object) -> None:
    settings = settings_for(soil.engines, database_pool="1")
    async with bootstrap.runtime(settings) as running, serving(running) as url:
        running.revocations._read_at = time.monotonic() + 3600  # as if the poll had just run
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
