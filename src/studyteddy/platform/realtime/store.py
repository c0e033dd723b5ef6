"""The statements on tickets, event counters, and the event log."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

import msgspec

from studyteddy.platform.db.statements import Nothing, Reader, Statement
from studyteddy.platform.db.transaction import Tx
from studyteddy.platform.privacy.data_export import exported, withheld
from studyteddy.platform.privacy.retention import expiring


class Ticket(msgspec.Struct, frozen=True):
    """The user and session of a consumed ticket."""

    user_id: UUID
    session_id: UUID


class StoredEvent(msgspec.Struct, frozen=True):
    """An event in the log; `data` is JSON."""

    seq: int
    at: datetime
    type: str
    data: str


class Span(msgspec.Struct, frozen=True):
    """The first event number in the log (or the next one if the log is empty), and the last one assigned."""

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
DELETE FROM realtime_tickets WHERE hash = $1 AND expires_at > now() RETURNING user_id, session_id""",
)

_AFTER = Statement(
    StoredEvent, "SELECT seq, at, type, data FROM events WHERE user_id = $1 AND seq > $2 ORDER BY seq LIMIT $3"
)

_SPAN = Statement(
    Span,
    """
SELECT coalesce((SELECT min(e.seq) FROM events AS e WHERE e.user_id = c.user_id), c.last_seq + 1), c.last_seq
  FROM event_counters AS c WHERE c.user_id = $1""",
)

_COUNTERS = Statement(Counter, "SELECT user_id, last_seq FROM event_counters WHERE user_id = ANY($1)")

DATA_EXPORTS = (
    exported("events", "seq, at, type, data::json AS data", order="seq"),
    withheld("event_counters", "a counter that orders the events"),
    withheld("realtime_tickets", "hashes of tickets that expire after 30 seconds"),
)

RETENTION = (
    # In order, so that the remaining log has no gaps.
    expiring("events", "(user_id, seq)", "at < now() - interval '30 days'", order="at, seq"),
    expiring("realtime_tickets", "hash", "expires_at < now()"),
)


async def add_ticket(tx: Tx, user_id: UUID, *, hash: bytes, session_id: UUID, seconds: float) -> None:
    await tx.do(_ADD_TICKET, user_id, hash, session_id, seconds)


async def consume_ticket(tx: Tx, *, hash: bytes) -> Ticket | None:
    """Consume a ticket; only one of several concurrent calls succeeds."""
    return await tx.one(_CONSUME, hash)


async def after(reader: Reader, user_id: UUID, *, seq: int, limit: int) -> list[StoredEvent]:
    """Return the events after `seq`, in order."""
    return await reader.all(_AFTER, user_id, seq, limit)


async def span(reader: Reader, user_id: UUID) -> Span:
    """Return the range of event numbers that are available."""
    return await reader.one(_SPAN, user_id) or Span(1, 0)


async def counters(tx: Tx, users: list[UUID]) -> list[Counter]:
    """Return the counters of these users, in a system transaction with the purpose `relay`."""
    return await tx.all(_COUNTERS, users)
