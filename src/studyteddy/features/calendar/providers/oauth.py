"""Consent of a student that we use their calendar account: OAuth 2.0 with PKCE (RFC 6749, RFC 7636, RFC 7009)."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from hashlib import sha256
from typing import Annotated, Any, Final, TypeVar
from urllib.parse import urlencode

import httpx2
import msgspec
from msgspec import Meta

from studyteddy.features.calendar.providers.provider import Failing, SignInRequired
from studyteddy.features.calendar.providers.rest import Answer, read_body, read_json, retry_after
from studyteddy.platform import base64url
from studyteddy.platform.http import Unreachable, fetch

GOOGLE_ISSUER: Final = "https://accounts.google.com"
_GOOGLE: Final = "https://www.googleapis.com/auth/calendar"
GOOGLE_BUSY_SCOPES: Final = (f"{_GOOGLE}.app.created", f"{_GOOGLE}.calendarlist.readonly", f"{_GOOGLE}.freebusy")
"""A calendar of our own, and when the student is busy in the others."""
GOOGLE_EVENTS_SCOPE: Final = f"{_GOOGLE}.events.readonly"
"""The events of all calendars, on demand."""
MICROSOFT_LOGIN_URL: Final = "https://login.microsoftonline.com"
MICROSOFT_SCOPES: Final = ("offline_access", "User.Read", "Calendars.ReadWrite")
MAX_BYTES: Final = 1 << 17
"""The largest answer that is read; tokens of Microsoft have some kilobytes."""
DEFAULT_SECONDS: Final = 300
"""How long an access token is used if the answer doesn't say."""
_DEAD: Final = frozenset({"invalid_grant", "interaction_required", "login_required", "consent_required"})
"""Errors after which only the student can go on; all but the first are Microsoft's, from OpenID Connect."""

S = TypeVar("S")
Token = Annotated[str, Meta(max_length=16_384, pattern=r"^[\x21-\x7e]+\Z")]


class Endpoints(msgspec.Struct, frozen=True):
    """URLs of an authorization server."""

    authorization: str
    token: str
    revocation: str = ""
    """Or "" if it has none."""


class Tokens(msgspec.Struct, frozen=True):
    """What a student's consent gives. It has no representation, since that could get into a log."""

    access_token: str
    refresh_token: str
    """Or "" if the one that was sent stays valid."""
    expires_in: int
    """Seconds from now, of the access token."""
    scopes: frozenset[str]
    """Those that were granted: students may untick some. Empty if the answer doesn't say: all then (section 5.1)."""

    def __repr__(self) -> str:
        return "Tokens(...)"


class _Answer(msgspec.Struct):
    """The fields used of a successful answer (section 5.1)."""

    access_token: Token
    token_type: str
    refresh_token: Token | None = None
    expires_in: Annotated[int, Meta(ge=0, le=2**31)] = DEFAULT_SECONDS
    scope: Annotated[str, Meta(max_length=10_000)] = ""


class _Error(msgspec.Struct):
    """The field used of an error (section 5.2)."""

    error: str = ""


class _Configuration(msgspec.Struct):
    """The fields used of a discovery document (OpenID Connect Discovery 1.0)."""

    issuer: str
    authorization_endpoint: str
    token_endpoint: str
    revocation_endpoint: str = ""


class OAuth:
    """A client of one authorization server: of its endpoints, or of those that the document of an issuer names.

    `redirect_uri` must match the registered URI exactly. `extra` are parameters of the authorization URL.
    """

    def __init__(
        self,
        http: httpx2.AsyncClient,
        server: Endpoints | str,
        *,
        client_id: str,
        client_secret: str,
        redirect_uri: str,
        extra: Mapping[str, str],
    ) -> None:
        self._http = http
        self._server = server if isinstance(server, Endpoints) else server.rstrip("/")
        self._client = {"client_id": client_id, **({"client_secret": client_secret} if client_secret else {})}
        self._redirect_uri = redirect_uri
        self._extra = extra

    async def authorization_url(self, state: str, verifier: str, scopes: Iterable[str], login_hint: str = "") -> str:
        """Return the URL to redirect the student to; raise `Failing`. `verifier` has 43 to 128 characters."""
        endpoints = await self._endpoints()
        query = {
            "response_type": "code",
            "client_id": self._client["client_id"],
            "redirect_uri": self._redirect_uri,
            "scope": " ".join(scopes),
            "state": state,
            "code_challenge": base64url.encode(sha256(verifier.encode()).digest()),
            "code_challenge_method": "S256",
            **({"login_hint": login_hint} if login_hint else {}),
            **self._extra,
        }
        return f"{endpoints.authorization}?{urlencode(query)}"

    async def exchange(self, code: str, verifier: str) -> Tokens:
        """Return the tokens for an authorization code, with a refresh token; raise `SignInRequired` or `Failing`.

        A code is sent once: sent again, it may take back what it gave (section 4.1.2).
        """
        form = {"grant_type": "authorization_code", "code": code, "code_verifier": verifier}
        tokens = await self._tokens({**form, "redirect_uri": self._redirect_uri})
        if not tokens.refresh_token:
            raise SignInRequired
        return tokens

    async def refresh(self, refresh_token: str) -> Tokens:
        """Return new tokens; raise `SignInRequired` if the consent has ended, otherwise `Failing`."""
        return await self._tokens({"grant_type": "refresh_token", "refresh_token": refresh_token})

    async def revoke(self, token: str) -> None:
        """Take back the consent that gave an access or refresh token, if the server can do that and is there."""
        try:
            endpoints = await self._endpoints()
            if endpoints.revocation:
                await self._post(endpoints.revocation, {"token": token})
        except Failing:
            pass

    async def _tokens(self, form: Mapping[str, str]) -> Tokens:
        answer = await self._post((await self._endpoints()).token, {**form, **self._client})
        if answer.status != 200:
            raise _failure(answer)
        found = _converted(answer.data, _Answer)
        if found.token_type.lower() != "bearer":
            raise Failing("invalid_response")
        return Tokens(found.access_token, found.refresh_token or "", found.expires_in, frozenset(found.scope.split()))

    async def _post(self, url: str, form: Mapping[str, str]) -> Answer:
        """Send a form once, and return the answer whatever its status; raise `Failing`."""
        headers = {"accept": "application/json"}
        try:
            async with self._http.stream("POST", url, data=dict(form), headers=headers) as response:
                raw = await read_body(response, MAX_BYTES)
        except (httpx2.HTTPError, httpx2.InvalidURL):
            raise Failing("unreachable") from None
        return Answer(response.status_code, {k.lower(): v for k, v in response.headers.items()}, read_json(raw))

    async def _endpoints(self) -> Endpoints:
        """Return the endpoints; those of an issuer are read once, and begin with its URL."""
        if isinstance(self._server, str):
            try:
                raw = await fetch(self._http, "GET", f"{self._server}/.well-known/openid-configuration")
            except Unreachable:
                raise Failing("unreachable") from None
            found = _converted(read_json(raw), _Configuration)
            urls = [found.authorization_endpoint, found.token_endpoint, found.revocation_endpoint]
            if found.issuer.rstrip("/") != self._server or not all(
                url.startswith(f"{self._server}/") for url in urls if url
            ):
                raise Failing("invalid_response")
            self._server = Endpoints(*urls)
        return self._server


def google(
    http: httpx2.AsyncClient, *, client_id: str, client_secret: str, redirect_uri: str, issuer: str = GOOGLE_ISSUER
) -> OAuth:
    """Return a client of Google, or of another issuer in tests.

    Google gives a refresh token only for `offline`, and after the first time only if it asks for consent again; earlier
    grants are included (https://developers.google.com/identity/protocols/oauth2/web-server).
    """
    known = Endpoints(
        f"{GOOGLE_ISSUER}/o/oauth2/v2/auth",
        "https://oauth2.googleapis.com/token",
        "https://oauth2.googleapis.com/revoke",
    )
    return OAuth(
        http,
        known if issuer.rstrip("/") == GOOGLE_ISSUER else issuer,
        client_id=client_id,
        client_secret=client_secret,
        redirect_uri=redirect_uri,
        extra={"access_type": "offline", "prompt": "consent", "include_granted_scopes": "true"},
    )


def microsoft(
    http: httpx2.AsyncClient,
    *,
    client_id: str,
    client_secret: str,
    redirect_uri: str,
    login_url: str = MICROSOFT_LOGIN_URL,
) -> OAuth:
    """Return a client of Microsoft, for personal accounts and those of schools; it has no endpoint for revocation.

    See https://learn.microsoft.com/entra/identity-platform/v2-oauth2-auth-code-flow.
    """
    base = f"{login_url.rstrip('/')}/common/oauth2/v2.0"
    return OAuth(
        http,
        Endpoints(f"{base}/authorize", f"{base}/token"),
        client_id=client_id,
        client_secret=client_secret,
        redirect_uri=redirect_uri,
        extra={"response_mode": "query"},
    )


def _failure(answer: Answer) -> Failing | SignInRequired:
    """Return what an answer without tokens means; other errors than those of the grant are the operator's."""
    if answer.status == 429:
        return Failing("too_many_requests", retry_after=retry_after(answer))
    if answer.status >= 500:
        return Failing("unavailable", retry_after=retry_after(answer))
    try:
        error = msgspec.convert(answer.data, _Error).error
    except msgspec.ValidationError:
        error = ""
    if error in _DEAD:
        return SignInRequired()
    return Failing("invalid_response", detail=error if re.fullmatch(r"[a-z_]{1,40}", error) else "")


def _converted(data: Any, kind: type[S]) -> S:
    try:
        return msgspec.convert(data, kind, strict=False)
    except msgspec.ValidationError:
        raise Failing("invalid_response") from None
