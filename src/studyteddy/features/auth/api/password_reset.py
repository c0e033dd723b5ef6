"""Password reset routes."""

from __future__ import annotations

from collections.abc import Mapping

from studyteddy.features.auth.api.cookies import device, device_cookie
from studyteddy.features.auth.schemas.one_time_tokens import BadMailToken
from studyteddy.features.auth.schemas.password_reset import AddressOnly, PasswordReset
from studyteddy.features.auth.schemas.passwords import CommonPassword
from studyteddy.features.auth.service import password_reset
from studyteddy.platform.db.database import Database
from studyteddy.platform.security.device_tokens import DeviceTokens
from studyteddy.platform.security.passwords import Passwords
from studyteddy.platform.security.revocation import Revocations
from studyteddy.platform.web.binding import Request
from studyteddy.platform.web.cookies import Cookies
from studyteddy.platform.web.rate_limits import Limit, Limiter, email_principal, spend
from studyteddy.platform.web.routing import Router

router = Router("/api/auth", tag="auth", scope="account")


@router.post("/forgot-password", status=202, public=True, secret=True)
async def forgot_password(db: Database, limiter: Limiter, limits: Mapping[str, Limit], body: AddressOnly) -> None:
    """Request a password reset link by mail. The response is the same whether or not the address is registered."""
    await spend(limiter, limits["reset"], email_principal(body.email))
    await password_reset.request(db, body.email)


@router.post("/reset-password", public=True, secret=True, errors=(BadMailToken, CommonPassword))
async def reset_password(
    db: Database,
    passwords: Passwords,
    device_tokens: DeviceTokens,
    revocations: Revocations,
    cookies: Cookies,
    request: Request,
    body: PasswordReset,
) -> None:
    """Set a new password with a reset token. All sessions end, all API keys are revoked and Google is unlinked.

    The browser counts as a known device from now on, so that guesses of strangers don't keep its owner out.
    """
    client = device(request, cookies, device_tokens)
    changed = await password_reset.reset(db, body, passwords=passwords, device=client)
    for session_id in changed.ended:
        revocations.add(session_id)
    token = device_tokens.write(changed.user_id, client.device, stamp=changed.stamp)
    request.answer_headers.append(device_cookie(cookies, token))
