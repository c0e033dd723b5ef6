"""Passwords, addresses, the second factor and API keys."""

from __future__ import annotations

from collections.abc import Mapping
from uuid import UUID

from studyteddy.features.auth.api.common import digest, router, spend
from studyteddy.features.auth.schemas import (
    AddressOnly,
    ApiKeyList,
    BadCode,
    BadMailToken,
    CodeOnly,
    CommonPassword,
    CreatedApiKey,
    FactorState,
    MailToken,
    NewApiKey,
    NewFactor,
    NoFactorBegun,
    PasswordChange,
    PasswordOnce,
    PasswordReset,
    RecoveryCodes,
    TooManyKeys,
    User,
    WrongPassword,
)
from studyteddy.features.auth.service import addresses, keys, second_factor
from studyteddy.features.auth.service import passwords as password_actions
from studyteddy.platform.db import Database
from studyteddy.platform.identity import Identity
from studyteddy.platform.limits import Limit, Limiter
from studyteddy.platform.revocation import Revocations
from studyteddy.platform.sealing import Sealer
from studyteddy.platform.security import Passwords


@router.post("/change-password", secret=True, errors=(WrongPassword, CommonPassword))
async def change_password(
    db: Database, identity: Identity, passwords: Passwords, revocations: Revocations, body: PasswordChange
) -> None:
    """Set a new password; every other device is signed out."""
    for session_id in await password_actions.change(db, identity, body, passwords=passwords):
        revocations.add(session_id)


@router.post("/verify-email", public=True, secret=True, errors=(BadMailToken,))
async def verify_email(db: Database, body: MailToken) -> User:
    """Prove an e-mail address with the token that was mailed to it."""
    return await addresses.verify(db, body.token)


@router.post("/verify-email/resend", status=202)
async def resend_verification(db: Database, limiter: Limiter, limits: Mapping[str, Limit], identity: Identity) -> None:
    """Have the verification mail sent once more."""
    async with db.transaction(identity) as tx:
        await spend(limiter, limits["reset"], identity.user_id.hex)
        await addresses.ask_verification(tx)
        tx.reply(None)


@router.post("/forgot-password", status=202, public=True, secret=True)
async def forgot_password(db: Database, limiter: Limiter, limits: Mapping[str, Limit], body: AddressOnly) -> None:
    """Have a link mailed that sets a new password; the same answer whether the address is known or not."""
    await spend(limiter, limits["reset"], digest(body.email))
    await addresses.ask_reset(db, body.email)


@router.post("/reset-password", public=True, secret=True, errors=(BadMailToken, CommonPassword))
async def reset_password(db: Database, passwords: Passwords, revocations: Revocations, body: PasswordReset) -> None:
    """Set a new password with the token that was mailed; every session and every API key ends."""
    for session_id in await addresses.reset(db, body, passwords=passwords):
        revocations.add(session_id)


@router.get("/second-factor")
async def get_second_factor(db: Database, identity: Identity) -> FactorState:
    """Whether signing in asks for a second factor."""
    return await second_factor.state(db.reading(identity), identity)


@router.post("/second-factor", secret=True, errors=(WrongPassword,))
async def begin_second_factor(
    db: Database, passwords: Passwords, sealer: Sealer, identity: Identity, body: PasswordOnce
) -> NewFactor:
    """Begin a second factor: a secret for an authenticator app, which counts once it is confirmed."""
    return await second_factor.begin(db, identity, body.password, passwords=passwords, sealer=sealer)


@router.post("/second-factor/confirm", secret=True, errors=(BadCode, NoFactorBegun))
async def confirm_second_factor(db: Database, sealer: Sealer, identity: Identity, body: CodeOnly) -> RecoveryCodes:
    """Switch the second factor on with its first code; the recovery codes are shown this once."""
    async with db.transaction(identity) as tx:
        return await second_factor.confirm(tx, body.code, sealer=sealer)


@router.post("/second-factor/end", secret=True, errors=(WrongPassword,))
async def end_second_factor(db: Database, passwords: Passwords, identity: Identity, body: PasswordOnce) -> None:
    """Switch the second factor off."""
    await second_factor.end(db, identity, body.password, passwords=passwords)


@router.get("/api-keys")
async def list_api_keys(db: Database, identity: Identity) -> ApiKeyList:
    """The keys of your own programs."""
    return await keys.page(db.reading(identity), identity.user_id)


@router.post("/api-keys", status=201, secret=True, errors=(TooManyKeys,))
async def create_api_key(db: Database, identity: Identity, body: NewApiKey) -> CreatedApiKey:
    """Make a key for a program of yours; it is shown this once."""
    async with db.transaction(identity) as tx:
        return await keys.create(tx, body)


@router.delete("/api-keys/{key_id}")
async def revoke_api_key(db: Database, identity: Identity, key_id: UUID) -> None:
    """Revoke a key; it ends at once."""
    async with db.transaction(identity) as tx:
        await keys.revoke(tx, key_id)
