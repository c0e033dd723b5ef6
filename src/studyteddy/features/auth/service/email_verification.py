"""E-mail verification: confirming that an address belongs to the account."""

from __future__ import annotations

from studyteddy import events
from studyteddy.features.auth.schemas.accounts import User
from studyteddy.features.auth.service import one_time_tokens
from studyteddy.features.auth.service.one_time_tokens import IssuedToken
from studyteddy.features.auth.store import accounts as accounts_store
from studyteddy.platform.db.database import Database
from studyteddy.platform.db.transaction import Tx
from studyteddy.platform.security import audit_log


async def request(tx: Tx) -> None:
    """Request another verification mail."""
    tx.publish(events.EmailVerificationAsked(tx.user_id))


async def mint(tx: Tx) -> IssuedToken | None:
    """Create a token that verifies the user's address, or return None if it is already verified."""
    user = await accounts_store.get(tx, tx.user_id)
    if user is None or user.email_verified:
        return None
    return IssuedToken(user, await one_time_tokens.mint(tx, user, "verify_email"))


async def verify(db: Database, token: str) -> User:
    """Mark the address as verified; raise 422 `bad_mail_token`."""
    async with db.system("sign_in") as tx:
        await tx.act_as((await one_time_tokens.find(tx, token, "verify_email")).user_id)
        await accounts_store.lock_credentials(tx, tx.user_id)
        owner = await one_time_tokens.consume(tx, token, "verify_email")
        user = await accounts_store.mark_verified(tx, owner.user_id, owner.email, at=tx.now)
        if user is None:
            raise one_time_tokens.invalid_token()
        await audit_log.record(tx, "email.verified")
        tx.publish(events.UserUpdated(user.id), user)
    return user
