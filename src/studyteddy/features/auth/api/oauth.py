"""Sign-in with Google: the OAuth redirect, its callback, what may be missing then, and linked identities."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from uuid import UUID

from studyteddy.features.auth.api.cookies import (
    PENDING,
    STATE,
    device,
    device_cookie,
    redirect,
    refresh_cookie,
    same_origin,
    signed_in,
)
from studyteddy.features.auth.providers.openid import OpenIdConnect
from studyteddy.features.auth.schemas.oauth import (
    CallbackQuery,
    LinkedIdentityList,
    NotSignedInThere,
    PasswordNeeded,
    SignInProof,
    UnlinkQuery,
)
from studyteddy.features.auth.schemas.sessions import BadCredentials, ForeignOrigin, SignedIn
from studyteddy.features.auth.schemas.two_factor import BadCode, SecondFactorRequired
from studyteddy.features.auth.service import oauth, two_factor
from studyteddy.features.auth.service.sessions import Grant
from studyteddy.platform.db.database import Database
from studyteddy.platform.errors import Unavailable
from studyteddy.platform.identity import Identity
from studyteddy.platform.mail import Mailer
from studyteddy.platform.security.access_tokens import AccessTokens
from studyteddy.platform.security.device_tokens import DeviceTokens
from studyteddy.platform.security.encryption import FieldEncryption
from studyteddy.platform.security.passwords import Passwords
from studyteddy.platform.security.refresh_tokens import RefreshTokens
from studyteddy.platform.security.revocation import Revocations
from studyteddy.platform.web.binding import Answer, Request
from studyteddy.platform.web.cookies import Cookies
from studyteddy.platform.web.rate_limits import Guesses, Limit, Limiter, spend
from studyteddy.platform.web.routing import Router

router = Router("/api/auth", tag="auth", scope="account")

STATE_SECONDS = 600
PENDING_SECONDS = 600
PAGES = {"second_factor": "#/sign-in?google=second-factor", "link": "#/sign-in?google=link"}
"""Where the app asks for what a sign-in still needs."""


@router.get("/google", status=303, public=True, secret=True, errors=(Unavailable,))
async def begin_google(db: Database, google: OpenIdConnect | None, cookies: Cookies, request: Request) -> Answer:
    """Start Google sign-in: redirect the browser to Google."""
    authorization = await oauth.begin(db, google)
    return redirect(
        authorization.address, cookies.set(STATE, authorization.state, seconds=STATE_SECONDS, same_site="lax")
    )


@router.get("/google/callback", status=303, public=True, secret=True, errors=(NotSignedInThere, Unavailable))
async def receive_google(
    db: Database,
    google: OpenIdConnect | None,
    refresh_tokens: RefreshTokens,
    device_tokens: DeviceTokens,
    field_encryption: FieldEncryption,
    mailer: Mailer,
    limiter: Limiter,
    limits: Mapping[str, Limit],
    public_url: str,
    cookies: Cookies,
    request: Request,
    query: CallbackQuery,
) -> Answer:
    """Receive the browser from Google: set the session cookie and redirect to the app.

    If the account's second factor is on, or the Google account isn't linked to it yet, there is no session yet. The
    app then asks for the code or the password, and finishes with `POST /api/auth/google/finish`.
    """
    if query.error or not query.code:
        raise NotSignedInThere()
    await spend(limiter, limits["login_address"], request.client)
    client = device(request, cookies, device_tokens)
    result = await oauth.receive(
        db,
        google,
        code=query.code,
        state=query.state,
        cookie=cookies.read(request, STATE) or "",
        refresh=refresh_tokens,
        mailer=mailer,
        device=client,
        second_factor=partial(two_factor.check, field_encryption=field_encryption),
    )
    expired = cookies.set(STATE, "", seconds=0, same_site="lax")
    if isinstance(result, Grant):
        known = device_cookie(cookies, device_tokens.write(result.user.id, client.device, stamp=result.stamp))
        return redirect(f"{public_url}/", expired, refresh_cookie(cookies, result.refresh_token), known)
    pending = cookies.set(PENDING, result.token, seconds=PENDING_SECONDS)
    return redirect(f"{public_url}/{PAGES[result.purpose]}", expired, pending)


@router.post(
    "/google/finish",
    public=True,
    secret=True,
    errors=(NotSignedInThere, BadCredentials, SecondFactorRequired, BadCode, ForeignOrigin),
)
async def finish_google(
    db: Database,
    passwords: Passwords,
    guesses: Guesses,
    access_tokens: AccessTokens,
    refresh_tokens: RefreshTokens,
    device_tokens: DeviceTokens,
    field_encryption: FieldEncryption,
    cookies: Cookies,
    request: Request,
    body: SignInProof,
) -> SignedIn:
    """Finish a Google sign-in that needs a two-factor code, or a password to link the accounts.

    The browser has ten minutes. A wrong password or code can be corrected.
    """
    same_origin(request)
    client = device(request, cookies, device_tokens)
    grant = await oauth.finish(
        db,
        cookies.read(request, PENDING) or "",
        body,
        passwords=passwords,
        refresh=refresh_tokens,
        device=client,
        second_factor=partial(two_factor.check, field_encryption=field_encryption),
        guesses=guesses,
    )
    request.answer_headers.append(cookies.set(PENDING, "", seconds=0))
    token = device_tokens.write(grant.user.id, client.device, stamp=grant.stamp)
    return signed_in(grant, access_tokens, body.delivery, request, cookies, device_token=token)


@router.get("/identities")
async def list_identities(db: Database, identity: Identity) -> LinkedIdentityList:
    """List the Google accounts that can sign in to your account."""
    return await oauth.page(db.reading(identity), identity.user_id)


@router.delete("/identities/{identity_id}", errors=(PasswordNeeded,))
async def unlink_identity(
    db: Database, identity: Identity, revocations: Revocations, identity_id: UUID, query: UnlinkQuery
) -> None:
    """Unlink a Google account. All other sessions end, and all API keys are revoked."""
    for session_id in await oauth.unlink(db, identity, identity_id, revoke_api_keys=query.revoke_api_keys):
        revocations.add(session_id)
