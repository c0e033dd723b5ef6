"""Password reset by mail."""

from __future__ import annotations

from studyteddy import events
from studyteddy.features.auth.schemas.password_reset import PasswordReset
from studyteddy.features.auth.schemas.passwords import ChangedPassword
from studyteddy.features.auth.schemas.sessions import ClientInfo
from studyteddy.features.auth.service import one_time_tokens, sessions
from studyteddy.features.auth.service import passwords as passwords_service
from studyteddy.features.auth.service.one_time_tokens import IssuedToken
from studyteddy.features.auth.store import accounts as accounts_store
from studyteddy.features.auth.store import api_keys as api_keys_store
from studyteddy.features.auth.store import oauth as oauth_store
from studyteddy.features.auth.store import one_time_tokens as one_time_tokens_store
from studyteddy.features.auth.store import passwords as passwords_store
from studyteddy.features.auth.store import sessions as sessions_store
from studyteddy.platform.db.database import Database
from studyteddy.platform.security import audit_log
from studyteddy.platform.security.device_tokens import password_stamp
from studyteddy.platform.security.passwords import Passwords


async def request(db: Database, email: str) -> None:
    """Request a reset mail, sent only to a verified address. The work and response are the same for any address."""
    async with db.system("sign_in") as tx:
        tx.publish(events.PasswordResetAsked(email))


async def mint(db: Database, email: str) -> IssuedToken | None:
    """Create a reset token for the account with this verified address, or return None if there is none."""
    async with db.system("sign_in") as tx:
        account = await accounts_store.find(tx, email)
        if account is None or account.disabled:
            return None
        await tx.act_as(account.id)
        user = await accounts_store.get(tx, account.id)
        if user is None or not user.email_verified:
            return None
        return IssuedToken(user, await one_time_tokens.mint(tx, user, "reset_password"))


async def reset(db: Database, body: PasswordReset, *, passwords: Passwords, device: ClientInfo) -> ChangedPassword:
    """Set a new password with a mail token and end all sessions. Raise 422 `bad_mail_token`.

    API keys are revoked and identities unlinked too: someone who knew the old password, or had the address before, may
    have created them.
    The token is looked up first, so that an invalid one costs no hash, and used up in the transaction of the change.
    """
    async with db.system("sign_in") as tx:
        owner = await one_time_tokens.find(tx, body.token, "reset_password")
    passwords_service.check(body.new_password, "/newPassword", email=owner.email)
    asking = sessions.requester(device, owner.email, owner.user_id)
    new_hash = await passwords.hash(body.new_password, requester=asking)
    async with db.system("sign_in") as tx:
        await tx.act_as(owner.user_id)
        tx.set_client(device.client, device.address)
        account = await accounts_store.lock_credentials(tx, owner.user_id)
        if account is None or await one_time_tokens.consume(tx, body.token, "reset_password") != owner:
            raise one_time_tokens.invalid_token()
        await passwords_store.set_hash(tx, account, new_hash, at=tx.now)
        await one_time_tokens_store.delete_all(tx, account.id)
        ended = await sessions_store.revoke_others(tx, account.id, exclude=None)
        keys = await api_keys_store.revoke_all(tx, account.id)
        await oauth_store.unlink_all(tx, account)
        await audit_log.record(tx, "password.reset", keys=str(keys))
        tx.publish(events.PasswordChanged(account.id, by_mail=True, keys_revoked=keys > 0))
    return ChangedPassword(account.id, ended, password_stamp(new_hash))
