"""The gate: whose request this is, and whether it may do what it asks for."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from studyteddy.platform.errors import Forbidden, SignInNeeded
from studyteddy.platform.identity import Identity
from studyteddy.platform.revocation import Revocations
from studyteddy.platform.security import AccessTokens

API_KEY_PREFIX = "st_"


class Gate:
    """Knows access tokens and API keys. `keys` looks up an API key, `is_operator` the caller's present role."""

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

    async def identify(self, authorization: bytes) -> Identity:
        """Whose `Authorization` header this is; raises `SignInNeeded`."""
        scheme, _, token = authorization.decode("latin-1").partition(" ")
        if scheme.lower() != "bearer" or not token:
            raise SignInNeeded()
        if token.startswith(API_KEY_PREFIX):
            return await self._by_key(token)
        identity = self._tokens.verify(token)
        await self._revocations.check(identity)
        return identity

    async def admit(self, identity: Identity, scope: str) -> None:
        """Raises `Forbidden` unless the caller may do what `scope` names."""
        if scope == "operate":
            allowed = "account" in identity.scopes and await self._is_operator(identity)
        else:
            allowed = scope in identity.scopes
        if not allowed:
            raise Forbidden()

    async def _by_key(self, key: str) -> Identity:
        identity = await self._keys(key)
        if identity is None:
            raise SignInNeeded("This API key is unknown, has ended, or was revoked.")
        return identity
