"""Password routes."""

from __future__ import annotations

from studyteddy.features.auth.api.cookies import device, device_cookie
from studyteddy.features.auth.schemas.passwords import CommonPassword, PasswordChange, WrongPassword
from studyteddy.features.auth.service import passwords as passwords_service
from studyteddy.platform.db.database import Database
from studyteddy.platform.identity import Identity
from studyteddy.platform.security.device_tokens import DeviceTokens
from studyteddy.platform.security.passwords import Passwords
from studyteddy.platform.security.revocation import Revocations
from studyteddy.platform.web.binding import Request
from studyteddy.platform.web.cookies import Cookies
from studyteddy.platform.web.routing import Router

router = Router("/api/auth", tag="auth", scope="account")


@router.post("/change-password", secret=True, errors=(WrongPassword, CommonPassword))
async def change_password(
    db: Database,
    identity: Identity,
    passwords: Passwords,
    device_tokens: DeviceTokens,
    revocations: Revocations,
    cookies: Cookies,
    request: Request,
    body: PasswordChange,
) -> None:
    """Change your password. All other devices are signed out."""
    changed = await passwords_service.change(db, identity, body, passwords=passwords)
    for session_id in changed.ended:
        revocations.add(session_id)
    if known := device(request, cookies, device_tokens).device:  # its token ends with the old password
        token = device_tokens.write(changed.user_id, known, stamp=changed.stamp)
        request.answer_headers.append(device_cookie(cookies, token))
