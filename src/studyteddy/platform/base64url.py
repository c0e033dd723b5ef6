"""Base64 for URLs and cookies, without padding (RFC 4648, section 5)."""

from __future__ import annotations

import base64


def encode(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def decode(text: str) -> bytes:
    """Return the bytes of a text; raise `ValueError` for a character that doesn't belong to it."""
    return base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)


def decode_canonical(text: str) -> bytes:
    """Return the bytes of a text that `encode` writes; raise `ValueError` for every other text of the same bytes.

    The last character holds up to four bits that belong to no byte (RFC 4648, section 3.5). With `decode`, a token of
    which they were changed would still be valid, so one token would have many texts.
    """
    raw = decode(text)
    if encode(raw) != text:
        raise ValueError("isn't canonical base64url")
    return raw
