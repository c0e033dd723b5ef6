"""The routers of auth, and what several of its handlers need."""

from __future__ import annotations

from hashlib import sha256

from studyteddy.features.auth.schemas import Delivery, ForeignOrigin, From, SignedIn
from studyteddy.features.auth.service import sessions
from studyteddy.platform.errors import TooManyRequests
from studyteddy.platform.limits import Limit, Limiter
from studyteddy.platform.security import ACCESS_SECONDS, AccessTokens
from studyteddy.platform.web import Answer, Request, Router

router = Router("/api/auth", tag="auth", scope="account")
users = Router("/api/users", tag="users", scope="account")
support = Router("/api/operator", tag="operator", scope="operate")
COOKIE = "__Host-refresh"
STATE = "__Host-state"
WEEK = 7 * 24 * 3600


def digest(email: str) -> str:
    """An address as a limit knows it."""
    return sha256(email.lower().encode()).hexdigest()[:32]


def redirect(address: str, *headers: tuple[bytes, bytes]) -> Answer:
    """Sends the browser to `address`."""
    return Answer(b"", 303, b"text/plain", ((b"location", address.encode()), (b"cache-control", b"no-store"), *headers))


def refresh_cookie(token: str) -> bytes:
    """The cookie that keeps a browser signed in."""
    return f"{COOKIE}={token}; Path=/; Max-Age={WEEK}; Secure; HttpOnly; SameSite=Strict".encode()


def device(request: Request) -> From:
    """Where the request comes from."""
    return From(request.header(b"user-agent") or "", request.client)


def signed_in(grant: sessions.Grant, tokens: AccessTokens, delivery: Delivery, request: Request) -> SignedIn:
    """The answer to a sign-in, its refresh token where it was wanted."""
    access = tokens.issue(grant.user.id, grant.session_id)
    if delivery == "body":
        return SignedIn(grant.user, access, ACCESS_SECONDS, grant.refresh_token)
    request.answer_headers.append((b"set-cookie", refresh_cookie(grant.refresh_token)))
    return SignedIn(grant.user, access, ACCESS_SECONDS)


def same_origin(request: Request) -> None:
    """Raises 403 unless one of our own pages asks."""
    site = request.header(b"sec-fetch-site")
    origin = (request.header(b"origin") or "").partition("://")[2]
    if site != "same-origin" and (not origin or origin != request.header(b"host")):
        raise ForeignOrigin()


async def spend(limiter: Limiter, limit: Limit, principal: str) -> None:
    """Raises 429 when the limit is used up."""
    verdict = await limiter.take(limit, principal)
    if not verdict.allowed:
        raise TooManyRequests(retry_after=verdict.retry_after / 1000)
