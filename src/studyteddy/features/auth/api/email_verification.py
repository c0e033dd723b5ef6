"""E-mail verification routes."""

from __future__ import annotations

from collections.abc import Mapping

from studyteddy.features.auth.schemas.accounts import User
from studyteddy.features.auth.schemas.email_verification import MailToken
from studyteddy.features.auth.schemas.one_time_tokens import BadMailToken
from studyteddy.features.auth.service import email_verification
from studyteddy.platform.db.database import Database
from studyteddy.platform.db.transaction import Tx
from studyteddy.platform.identity import Identity
from studyteddy.platform.web.rate_limits import Limit, Limiter, spend
from studyteddy.platform.web.routing import Router

router = Router("/api/auth", tag="auth", scope="account")


@router.post("/verify-email", public=True, secret=True, errors=(BadMailToken,))
async def verify_email(db: Database, body: MailToken) -> User:
    """Verify an e-mail address with the token sent to it."""
    return await email_verification.verify(db, body.token)


@router.post("/verify-email/resend", status=202)
async def resend_verification(tx: Tx, limiter: Limiter, limits: Mapping[str, Limit], identity: Identity) -> None:
    """Resend the verification mail."""
    await spend(limiter, limits["reset"], identity.user_id.hex)
    await email_verification.request(tx)
