"""Signing in with an account elsewhere."""

from __future__ import annotations

from studyteddy.features.auth.api.common import STATE, device, redirect, refresh_cookie, router
from studyteddy.features.auth.providers.openid import OpenIdConnect
from studyteddy.features.auth.schemas import CallbackQuery, NotSignedInThere
from studyteddy.features.auth.service import vouching
from studyteddy.platform.db import Database
from studyteddy.platform.errors import Unavailable
from studyteddy.platform.security import RefreshTokens
from studyteddy.platform.web import Answer, Request


@router.get("/google", status=303, public=True, secret=True, errors=(Unavailable,))
async def begin_google(db: Database, google: OpenIdConnect | None, request: Request) -> Answer:
    """Go to Google to sign in; the browser is sent there."""
    departure = await vouching.begin(db, google)
    cookie = f"{STATE}={departure.state}; Path=/; Max-Age=600; Secure; HttpOnly; SameSite=Lax"
    return redirect(departure.address, (b"set-cookie", cookie.encode()))


@router.get("/google/callback", status=303, public=True, secret=True, errors=(NotSignedInThere, Unavailable))
async def finish_google(
    db: Database, google: OpenIdConnect | None, refresh_tokens: RefreshTokens, public_url: str,
    request: Request, query: CallbackQuery,
) -> Answer:  # fmt: skip
    """Come back from Google; the browser gets its session as a cookie and goes on to the app."""
    if query.error or not query.code:
        raise NotSignedInThere()
    grant = await vouching.finish(
        db, google, code=query.code, state=query.state, cookie=request.cookie(STATE) or "",
        refresh=refresh_tokens, device=device(request),
    )  # fmt: skip
    forget = f"{STATE}=; Path=/; Max-Age=0; Secure; HttpOnly; SameSite=Lax"
    return redirect(
        f"{public_url}/", (b"set-cookie", forget.encode()), (b"set-cookie", refresh_cookie(grant.refresh_token))
    )
