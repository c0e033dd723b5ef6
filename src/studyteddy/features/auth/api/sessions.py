"""Signing up, signing in, and the devices that are signed in."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from uuid import UUID

from studyteddy.features.auth.api.common import COOKIE, device, digest, router, same_origin, signed_in, spend
from studyteddy.features.auth.schemas import (
    BadCode,
    BadCredentials,
    CommonPassword,
    Credentials,
    DeviceList,
    EmailTaken,
    ForeignOrigin,
    NewAccount,
    RefreshRequest,
    SecondFactorRequired,
    SessionEnded,
    SignedIn,
    User,
)
from studyteddy.features.auth.service import accounts, second_factor, sessions
from studyteddy.platform.db import Database
from studyteddy.platform.identity import Identity
from studyteddy.platform.limits import Limit, Limiter
from studyteddy.platform.revocation import Revocations
from studyteddy.platform.sealing import Sealer
from studyteddy.platform.security import AccessTokens, Passwords, RefreshTokens
from studyteddy.platform.web import Request


@router.post("/register", status=201, public=True, secret=True, errors=(EmailTaken, CommonPassword))
async def register(
    db: Database, passwords: Passwords, access_tokens: AccessTokens, refresh_tokens: RefreshTokens,
    limiter: Limiter, limits: Mapping[str, Limit], request: Request, body: NewAccount,
) -> SignedIn:  # fmt: skip
    """Make an account and sign in to it."""
    await spend(limiter, limits["register"], request.client)
    grant = await accounts.register(db, body, passwords=passwords, refresh=refresh_tokens, device=device(request))
    return signed_in(grant, access_tokens, body.delivery, request)


@router.post("/login", public=True, secret=True, errors=(BadCredentials, SecondFactorRequired, BadCode))
async def login(
    db: Database, passwords: Passwords, access_tokens: AccessTokens, refresh_tokens: RefreshTokens,
    sealer: Sealer, limiter: Limiter, limits: Mapping[str, Limit], request: Request, body: Credentials,
) -> SignedIn:  # fmt: skip
    """Sign in with e-mail and password."""
    await spend(limiter, limits["login_address"], request.client)
    await spend(limiter, limits["login_account"], digest(body.email))
    grant = await sessions.log_in(
        db, body, passwords=passwords, refresh=refresh_tokens, device=device(request),
        second_factor=partial(second_factor.check, sealer=sealer),
    )  # fmt: skip
    return signed_in(grant, access_tokens, body.delivery, request)


@router.post("/refresh", public=True, secret=True, errors=(SessionEnded, ForeignOrigin))
async def refresh(
    db: Database, access_tokens: AccessTokens, refresh_tokens: RefreshTokens, revocations: Revocations,
    request: Request, body: RefreshRequest | None = None,
) -> SignedIn:  # fmt: skip
    """Exchange a refresh token for a new access token and the next refresh token."""
    given = body.refresh_token if body else None
    if given is None:
        same_origin(request)
    token = given or request.cookie(COOKIE)
    grant = await sessions.go_on(db, token, refresh=refresh_tokens, revocations=revocations)
    return signed_in(grant, access_tokens, "body" if given else "cookie", request)


@router.post("/logout", secret=True)
async def logout(db: Database, identity: Identity, revocations: Revocations, request: Request) -> None:
    """End this session."""
    async with db.transaction(identity) as tx:
        await sessions.log_out(tx, identity.session_id)
    revocations.add(identity.session_id)
    request.answer_headers.append(
        (b"set-cookie", f"{COOKIE}=; Path=/; Max-Age=0; Secure; HttpOnly; SameSite=Strict".encode())
    )


@router.post("/logout-all", secret=True)
async def logout_all(db: Database, identity: Identity, revocations: Revocations) -> None:
    """End every session of this account, on every device."""
    async with db.transaction(identity) as tx:
        ended = await sessions.log_out_everywhere(tx)
    for session_id in ended:
        revocations.add(session_id)


@router.get("/me", scope="read")
async def get_me(db: Database, identity: Identity) -> User:
    """The signed-in account."""
    return await accounts.me(db.reading(identity), identity.user_id)


@router.get("/sessions")
async def list_sessions(db: Database, identity: Identity) -> DeviceList:
    """Every device that is signed in."""
    return await sessions.devices(db.reading(identity), identity)


@router.delete("/sessions/{session_id}")
async def end_session(db: Database, identity: Identity, revocations: Revocations, session_id: UUID) -> None:
    """Sign one device out."""
    async with db.transaction(identity) as tx:
        await sessions.end(tx, session_id)
    revocations.add(session_id)
