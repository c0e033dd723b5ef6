"""The audit log: a tamper-evident record of security events of accounts.

Each user's entries form a hash chain: the hash of an entry is SHA-256 over the previous hash and the entry itself, and
the head of the chain is stored separately. The application can only append entries. Events without a signed-in user,
such as failed logins, are stored separately and sealed in batches, which form their own chain.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any
from uuid import UUID

import msgspec

from studyteddy.platform.db.database import Database
from studyteddy.platform.db.statements import Nothing, Reader, Statement
from studyteddy.platform.db.transaction import Tx
from studyteddy.platform.jobs.registry import Jobs
from studyteddy.platform.privacy.data_export import exported, withheld

jobs = Jobs("audit")

DetailValue = str | int | bool | None
"""The type of a detail: JSON and PostgreSQL serialize these values identically. Never secrets such as passwords."""

_GENESIS = bytes(32)
_PAGE = 500
"""The entries that a verification reads at once."""
_BATCH = 1000
"""The anonymous entries of one seal, at most."""
_canonical = msgspec.json.Encoder(order="sorted").encode
_details = msgspec.json.Decoder(dict[str, DetailValue]).decode


class Entry(msgspec.Struct, frozen=True):
    """An entry about an action on an account by its owner."""

    user_id: UUID
    seq: int
    at: datetime
    action: str
    address: str
    detail: dict[str, DetailValue]


class Recorded(msgspec.Struct, frozen=True):
    """An entry as shown to its owner."""

    seq: int
    at: datetime
    action: str
    address: str
    detail: dict[str, DetailValue]


class _Link(msgspec.Struct, frozen=True):
    """An entry in its chain, with the stored head of the chain at the same time."""

    user_id: UUID
    seq: int
    at: datetime
    action: str
    address: str
    detail: dict[str, DetailValue]
    hash: bytes
    head_seq: int
    head_hash: bytes | None

    @property
    def entry(self) -> Entry:
        return Entry(self.user_id, self.seq, self.at, self.action, self.address, self.detail)


class _Head(msgspec.Struct, frozen=True):
    seq: int
    hash: bytes


class Anonymous(msgspec.Struct, frozen=True):
    """An action attempted without signing in."""

    id: int
    at: datetime
    action: str
    address: str
    detail: dict[str, DetailValue]


class _Seal(msgspec.Struct, frozen=True):
    id: int
    first: int
    last: int
    hash: bytes
    previous: bytes


def _link(*columns: Any) -> _Link:
    user_id, seq, at, action, address, detail, own, head_seq, head_hash = columns
    return _Link(user_id, seq, at.astimezone(UTC), action, address, _details(detail), own, head_seq, head_hash)


def _recorded(*columns: Any) -> Recorded:
    seq, at, action, address, detail = columns
    return Recorded(seq, at, action, address, _details(detail))


def _anonymous(*columns: Any) -> Anonymous:
    id, at, action, address, detail = columns
    return Anonymous(id, at.astimezone(UTC), action, address, _details(detail))


# The update changes no values: it locks the row, so that entries of a user are appended one at a time.
_LOCK_HEAD = Statement(
    _Head,
    """
INSERT INTO audit_heads (user_id, seq, hash) VALUES ($1, 0, $2)
ON CONFLICT (user_id) DO UPDATE SET seq = audit_heads.seq RETURNING seq, hash""",
)

_APPEND = Statement(
    Nothing,
    """
WITH appended AS (
    INSERT INTO audit_log (user_id, seq, at, action, address, detail, hash) VALUES ($1, $2, $3, $4, $5, $6, $7)
)
UPDATE audit_heads SET seq = $2, hash = $7 WHERE user_id = $1""",
)

_LINKS = Statement(
    _Link,
    """
SELECT l.user_id, l.seq, l.at, l.action, l.address, l.detail, l.hash,
       coalesce(h.seq, 0), h.hash AS head_hash
  FROM audit_log AS l LEFT JOIN audit_heads AS h ON h.user_id = $1
 WHERE l.user_id = $1 AND l.seq > $2 ORDER BY l.seq LIMIT $3""",
    _link,
)

_PAGE_OF_LOG = Statement(
    Recorded,
    """
SELECT seq, at, action, address, detail FROM audit_log
 WHERE user_id = $1 AND ($2::bigint IS NULL OR seq < $2) ORDER BY seq DESC LIMIT $3""",
    _recorded,
)

_HEAD = Statement(_Head, "SELECT seq, hash FROM audit_heads WHERE user_id = $1")

_ADD_ANONYMOUS = Statement(Nothing, "INSERT INTO audit_anonymous (at, action, address, detail) VALUES ($1, $2, $3, $4)")

_UNSEALED = Statement(
    Anonymous,
    """
SELECT id, at, action, address, detail FROM audit_anonymous
 WHERE sealed_in IS NULL ORDER BY id LIMIT $1""",
    _anonymous,
)

_SEALED = Statement(
    Anonymous,
    "SELECT id, at, action, address, detail FROM audit_anonymous WHERE sealed_in = $1 ORDER BY id LIMIT $2",
    _anonymous,
)

_LAST_SEAL = Statement(_Seal, "SELECT id, first, last, hash, previous FROM audit_seals ORDER BY id DESC LIMIT 1")

_SEALS = Statement(_Seal, "SELECT id, first, last, hash, previous FROM audit_seals WHERE id > $1 ORDER BY id LIMIT $2")

_ADD_SEAL = Statement(
    Nothing,
    """
INSERT INTO audit_seals (id, first, last, hash, previous) VALUES ($1, $2, $3, $4, $5)
ON CONFLICT DO NOTHING""",
)

_MARK_SEALED = Statement(Nothing, "UPDATE audit_anonymous SET sealed_in = $1 WHERE id = ANY($2) AND sealed_in IS NULL")

DATA_EXPORTS = (
    exported("audit_log", "seq, at, action, address, detail", order="seq"),
    withheld("audit_heads", "the head of the audit log's hash chain"),
)


async def record(tx: Tx, action: str, /, *, address: str = "", **detail: DetailValue) -> None:
    """Append an entry to the log of the transaction's user, in the transaction of the change itself.

    `address` is the client's network address; required only if the transaction isn't of a signed-in request.

    The transaction locks the user's chain until it ends, so call this late.
    """
    head = await tx.one(_LOCK_HEAD, tx.user_id, _GENESIS)
    assert head is not None
    entry = Entry(tx.user_id, head.seq + 1, tx.now.astimezone(UTC), action, address or tx.address, detail)
    values = (entry.at, action, entry.address, _canonical(detail).decode())
    await tx.do(_APPEND, tx.user_id, entry.seq, *values, _chained(head.hash, [entry]))


async def page(reader: Reader, user_id: UUID, *, before: int | None, limit: int) -> list[Recorded]:
    """Return entries of the user's log, latest first."""
    return await reader.all(_PAGE_OF_LOG, user_id, before, limit)


async def verify(reader: Reader, user_id: UUID, *, page: int = _PAGE) -> int | None:
    """Return the number of the first missing, changed, or extra entry in the user's log; `None` if it is intact."""
    last: _Link | None = None
    while links := await reader.all(_LINKS, user_id, last.seq if last else 0, page):
        for link in links:
            expected = last.seq + 1 if last else 1
            previous = last.hash if last else _GENESIS
            if link.seq != expected or link.hash != _chained(previous, [link.entry]):
                return expected
            last = link
        if len(links) < page:
            break
    if last is None:
        head = await reader.one(_HEAD, user_id)
        return 1 if head and head.seq else None
    return _broken_head(last)


def _broken_head(last: _Link) -> int | None:
    if last.head_seq != last.seq:
        return min(last.head_seq, last.seq) + 1
    return None if last.head_hash == last.hash else last.seq


async def record_anonymous(db: Database, action: str, /, *, address: str = "", **detail: DetailValue) -> None:
    """Record an action attempted without signing in, in its own transaction.

    The record persists even if the request fails. Call this after the request's transaction has ended, so that it
    doesn't wait for a second connection while holding the first.
    """
    async with db.system("sign_in") as tx:
        await tx.do(_ADD_ANONYMOUS, tx.now, action, address, _canonical(detail).decode())


@jobs.every(minutes=5)
async def seal_anonymous(db: Database) -> None:
    """Seal the entries added since the last run, in batches, each in its own short transaction."""
    while await seal(db):
        pass


async def seal(db: Database, *, limit: int = _BATCH) -> int:
    """Seal one batch; return its size, or 0 if no entries are left or another process is sealing.

    The previous seal is read first: a process that seals concurrently takes the same number, and only one succeeds.
    """
    async with db.system("tidy") as tx:
        last = await tx.one(_LAST_SEAL)
        batch = await tx.all(_UNSEALED, limit)
        if not batch:
            return 0
        new_seal = _sealed(last, batch)
        if not await tx.do(_ADD_SEAL, new_seal.id, new_seal.first, new_seal.last, new_seal.hash, new_seal.previous):
            return 0
        if await tx.do(_MARK_SEALED, new_seal.id, [one.id for one in batch]) != len(batch):
            raise RuntimeError("an entry was sealed twice")
        return len(batch)


def _sealed(last: _Seal | None, batch: list[Anonymous]) -> _Seal:
    previous = last.hash if last else _GENESIS
    id = last.id + 1 if last else 1
    return _Seal(id, batch[0].id, batch[-1].id, _chained(previous, batch), previous)


async def verify_seals(db: Database) -> int | None:
    """Return the number of the first batch that is missing or was changed; `None` if all are intact."""
    last: _Seal | None = None
    async with db.system("operate") as tx:
        while seals := await tx.all(_SEALS, last.id if last else 0, _PAGE):
            for current in seals:
                batch = await tx.all(_SEALED, current.id, _BATCH + 1)
                if not batch or current != _sealed(last, batch):
                    return last.id + 1 if last else 1
                last = current
    return None


def _chained(previous: bytes, rows: Iterable[Entry] | Iterable[Anonymous]) -> bytes:
    """Return the hash of a chain extended by `rows`. JSON contains no newlines, so the encoding is unambiguous."""
    return sha256(previous + b"\n".join(_canonical(row) for row in rows)).digest()
