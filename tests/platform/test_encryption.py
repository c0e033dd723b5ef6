"""Sealed values open only in their own location, and key rotation loses nothing."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from types import SimpleNamespace
from typing import Any
from uuid import UUID

import asyncpg
import pytest
from hypothesis import given
from hypothesis import strategies as st

from studyteddy.embedded import Engines
from studyteddy.platform.db.database import Database, connect
from studyteddy.platform.db.statements import Nothing, Statement
from studyteddy.platform.errors import Unavailable
from studyteddy.platform.ids import new_id
from studyteddy.platform.security import encryption
from studyteddy.platform.security.encryption import DecryptionError, FieldEncryption, SealedColumn, check_ring, rotate
from studyteddy.platform.settings import BadSettings

OLD, NEW, OTHER = (bytes(range(n, n + 32)) for n in (0, 50, 100))
PLACE = {"table": "secrets", "column": "value", "row": "1", "user": "alice"}
SEALED = "01026b310000000000000000000000007dd9d6acd05898a7d3b600effd9605415e0a587a1a44"
SECRETS = SealedColumn("sealing_test", "value")
names = st.text(max_size=12)


@given(st.binary(max_size=200), names, names, names, names)
def test_a_sealed_value_opens_in_its_location(secret: bytes, table: str, column: str, row: str, user: str) -> None:
    field_encryption = FieldEncryption({"k1": OLD})
    blob = field_encryption.seal(secret, table=table, column=column, row=row, user=user)
    assert field_encryption.open(blob, table=table, column=column, row=row, user=user) == secret
    assert secret not in blob or len(secret) < 4


@given(st.tuples(names, names, names, names), st.tuples(names, names, names, names))
def test_a_sealed_value_does_not_open_elsewhere(here: tuple[str, ...], there: tuple[str, ...]) -> None:
    field_encryption = FieldEncryption({"k1": OLD})
    words = ("table", "column", "row", "user")
    blob = field_encryption.seal(b"secret", **dict(zip(words, here, strict=True)))
    if here != there:
        with pytest.raises(DecryptionError):
            field_encryption.open(blob, **dict(zip(words, there, strict=True)))


@pytest.mark.parametrize("word", PLACE)
def test_shifted_location_boundaries_do_not_open(word: str) -> None:
    field_encryption = FieldEncryption({"k1": OLD})
    shifted = {name: value + "x" if name == word else value for name, value in PLACE.items()}
    with pytest.raises(DecryptionError):
        field_encryption.open(field_encryption.seal(b"secret", **PLACE), **shifted)
    together = field_encryption.seal(b"secret", table="ab", column="c", row="1", user="u")
    with pytest.raises(DecryptionError):
        field_encryption.open(together, table="a", column="bc", row="1", user="u")


@given(st.binary(min_size=1, max_size=40), st.data())
def test_a_flipped_bit_never_opens(secret: bytes, data: st.DataObject) -> None:
    field_encryption = FieldEncryption({"k1": OLD, "k2": NEW})
    blob = bytearray(field_encryption.seal(secret, **PLACE))
    bit = data.draw(st.integers(0, len(blob) * 8 - 1))
    blob[bit // 8] ^= 1 << bit % 8
    with pytest.raises(DecryptionError):
        field_encryption.open(bytes(blob), **PLACE)


@given(st.binary(max_size=80))
def test_random_and_truncated_values_never_open(noise: bytes) -> None:
    field_encryption = FieldEncryption({"k1": OLD})
    with pytest.raises(DecryptionError):
        field_encryption.open(noise, **PLACE)
    blob = field_encryption.seal(b"secret", **PLACE)
    with pytest.raises(DecryptionError):
        field_encryption.open(blob[: len(noise) % len(blob)], **PLACE)


def test_the_empty_secret_has_the_shortest_sealed_value() -> None:
    """A byte less is no sealed value; it is refused before the cipher sees it."""
    field_encryption = FieldEncryption({"k": OLD})
    blob = field_encryption.seal(b"", **PLACE)
    assert len(blob) == 1 + 1 + 1 + 12 + 16
    assert field_encryption.open(blob, **PLACE) == b""
    for length in range(len(blob)):
        with pytest.raises(DecryptionError, match="not a sealed value"):
            field_encryption.open(blob[:length], **PLACE)


def test_values_sealed_by_earlier_versions_open() -> None:
    """The format never changes: `SEALED` was written by the first version."""
    assert FieldEncryption({"k2": NEW, "k1": OLD}).open(bytes.fromhex(SEALED), **PLACE) == b"secret"


def test_a_key_has_an_id_of_at_most_32_characters() -> None:
    field_encryption = FieldEncryption({"k" * 32: OLD})
    assert field_encryption.open(field_encryption.seal(b"secret", **PLACE), **PLACE) == b"secret"


def test_another_key_or_another_id_never_opens() -> None:
    blob = FieldEncryption({"k1": OLD}).seal(b"secret", **PLACE)
    for ring in ({"k1": NEW}, {"k2": OLD}, {"k2": NEW, "k1": OTHER}):
        with pytest.raises(DecryptionError):
            FieldEncryption(ring).open(blob, **PLACE)


def test_sealing_is_randomized() -> None:
    field_encryption = FieldEncryption({"k1": OLD})
    assert len({field_encryption.seal(b"secret", **PLACE) for _ in range(500)}) == 500


def test_an_old_key_opens_and_the_current_one_seals() -> None:
    past, ring = FieldEncryption({"k1": OLD}), FieldEncryption({"k2": NEW, "k1": OLD})
    blob = past.seal(b"secret", **PLACE)
    fresh = ring.reseal(blob, **PLACE)
    assert (blob.startswith(past.header), fresh.startswith(ring.header)) == (True, True)
    assert past.header != ring.header
    assert FieldEncryption({"k2": NEW}).open(fresh, **PLACE) == b"secret"


@pytest.mark.parametrize("ring", [{}, {"": OLD}, {"k" * 33: OLD}, {"ключ": OLD}, {"k1": OLD[:16]}])
def test_invalid_keys_are_rejected(ring: dict[str, bytes]) -> None:
    with pytest.raises(ValueError, match="key"):
        FieldEncryption(ring)


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


async def test_wrong_keys_prevent_startup(db: Database) -> None:
    await check_ring(db, FieldEncryption({"k1": OLD}))
    await check_ring(db, FieldEncryption({"k1": OLD}))
    with pytest.raises(BadSettings, match="k1 is not the key"):
        await check_ring(db, FieldEncryption({"k1": NEW}))
    with pytest.raises(BadSettings, match="lacks k1"):
        await check_ring(db, FieldEncryption({"k2": NEW}))
    # What was refused left nothing behind.
    await check_ring(db, FieldEncryption({"k1": OLD}))
    await check_ring(db, FieldEncryption({"k2": NEW, "k1": OLD}))
    with pytest.raises(BadSettings, match="lacks k2"):
        await check_ring(db, FieldEncryption({"k1": OLD}))


_ADD = Statement(Nothing, "INSERT INTO sealing_test (user_id, id, value) VALUES ($1, $2, $3)")
_SET = Statement(Nothing, "UPDATE sealing_test SET value = $3 WHERE user_id = $1 AND id = $2")
_VALUE = Statement(bytes, "SELECT value FROM sealing_test WHERE user_id = $1 AND id = $2")


async def _fill(db: Database, field_encryption: FieldEncryption, count: int) -> dict[tuple[UUID, UUID], bytes]:
    secrets = {(new_id(), new_id()): b"secret %d" % n for n in range(count)}
    async with db.system("operate") as tx:
        for (user, row), secret in secrets.items():
            await tx.do(
                _ADD, user, row, field_encryption.seal(secret, table="sealing_test", column="value", row=row, user=user)
            )
        await tx.do(_ADD, new_id(), new_id(), None)
    return secrets


async def _open(db: Database, field_encryption: FieldEncryption, user: UUID, row: UUID) -> bytes:
    async with db.system("operate") as tx:
        blob = await tx.one(_VALUE, user, row)
    assert blob is not None
    return field_encryption.open(blob, table="sealing_test", column="value", row=row, user=user)


async def test_rotation_under_load_loses_nothing_and_frees_the_old_key(db: Database) -> None:
    past, ring = FieldEncryption({"k1": OLD}), FieldEncryption({"k2": NEW, "k1": OLD})
    await check_ring(db, past)
    secrets = await _fill(db, past, 700)
    await check_ring(db, ring)
    heard: list[int] = []

    async def change(number: int, writer: FieldEncryption) -> None:
        for user, row in list(secrets)[number::7]:
            secret = secrets[user, row] + b", changed"
            async with db.system("operate") as tx:
                blob = writer.seal(secret, table="sealing_test", column="value", row=row, user=user)
                await tx.do(_SET, user, row, blob)
            secrets[user, row] = secret

    # One writer has the new keys, the other hasn't been restarted yet.
    done, *_ = await asyncio.gather(
        rotate(db, ring, [SECRETS], lambda _, count: heard.append(count)), change(0, ring), change(1, past)
    )
    assert done == sum(heard)
    assert max(heard) == 200, "each transaction is short"
    await rotate(db, ring, [SECRETS])
    only_new = FieldEncryption({"k2": NEW})
    await check_ring(db, only_new)
    for (user, row), secret in secrets.items():
        assert await _open(db, only_new, user, row) == secret
    assert await rotate(db, ring, [SECRETS]) == 0


async def test_rotation_reports_the_location_of_an_undecryptable_value(db: Database) -> None:
    ((_, row),) = await _fill(db, FieldEncryption({"k1": OLD}), 1)
    with pytest.raises(DecryptionError, match=f"sealing_test.value of row {row}"):
        await rotate(db, FieldEncryption({"k2": NEW, "k1": OTHER}), [SECRETS])


async def test_a_table_keyed_by_owner_is_rotated_too(db: Database) -> None:
    past, ring, user = FieldEncryption({"k1": OLD}), FieldEncryption({"k2": NEW, "k1": OLD}), new_id()
    async with db.system("operate") as tx:
        blob = past.seal(b"secret", table="sealing_test", column="value", row=user, user=user)
        await tx.do(_ADD, user, user, blob)
    assert await rotate(db, ring, [SealedColumn("sealing_test", "value", row_column="user_id")]) == 1
    assert await _open(db, FieldEncryption({"k2": NEW}), user, user) == b"secret"


@pytest.mark.parametrize(("failures", "succeeds"), [(4, True), (5, False)])
async def test_a_batch_is_tried_five_times_and_waits_longer_each_time(
    db: Database, monkeypatch: pytest.MonkeyPatch, failures: int, succeeds: bool
) -> None:
    """Its rows may be locked; a second in all is more than a request holds them."""
    tries, waits, batch = 0, [0.0], encryption._batch

    async def locked(*given: Any) -> list[Any]:
        nonlocal tries
        tries += 1
        if tries <= failures:
            raise Unavailable
        return await batch(*given)

    async def wait(seconds: float) -> None:
        waits.append(seconds)

    await _fill(db, FieldEncryption({"k1": OLD}), 1)
    monkeypatch.setattr(encryption, "_batch", locked)
    monkeypatch.setattr(encryption, "asyncio", SimpleNamespace(sleep=wait))  # everything else still has to sleep
    rotation = rotate(db, FieldEncryption({"k2": NEW, "k1": OLD}), [SECRETS])
    if succeeds:
        assert await rotation == 1
    else:
        with pytest.raises(Unavailable):
            await rotation
    assert waits == sorted(set(waits))
    assert sum(waits) == pytest.approx(2.0)
