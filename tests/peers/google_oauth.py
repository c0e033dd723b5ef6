"""An authorization server with the paths and habits of Google's, and those of Microsoft's, for our emulators.

Sources: https://developers.google.com/identity/protocols/oauth2/web-server, RFC 6749, RFC 7636, RFC 7009, and
https://learn.microsoft.com/entra/identity-platform/v2-oauth2-auth-code-flow. The student consents at once.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import msgspec

from studyteddy.platform import base64url
from tests.peers.dav_script import Request, Response

CLIENT_ID, CLIENT_SECRET = "study-teddy", "a secret for tests only"
REDIRECT_URI = "https://study.example/api/calendar-accounts/callback"
AUTHORIZE = ("/o/oauth2/v2/auth", "/common/oauth2/v2.0/authorize")
TOKEN = ("/token", "/common/oauth2/v2.0/token")
REVOKE = "/revoke"
DISCOVERY = "/.well-known/openid-configuration"


@dataclass
class _Code:
    scopes: list[str]
    challenge: str
    redirect_uri: str
    offline: bool
    family: int
    used: bool = False


@dataclass
class OAuthServer:
    """Answers requests of clients; `keeps` says whether a rule is kept."""

    keeps: Callable[[str], bool]
    issuer: str = ""
    unticked: set[str] = field(default_factory=set)
    """Scopes that the student doesn't grant."""
    error: str = ""
    """What every request for tokens is answered with."""
    access: dict[str, tuple[int, list[str]]] = field(default_factory=dict)
    """Families of tokens and scopes by access token."""
    refresh: dict[str, tuple[int, list[str]]] = field(default_factory=dict)
    has_consented: bool = False
    _codes: dict[str, _Code] = field(default_factory=dict)
    _count: int = 0

    def granted(self, *scopes: str) -> str:
        """Return an access token without the student."""
        self._count += 1
        self.access[f"access-{self._count}"] = (self._count, list(scopes))
        return f"access-{self._count}"

    def answer(self, request: Request) -> Response | None:
        """Return the answer; None if the request isn't for this server."""
        parts = urlsplit(request.path)
        if parts.path == DISCOVERY:
            return _json(200, self._document())
        if parts.path in AUTHORIZE and request.method == "GET":
            return self._authorize({name: one[-1] for name, one in parse_qs(parts.query).items()}, parts.path)
        form = {name: one[-1] for name, one in parse_qs(request.body.decode("latin-1")).items()}
        if parts.path in TOKEN and request.method == "POST":
            return self._token(form, rotates=parts.path != "/token")
        if parts.path == REVOKE and request.method == "POST":
            return self._revoke(form.get("token", ""))
        return None

    def _document(self) -> dict[str, str]:
        return {
            "issuer": self.issuer,
            "authorization_endpoint": f"{self.issuer}{AUTHORIZE[0]}",
            "token_endpoint": f"{self.issuer}{TOKEN[0]}",
            "revocation_endpoint": f"{self.issuer}{REVOKE}",
        }

    def _authorize(self, query: dict[str, str], path: str) -> Response:
        if query.get("client_id") != CLIENT_ID or query.get("redirect_uri") != REDIRECT_URI:
            return Response(400, b"an error page, without a redirect")
        back: dict[str, str] = {"state": query.get("state", "")}
        if query.get("response_type") != "code" or query.get("code_challenge_method") != "S256":
            back["error"] = "invalid_request"
        else:
            asked = query.get("scope", "").split()
            # Google: only for `offline`, and after the first time only with `prompt=consent`.
            wants = query.get("access_type") == "offline" and (
                query.get("prompt") == "consent" or not self.has_consented
            )
            offline = wants if path == AUTHORIZE[0] else "offline_access" in asked
            scopes = [scope for scope in asked if scope not in self.unticked]
            self._count += 1
            back["code"] = f"4/code-{self._count}"
            self._codes[back["code"]] = _Code(
                scopes, query.get("code_challenge", ""), query["redirect_uri"], offline, self._count
            )
            self.has_consented = True
        return Response(302, b"", {"location": f"{REDIRECT_URI}?{urlencode(back)}"})

    def _token(self, form: dict[str, str], *, rotates: bool) -> Response:
        if self.error:
            return _json(400, {"error": self.error, "error_description": "as the test says"})
        if (form.get("client_id"), form.get("client_secret")) != (CLIENT_ID, CLIENT_SECRET):
            return _json(401, {"error": "invalid_client"})
        if form.get("grant_type") == "authorization_code":
            return self._exchange(form)
        family, scopes = self.refresh.get(form.get("refresh_token", ""), (0, []))
        if form.get("grant_type") != "refresh_token" or not scopes:
            return _json(400, {"error": "invalid_grant"})
        if rotates and self.keeps("refresh_rotation"):
            del self.refresh[form["refresh_token"]]
        return self._issue(family, scopes, offline=rotates)

    def _exchange(self, form: dict[str, str]) -> Response:
        code = self._codes.get(form.get("code", ""))
        if code is None or form.get("redirect_uri") != code.redirect_uri:
            return _json(400, {"error": "invalid_grant"})
        if code.used and self.keeps("code_once"):  # what it gave before is taken back (RFC 6749, section 4.1.2)
            self._forget(code.family)
            return _json(400, {"error": "invalid_grant"})
        challenge = base64url.encode(sha256(form.get("code_verifier", "").encode()).digest())
        if challenge != code.challenge and self.keeps("pkce"):
            return _json(400, {"error": "invalid_grant"})
        code.used = True
        return self._issue(code.family, code.scopes, offline=code.offline)

    def _issue(self, family: int, scopes: list[str], *, offline: bool) -> Response:
        self._count += 1
        access, refresh = f"access-{self._count}", f"1//refresh-{self._count}"
        self.access[access] = family, scopes
        told = scopes if self.keeps("granted_scopes") else [*scopes, *self.unticked]
        answer: dict[str, Any] = {"access_token": access, "expires_in": 3599, "token_type": "Bearer"}
        answer["scope"] = " ".join(scope for scope in told if scope != "offline_access")
        if offline:
            self.refresh[refresh] = family, scopes
            answer["refresh_token"] = refresh
        return _json(200, answer)

    def _revoke(self, token: str) -> Response:
        family, _ = self.access.get(token) or self.refresh.get(token) or (0, [])
        if not family:
            return _json(400, {"error": "invalid_token"})
        if self.keeps("revocation"):
            self._forget(family)
        return _json(200, {})

    def _forget(self, family: int) -> None:
        for tokens in (self.access, self.refresh):
            for token in [token for token, (of, _) in tokens.items() if of == family]:
                del tokens[token]


def _json(status: int, data: Any) -> Response:
    return Response(status, msgspec.json.encode(data), {"content-type": "application/json", "connection": "close"})
