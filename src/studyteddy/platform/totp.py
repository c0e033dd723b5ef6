"""The second factor: six digits that change every 30 seconds (RFC 6238), and codes for the day the phone is lost."""

from __future__ import annotations

import secrets
from datetime import datetime
from hashlib import sha256

import pyotp

STEP = 30
"""Seconds that a code lasts; one step of drift is forgiven on either side."""
RECOVERY_CODES = 10
_ALPHABET = "23456789abcdefghjkmnpqrstuvwxyz"


def new_secret() -> str:
    """160 random bits in base32, as authenticator apps take them."""
    return pyotp.random_base32()


def address(secret: str, account: str) -> str:
    """The `otpauth://` address that apps read from a QR code."""
    return pyotp.TOTP(secret).provisioning_uri(name=account, issuer_name="Study Teddy")


def step_of(secret: str, code: str, *, at: datetime) -> int | None:
    """The time step for which `code` is right, else nothing. A step is used once: the caller remembers the last."""
    if not (len(code) == 6 and code.isascii() and code.isdigit()):
        return None
    totp = pyotp.TOTP(secret)
    present = totp.timecode(at)
    right = [
        step for step in (present, present - 1, present + 1) if secrets.compare_digest(totp.generate_otp(step), code)
    ]
    return right[0] if right else None


def new_recovery_codes() -> list[str]:
    """Ten codes `xxxx-xxxx-xxxx-xxxx` of 79 bits, each good once."""
    return ["-".join(_letters() for _ in range(4)) for _ in range(RECOVERY_CODES)]


def _letters() -> str:
    return "".join(secrets.choice(_ALPHABET) for _ in range(4))


def recovery_hash(code: str) -> bytes:
    """What is kept of a recovery code; case and dashes do not matter. So many random bits need no slow hash."""
    return sha256(b"recovery\0" + code.replace("-", "").lower().encode()).digest()
