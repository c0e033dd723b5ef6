"""UUIDv7: ids that increase with time, so that indexes stay compact (RFC 9562 §5.7 and §6.2, method 2)."""

from __future__ import annotations

import os
import time
from datetime import UTC, datetime, timedelta
from threading import Lock
from uuid import UUID

_TAIL = (1 << 74) - 1
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_lock = Lock()
_last = 0


def new_id() -> UUID:
    """Return a new UUIDv7: 48 bits of Unix milliseconds, 74 random bits; each id of a process exceeds the previous one.

    Within a millisecond, or when the clock steps back, the next id is the last one plus a random increment: rows
    created in one transaction keep their order, and ids can't be guessed from each other.
    """
    global _last
    random = int.from_bytes(os.urandom(10), "big")
    new = (time.time_ns() // 1_000_000 & 0xFFFF_FFFF_FFFF) << 74 | random & _TAIL
    with _lock:
        _last = new if new > _last else _last + 1 + (random >> 42 & 0xFFFF_FFFF)
        new = _last
    value = new >> 74 << 80 | 0x7 << 76 | (new >> 62 & 0xFFF) << 64 | 0b10 << 62 | new & 0x3FFF_FFFF_FFFF_FFFF
    return UUID(int=value)


def time_of(id: UUID) -> datetime:
    """Return the time in a UUIDv7, or the end of time for one that is beyond it."""
    try:
        return _EPOCH + timedelta(milliseconds=id.int >> 80)
    except OverflowError:
        return datetime.max.replace(tzinfo=UTC)
