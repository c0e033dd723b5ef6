"""Secrets at rest: AES-256-GCM under a ring of keys, bound to the place where they are kept.

A sealed value names its key and opens only in its own table, column, row and user: copied elsewhere it is noise.

    version (1 byte) · length of the key's id (1) · key's id · nonce (12) · ciphertext and tag (16 more than the secret)

To change the key, first add the new one behind the current one everywhere, then put it in front everywhere, then
rotate; after that the old one may go. `sealing_check` holds one known value under each key in use, so that a
program with wrong keys does not start.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable, Iterable, Mapping
from uuid import UUID

import msgspec
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from studyteddy.platform.db import Database, Nothing, Statement, Tx
from studyteddy.platform.errors import Unavailable
from studyteddy.platform.settings import BadSettings

_VERSION = 1
_NONCE = 12
_TAG = 16
_BATCH = 200
_TRIES = 5
_CHECK = {"table": "sealing_check", "column": "value", "user": ""}
_KNOWN = b"Study Teddy's keys are the right ones"


class NotOurs(Exception):
    """This does not open here: another place, another key, or changed since it was sealed."""


class Sealer:
    """Seals and opens secrets. `ring`: keys of 32 bytes by id (1–32 ASCII characters), the current one first."""

    def __init__(self, ring: Mapping[str, bytes]) -> None:
        if not ring:
            raise ValueError("a sealer needs at least one key")
        if not all(name.isascii() and 1 <= len(name) <= 32 for name in ring):
            raise ValueError("a key's id has 1 to 32 ASCII characters")
        if any(len(key) != 32 for key in ring.values()):
            raise ValueError("a sealing key has 32 bytes")
        self._keys = {_header(name): AESGCM(key) for name, key in ring.items()}
        self.key_ids = tuple(ring)
        self.header = _header(self.key_ids[0])
        """How every value sealed with the current key begins."""

    def seal(self, secret: bytes, *, table: str, column: str, row: UUID | str, user: UUID | str) -> bytes:
        """`secret` for this place, under the current key; the same secret looks different each time."""
        nonce = os.urandom(_NONCE)
        place = _place(self.header, table, column, row, user)
        return self.header + nonce + self._keys[self.header].encrypt(nonce, secret, place)

    def open(self, blob: bytes, *, table: str, column: str, row: UUID | str, user: UUID | str) -> bytes:
        """The secret sealed for this place; raises `NotOurs`."""
        header, rest = _split(blob)
        key = self._keys.get(header)
        if key is None or len(rest) < _NONCE + _TAG:
            raise NotOurs("sealed with a key that is not in the ring, or not sealed at all")
        try:
            return key.decrypt(rest[:_NONCE], rest[_NONCE:], _place(header, table, column, row, user))
        except InvalidTag as fault:
            raise NotOurs("sealed for another place, with another key, or changed") from fault

    def is_current(self, blob: bytes) -> bool:
        """Whether it was sealed with the current key."""
        return _split(blob)[0] == self.header

    def reseal(self, blob: bytes, *, table: str, column: str, row: UUID | str, user: UUID | str) -> bytes:
        """The same secret for the same place under the current key; raises `NotOurs`."""
        secret = self.open(blob, table=table, column=column, row=row, user=user)
        return self.seal(secret, table=table, column=column, row=row, user=user)


def _header(key_id: str) -> bytes:
    return bytes((_VERSION, len(key_id))) + key_id.encode()


def _split(blob: bytes) -> tuple[bytes, bytes]:
    end = 2 + blob[1] if len(blob) > 1 else 0
    return blob[:end], blob[end:]


def _place(header: bytes, *names: UUID | str) -> bytes:
    """What the seal is bound to. Each part tells its length, so that no two places read the same."""
    parts = (header, *(str(name).encode() for name in names))
    return b"".join(len(part).to_bytes(4, "big") + part for part in parts)


class SealedColumn(msgspec.Struct, frozen=True):
    """A column of sealed values (`bytea`, may be null): its row's id and owner are columns of type `uuid`.

    The table's policies let the purpose `operate` read and update it; an index begins with owner and id.
    """

    table: str
    column: str
    row_column: str = "id"
    user_column: str = "user_id"


class _Sealed(msgspec.Struct, frozen=True):
    user_id: UUID
    row_id: UUID
    value: bytes


class _Check(msgspec.Struct, frozen=True):
    key_id: str
    value: bytes


_ADD_CHECK = Statement(
    Nothing, "INSERT INTO sealing_check (key_id, value) VALUES ($1, $2) ON CONFLICT (key_id) DO NOTHING"
)
_CHECKS = Statement(_Check, "SELECT key_id, value FROM sealing_check ORDER BY key_id")
_FORGET_CHECKS = Statement(Nothing, "DELETE FROM sealing_check WHERE key_id <> $1")


def _outdated(sealed: SealedColumn) -> Statement[_Sealed]:
    user, row, column = sealed.user_column, sealed.row_column, sealed.column
    return Statement(
        _Sealed,
        f"""
SELECT {user}, {row}, {column} FROM {sealed.table}
 WHERE ({user}, {row}) > ($1, $2) AND substring({column} for length($3::bytea)) <> $3
 ORDER BY {user}, {row} LIMIT $4""",
    )


def _replace(sealed: SealedColumn) -> Statement[Nothing]:
    # Only where nobody wrote in between: whoever did has sealed it anew.
    return Statement(
        Nothing,
        f"""
UPDATE {sealed.table} AS t SET {sealed.column} = n.fresh
  FROM unnest($1::uuid[], $2::uuid[], $3::bytea[], $4::bytea[]) AS n(user_id, row_id, past, fresh)
 WHERE t.{sealed.user_column} = n.user_id AND t.{sealed.row_column} = n.row_id AND t.{sealed.column} = n.past""",
    )


async def check_ring(db: Database, sealer: Sealer) -> None:
    """Raises `BadSettings` unless the ring opens what every key in use has sealed; notes the current key as used."""
    async with db.system("operate") as tx:
        place = {**_CHECK, "row": sealer.key_ids[0]}
        await tx.do(_ADD_CHECK, sealer.key_ids[0], sealer.seal(_KNOWN, **place))
        faults = [fault for check in await tx.all(_CHECKS) if (fault := _fault(sealer, check))]
        if faults:
            raise BadSettings(faults)


def _fault(sealer: Sealer, check: _Check) -> str:
    if check.key_id not in sealer.key_ids:
        return f"SEALING_KEYS lacks {check.key_id}, with which secrets in this database are sealed"
    try:
        sealer.open(check.value, **_CHECK, row=check.key_id)
    except NotOurs:
        return f"SEALING_KEYS {check.key_id} is another key than the one that sealed this database's secrets"
    return ""


async def rotate(
    db: Database,
    sealer: Sealer,
    columns: Iterable[SealedColumn],
    progress: Callable[[SealedColumn, int], None] = lambda column, done: None,
) -> int:
    """Seals everything with the current key, in short transactions beside the running program; gives their number.

    Run it when every process has the new ring; it may be stopped and run again. `progress` hears of each batch how
    many values it sealed. Raises `NotOurs`, naming the place, when a value does not open.
    """
    done = 0
    for column in columns:
        # Once more after each pass that found something: others write meanwhile.
        while found := await _pass(db, sealer, column, progress):
            done += found
    async with db.system("operate") as tx:
        await tx.do(_FORGET_CHECKS, sealer.key_ids[0])
    return done


async def _pass(
    db: Database, sealer: Sealer, column: SealedColumn, progress: Callable[[SealedColumn, int], None]
) -> int:
    found, last = 0, (UUID(int=0), UUID(int=0))
    while batch := await _patiently(db, sealer, column, last):
        found += len(batch)
        last = batch[-1].user_id, batch[-1].row_id
        progress(column, len(batch))
    return found


async def _patiently(db: Database, sealer: Sealer, column: SealedColumn, after: tuple[UUID, UUID]) -> list[_Sealed]:
    """A batch, tried again while others hold its rows."""
    for attempt in range(1, _TRIES):
        try:
            return await _batch(db, sealer, column, after)
        except Unavailable:
            await asyncio.sleep(0.2 * attempt)
    return await _batch(db, sealer, column, after)


async def _batch(db: Database, sealer: Sealer, column: SealedColumn, after: tuple[UUID, UUID]) -> list[_Sealed]:
    async with db.system("operate") as tx:
        batch = await tx.all(_outdated(column), *after, sealer.header, _BATCH)
        if batch:
            await _write(tx, column, batch, [_resealed(sealer, column, one) for one in batch])
        return batch


async def _write(tx: Tx, column: SealedColumn, batch: list[_Sealed], fresh: list[bytes]) -> None:
    users, rows = [one.user_id for one in batch], [one.row_id for one in batch]
    await tx.do(_replace(column), users, rows, [one.value for one in batch], fresh)


def _resealed(sealer: Sealer, column: SealedColumn, one: _Sealed) -> bytes:
    try:
        return sealer.reseal(one.value, table=column.table, column=column.column, row=one.row_id, user=one.user_id)
    except NotOurs as fault:
        raise NotOurs(f"{column.table}.{column.column} of row {one.row_id}: {fault}") from fault
