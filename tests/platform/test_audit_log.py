"""The audit log records actions and detects tampering."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, TypeAlias
from uuid import UUID

import asyncpg
import msgspec
import pytest

from studyteddy.embedded import Engines
from studyteddy.platform.db.database import Database, connect
from studyteddy.platform.db.statements import Nothing, Statement
from studyteddy.platform.identity import Identity
from studyteddy.platform.ids import new_id
from studyteddy.platform.jobs.registry import Registry
from studyteddy.platform.security import audit_log

DDL = Path(__file__).resolve().parents[2] / "migrations/parts_audit.sql"
Connection: TypeAlias = "asyncpg.Connection[asyncpg.Record]"


@pytest.fixture(scope="module")
async def owner(engine: Engines) -> AsyncIterator[Connection]:
    """The schema's owner, who creates the tables if no revision has created them."""
    connection = await asyncpg.connect(engine.migration_database_url)
    if await connection.fetchval("SELECT to_regclass('audit_log')") is None:
        await connection.execute(DDL.read_text().replace("{app}", "study_app"))
    yield connection
    await connection.close()


@pytest.fixture
async def intruder(engine: Engines, owner: Connection) -> AsyncIterator[Connection]:
    """An attacker with direct database access, without row-level security."""
    url = engine.admin_database_url.rsplit("/", 1)[0] + "/" + engine.database_url.rsplit("/", 1)[1]
    connection = await asyncpg.connect(url)
    yield connection
    await connection.close()


@pytest.fixture
async def db(engine: Engines, owner: Connection) -> AsyncIterator[Database]:
    async with connect(engine.database_url, size=6) as pool:
        yield Database(pool)


@pytest.fixture
async def alice(intruder: Connection) -> Identity:
    return await _student(intruder)


@pytest.fixture
async def bob(intruder: Connection) -> Identity:
    return await _student(intruder)


async def _student(intruder: Connection) -> Identity:
    user_id = new_id()
    await intruder.execute(
        "INSERT INTO users (id, email, name, created_at, updated_at) VALUES ($1, $2, 'A', now(), now())",
        user_id,
        f"{user_id}@example.org",
    )
    return Identity(user_id, new_id())


async def record(db: Database, who: Identity, count: int) -> None:
    for number in range(count):
        async with db.transaction(who) as tx:
            await audit_log.record(
                tx, "password.changed", address="192.0.2.7", device="Telefon 🧸", n=number, ok=True, none=None
            )


async def broken(db: Database, who: Identity) -> int | None:
    return await audit_log.verify(db.reading(who), who.user_id)


async def test_an_unmodified_log_verifies(db: Database, alice: Identity, bob: Identity) -> None:
    assert await broken(db, alice) is None
    await record(db, alice, 12)
    await record(db, bob, 1)
    assert await broken(db, alice) is None
    assert await broken(db, bob) is None
    async with db.transaction(alice) as tx:
        assert await audit_log.verify(tx, alice.user_id) is None


async def test_a_long_log_is_read_in_pages(db: Database, alice: Identity, intruder: Connection) -> None:
    for count in (5, 5, 3):
        await record(db, alice, count)
        assert await audit_log.verify(db.reading(alice), alice.user_id, page=5) is None
    await intruder.execute("DELETE FROM audit_log WHERE user_id = $1 AND seq > 10", alice.user_id)
    assert await audit_log.verify(db.reading(alice), alice.user_id, page=5) == 11


@pytest.mark.parametrize(("given", "shown"), [("", "192.0.2.1"), ("192.0.2.7", "192.0.2.7")])
async def test_an_entry_has_the_given_address_or_that_of_the_request(
    db: Database, alice: Identity, given: str, shown: str
) -> None:
    async with db.transaction(msgspec.structs.replace(alice, address="192.0.2.1")) as tx:
        await audit_log.record(tx, "password.changed", address=given)
    (entry,) = await audit_log.page(db.reading(alice), alice.user_id, before=None, limit=5)
    assert (entry.seq, entry.address) == (1, shown)


async def test_the_latest_entries_come_first(db: Database, alice: Identity) -> None:
    await record(db, alice, 4)
    for before, numbers in ((None, [4, 3]), (3, [2, 1]), (1, [])):
        found = await audit_log.page(db.reading(alice), alice.user_id, before=before, limit=2)
        assert [entry.seq for entry in found] == numbers


async def test_an_entry_commits_with_its_change(db: Database, alice: Identity) -> None:
    async def refused() -> None:
        async with db.transaction(alice) as tx:
            await audit_log.record(tx, "password.changed")
            raise ValueError("refused")

    await record(db, alice, 1)
    with pytest.raises(ValueError, match="refused"):
        await refused()
    await record(db, alice, 1)
    assert await broken(db, alice) is None


async def test_entries_of_one_transaction_are_chained(db: Database, alice: Identity) -> None:
    async with db.transaction(alice) as tx:
        await audit_log.record(tx, "email.changed", old="a@example.org", new="b@example.org")
        await audit_log.record(tx, "sessions.ended", count=3)
    assert await broken(db, alice) is None


async def test_concurrent_entries_form_one_chain(db: Database, alice: Identity, intruder: Connection) -> None:
    await asyncio.gather(*(record(db, alice, 3) for _ in range(8)))
    numbers = await intruder.fetch("SELECT seq FROM audit_log WHERE user_id = $1 ORDER BY seq", alice.user_id)
    assert [row["seq"] for row in numbers] == list(range(1, 25))
    assert await broken(db, alice) is None


async def test_the_time_zone_does_not_affect_the_hash(db: Database, alice: Identity) -> None:
    elsewhere = datetime(2026, 3, 9, 23, 5, 0, 123456, tzinfo=UTC).astimezone()
    async with db.transaction(alice) as tx:
        tx.now = elsewhere.astimezone(UTC) + timedelta(microseconds=1)
        await audit_log.record(tx, "password.changed")
    assert await broken(db, alice) is None


CHANGES = {
    "action": "action = 'login'",
    "moment": "at = at + interval '1 microsecond'",
    "address": "address = '192.0.2.8'",
    "detail": """detail = detail || '{"n": 99}'""",
    "less detail": "detail = detail - 'ok'",
    "hash": "hash = sha256(hash)",
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
@pytest.mark.parametrize("seq", [1, 3, 6])
async def test_a_changed_entry_is_detected(
    db: Database, alice: Identity, intruder: Connection, change: str, seq: int
) -> None:
    await record(db, alice, 6)
    await intruder.execute(f"UPDATE audit_log SET {change} WHERE user_id = $1 AND seq = $2", alice.user_id, seq)
    assert await broken(db, alice) == seq


@pytest.mark.parametrize(
    ("gone", "first"), [("seq = 1", 1), ("seq = 3", 3), ("seq = 6", 6), ("seq >= 4", 4), ("true", 1)]
)
async def test_a_missing_entry_is_detected(
    db: Database, alice: Identity, intruder: Connection, gone: str, first: int
) -> None:
    await record(db, alice, 6)
    await intruder.execute(f"DELETE FROM audit_log WHERE user_id = $1 AND {gone}", alice.user_id)
    assert await broken(db, alice) == first


async def test_swapped_moved_and_forged_entries_are_detected(
    db: Database, alice: Identity, bob: Identity, intruder: Connection
) -> None:
    await record(db, alice, 4)
    await record(db, bob, 4)
    swap = "UPDATE audit_log SET seq = CASE seq WHEN 2 THEN 30 ELSE 2 END WHERE user_id = $1 AND seq IN (2, 3)"
    await intruder.execute(swap, alice.user_id)
    assert await broken(db, alice) == 2
    invent = "INSERT INTO audit_log SELECT user_id, 5, at, action, address, detail, hash FROM audit_log"
    await intruder.execute(invent + " WHERE user_id = $1 AND seq = 4", bob.user_id)
    assert await broken(db, bob) == 5


async def test_a_changed_head_is_detected(db: Database, alice: Identity, intruder: Connection) -> None:
    await record(db, alice, 3)
    await intruder.execute("UPDATE audit_heads SET hash = sha256(hash) WHERE user_id = $1", alice.user_id)
    assert await broken(db, alice) == 3
    await intruder.execute("DELETE FROM audit_heads WHERE user_id = $1", alice.user_id)
    assert await broken(db, alice) == 1


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE audit_log SET action = 'x'",
        "DELETE FROM audit_log",
        "TRUNCATE audit_log",
        "DELETE FROM audit_heads",
        "UPDATE audit_seals SET last = 9",
        "DELETE FROM audit_seals",
        "DELETE FROM audit_anonymous",
        "UPDATE audit_anonymous SET action = 'x'",
    ],
)
async def test_the_application_cannot_change_entries(db: Database, alice: Identity, statement: str) -> None:
    await record(db, alice, 1)
    async with db.pool.connection() as connection:
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await connection.execute(statement)


async def test_users_cannot_read_or_append_to_another_log(
    db: Database, alice: Identity, bob: Identity, owner: Connection
) -> None:
    await record(db, alice, 2)
    async with db.pool.connection() as connection, connection.transaction():
        await connection.execute("SELECT set_config('app.user_id', $1, true)", str(bob.user_id))
        for table in ("audit_log", "audit_heads"):
            assert await connection.fetchval(f"SELECT count(*) FROM {table} WHERE user_id = $1", alice.user_id) == 0
        assert await connection.execute("UPDATE audit_heads SET seq = 9") == "UPDATE 0"
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await connection.execute(
                "INSERT INTO audit_log VALUES ($1, 3, now(), 'x', '', '{}', sha256('x'))", alice.user_id
            )
    assert await broken(db, alice) is None


async def test_the_log_is_deleted_with_the_account(db: Database, alice: Identity, intruder: Connection) -> None:
    await record(db, alice, 2)
    async with db.transaction(alice) as tx:
        await tx._connection.execute("DELETE FROM users WHERE id = $1", alice.user_id)
    left = "SELECT count(*) FROM audit_log JOIN audit_heads USING (user_id) WHERE user_id = $1"
    assert await intruder.fetchval(left, alice.user_id) == 0


# Anonymous entries.


@pytest.fixture
async def sealed(db: Database, intruder: Connection) -> Database:
    """Ten failed logins in four sealed batches of at most three, and two that aren't sealed yet."""
    await intruder.execute("TRUNCATE audit_anonymous, audit_seals RESTART IDENTITY")
    await refuse(db, 10)
    while await audit_log.seal(db, limit=3):
        pass
    await refuse(db, 2)
    return db


async def refuse(db: Database, count: int) -> None:
    for number in range(count):
        await audit_log.record_anonymous(db, "login.refused", address="192.0.2.7", email=f"a{number}@example.org")


async def test_failed_logins_are_sealed_exactly_once(sealed: Database, intruder: Connection) -> None:
    rows = await intruder.fetch("SELECT id, sealed_in FROM audit_anonymous ORDER BY id")
    assert [row["sealed_in"] for row in rows] == [1, 1, 1, 2, 2, 2, 3, 3, 3, 4, None, None]
    assert await audit_log.verify_seals(sealed) is None
    await asyncio.gather(*(audit_log.seal_anonymous(sealed) for _ in range(4)))
    assert await intruder.fetchval("SELECT count(*) FROM audit_anonymous WHERE sealed_in IS NULL") == 0
    assert await intruder.fetchval("SELECT count(*) FROM audit_seals") == 5
    await audit_log.seal_anonymous(sealed)
    assert await intruder.fetchval("SELECT count(*) FROM audit_seals") == 5
    assert await audit_log.verify_seals(sealed) is None


async def test_an_entry_that_commits_late_is_sealed_later(sealed: Database, intruder: Connection) -> None:
    async with sealed.system("sign_in") as slow:
        await slow.do(audit_log._ADD_ANONYMOUS, slow.now, "login.refused", "", "{}")
        await refuse(sealed, 1)
        await audit_log.seal_anonymous(sealed)
    await audit_log.seal_anonymous(sealed)
    assert await intruder.fetchval("SELECT count(*) FROM audit_anonymous WHERE sealed_in IS NULL") == 0
    assert await audit_log.verify_seals(sealed) is None


@pytest.mark.parametrize(
    ("tampering", "first"),
    [
        ("UPDATE audit_anonymous SET address = '' WHERE id = 5", 2),
        ("UPDATE audit_anonymous SET detail = '{}' WHERE id = 1", 1),
        ("UPDATE audit_anonymous SET at = at - interval '1 hour' WHERE id = 10", 4),
        ("DELETE FROM audit_anonymous WHERE id = 6", 2),
        ("UPDATE audit_anonymous SET sealed_in = NULL WHERE id = 8", 3),
        ("UPDATE audit_anonymous SET sealed_in = 1 WHERE id = 4", 1),
        ("UPDATE audit_anonymous SET sealed_in = 4 WHERE id = 11", 4),
        ("DELETE FROM audit_anonymous WHERE sealed_in = 2; DELETE FROM audit_seals WHERE id = 2", 2),
        ("UPDATE audit_seals SET hash = sha256(hash) WHERE id = 3", 3),
        ("UPDATE audit_seals SET previous = sha256(previous) WHERE id = 4", 4),
        ("UPDATE audit_seals SET last = last + 1 WHERE id = 1", 1),
    ],
)
async def test_a_changed_batch_is_detected(sealed: Database, intruder: Connection, tampering: str, first: int) -> None:
    await intruder.execute(tampering)
    assert await audit_log.verify_seals(sealed) == first


async def test_a_sealed_entry_cannot_be_unsealed_by_the_application(sealed: Database) -> None:
    async with sealed.system("tidy") as tx:
        assert await tx._connection.execute("UPDATE audit_anonymous SET sealed_in = 4 WHERE id = 1") == "UPDATE 0"
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await _unseal(sealed)


async def _unseal(db: Database) -> Any:
    async with db.system("tidy") as tx:
        await tx._connection.execute("UPDATE audit_anonymous SET sealed_in = NULL WHERE sealed_in IS NULL")


async def test_a_full_batch_is_intact_and_another_entry_in_it_is_not(
    sealed: Database, intruder: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(audit_log, "_BATCH", 3)
    assert await audit_log.verify_seals(sealed) is None
    await intruder.execute("UPDATE audit_anonymous SET sealed_in = 2 WHERE id = 11")
    assert await audit_log.verify_seals(sealed) == 2


async def test_no_batch_is_sealed_whose_entries_another_process_has_sealed(
    sealed: Database, intruder: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    taken = Statement(Nothing, "UPDATE audit_anonymous SET sealed_in = $1 WHERE id = ANY($2) AND sealed_in = $1")
    monkeypatch.setattr(audit_log, "_MARK_SEALED", taken)
    with pytest.raises(RuntimeError, match="sealed twice"):
        await audit_log.seal(sealed)
    assert await intruder.fetchval("SELECT count(*) FROM audit_seals") == 4


async def test_only_operators_can_read_anonymous_entries(sealed: Database, alice: Identity) -> None:
    async with sealed.transaction(alice) as tx:
        assert await tx._connection.fetchval("SELECT count(*) FROM audit_anonymous") == 0
    async with sealed.system("sign_in") as tx:
        assert await tx._connection.fetchval("SELECT count(*) FROM audit_anonymous") == 0
    async with sealed.system("operate") as tx:
        assert await tx._connection.fetchval("SELECT count(*) FROM audit_anonymous") == 12


def test_sealing_is_a_scheduled_job() -> None:
    job = Registry([audit_log.jobs]).jobs["audit_log.seal_anonymous"]
    assert job.every == timedelta(minutes=5)
    assert not job.local


def test_serialization_is_deterministic() -> None:
    at = datetime(2026, 3, 9, 14, 5, 0, 5, tzinfo=UTC)
    one = audit_log.Entry(UUID(int=1), 1, at, "a", "", {"b": 1, "a": "ü"})
    other = audit_log.Entry(UUID(int=1), 1, at, "a", "", {"a": "ü", "b": 1})
    assert audit_log._chained(bytes(32), [one]) == audit_log._chained(bytes(32), [other])


def test_entries_of_earlier_versions_verify() -> None:
    """Logs are kept for as long as their accounts: how an entry is hashed, and what the first one follows, is fixed."""
    first = audit_log.Entry(UUID(int=1), 1, datetime(2026, 3, 9, 14, 5, tzinfo=UTC), "account.made", "192.0.2.1", {})
    sealed = audit_log.Anonymous(1, datetime(2026, 3, 9, tzinfo=UTC), "sign_in.refused", "192.0.2.1", {"n": 1})
    chained = [audit_log._chained(audit_log._GENESIS, rows).hex() for rows in ([first], [sealed, sealed])]
    assert chained == [
        "4407d872098eea134970bbd37c7f4458358200e02625bd00edd70229a7f8bc4e",
        "18e454d71fb906d7289f371b4e2fc7b9d444aabd8b82691abeeda700ab0c80c3",
    ]
