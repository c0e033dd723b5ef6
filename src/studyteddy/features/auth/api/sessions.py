"""Session routes: sign-in, token refresh, sign-out, and signed-in devices."""

from __future__ import annotations

from functools import partial
from uuid import UUID

from studyteddy.features.auth.api.cookies import REFRESH, device, same_origin, signed_in
from studyteddy.features.auth.schemas.sessions import (
    BadCredentials,
    Credentials,
    DeviceList,
    ForeignOrigin,
    RefreshRequest,
    SessionEnded,
    SignedIn,
)
from studyteddy.features.auth.schemas.two_factor import BadCode, SecondFactorRequired
from studyteddy.features.auth.service import sessions, two_factor
from studyteddy.platform.db.database import Database
from studyteddy.platform.identity import Identity
from studyteddy.platform.security.access_tokens import AccessTokens
from studyteddy.platform.security.device_tokens import DeviceTokens
from studyteddy.platform.security.encryption import FieldEncryption
from studyteddy.platform.security.passwords import Passwords
from studyteddy.platform.security.refresh_tokens import RefreshTokens
from studyteddy.platform.security.revocation import Revocations
from studyteddy.platform.web.binding import Request
from studyteddy.platform.web.cookies import Cookies
from studyteddy.platform.web.routing import Router

router = Router("/api/auth", tag="auth", scope="account")


@router.post("/login", public=True, secret=True, errors=(BadCredentials, SecondFactorRequired, BadCode))
async def login(
    db: Database,
    passwords: Passwords,
    access_tokens: AccessTokens,
    refresh_tokens: RefreshTokens,
    device_tokens: DeviceTokens,
    field_encryption: FieldEncryption,
    cookies: Cookies,
    request: Request,
    body: Credentials,
) -> SignedIn:
    """Sign in with an e-mail address and a password."""
    client = device(request, cookies, device_tokens, body.device_token)
    grant = await sessions.log_in(
        db,
        body,
        passwords=passwords,
        refresh=refresh_tokens,
        device=client,
        second_factor=partial(two_factor.check, field_encryption=field_encryption),
    )
    token = device_tokens.write(grant.user.id, client.device, stamp=grant.stamp)
    return signed_in(grant, access_tokens, body.delivery, request, cookies, device_token=token)


@router.post("/refresh", public=True, secret=True, errors=(SessionEnded, ForeignOrigin))
async def refresh(
    db: Database,
    access_tokens: AccessTokens,
    refresh_tokens: RefreshTokens,
    device_tokens: DeviceTokens,
    revocations: Revocations,
    cookies: Cookies,
    request: Request,
    body: RefreshRequest | None = None,
) -> SignedIn:
    """Exchange a refresh token for a new access token and the next refresh token."""
    body_token = body.refresh_token if body else None
    if body_token is None:
        same_origin(request)
    token = body_token or cookies.read(request, REFRESH)
    client = device(request, cookies, device_tokens)
    grant = await sessions.refresh(db, token, refresh=refresh_tokens, revocations=revocations, device=client)
    return signed_in(grant, access_tokens, "body" if body_token else "cookie", request, cookies)


@router.post("/logout", secret=True)
async def logout(
    db: Database,
    identity: Identity,
    refresh_tokens: RefreshTokens,
    revocations: Revocations,
    cookies: Cookies,
    request: Request,
) -> None:
    """End this session."""
    await sessions.log_out(db, identity, revocations=revocations)
    kept = refresh_tokens.read(cookies.read(request, REFRESH) or "")
    if kept is None or kept[0] == identity.session_id:  # another one is that of whoever signed in here since
        request.answer_headers.append(cookies.set(REFRESH, "", seconds=0))


@router.post("/logout-all", secret=True)
async def logout_all(db: Database, identity: Identity, revocations: Revocations) -> None:
    """End all sessions of this account, on all devices."""
    await sessions.log_out_everywhere(db, identity, revocations=revocations)


@router.get("/sessions")
async def list_sessions(db: Database, identity: Identity) -> DeviceList:
    """List your signed-in devices."""
    return await sessions.devices(db.reading(identity), identity)


@router.delete("/sessions/{session_id}")
async def end_session(db: Database, identity: Identity, revocations: Revocations, session_id: UUID) -> None:
    """Sign out a device."""
    await sessions.end(db, identity, session_id, revocations=revocations)
