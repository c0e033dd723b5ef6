"""Encryption of secrets at rest: AES-256-GCM with rotating keys, bound to where the value is stored.

A sealed value contains the id of its key and can only be decrypted for its table, column, row, and user.

    version (1 byte) · length of the key's id (1) · key's id · nonce (12) · ciphertext and tag (16 more than the secret)

To change the key, first append the new one in every process, then move it to the front in every process, then rotate;
after that, the old one can be removed. `sealing_check` contains a known value for each key in use, so that the program
doesn't start with wrong keys.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable, Iterable, Mapping
from uuid import UUID

import msgspec
import structlog
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from studyteddy.platform.db.database import Database
from studyteddy.platform.db.statements import Nothing, Statement
from studyteddy.platform.db.transaction import Tx
from studyteddy.platform.errors import Unavailable
from studyteddy.platform.settings import BadSettings

log = structlog.get_logger("studyteddy.encryption")

_VERSION = 1
_NONCE = 12
_TAG = 16
_BATCH = 200
_TRIES = 5
_RETRY_SECONDS = 0.2
"""The pause before the second try; each later one is longer by as much."""
_CHECK = {"table": "sealing_check", "column": "value", "user": ""}
_CHECK_VALUE = b"Study Teddy's keys are the right ones"


class DecryptionError(Unavailable):
    """A stored secret can't be decrypted. Tell the operator of this server."""

    def __init__(self, reason: str) -> None:
        super().__init__()
        self.reason = reason
        """Why: another location, another key, or a modified value; for logs, never for clients."""

    def __str__(self) -> str:
        return self.reason


class FieldEncryption:
    """Encrypts and decrypts secrets. `ring`: 32-byte keys by id (1–32 ASCII characters), the current one first."""

    def __init__(self, ring: Mapping[str, bytes]) -> None:
        if not ring:
            raise ValueError("at least one key is required")
        if not all(name.isascii() and 1 <= len(name) <= 32 for name in ring):
            raise ValueError("a key id must have 1 to 32 ASCII characters")
        if any(len(key) != 32 for key in ring.values()):
            raise ValueError("a key must have 32 bytes")
        self._keys = {_header(name): AESGCM(key) for name, key in ring.items()}
        self.key_ids = tuple(ring)
        self.header = _header(self.key_ids[0])
        """The first bytes of every value sealed with the current key."""

    def seal(self, secret: bytes, *, table: str, column: str, row: UUID | str, user: UUID | str) -> bytes:
        """Encrypt `secret` for this location with the current key and a random nonce."""
        nonce = os.urandom(_NONCE)
        location = _location(self.header, table, column, row, user)
        return self.header + nonce + self._keys[self.header].encrypt(nonce, secret, location)

    def open(self, blob: bytes, *, table: str, column: str, row: UUID | str, user: UUID | str) -> bytes:
        """Decrypt a value sealed for this location; raise `DecryptionError`."""
        header, rest = _split(blob)
        key = self._keys.get(header)
        if key is None or len(rest) < _NONCE + _TAG:
            raise _failed("sealed with an unknown key, or not a sealed value", table, column, row)
        try:
            return key.decrypt(rest[:_NONCE], rest[_NONCE:], _location(header, table, column, row, user))
        except InvalidTag as fault:
            reason = "sealed for another location, with another key, or modified"
            raise _failed(reason, table, column, row) from fault

    def reseal(self, blob: bytes, *, table: str, column: str, row: UUID | str, user: UUID | str) -> bytes:
        """Encrypt the same secret for the same location with the current key; raise `DecryptionError`."""
        secret = self.open(blob, table=table, column=column, row=row, user=user)
        return self.seal(secret, table=table, column=column, row=row, user=user)


def _failed(reason: str, table: str, column: str, row: UUID | str) -> DecryptionError:
    log.error("encryption.cannot_decrypt", table=table, column=column, row=str(row), reason=reason)
    return DecryptionError(reason)


def _header(key_id: str) -> bytes:
    return bytes((_VERSION, len(key_id))) + key_id.encode()


def _split(blob: bytes) -> tuple[bytes, bytes]:
    end = 2 + int.from_bytes(blob[1:2])
    return blob[:end], blob[end:]


def _location(header: bytes, *names: UUID | str) -> bytes:
    """Return the associated data of a location. Parts are length-prefixed, so that the encoding is unambiguous."""
    parts = (header, *(str(name).encode() for name in names))
    return b"".join(len(part).to_bytes(4, "big") + part for part in parts)


class SealedColumn(msgspec.Struct, frozen=True):
    """A column of sealed values (`bytea`, nullable); the row's id and owner are columns of type `uuid`.

    The table's policies must let the purpose `operate` read and update it; an index must start with owner and id.
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
_DELETE_OTHER_CHECKS = Statement(Nothing, "DELETE FROM sealing_check WHERE key_id <> $1")


def _outdated(sealed: SealedColumn) -> Statement[_Sealed]:
    user, row, column = sealed.user_column, sealed.row_column, sealed.column
    return Statement(
        _Sealed,
        f"""
SELECT {user} AS user_id, {row} AS row_id, {column} AS value FROM {sealed.table}
 WHERE ({user}, {row}) > ($1, $2) AND substring({column} for length($3::bytea)) <> $3
 ORDER BY {user}, {row} LIMIT $4""",
    )


def _replace(sealed: SealedColumn) -> Statement[Nothing]:
    # Only unchanged values: a concurrent write has already sealed its value with the current key.
    return Statement(
        Nothing,
        f"""
UPDATE {sealed.table} AS t SET {sealed.column} = n.fresh
  FROM unnest($1::uuid[], $2::uuid[], $3::bytea[], $4::bytea[]) AS n(user_id, row_id, past, fresh)
 WHERE t.{sealed.user_column} = n.user_id AND t.{sealed.row_column} = n.row_id AND t.{sealed.column} = n.past""",
    )


async def check_ring(db: Database, field_encryption: FieldEncryption) -> None:
    """Raise `BadSettings` unless the keys decrypt every check value; record the current key as used."""
    async with db.system("operate") as tx:
        location = {**_CHECK, "row": field_encryption.key_ids[0]}
        await tx.do(_ADD_CHECK, field_encryption.key_ids[0], field_encryption.seal(_CHECK_VALUE, **location))
        faults = [fault for check in await tx.all(_CHECKS) if (fault := _fault(field_encryption, check))]
        if faults:
            raise BadSettings(faults)


def _fault(field_encryption: FieldEncryption, check: _Check) -> str:
    if check.key_id not in field_encryption.key_ids:
        return f"SEALING_KEYS lacks {check.key_id}, which encrypts secrets in this database"
    try:
        field_encryption.open(check.value, **_CHECK, row=check.key_id)
    except DecryptionError:
        return f"SEALING_KEYS {check.key_id} is not the key that encrypts secrets in this database"
    return ""


async def rotate(
    db: Database,
    field_encryption: FieldEncryption,
    columns: Iterable[SealedColumn],
    progress: Callable[[SealedColumn, int], None] = lambda column, done: None,
) -> int:
    """Re-encrypt all values with the current key; return their number.

    Uses short transactions, so the program can keep running. Run it when every process has the new keys; it can be
    stopped and run again. `progress` is called with the size of each batch. Raises `DecryptionError` with the
    location if a value can't be decrypted.
    """
    done = 0
    for column in columns:
        # Repeat until a pass finds no more values, since others write concurrently.
        while found := await _pass(db, field_encryption, column, progress):
            done += found
    async with db.system("operate") as tx:
        await tx.do(_DELETE_OTHER_CHECKS, field_encryption.key_ids[0])
    return done


async def _pass(
    db: Database, field_encryption: FieldEncryption, column: SealedColumn, progress: Callable[[SealedColumn, int], None]
) -> int:
    found, last = 0, (UUID(int=0), UUID(int=0))
    while batch := await _with_retries(db, field_encryption, column, last):
        found += len(batch)
        last = batch[-1].user_id, batch[-1].row_id
        progress(column, len(batch))
    return found


async def _with_retries(
    db: Database, field_encryption: FieldEncryption, column: SealedColumn, after: tuple[UUID, UUID]
) -> list[_Sealed]:
    """Process a batch; retry while its rows are locked."""
    for attempt in range(1, _TRIES):
        try:
            return await _batch(db, field_encryption, column, after)
        except Unavailable:
            await asyncio.sleep(_RETRY_SECONDS * attempt)
    return await _batch(db, field_encryption, column, after)


async def _batch(
    db: Database, field_encryption: FieldEncryption, column: SealedColumn, after: tuple[UUID, UUID]
) -> list[_Sealed]:
    async with db.system("operate") as tx:
        batch = await tx.all(_outdated(column), *after, field_encryption.header, _BATCH)
        if batch:
            await _write(tx, column, batch, [_resealed(field_encryption, column, one) for one in batch])
        return batch


async def _write(tx: Tx, column: SealedColumn, batch: list[_Sealed], fresh: list[bytes]) -> None:
    users, rows = [one.user_id for one in batch], [one.row_id for one in batch]
    await tx.do(_replace(column), users, rows, [one.value for one in batch], fresh)


def _resealed(field_encryption: FieldEncryption, column: SealedColumn, one: _Sealed) -> bytes:
    try:
        return field_encryption.reseal(
            one.value, table=column.table, column=column.column, row=one.row_id, user=one.user_id
        )
    except DecryptionError as fault:
        raise DecryptionError(f"{column.table}.{column.column} of row {one.row_id}: {fault}") from fault
