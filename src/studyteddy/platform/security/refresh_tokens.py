"""Refresh tokens, derived from a session and its generation, so that no secret is stored."""

from __future__ import annotations

import struct
from uuid import UUID

from studyteddy.platform.security.signed_tokens import SignedTokens

_FORMAT = struct.Struct(">16sI")


class RefreshTokens:
    """Creates and verifies refresh tokens: session, generation, and an HMAC over both."""

    def __init__(self, key: bytes) -> None:
        self._tokens = SignedTokens(key, b"refresh", _FORMAT.size)

    def write(self, session_id: UUID, generation: int) -> str:
        return self._tokens.write(_FORMAT.pack(session_id.bytes, generation))

    def read(self, token: str) -> tuple[UUID, int] | None:
        """Return the session and generation of a valid token, else `None`."""
        body = self._tokens.read(token)
        if body is None:
            return None
        session_id, generation = _FORMAT.unpack(body)
        return UUID(bytes=session_id), generation
