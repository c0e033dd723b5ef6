"""Sign-in with Google and other OpenID Connect providers.

An identity opens the account that it is linked to, and no other: addresses change hands. To link it, the student signs
in to the account once. The account's second factor is required in any case.
"""

from __future__ import annotations

import secrets
from hashlib import sha256
from hmac import compare_digest
from typing import Any
from uuid import UUID

import msgspec
import structlog

from studyteddy import events
from studyteddy.features.auth.providers.openid import OpenIdConnect, SignInRejected
from studyteddy.features.auth.schemas.accounts import LockedAccount
from studyteddy.features.auth.schemas.oauth import (
    LinkedIdentityList,
    NoSuchIdentity,
    NotSignedInThere,
    OAuthProfile,
    PasswordNeeded,
    PendingSignIn,
    Purpose,
    SignInProof,
)
from studyteddy.features.auth.schemas.sessions import BadCredentials, ClientInfo
from studyteddy.features.auth.schemas.two_factor import SecondFactorRequired
from studyteddy.features.auth.service import accounts, sessions
from studyteddy.features.auth.service.sessions import Grant, SecondFactor, no_second_factor, warning_of_bad_code
from studyteddy.features.auth.store import accounts as accounts_store
from studyteddy.features.auth.store import api_keys as api_keys_store
from studyteddy.features.auth.store import oauth as store
from studyteddy.features.auth.store import sessions as sessions_store
from studyteddy.platform.db.database import Database
from studyteddy.platform.db.statements import Reader
from studyteddy.platform.db.transaction import Tx
from studyteddy.platform.errors import Unavailable
from studyteddy.platform.http import Unreachable
from studyteddy.platform.identity import Identity
from studyteddy.platform.ids import new_id
from studyteddy.platform.mail import Mailer
from studyteddy.platform.security import audit_log
from studyteddy.platform.security.passwords import Passwords
from studyteddy.platform.security.refresh_tokens import RefreshTokens
from studyteddy.platform.web.rate_limits import Guesses

log = structlog.get_logger("studyteddy.auth")

_UNVERIFIED = "Google hasn't verified your e-mail address. Verify it there, or sign in with a password."
_EXPIRED = "This sign-in has expired. Sign in with Google again."
_INCORRECT = "The password is incorrect. Enter the password of your Study Teddy account."
_RESET_FIRST = "Your account has no password to confirm this with. Reset the password by mail, then try again."


class AuthorizationRequest(msgspec.Struct, frozen=True):
    """The provider's authorization URL, and the state that must come back from the same browser."""

    address: str
    state: str


class MoreProof(msgspec.Struct, frozen=True):
    """What a sign-in still needs, and the token to finish it with."""

    purpose: Purpose
    token: str


async def begin(db: Database, provider: OpenIdConnect | None) -> AuthorizationRequest:
    """Start a sign-in with the provider; raise 503 if it isn't configured or unavailable."""
    state, nonce, verifier = (secrets.token_urlsafe() for _ in range(3))
    try:
        address = await _configured(provider).address(state=state, nonce=nonce, verifier=verifier)
    except Unreachable as fault:
        raise Unavailable("Google is unavailable. Try again, or sign in with your password.") from fault
    async with db.system("sign_in") as tx:
        await store.add_flow(tx, hash=_hash(state), verifier=verifier, nonce=nonce)
    return AuthorizationRequest(address, state)


async def receive(
    db: Database,
    provider: OpenIdConnect | None,
    *,
    code: str,
    state: str,
    cookie: str,
    refresh: RefreshTokens,
    mailer: Mailer,
    device: ClientInfo,
    second_factor: SecondFactor,
) -> Grant | MoreProof:
    """Sign in as the user the provider has verified, or return what is missing; raise 401 `not_signed_in_there`.

    `state` is valid once, for ten minutes, and only in the browser that started the sign-in (it must match the
    cookie).
    """
    if not compare_digest(state.encode(), cookie.encode()):
        raise NotSignedInThere()
    async with db.system("sign_in") as tx:
        flow = await store.consume_flow(tx, hash=_hash(state))
    if flow is None:
        raise NotSignedInThere()
    try:
        profile = await _configured(provider).exchange(code, verifier=flow.verifier, nonce=flow.nonce)
    except (SignInRejected, Unreachable) as fault:
        log.warning("auth.oauth_rejected", reason=str(fault))
        raise NotSignedInThere() from fault
    async with db.system("sign_in") as tx:
        tx.set_client(device.client, device.address)
        linked = await _linked_account(tx, profile)
        if linked is not None:
            try:
                return await _begin(tx, linked, profile, device, refresh=refresh, second_factor=second_factor)
            except SecondFactorRequired:
                return await _postpone(tx, linked, profile, "second_factor")
        if not profile.email_verified or not profile.email:
            raise NotSignedInThere(_UNVERIFIED)
        found = await accounts_store.find(tx, profile.email)
        if found is None:
            if not mailer.accepts(profile.email):
                raise NotSignedInThere(accounts.UNDELIVERABLE)
            new = await _register(tx, profile)
            return await _begin(
                tx, new, profile, device, refresh=refresh, second_factor=no_second_factor, action="account.made"
            )
        account = await _lock(tx, found.id)
        if not await _claim(tx, account, profile):
            return await _postpone(tx, account, profile, "link")
        return await _begin(tx, account, profile, device, refresh=refresh, second_factor=second_factor)


async def finish(
    db: Database,
    token: str,
    proof: SignInProof,
    *,
    passwords: Passwords,
    refresh: RefreshTokens,
    device: ClientInfo,
    second_factor: SecondFactor,
    guesses: Guesses,
) -> Grant:
    """Finish a sign-in that needed more proof, which links the identity if it isn't; raise 401.

    `token` is used up by success. What the sign-in rests on is proved again under the account's lock.
    """
    async with db.system("sign_in") as tx:
        pending = await store.find_pending(tx, hash=_pending_hash(token))
    if pending is None:
        raise NotSignedInThere(_EXPIRED)
    if pending.purpose == "link" and pending.password_hash is None:
        raise BadCredentials(_RESET_FIRST)
    asking = sessions.requester(device, pending.account_email, pending.user_id, pending.password_hash)
    if pending.purpose == "second_factor":
        await guesses.count(asking)
    elif not await passwords.verify(proof.password or "", pending.password_hash, requester=asking):
        await audit_log.record_anonymous(db, "sign_in.refused", address=device.address)
        raise BadCredentials(_INCORRECT)
    user_id = pending.user_id
    async with warning_of_bad_code(db, user_id, device), db.transaction(Identity(user_id, user_id)) as tx:
        tx.set_client(device.client, device.address)
        account = await _lock(tx, user_id)
        if not await store.consume_pending(tx, account.id, hash=_pending_hash(token)):
            raise NotSignedInThere(_EXPIRED)
        if pending.purpose == "link":
            if account.password_hash != pending.password_hash:
                raise BadCredentials(_INCORRECT)
            await _link(tx, account, pending)
        elif not await store.is_linked(tx, account.id, issuer=pending.issuer, subject=pending.subject):
            raise NotSignedInThere()
        options = {"refresh": refresh, "second_factor": second_factor, "code": proof.code}
        grant = await _begin(tx, account, pending, device, **options)
    await guesses.give_back(asking)
    return grant


async def page(reader: Reader, user_id: UUID) -> LinkedIdentityList:
    """Return the identities that can sign in to the account."""
    return LinkedIdentityList(await store.page(reader, user_id))


async def unlink(db: Database, identity: Identity, identity_id: UUID, *, revoke_api_keys: bool) -> list[UUID]:
    """Unlink an identity and end all other sessions; return their ids. Raise 404, or 409 without a password.

    The API keys are revoked too unless the student keeps them: whoever signed in with it may have created one.
    """
    async with db.transaction(identity) as tx:
        account = await _lock(tx, tx.user_id)
        unlinked = await store.unlink(tx, account, identity_id)
        if unlinked is None:
            raise NoSuchIdentity()
        if account.password_hash is None:
            raise PasswordNeeded()
        ended = await sessions_store.revoke_others(tx, account.id, exclude=identity.session_id)
        keys = await api_keys_store.revoke_all(tx, account.id) if revoke_api_keys else 0
        await audit_log.record(tx, "identity.unlinked", issuer=unlinked.issuer, email=unlinked.email, keys=keys)
        tx.publish(events.IdentityChanged(account.id, unlinked.email, linked=False, keys_revoked=keys > 0))
    return ended


async def _begin(
    tx: Tx, account: LockedAccount, identity: OAuthProfile | PendingSignIn, device: ClientInfo, **options: Any
) -> Grant:
    return await sessions.begin(tx, account, device, vouched_by=identity.issuer, **options)


async def _linked_account(tx: Tx, profile: OAuthProfile) -> LockedAccount | None:
    """Return the account that the identity is linked to."""
    user_id = await store.find_account(tx, profile)
    if user_id is None:
        return None
    account = await _lock(tx, user_id)
    if not await store.is_linked(tx, account.id, issuer=profile.issuer, subject=profile.subject):
        raise NotSignedInThere()  # unlinked meanwhile
    return account


async def _claim(tx: Tx, account: LockedAccount, profile: OAuthProfile) -> bool:
    """Give an account to the owner of its address if nobody has ever proved that it is theirs; else return False.

    Whoever registered it without verifying the address loses all credentials.
    """
    user = await accounts_store.get(tx, account.id)
    if user is None or user.email_verified or await store.has_links(tx, account.id):
        return False
    await accounts_store.revoke_credentials(tx, account)
    await accounts_store.mark_verified(tx, user.id, user.email, at=tx.now)
    await _link(tx, account, profile)
    return True


async def _register(tx: Tx, profile: OAuthProfile) -> LockedAccount:
    user_id = new_id()
    await tx.act_as(user_id)
    name = profile.name.strip() or profile.email.partition("@")[0]
    await accounts_store.add(
        tx, user_id, email=profile.email, name=name, password_hash=None, time_zone="UTC", at=tx.now
    )
    account = await _lock(tx, user_id)
    await accounts_store.mark_verified(tx, user_id, profile.email, at=tx.now)
    key = {"issuer": profile.issuer, "subject": profile.subject}
    if not await store.link(tx, account, new_id(), **key, email=profile.email, at=tx.now):
        raise NotSignedInThere()  # another request has just registered it
    tx.publish(events.UserRegistered(user_id, name))
    return account


async def _link(tx: Tx, account: LockedAccount, identity: OAuthProfile | PendingSignIn) -> None:
    """Link the identity to the account; raise 401 if it is linked to another one."""
    key = {"issuer": identity.issuer, "subject": identity.subject}
    if await store.link(tx, account, new_id(), **key, email=identity.email, at=tx.now):
        await audit_log.record(tx, "identity.linked", issuer=identity.issuer, email=identity.email)
        tx.publish(events.IdentityChanged(account.id, identity.email, linked=True))
    elif not await store.is_linked(tx, account.id, **key):
        raise NotSignedInThere()


async def _postpone(tx: Tx, account: LockedAccount, profile: OAuthProfile, purpose: Purpose) -> MoreProof:
    """Store the sign-in until the student proves the rest."""
    token = secrets.token_urlsafe()
    await store.add_pending(
        tx,
        account,
        hash=_pending_hash(token),
        purpose=purpose,
        issuer=profile.issuer,
        subject=profile.subject,
        email=profile.email,
    )
    return MoreProof(purpose, token)


async def _lock(tx: Tx, user_id: UUID) -> LockedAccount:
    await tx.act_as(user_id)
    account = await accounts_store.lock_credentials(tx, user_id)
    if account is None or account.disabled:
        raise NotSignedInThere()
    return account


def _configured(provider: OpenIdConnect | None) -> OpenIdConnect:
    if provider is None:
        raise Unavailable("Google sign-in isn't configured. Sign in with your e-mail address and password.")
    return provider


def _hash(state: str) -> bytes:
    return sha256(b"state\0" + state.encode()).digest()


def _pending_hash(token: str) -> bytes:
    return sha256(b"pending sign-in\0" + token.encode()).digest()
