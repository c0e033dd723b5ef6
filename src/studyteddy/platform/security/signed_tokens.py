"""Signed tokens: a body of a fixed size and an HMAC over it, so that a forged one is refused without a look-up."""

from __future__ import annotations

import hmac

from studyteddy.platform import base64url


class SignedTokens:
    """Writes and reads the tokens of one purpose; a token of another purpose is never valid."""

    def __init__(self, key: bytes, purpose: bytes, size: int) -> None:
        self._key = key
        self._purpose = purpose + b"\0"
        self._size = size

    def write(self, body: bytes) -> str:
        return base64url.encode(body + self._tag(body))

    def read(self, token: str) -> bytes | None:
        """Return the body of a valid token, else None."""
        try:
            raw = base64url.decode_canonical(token)
        except ValueError:
            return None
        body, tag = raw[: self._size], raw[self._size :]
        return body if len(body) == self._size and hmac.compare_digest(tag, self._tag(body)) else None

    def _tag(self, body: bytes) -> bytes:
        return hmac.digest(self._key, self._purpose + body, "sha256")
