"""What is sealed opens in its own place only, and changing the keys loses nothing."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from uuid import UUID

import asyncpg
import pytest
from hypothesis import given
from hypothesis import strategies as st

from studyteddy.embedded import Engines
from studyteddy.platform.db import Database, Nothing, Statement, connect
from studyteddy.platform.ids import new_id
from studyteddy.platform.sealing import NotOurs, SealedColumn, Sealer, check_ring, rotate
from studyteddy.platform.settings import BadSettings

OLD, NEW, OTHER = (bytes(range(n, n + 32)) for n in (0, 50, 100))
PLACE = {"table": "secrets", "column": "value", "row": "1", "user": "alice"}
SECRETS = SealedColumn("sealing_test", "value")
names = st.text(max_size=12)


@given(st.binary(max_size=200), names, names, names, names)
def test_what_was_sealed_opens_in_its_place(secret: bytes, table: str, column: str, row: str, user: str) -> None:
    sealer = Sealer({"k1": OLD})
    blob = sealer.seal(secret, table=table, column=column, row=row, user=user)
    assert sealer.open(blob, table=table, column=column, row=row, user=user) == secret
    assert secret not in blob or len(secret) < 4


@given(st.tuples(names, names, names, names), st.tuples(names, names, names, names))
def test_no_other_place_opens_it(here: tuple[str, ...], there: tuple[str, ...]) -> None:
    sealer = Sealer({"k1": OLD})
    words = ("table", "column", "row", "user")
    blob = sealer.seal(b"secret", **dict(zip(words, here, strict=True)))
    if here != there:
        with pytest.raises(NotOurs):
            sealer.open(blob, **dict(zip(words, there, strict=True)))


@pytest.mark.parametrize("word", PLACE)
def test_a_shifted_border_between_names_does_not_open(word: str) -> None:
    sealer = Sealer({"k1": OLD})
    shifted = {name: value + "x" if name == word else value for name, value in PLACE.items()}
    with pytest.raises(NotOurs):
        sealer.open(sealer.seal(b"secret", **PLACE), **shifted)
    together = sealer.seal(b"secret", table="ab", column="c", row="1", user="u")
    with pytest.raises(NotOurs):
        sealer.open(together, table="a", column="bc", row="1", user="u")


@given(st.binary(min_size=1, max_size=40), st.data())
def test_a_flipped_bit_never_opens(secret: bytes, data: st.DataObject) -> None:
    sealer = Sealer({"k1": OLD, "k2": NEW})
    blob = bytearray(sealer.seal(secret, **PLACE))
    bit = data.draw(st.integers(0, len(blob) * 8 - 1))
    blob[bit // 8] ^= 1 << bit % 8
    with pytest.raises(NotOurs):
        sealer.open(bytes(blob), **PLACE)


@given(st.binary(max_size=80))
def test_noise_and_cut_values_never_open(noise: bytes) -> None:
    sealer = Sealer({"k1": OLD})
    with pytest.raises(NotOurs):
        sealer.open(noise, **PLACE)
    blob = sealer.seal(b"secret", **PLACE)
    with pytest.raises(NotOurs):
        sealer.open(blob[: len(noise) % len(blob)], **PLACE)


def test_another_key_or_another_id_never_opens() -> None:
    blob = Sealer({"k1": OLD}).seal(b"secret", **PLACE)
    for ring in ({"k1": NEW}, {"k2": OLD}, {"k2": NEW, "k1": OTHER}):
        with pytest.raises(NotOurs):
            Sealer(ring).open(blob, **PLACE)


def test_the_same_secret_never_looks_the_same() -> None:
    sealer = Sealer({"k1": OLD})
    assert len({sealer.seal(b"secret", **PLACE) for _ in range(500)}) == 500


def test_an_old_key_opens_and_the_current_one_seals() -> None:
    past, ring = Sealer({"k1": OLD}), Sealer({"k2": NEW, "k1": OLD})
    blob = past.seal(b"secret", **PLACE)
    assert past.is_current(blob)
    assert not ring.is_current(blob)
    fresh = ring.reseal(blob, **PLACE)
    assert ring.is_current(fresh)
    assert Sealer({"k2": NEW}).open(fresh, **PLACE) == b"secret"


@pytest.mark.parametrize("ring", [{}, {"": OLD}, {"k" * 33: OLD}, {"ключ": OLD}, {"k1": OLD[:16]}])
def test_a_faulty_ring_is_refused(ring: dict[str, bytes]) -> None:
    with pytest.raises(ValueError, match="key"):
        Sealer(ring)


@pytest.fixture
async def db(engine: Engines) -> AsyncIterator[Database]:
    """A database with no key in use and an empty table of secrets."""
    owner = await asyncpg.connect(engine.migration_database_url)
    await owner.execute(
        """
CREATE TABLE IF NOT EXISTS sealing_check (key_id text PRIMARY KEY, value bytea NOT NULL);
CREATE TABLE sealing_test (user_id uuid, id uuid, value bytea, PRIMARY KEY (user_id, id));
GRANT SELECT, INSERT, UPDATE, DELETE ON sealing_check, sealing_test TO study_app"""
    )
    kept = await owner.fetch("DELETE FROM sealing_check RETURNING key_id, value")
    async with connect(engine.database_url, size=4) as pool:
        yield Database(pool)
    await owner.execute("DROP TABLE sealing_test; DELETE FROM sealing_check")
    await owner.executemany("INSERT INTO sealing_check (key_id, value) VALUES ($1, $2)", [tuple(row) for row in kept])
    await owner.close()


async def test_the_right_keys_start_and_wrong_ones_do_not(db: Database) -> None:
    await check_ring(db, Sealer({"k1": OLD}))
    await check_ring(db, Sealer({"k1": OLD}))
    with pytest.raises(BadSettings, match="k1 is another key"):
        await check_ring(db, Sealer({"k1": NEW}))
    with pytest.raises(BadSettings, match="lacks k1"):
        await check_ring(db, Sealer({"k2": NEW}))
    # What was refused left nothing behind.
    await check_ring(db, Sealer({"k1": OLD}))
    await check_ring(db, Sealer({"k2": NEW, "k1": OLD}))
    with pytest.raises(BadSettings, match="lacks k2"):
        await check_ring(db, Sealer({"k1": OLD}))


_ADD = Statement(Nothing, "INSERT INTO sealing_test (user_id, id, value) VALUES ($1, $2, $3)")
_SET = Statement(Nothing, "UPDATE sealing_test SET value = $3 WHERE user_id = $1 AND id = $2")
_VALUE = Statement(bytes, "SELECT value FROM sealing_test WHERE user_id = $1 AND id = $2")


async def _fill(db: Database, sealer: Sealer, count: int) -> dict[tuple[UUID, UUID], bytes]:
    secrets = {(new_id(), new_id()): b"secret %d" % n for n in range(count)}
    async with db.system("operate") as tx:
        for (user, row), secret in secrets.items():
            await tx.do(_ADD, user, row, sealer.seal(secret, table="sealing_test", column="value", row=row, user=user))
        await tx.do(_ADD, new_id(), new_id(), None)
    return secrets


async def _open(db: Database, sealer: Sealer, user: UUID, row: UUID) -> bytes:
    async with db.system("operate") as tx:
        blob = await tx.one(_VALUE, user, row)
    assert blob is not None
    return sealer.open(blob, table="sealing_test", column="value", row=row, user=user)


async def test_rotation_under_load_loses_nothing_and_lets_the_old_key_go(db: Database) -> None:
    past, ring = Sealer({"k1": OLD}), Sealer({"k2": NEW, "k1": OLD})
    await check_ring(db, past)
    secrets = await _fill(db, past, 700)
    await check_ring(db, ring)
    heard: list[int] = []

    async def change(number: int, writer: Sealer) -> None:
        for user, row in list(secrets)[number::7]:
            secret = secrets[user, row] + b", changed"
            async with db.system("operate") as tx:
                blob = writer.seal(secret, table="sealing_test", column="value", row=row, user=user)
                await tx.do(_SET, user, row, blob)
            secrets[user, row] = secret

    # One writer has the new ring, one has not been restarted yet.
    done, *_ = await asyncio.gather(
        rotate(db, ring, [SECRETS], lambda _, count: heard.append(count)), change(0, ring), change(1, past)
    )
    assert done == sum(heard)
    await rotate(db, ring, [SECRETS])
    only_new = Sealer({"k2": NEW})
    await check_ring(db, only_new)
    for (user, row), secret in secrets.items():
        assert await _open(db, only_new, user, row) == secret
    assert await rotate(db, ring, [SECRETS]) == 0


async def test_rotation_says_where_a_value_does_not_open(db: Database) -> None:
    ((_, row),) = await _fill(db, Sealer({"k1": OLD}), 1)
    with pytest.raises(NotOurs, match=f"sealing_test.value of row {row}"):
        await rotate(db, Sealer({"k2": NEW, "k1": OTHER}), [SECRETS])


async def test_a_row_that_is_named_by_its_owner_is_rotated_too(db: Database) -> None:
    past, ring, user = Sealer({"k1": OLD}), Sealer({"k2": NEW, "k1": OLD}), new_id()
    async with db.system("operate") as tx:
        blob = past.seal(b"secret", table="sealing_test", column="value", row=user, user=user)
        await tx.do(_ADD, user, user, blob)
    assert await rotate(db, ring, [SealedColumn("sealing_test", "value", row_column="user_id")]) == 1
    assert await _open(db, Sealer({"k2": NEW}), user, user) == b"secret"
