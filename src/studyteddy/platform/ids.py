"""UUIDv7: ids that rise with time, so that indexes stay compact (RFC 9562 §5.7 and §6.2, method 2)."""

from __future__ import annotations

import os
import time
from threading import Lock
from uuid import UUID

_TAIL = (1 << 74) - 1
_turn = Lock()
_last = 0


def new_id() -> UUID:
    """A fresh UUIDv7: 48 bits of Unix milliseconds, 74 random bits; each greater than those this process made before.

    Within a millisecond, or when the clock steps back, the next one lies a random distance beyond the last: rows that
    one transaction makes keep their order, and no id can be guessed from its neighbour.
    """
    global _last
    random = int.from_bytes(os.urandom(10), "big")
    made = (time.time_ns() // 1_000_000 & 0xFFFF_FFFF_FFFF) << 74 | random & _TAIL
    with _turn:
        _last = made if made > _last else _last + 1 + (random >> 42 & 0xFFFF_FFFF)
        made = _last
    value = made >> 74 << 80 | 0x7 << 76 | (made >> 62 & 0xFFF) << 64 | 0b10 << 62 | made & 0x3FFF_FFFF_FFFF_FFFF
    return UUID(int=value)
