"""The wire format of events: the only module that writes and reads WebSocket messages."""

from __future__ import annotations

from datetime import datetime

import msgspec

_encode = msgspec.json.Encoder().encode
_PREFIX = b'{"seq":'


def write(seq: int, name: str, at: datetime, data: bytes) -> bytes:
    """Return a message `{"seq", "type", "at", "data"}`; `data` is the encoded object."""
    return b'%b%d,"type":"%b","at":%b,"data":%b}' % (_PREFIX, seq, name.encode(), _encode(at), data)


def read_seq(message: bytes) -> int:
    """Return the event number of a message from `write`, without decoding the rest."""
    return int(message[len(_PREFIX) : message.index(b",")])
