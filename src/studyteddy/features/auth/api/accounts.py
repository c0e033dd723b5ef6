"""Registration routes."""

from __future__ import annotations

from collections.abc import Mapping

from studyteddy.features.auth.api.cookies import device, signed_in
from studyteddy.features.auth.schemas.accounts import EmailTaken, NewAccount, User
from studyteddy.features.auth.schemas.passwords import CommonPassword
from studyteddy.features.auth.schemas.sessions import SignedIn
from studyteddy.features.auth.service import accounts
from studyteddy.platform.db.database import Database
from studyteddy.platform.identity import Identity
from studyteddy.platform.mail import Mailer
from studyteddy.platform.security.access_tokens import AccessTokens
from studyteddy.platform.security.device_tokens import DeviceTokens
from studyteddy.platform.security.passwords import Passwords
from studyteddy.platform.security.refresh_tokens import RefreshTokens
from studyteddy.platform.web.binding import Request
from studyteddy.platform.web.cookies import Cookies
from studyteddy.platform.web.rate_limits import Limit, Limiter, spend
from studyteddy.platform.web.routing import Router

router = Router("/api/auth", tag="auth", scope="account")


@router.post("/register", status=201, public=True, secret=True, errors=(EmailTaken, CommonPassword))
async def register(
    db: Database,
    passwords: Passwords,
    access_tokens: AccessTokens,
    refresh_tokens: RefreshTokens,
    device_tokens: DeviceTokens,
    mailer: Mailer,
    limiter: Limiter,
    limits: Mapping[str, Limit],
    cookies: Cookies,
    request: Request,
    body: NewAccount,
) -> SignedIn:
    """Register an account and sign in to it."""
    await spend(limiter, limits["register"], request.client)
    client = device(request, cookies, device_tokens)
    grant = await accounts.register(db, body, passwords=passwords, refresh=refresh_tokens, mailer=mailer, device=client)
    token = device_tokens.write(grant.user.id, client.device, stamp=grant.stamp)
    return signed_in(grant, access_tokens, body.delivery, request, cookies, device_token=token)


@router.get("/me", scope="read")
async def get_me(db: Database, identity: Identity) -> User:
    """Get the account you are signed in to."""
    return await accounts.get(db.reading(identity), identity.user_id)
