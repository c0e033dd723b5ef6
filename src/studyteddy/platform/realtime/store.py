"""Every statement on tickets, event numbers and the event log."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

import msgspec

from studyteddy.platform.db import Nothing, Reader, Statement, Tx


class Ticket(msgspec.Struct, frozen=True):
    """Whom a consumed ticket lets in."""

    user_id: UUID
    session_id: UUID


class Stored(msgspec.Struct, frozen=True):
    """An event as it lies in the log; `data` is JSON."""

    seq: int
    at: datetime
    type: str
    data: str


class Span(msgspec.Struct, frozen=True):
    """The first event number still kept (or the next one, when none is), and the last one taken."""

    first: int
    last: int


class Counter(msgspec.Struct, frozen=True):
    """A user's last event number."""

    user_id: UUID
    last: int


_ADD_TICKET = Statement(
    Nothing,
    "INSERT INTO realtime_tickets (user_id, hash, session_id, expires_at)"
    " VALUES ($1, $2, $3, now() + $4 * interval '1 second')",
)

_CONSUME = Statement(
    Ticket,
    """
DELETE FROM realtime_tickets AS t USING sessions AS s
 WHERE t.hash = $1 AND t.expires_at > now() AND s.id = t.session_id AND s.revoked_at IS NULL
RETURNING t.user_id, t.session_id""",
)

_AFTER = Statement(
    Stored, "SELECT seq, at, type, data FROM events WHERE user_id = $1 AND seq > $2 ORDER BY seq LIMIT $3"
)

_SPAN = Statement(
    Span,
    """
SELECT coalesce((SELECT min(e.seq) FROM events AS e WHERE e.user_id = c.user_id), c.last_seq + 1), c.last_seq
  FROM event_counters AS c WHERE c.user_id = $1""",
)

_COUNTERS = Statement(Counter, "SELECT user_id, last_seq FROM event_counters WHERE user_id = ANY($1)")


async def add_ticket(tx: Tx, user_id: UUID, *, hash: bytes, session_id: UUID, seconds: float) -> None:
    await tx.do(_ADD_TICKET, user_id, hash, session_id, seconds)


async def consume_ticket(tx: Tx, *, hash: bytes) -> Ticket | None:
    """Takes a ticket out for good; of two that try one gets it."""
    return await tx.one(_CONSUME, hash)


async def after(reader: Reader, user_id: UUID, *, seq: int, limit: int) -> list[Stored]:
    """Events with greater numbers, in order."""
    return await reader.all(_AFTER, user_id, seq, limit)


async def span(reader: Reader, user_id: UUID) -> Span:
    """Which event numbers can still be asked for."""
    return await reader.one(_SPAN, user_id) or Span(1, 0)


async def counters(tx: Tx, users: list[UUID]) -> list[Counter]:
    """The last numbers of these users, in a system transaction of the relay."""
    return await tx.all(_COUNTERS, users)
