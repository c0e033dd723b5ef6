"""Access tokens: signed JWTs, cached after verification until they expire."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from typing import Annotated
from uuid import UUID, uuid4

import jwt
import msgspec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from msgspec import Meta

from studyteddy.platform.errors import SignInNeeded
from studyteddy.platform.identity import Identity

ACCESS_SECONDS = 900
ISSUER = "studyteddy"
AUDIENCE = "studyteddy-api"
_REMEMBERED_TOKENS = 20_000
_CLAIMS = ["sub", "sid", "jti", "aud", "iss", "exp", "iat"]
UNREADABLE = (msgspec.DecodeError, ValueError, TypeError, AttributeError, OverflowError, RecursionError)
"""What parsers raise beside PyJWT's own errors, for claims of other types, numbers without end, and deep JSON."""


_Seconds = Annotated[int, Meta(ge=0, lt=2**53)]


class _Claims(msgspec.Struct):
    """The claims that a token must have in exactly these types: a single audience, and seconds as whole numbers."""

    sub: UUID
    sid: UUID
    aud: str
    jti: str
    exp: _Seconds
    iat: _Seconds


class AccessTokens:
    """Signs and verifies access tokens (EdDSA, `typ: at+jwt`, 15 minutes).

    Verified and issued tokens are cached, so that the signature is checked at most once; the expiry is checked each
    time.
    """

    def __init__(self, key: bytes, *, clock: Callable[[], float], limit: int = _REMEMBERED_TOKENS) -> None:
        self._private = Ed25519PrivateKey.from_private_bytes(key)
        self._public = self._private.public_key()
        self._clock = clock
        self._limit = limit
        self._verified: OrderedDict[str, Identity] = OrderedDict()

    def issue(self, user_id: UUID, session_id: UUID) -> str:
        now = int(self._clock())
        claims = {
            "iss": ISSUER,
            "aud": AUDIENCE,
            "sub": str(user_id),
            "sid": str(session_id),
            "jti": uuid4().hex,
            "iat": now,
            "exp": now + ACCESS_SECONDS,
        }
        token = jwt.encode(claims, self._private, "EdDSA", headers={"typ": "at+jwt"})
        self._remember(token, Identity(user_id, session_id, expires_at=now + ACCESS_SECONDS))
        return token

    def verified(self, token: str) -> Identity | None:
        """Return the identity of a token that was verified before and hasn't expired, without checking anything."""
        identity = self._verified.get(token)
        return identity if identity is not None and identity.expires_at > self._clock() else None

    def verify(self, token: str) -> Identity:
        """Verify a token and return its identity; raise `SignInNeeded`."""
        identity = self._verified.get(token)
        if identity is None:
            identity = self._check(token)
            self._remember(token, identity)
        if identity.expires_at <= self._clock():
            self._verified.pop(token, None)
            raise SignInNeeded("Your access token has expired.")
        return identity

    def _remember(self, token: str, identity: Identity) -> None:
        self._verified[token] = identity
        if len(self._verified) > self._limit:
            self._verified.popitem(last=False)

    def _check(self, token: str) -> Identity:
        try:
            if jwt.get_unverified_header(token).get("typ") != "at+jwt":
                raise SignInNeeded()
            claims = jwt.decode(
                token,
                self._public,
                ["EdDSA"],
                audience=AUDIENCE,
                issuer=ISSUER,
                options={"require": _CLAIMS, "verify_exp": False, "verify_iat": False},
            )
            found = msgspec.convert(claims, _Claims)
        except (jwt.PyJWTError, *UNREADABLE) as fault:
            raise SignInNeeded() from fault
        return Identity(found.sub, found.sid, expires_at=found.exp)
