"""The security headers of every answer: of the application, of the server itself, and of refused handshakes.

uvicorn adds them (`server_config`), so that an answer that the application never sees has them too.
"""

from __future__ import annotations

_FIXED = {
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "cross-origin-resource-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
    "permissions-policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
    "x-frame-options": "DENY",
}
_HSTS = ("strict-transport-security", "max-age=31536000; includeSubDomains")

POLICY = (b"content-security-policy", b"default-src 'none'; frame-ancestors 'none'")
"""Of every answer but those of the web app and the docs page, which have their own; so the server doesn't add it."""


def fixed(*, secure: bool) -> list[tuple[str, str]]:
    """Return the headers of every answer; `secure` adds HSTS."""
    return [*_FIXED.items(), *([_HSTS] if secure else [])]
