"""Authentication and authorization of requests."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Awaitable, Callable
from hashlib import sha256
from uuid import UUID

from studyteddy.platform.errors import Forbidden, SignInNeeded
from studyteddy.platform.identity import Identity
from studyteddy.platform.security.access_tokens import AccessTokens
from studyteddy.platform.security.revocation import Revocations

API_KEY_PREFIX = "st_"
_MAX_FOUND_KEYS = 10_000


class Authorizer:
    """Checks access tokens and API keys. `keys` looks up an API key, `is_operator` the caller's current role."""

    def __init__(
        self,
        tokens: AccessTokens,
        revocations: Revocations,
        *,
        keys: Callable[[str], Awaitable[Identity | None]],
        is_operator: Callable[[Identity], Awaitable[bool]],
    ) -> None:
        self._tokens = tokens
        self._revocations = revocations
        self._keys = keys
        self._is_operator = is_operator
        self._found_keys: OrderedDict[bytes, UUID] = OrderedDict()
        """The users of API keys that were valid when they were last used, by the hashes of the keys."""

    def recognize(self, authorization: bytes) -> UUID | None:
        """Return the user of a credential that this process has verified before, without any work.

        `identify` still checks whether it is valid now.
        """
        token = _token(authorization)
        if token.startswith(API_KEY_PREFIX):
            return self._found_keys.get(_hash(token))
        identity = self._tokens.verified(token)
        return identity.user_id if identity and not self._revocations.is_revoked(identity.session_id) else None

    def vouches(self, authorization: bytes) -> bool:
        """Return whether this is a signed access token whose session isn't known to be revoked; costs no query."""
        try:
            identity = self._tokens.verify(_token(authorization))
        except SignInNeeded:
            return False
        return not self._revocations.is_revoked(identity.session_id)

    async def identify(self, authorization: bytes) -> Identity:
        """Return the identity for an `Authorization` header; raise `SignInNeeded`."""
        token = _token(authorization)
        if not token:
            raise SignInNeeded()
        if token.startswith(API_KEY_PREFIX):
            return await self._by_key(token)
        identity = self._tokens.verify(token)
        await self._revocations.check(identity)
        return identity

    async def admit(self, identity: Identity, scope: str) -> None:
        """Raise `Forbidden` unless the caller has `scope`."""
        if scope == "operate":
            allowed = "account" in identity.scopes and await self._is_operator(identity)
        else:
            allowed = scope in identity.scopes
        if not allowed:
            raise Forbidden()

    async def _by_key(self, key: str) -> Identity:
        identity = await self._keys(key)
        if identity is None:
            self._found_keys.pop(_hash(key), None)
            raise SignInNeeded("The API key is invalid, expired, or revoked.")
        self._found_keys[_hash(key)] = identity.user_id
        if len(self._found_keys) > _MAX_FOUND_KEYS:
            self._found_keys.popitem(last=False)
        return identity


def _token(authorization: bytes) -> str:
    """Return the bearer token of an `Authorization` header, or an empty string."""
    scheme, _, token = authorization.decode("latin-1").partition(" ")
    return token if scheme.lower() == "bearer" else ""


def _hash(key: str) -> bytes:
    return sha256(key.encode()).digest()
