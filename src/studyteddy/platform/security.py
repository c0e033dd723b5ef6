"""Access tokens, refresh tokens, and password hashes in a lane of their own."""

from __future__ import annotations

import base64
import binascii
import hmac
import os
import struct
import unicodedata
from collections import OrderedDict
from collections.abc import Callable
from typing import TypeVar
from uuid import UUID, uuid4

import bcrypt
import jwt
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from studyteddy.platform.errors import SignInNeeded
from studyteddy.platform.identity import Identity
from studyteddy.platform.lane import Lane

ACCESS_SECONDS = 900
ISSUER = "studyteddy"
AUDIENCE = "studyteddy-api"
_CLAIMS = ["sub", "sid", "jti", "aud", "iss", "exp", "iat"]
R = TypeVar("R")


class AccessTokens:
    """Signs and verifies access tokens (EdDSA, `typ: at+jwt`, 15 minutes).

    A verified token is remembered, so that its signature is checked once; its end is checked each time.
    """

    def __init__(self, key: bytes, *, clock: Callable[[], float], most: int = 20_000) -> None:
        self._private = Ed25519PrivateKey.from_private_bytes(key)
        self._public = self._private.public_key()
        self._clock = clock
        self._most = most
        self._verified: OrderedDict[str, Identity] = OrderedDict()

    def issue(self, user_id: UUID, session_id: UUID) -> str:
        now = int(self._clock())
        claims = {
            "iss": ISSUER, "aud": AUDIENCE, "sub": str(user_id), "sid": str(session_id),
            "jti": uuid4().hex, "iat": now, "exp": now + ACCESS_SECONDS,
        }  # fmt: skip
        return jwt.encode(claims, self._private, "EdDSA", headers={"typ": "at+jwt"})

    def verify(self, token: str) -> Identity:
        """Whose token this is; raises `SignInNeeded`."""
        known = self._verified.get(token)
        if known is None:
            known = self._check(token)
            self._verified[token] = known
            if len(self._verified) > self._most:
                self._verified.popitem(last=False)
        if known.expires_at <= self._clock():
            self._verified.pop(token, None)
            raise SignInNeeded("Your access token has ended: refresh it.")
        return known

    def forget(self) -> None:
        """Checks every signature anew, after a change of keys."""
        self._verified.clear()

    def _check(self, token: str) -> Identity:
        try:
            if jwt.get_unverified_header(token).get("typ") != "at+jwt":
                raise SignInNeeded()
            claims = jwt.decode(
                token, self._public, ["EdDSA"], audience=AUDIENCE, issuer=ISSUER,
                options={"require": _CLAIMS, "verify_exp": False, "verify_iat": False},
            )  # fmt: skip
            return Identity(UUID(claims["sub"]), UUID(claims["sid"]), expires_at=int(claims["exp"]))
        except (jwt.PyJWTError, ValueError, TypeError, AttributeError) as fault:
            raise SignInNeeded() from fault


class RefreshTokens:
    """Refresh tokens: session, generation, and an HMAC over both. Nothing secret is stored."""

    def __init__(self, key: bytes) -> None:
        self._key = key

    def write(self, session_id: UUID, generation: int) -> str:
        body = session_id.bytes + struct.pack(">I", generation)
        return base64.urlsafe_b64encode(body + self._tag(body)).rstrip(b"=").decode()

    def read(self, token: str) -> tuple[UUID, int] | None:
        """The session and generation of a token that we made, else nothing."""
        try:
            raw = base64.b64decode(token + "=" * (-len(token) % 4), altchars=b"-_", validate=True)
        except (binascii.Error, ValueError):
            return None
        if len(raw) != 52 or not hmac.compare_digest(raw[20:], self._tag(raw[:20])):
            return None
        return UUID(bytes=raw[:16]), int(struct.unpack(">I", raw[16:20])[0])

    def _tag(self, body: bytes) -> bytes:
        return hmac.digest(self._key, b"refresh\0" + body, "sha256")


class Passwords:
    """bcrypt over a keyed digest, so that every character counts; hashing never starves the API.

    At most `queue` hashes wait for the cores left to them; beyond that login answers 429.
    """

    def __init__(self, pepper: bytes, *, cost: int = 12, queue: int = 16) -> None:
        self._pepper = pepper
        self._cost = cost
        self._lane = Lane("bcrypt", threads=max((os.cpu_count() or 2) - 1, 1), queue=queue)
        self.evaluations = 0
        self._decoy = bcrypt.hashpw(self._digest("nobody's password"), bcrypt.gensalt(cost)).decode()

    async def hash(self, password: str) -> str:
        digest = self._digest(password)
        return await self._in_lane(lambda: bcrypt.hashpw(digest, bcrypt.gensalt(self._cost)).decode())

    async def verify(self, password: str, hashed: str | None) -> bool:
        """Exactly one evaluation, also for an account without a password or none at all."""
        digest = self._digest(password)
        same = await self._in_lane(lambda: bcrypt.checkpw(digest, (hashed or self._decoy).encode()))
        return same and hashed is not None

    def close(self) -> None:
        self._lane.close()

    def _digest(self, password: str) -> bytes:
        text = unicodedata.normalize("NFC", password).encode()
        return base64.b64encode(hmac.digest(self._pepper, text, "sha256"))

    async def _in_lane(self, work: Callable[[], R]) -> R:
        self.evaluations += 1
        return await self._lane.run(work)
