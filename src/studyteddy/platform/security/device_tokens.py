"""Device tokens: a device that has signed in to an account proves it the next time, without being signed in.

They let nobody in. They keep the guesses and the load of strangers away from the devices of an account's owner, as
"device cookies" of OWASP do, and tell sign-ins from new devices. Nothing is stored. A changed password ends all of
them, since whoever knew the old one may have collected some.
"""

from __future__ import annotations

import struct
from collections.abc import Callable
from hashlib import sha256
from uuid import UUID, uuid4

import msgspec

from studyteddy.platform.security.signed_tokens import SignedTokens

DEVICE_SECONDS = 365 * 24 * 3600
_FORMAT = struct.Struct(">16s16sQ8s")


class KnownDevice(msgspec.Struct, frozen=True):
    """A device that has signed in to an account."""

    user_id: UUID
    id: UUID
    stamp: bytes
    """The password stamp of the account at that time."""


def password_stamp(password_hash: str | None) -> bytes:
    """Return eight bytes that change with the password of an account."""
    return sha256(b"device\0" + (password_hash or "").encode()).digest()[:8]


class DeviceTokens:
    """Creates and verifies device tokens: user, device, time of the sign-in, password stamp, and an HMAC.

    They are valid for a year, or until the password changes.
    """

    def __init__(self, key: bytes, *, clock: Callable[[], float]) -> None:
        self._tokens = SignedTokens(key, b"device", _FORMAT.size)
        self._clock = clock

    def write(self, user_id: UUID, device: KnownDevice | None, *, stamp: bytes) -> str:
        """Return the token of a device that signs in; a device that is already known keeps its id."""
        id = device.id if device and device.user_id == user_id else uuid4()
        return self._tokens.write(_FORMAT.pack(user_id.bytes, id.bytes, int(self._clock()), stamp))

    def read(self, token: str) -> KnownDevice | None:
        """Return the device of a valid token, else None."""
        body = self._tokens.read(token)
        if body is None:
            return None
        user_id, id, issued, stamp = _FORMAT.unpack(body)
        if issued + DEVICE_SECONDS <= self._clock():
            return None
        return KnownDevice(UUID(bytes=user_id), UUID(bytes=id), stamp)
