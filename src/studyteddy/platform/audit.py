"""The audit log: what touched an account's safety, so kept that a change to it is noticed.

Each student's entries form a chain: an entry's hash is SHA-256 over the hash before it and the entry itself, and
the chain's end is written down beside it. The application can add entries and nothing else. What happens without
a signed-in user, such as a refused login, is kept apart and sealed in batches, which form a chain of their own.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any
from uuid import UUID

import msgspec

from studyteddy.platform.db import Database, Nothing, Reader, Statement, Tx
from studyteddy.platform.jobs import Jobs

jobs = Jobs("audit")

Plain = str | int | bool | None
"""What a detail may be: what JSON and PostgreSQL write alike. Never a secret: no password, token or code."""

_BEFORE_ALL = bytes(32)
_PAGE = 500
_BATCH = 1000
_canonical = msgspec.json.Encoder(order="sorted").encode
_details = msgspec.json.Decoder(dict[str, Plain]).decode


class Entry(msgspec.Struct, frozen=True):
    """Something that was done to an account, by whom it belongs to."""

    user_id: UUID
    seq: int
    at: datetime
    action: str
    address: str
    detail: dict[str, Plain]


class Recorded(msgspec.Struct, frozen=True):
    """An entry as its owner sees it."""

    seq: int
    at: datetime
    action: str
    address: str
    detail: dict[str, Plain]


class _Link(msgspec.Struct, frozen=True):
    """An entry in its chain, with the end of the chain as it was written down at the same moment."""

    user_id: UUID
    seq: int
    at: datetime
    action: str
    address: str
    detail: dict[str, Plain]
    hash: bytes
    head_seq: int
    head_hash: bytes

    @property
    def entry(self) -> Entry:
        return Entry(self.user_id, self.seq, self.at, self.action, self.address, self.detail)


class _Head(msgspec.Struct, frozen=True):
    seq: int
    hash: bytes


class Anonymous(msgspec.Struct, frozen=True):
    """Something that was tried without being signed in."""

    id: int
    at: datetime
    action: str
    address: str
    detail: dict[str, Plain]


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


# The update changes nothing: it takes the row's lock, so that entries of one student come one after the other.
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
       coalesce(h.seq, 0), coalesce(h.hash, '')
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


async def record(tx: Tx, action: str, /, *, address: str = "", **detail: Plain) -> None:
    """Adds to the log of the transaction's user, with the change itself.

    `address`: the client's network address, where the transaction was not opened for a signed-in request.

    From here to its end the transaction holds the lock on the user's chain: call it late.
    """
    head = await tx.one(_LOCK_HEAD, tx.user_id, _BEFORE_ALL)
    assert head is not None
    entry = Entry(tx.user_id, head.seq + 1, tx.now.astimezone(UTC), action, address or tx.address, detail)
    told = (entry.at, action, entry.address, _canonical(detail).decode())
    await tx.do(_APPEND, tx.user_id, entry.seq, *told, _chained(head.hash, [entry]))


async def page(reader: Reader, user_id: UUID, *, before: int | None, limit: int) -> list[Recorded]:
    """Entries of the user's log, the latest first."""
    return await reader.all(_PAGE_OF_LOG, user_id, before, limit)


async def verify(reader: Reader, user_id: UUID, *, page: int = _PAGE) -> int | None:
    """The number of the first entry that is missing, changed, or too many in the user's log; nothing if it is whole."""
    last: _Link | None = None
    while links := await reader.all(_LINKS, user_id, last.seq if last else 0, page):
        for link in links:
            expected = last.seq + 1 if last else 1
            previous = last.hash if last else _BEFORE_ALL
            if link.seq != expected or link.hash != _chained(previous, [link.entry]):
                return expected
            last = link
        if len(links) < page:
            break
    if last is None:
        head = await reader.one(_HEAD, user_id)
        return 1 if head and head.seq else None
    return _broken_end(last)


def _broken_end(last: _Link) -> int | None:
    if last.head_seq != last.seq:
        return min(last.head_seq, last.seq) + 1
    return None if last.head_hash == last.hash else last.seq


async def record_anonymous(db: Database, action: str, /, *, address: str = "", **detail: Plain) -> None:
    """Adds what was tried without being signed in, in a transaction of its own.

    So it stays when the request is refused. Call it after the request's own transaction has ended: a second
    connection is not waited for while the first is held.
    """
    async with db.system("sign_in") as tx:
        await tx.do(_ADD_ANONYMOUS, tx.now, action, address, _canonical(detail).decode())


@jobs.every(minutes=5)
async def seal_anonymous(db: Database) -> None:
    """Seals what was added since the last time, in batches, each its own short transaction."""
    while await seal(db):
        pass


async def seal(db: Database, *, most: int = _BATCH) -> int:
    """Seals one batch; gives its size, 0 when nothing is left or somebody else is sealing.

    The seal before is read first: whoever seals in between takes the number that this one would have had.
    """
    async with db.system("tidy") as tx:
        last = await tx.one(_LAST_SEAL)
        batch = await tx.all(_UNSEALED, most)
        if not batch:
            return 0
        fresh = _sealed(last, batch)
        if not await tx.do(_ADD_SEAL, fresh.id, fresh.first, fresh.last, fresh.hash, fresh.previous):
            return 0
        if await tx.do(_MARK_SEALED, fresh.id, [one.id for one in batch]) != len(batch):
            raise RuntimeError("an entry was sealed twice")
        return len(batch)


def _sealed(last: _Seal | None, batch: list[Anonymous]) -> _Seal:
    previous = last.hash if last else _BEFORE_ALL
    id = last.id + 1 if last else 1
    return _Seal(id, batch[0].id, batch[-1].id, _chained(previous, batch), previous)


async def verify_seals(db: Database) -> int | None:
    """The number of the first batch that is missing or holds what was changed; nothing if all are whole."""
    last: _Seal | None = None
    async with db.system("operate") as tx:
        while seals := await tx.all(_SEALS, last.id if last else 0, _PAGE):
            for present in seals:
                batch = await tx.all(_SEALED, present.id, _BATCH + 1)
                if not batch or present != _sealed(last, batch):
                    return last.id + 1 if last else 1
                last = present
    return None


def _chained(previous: bytes, rows: Iterable[Entry] | Iterable[Anonymous]) -> bytes:
    """The hash of a chain that goes on with `rows`; JSON has no line ends, so no two lists of rows read the same."""
    return sha256(previous + b"\n".join(_canonical(row) for row in rows)).digest()
