"""HTTP of auth."""

from __future__ import annotations

from collections.abc import Mapping
from hashlib import sha256

from studyteddy.features.auth import service
from studyteddy.features.auth.schemas import (
    BadCredentials,
    CommonPassword,
    Credentials,
    Delivery,
    EmailTaken,
    ForeignOrigin,
    NewAccount,
    RefreshRequest,
    SessionEnded,
    SignedIn,
    User,
)
from studyteddy.platform.db import Database
from studyteddy.platform.errors import TooManyRequests
from studyteddy.platform.identity import Identity
from studyteddy.platform.limits import Limit, Limiter
from studyteddy.platform.revocation import Revocations
from studyteddy.platform.security import ACCESS_SECONDS, AccessTokens, Passwords, RefreshTokens
from studyteddy.platform.web import Request, Router

router = Router("/api/auth", tag="auth")
_COOKIE = "__Host-refresh"
_WEEK = 7 * 24 * 3600


@router.post("/register", status=201, public=True, secret=True, errors=(EmailTaken, CommonPassword))
async def register(
    db: Database, passwords: Passwords, access_tokens: AccessTokens, refresh_tokens: RefreshTokens,
    limiter: Limiter, limits: Mapping[str, Limit], request: Request, body: NewAccount,
) -> SignedIn:  # fmt: skip
    """Make an account and sign in to it."""
    await _spend(limiter, limits["register"], request.client)
    grant = await service.register(
        db, body, passwords=passwords, refresh=refresh_tokens, client=request.header(b"user-agent") or ""
    )
    return _signed_in(grant, access_tokens, body.delivery, request)


@router.post("/login", public=True, secret=True, errors=(BadCredentials,))
async def login(
    db: Database, passwords: Passwords, access_tokens: AccessTokens, refresh_tokens: RefreshTokens,
    limiter: Limiter, limits: Mapping[str, Limit], request: Request, body: Credentials,
) -> SignedIn:  # fmt: skip
    """Sign in with e-mail and password."""
    await _spend(limiter, limits["login_address"], request.client)
    await _spend(limiter, limits["login_account"], sha256(body.email.lower().encode()).hexdigest()[:32])
    grant = await service.log_in(
        db, body, passwords=passwords, refresh=refresh_tokens, client=request.header(b"user-agent") or ""
    )
    return _signed_in(grant, access_tokens, body.delivery, request)


@router.post("/refresh", public=True, secret=True, errors=(SessionEnded, ForeignOrigin))
async def refresh(
    db: Database, access_tokens: AccessTokens, refresh_tokens: RefreshTokens, revocations: Revocations,
    request: Request, body: RefreshRequest | None = None,
) -> SignedIn:  # fmt: skip
    """Exchange a refresh token for a new access token and the next refresh token."""
    given = body.refresh_token if body else None
    if given is None:
        _same_origin(request)
    token = given or request.cookie(_COOKIE)
    grant = await service.go_on(db, token, refresh=refresh_tokens, revocations=revocations)
    return _signed_in(grant, access_tokens, "body" if given else "cookie", request)


@router.post("/logout", secret=True)
async def logout(db: Database, identity: Identity, revocations: Revocations, request: Request) -> None:
    """End this session."""
    async with db.transaction(identity) as tx:
        await service.log_out(tx, identity.session_id)
    revocations.add(identity.session_id)
    request.answer_headers.append(
        (b"set-cookie", f"{_COOKIE}=; Path=/; Max-Age=0; Secure; HttpOnly; SameSite=Strict".encode())
    )


@router.post("/logout-all", secret=True)
async def logout_all(db: Database, identity: Identity, revocations: Revocations) -> None:
    """End every session of this account, on every device."""
    async with db.transaction(identity) as tx:
        ended = await service.log_out_everywhere(tx)
    for session_id in ended:
        revocations.add(session_id)


@router.get("/me")
async def get_me(db: Database, identity: Identity) -> User:
    """The signed-in account."""
    return await service.me(db.reading(identity), identity.user_id)


def _signed_in(grant: service.Grant, tokens: AccessTokens, delivery: Delivery, request: Request) -> SignedIn:
    access = tokens.issue(grant.user.id, grant.session_id, grant.user.role)
    if delivery == "body":
        return SignedIn(grant.user, access, ACCESS_SECONDS, grant.refresh_token)
    cookie = f"{_COOKIE}={grant.refresh_token}; Path=/; Max-Age={_WEEK}; Secure; HttpOnly; SameSite=Strict"
    request.answer_headers.append((b"set-cookie", cookie.encode()))
    return SignedIn(grant.user, access, ACCESS_SECONDS)


def _same_origin(request: Request) -> None:
    site = request.header(b"sec-fetch-site")
    origin = (request.header(b"origin") or "").partition("://")[2]
    if site != "same-origin" and (not origin or origin != request.header(b"host")):
        raise ForeignOrigin()


async def _spend(limiter: Limiter, limit: Limit, principal: str) -> None:
    verdict = await limiter.take(limit, principal)
    if not verdict.allowed:
        raise TooManyRequests(retry_after=verdict.retry_after / 1000)
