"""OpenID Connect: authorization code with PKCE, state and nonce (OpenID Connect Core 1.0, RFC 7636, RFC 9700)."""

from __future__ import annotations

import base64
import time
from hashlib import sha256
from typing import Any
from urllib.parse import urlencode

import httpx2
import jwt
import msgspec

from studyteddy.features.auth.schemas import Vouched
from studyteddy.platform.http import Unreachable, fetch

_ALGORITHMS = ["RS256", "ES256", "EdDSA"]
_KEEP_SECONDS = 3600.0
_LEAST_SECONDS_BETWEEN_KEYS = 60.0


class NotVouched(Exception):
    """The provider does not vouch for this sign-in; the reason is for the log."""


class _Configuration(msgspec.Struct):
    """What we use of the provider's discovery document."""

    issuer: str
    authorization_endpoint: str
    token_endpoint: str
    jwks_uri: str


class _Tokens(msgspec.Struct):
    id_token: str


class OpenIdConnect:
    """One provider and our registration with it. `redirect_uri` is exact, to the letter."""

    def __init__(
        self, http: httpx2.AsyncClient, *, issuer: str, client_id: str, client_secret: str, redirect_uri: str
    ) -> None:
        self._http = http
        self._issuer = issuer.rstrip("/")
        self._client_id = client_id
        self._client_secret = client_secret
        self._redirect_uri = redirect_uri
        self._known: tuple[float, _Configuration] | None = None
        self._keys: dict[str, Any] = {}
        self._keys_read = -_KEEP_SECONDS

    async def address(self, *, state: str, nonce: str, verifier: str) -> str:
        """Where the person goes to sign in; raises `Unreachable`."""
        configuration = await self._configuration()
        asked = {
            "response_type": "code", "client_id": self._client_id, "redirect_uri": self._redirect_uri,
            "scope": "openid email profile", "state": state, "nonce": nonce,
            "code_challenge": _challenge(verifier), "code_challenge_method": "S256",
        }  # fmt: skip
        return f"{configuration.authorization_endpoint}?{urlencode(asked)}"

    async def exchange(self, code: str, *, verifier: str, nonce: str) -> Vouched:
        """Whom the provider vouches for; raises `NotVouched` or `Unreachable`."""
        configuration = await self._configuration()
        form = {
            "grant_type": "authorization_code", "code": code, "redirect_uri": self._redirect_uri,
            "client_id": self._client_id, "client_secret": self._client_secret, "code_verifier": verifier,
        }  # fmt: skip
        try:
            answer = await fetch(self._http, "POST", configuration.token_endpoint, form=form)
            token = msgspec.json.decode(answer, type=_Tokens).id_token
        except (Unreachable, msgspec.DecodeError) as fault:
            raise NotVouched(f"the code was not exchanged: {fault}") from fault
        return await self.check(token, nonce=nonce)

    async def check(self, token: str, *, nonce: str) -> Vouched:
        """The claims of an ID token that is signed, ours, fresh, and made for this very sign-in."""
        configuration = await self._configuration()
        try:
            header = jwt.get_unverified_header(token)
            claims = jwt.decode(
                token, await self._key(str(header.get("kid", ""))), _ALGORITHMS, audience=self._client_id,
                issuer=configuration.issuer, leeway=30, options={"require": ["iss", "sub", "aud", "exp", "iat"]},
            )  # fmt: skip
        except (jwt.PyJWTError, ValueError) as fault:
            raise NotVouched(f"the ID token is not good: {fault}") from fault
        if claims.get("nonce") != nonce:
            raise NotVouched("the nonce is another sign-in's")
        if isinstance(claims["aud"], list) and len(claims["aud"]) > 1 and claims.get("azp") != self._client_id:
            raise NotVouched("the ID token was made for somebody else too")
        if not isinstance(claims["sub"], str) or not 0 < len(claims["sub"]) <= 255:
            raise NotVouched("the subject is not usable")
        return Vouched(
            configuration.issuer, claims["sub"], str(claims.get("email", ""))[:254].lower(),
            claims.get("email_verified") is True, str(claims.get("name") or claims.get("email") or "")[:100],
        )  # fmt: skip

    async def _configuration(self) -> _Configuration:
        if self._known and time.monotonic() - self._known[0] < _KEEP_SECONDS:
            return self._known[1]
        raw = await fetch(self._http, "GET", f"{self._issuer}/.well-known/openid-configuration")
        try:
            found = msgspec.json.decode(raw, type=_Configuration)
        except msgspec.DecodeError as fault:
            raise Unreachable(f"{self._issuer} does not describe itself") from fault
        if found.issuer.rstrip("/") != self._issuer:
            raise Unreachable(f"{self._issuer} calls itself {found.issuer}")
        self._known = time.monotonic(), found
        return found

    async def _key(self, kid: str) -> Any:
        """The provider's key of that id; an unknown id has the keys read anew, once a minute at most."""
        age = time.monotonic() - self._keys_read
        if age > _KEEP_SECONDS or (kid not in self._keys and age > _LEAST_SECONDS_BETWEEN_KEYS):
            raw = await fetch(self._http, "GET", (await self._configuration()).jwks_uri)
            try:
                found = jwt.PyJWKSet.from_dict(msgspec.json.decode(raw))
            except (jwt.PyJWTError, msgspec.DecodeError, AttributeError) as fault:
                raise NotVouched("the provider's keys cannot be read") from fault
            self._keys = {key.key_id or "": key for key in found.keys if key.public_key_use in (None, "sig")}
            self._keys_read = time.monotonic()
        if kid not in self._keys:
            raise NotVouched("the ID token names a key that the provider does not have")
        return self._keys[kid]


def _challenge(verifier: str) -> str:
    return base64.urlsafe_b64encode(sha256(verifier.encode()).digest()).rstrip(b"=").decode()
