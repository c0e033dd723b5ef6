"""Refresh tokens, derived from a session and its generation, so that no secret is stored."""

from __future__ import annotations

import hmac
import struct
from uuid import UUID

from studyteddy.platform import base64url


class RefreshTokens:
    """Creates and verifies refresh tokens: session, generation, and an HMAC over both."""

    def __init__(self, key: bytes) -> None:
        self._key = key

    def write(self, session_id: UUID, generation: int) -> str:
        body = session_id.bytes + struct.pack(">I", generation)
        return base64url.encode(body + self._tag(body))

    def read(self, token: str) -> tuple[UUID, int] | None:
        """Return the session and generation of a valid token, else `None`."""
        try:
            raw = base64url.decode(token)
        except ValueError:
            return None
        if len(raw) != 52 or not hmac.compare_digest(raw[20:], self._tag(raw[:20])):
            return None
        return UUID(bytes=raw[:16]), int(struct.unpack(">I", raw[16:20])[0])

    def _tag(self, body: bytes) -> bytes:
        return hmac.digest(self._key, b"refresh\0" + body, "sha256")
