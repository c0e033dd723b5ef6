"""OpenID Connect: authorization code with PKCE, state and nonce (OpenID Connect Core 1.0, RFC 7636, RFC 9700)."""

from __future__ import annotations

import time
from hashlib import sha256
from hmac import compare_digest
from typing import Annotated, Any
from urllib.parse import urlencode

import httpx2
import jwt
import msgspec
from msgspec import Meta

from studyteddy.features.auth.schemas.oauth import OAuthProfile
from studyteddy.platform import base64url
from studyteddy.platform.fields import TEXT, Email, PersonName
from studyteddy.platform.http import Unreachable, fetch
from studyteddy.platform.security.access_tokens import UNREADABLE

_ALGORITHMS = ["RS256", "ES256", "EdDSA"]
_CACHE_SECONDS = 3600.0
LEEWAY_SECONDS = 30
"""How far the provider's clock may be from ours."""
_MIN_SECONDS_BETWEEN_KEY_FETCHES = 60.0


class SignInRejected(Exception):
    """The sign-in isn't valid; the message is for the log."""


class _Configuration(msgspec.Struct):
    """The fields used from the provider's discovery document."""

    issuer: str
    authorization_endpoint: str
    token_endpoint: str
    jwks_uri: str


class _Tokens(msgspec.Struct):
    id_token: str


class _Claims(msgspec.Struct):
    """The claims of an ID token that has been verified; those about the person may have any form."""

    sub: Annotated[str, Meta(min_length=1, max_length=255, pattern=TEXT)]
    aud: str | list[str]
    exp: Annotated[float, Meta(ge=0, lt=2**53)]
    nonce: str
    azp: str | None = None
    email: Any = None
    email_verified: Any = None
    name: Any = None


class OpenIdConnect:
    """A client of one OpenID Connect provider. `redirect_uri` must match the registered URI exactly."""

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
        self._keys_read = -_CACHE_SECONDS

    async def address(self, *, state: str, nonce: str, verifier: str) -> str:
        """Return the authorization URL to redirect the user to; raise `Unreachable`."""
        configuration = await self._configuration()
        query = {
            "response_type": "code",
            "client_id": self._client_id,
            "redirect_uri": self._redirect_uri,
            "scope": "openid email profile",
            "state": state,
            "nonce": nonce,
            "code_challenge": _challenge(verifier),
            "code_challenge_method": "S256",
        }
        return f"{configuration.authorization_endpoint}?{urlencode(query)}"

    async def exchange(self, code: str, *, verifier: str, nonce: str) -> OAuthProfile:
        """Exchange the authorization code for the user's profile; raise `SignInRejected` or `Unreachable`."""
        configuration = await self._configuration()
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": self._redirect_uri,
            "client_id": self._client_id,
            "client_secret": self._client_secret,
            "code_verifier": verifier,
        }
        try:
            answer = await fetch(self._http, "POST", configuration.token_endpoint, form=form)
            token = msgspec.json.decode(answer, type=_Tokens).id_token
        except (Unreachable, *UNREADABLE) as fault:
            raise SignInRejected(f"code exchange failed: {fault}") from fault
        return await self.check(token, nonce=nonce)

    async def check(self, token: str, *, nonce: str) -> OAuthProfile:
        """Verify an ID token's signature, issuer, audience, expiry and nonce, and return its profile."""
        configuration = await self._configuration()
        try:
            header = jwt.get_unverified_header(token)
            claims = jwt.decode(
                token,
                await self._key(str(header.get("kid", ""))),
                _ALGORITHMS,
                audience=self._client_id,
                issuer=configuration.issuer,
                leeway=LEEWAY_SECONDS,
                options={"require": ["iss", "sub", "aud", "exp", "iat"]},
            )
            # Encoded again, since Python's JSON parser also accepts what isn't JSON: half characters and infinity.
            found = msgspec.json.decode(msgspec.json.encode(claims), type=_Claims)
        except (jwt.PyJWTError, *UNREADABLE) as fault:
            raise SignInRejected(f"invalid ID token: {fault}") from fault
        if not compare_digest(found.nonce.encode(), nonce.encode()):
            raise SignInRejected("the nonce doesn't match")
        if isinstance(found.aud, list) and len(found.aud) > 1 and found.azp != self._client_id:
            raise SignInRejected("the ID token has several audiences and is authorized for another client")
        return OAuthProfile(
            configuration.issuer,
            found.sub,
            _valid(found.email, Email).lower(),
            found.email_verified is True,
            _valid(found.name[:100] if isinstance(found.name, str) else "", PersonName),
        )

    async def _configuration(self) -> _Configuration:
        if self._known and time.monotonic() - self._known[0] < _CACHE_SECONDS:
            return self._known[1]
        raw = await fetch(self._http, "GET", f"{self._issuer}/.well-known/openid-configuration")
        try:
            found = msgspec.json.decode(raw, type=_Configuration)
        except UNREADABLE as fault:
            raise Unreachable(f"{self._issuer} has an invalid discovery document") from fault
        if found.issuer.rstrip("/") != self._issuer:
            raise Unreachable(f"{self._issuer} declares the issuer {found.issuer}")
        self._known = time.monotonic(), found
        return found

    async def _key(self, kid: str) -> Any:
        """Return the provider's key with this id. An unknown id refetches the keys, at most once a minute."""
        age = time.monotonic() - self._keys_read
        if age >= _CACHE_SECONDS or (kid not in self._keys and age >= _MIN_SECONDS_BETWEEN_KEY_FETCHES):
            raw = await fetch(self._http, "GET", (await self._configuration()).jwks_uri)
            try:
                found = jwt.PyJWKSet.from_dict(msgspec.json.decode(raw))
            except (jwt.PyJWTError, *UNREADABLE) as fault:
                raise SignInRejected("the provider's keys are invalid") from fault
            self._keys = {key.key_id or "": key for key in found.keys if key.public_key_use in (None, "sig")}
            self._keys_read = time.monotonic()
        if kid not in self._keys:
            raise SignInRejected("the ID token is signed with an unknown key")
        return self._keys[kid]


def _valid(value: Any, kind: Any) -> str:
    """Return a text that is valid as `kind`, otherwise an empty one: an account is never made with anything else."""
    try:
        return str(msgspec.convert(value, kind))
    except msgspec.ValidationError:
        return ""


def _challenge(verifier: str) -> str:
    return base64url.encode(sha256(verifier.encode()).digest())
