"""Two-factor authentication: time-based one-time passwords (RFC 6238) and recovery codes."""

from __future__ import annotations

import secrets
from datetime import datetime
from hashlib import sha256

import pyotp

RECOVERY_CODES = 10
_ALPHABET = "23456789abcdefghjkmnpqrstuvwxyz"


def new_secret() -> str:
    """Return 160 random bits in base32, as expected by authenticator apps."""
    return pyotp.random_base32()


def address(secret: str, account: str) -> str:
    """Return the `otpauth://` URI that apps read from a QR code."""
    return pyotp.TOTP(secret).provisioning_uri(name=account, issuer_name="Study Teddy")


def step_of(secret: str, code: str, *, at: datetime) -> int | None:
    """Return the time step of a valid `code`, else `None`. Callers store the last step so that codes work only once.

    A step has 30 seconds; one step of clock drift is accepted in each direction.
    """
    if not (len(code) == 6 and code.isascii() and code.isdigit()):
        return None
    totp = pyotp.TOTP(secret)
    current = totp.timecode(at)
    valid = [
        step for step in (current, current - 1, current + 1) if secrets.compare_digest(totp.generate_otp(step), code)
    ]
    return valid[0] if valid else None


def new_recovery_codes() -> list[str]:
    """Return ten single-use codes `xxxx-xxxx-xxxx-xxxx` of 79 bits."""
    return ["-".join(_letters() for _ in range(4)) for _ in range(RECOVERY_CODES)]


def _letters() -> str:
    return "".join(secrets.choice(_ALPHABET) for _ in range(4))


def recovery_hash(code: str) -> bytes:
    """Hash a recovery code, ignoring case and hyphens. With this many random bits, a fast hash is sufficient."""
    return sha256(b"recovery\0" + code.replace("-", "").lower().encode()).digest()
