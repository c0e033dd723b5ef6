"""Signing in with an account elsewhere: the provider vouches, we decide whose account it opens."""

from __future__ import annotations

import secrets
from hashlib import sha256
from hmac import compare_digest

import msgspec
import structlog

from studyteddy import events
from studyteddy.features.auth import store
from studyteddy.features.auth.providers.openid import NotVouched, OpenIdConnect
from studyteddy.features.auth.schemas import From, NotSignedInThere, User, Vouched
from studyteddy.features.auth.service.sessions import Grant
from studyteddy.platform import audit
from studyteddy.platform.db import Database, Tx
from studyteddy.platform.errors import Unavailable
from studyteddy.platform.http import Unreachable
from studyteddy.platform.ids import new_id
from studyteddy.platform.security import RefreshTokens

log = structlog.get_logger("studyteddy.auth")


class Departure(msgspec.Struct, frozen=True):
    """Where the person goes, and the state that must come back in the same browser."""

    address: str
    state: str


async def begin(db: Database, provider: OpenIdConnect | None) -> Departure:
    """Sends somebody to the provider; raises 503 when there is none, or it is away."""
    state, nonce, verifier = (secrets.token_urlsafe(32) for _ in range(3))
    try:
        address = await _configured(provider).address(state=state, nonce=nonce, verifier=verifier)
    except Unreachable as fault:
        raise Unavailable("The other side does not answer: try again, or sign in with your password.") from fault
    async with db.system("sign_in") as tx:
        await store.add_flow(tx, hash=_hash(state), verifier=verifier, nonce=nonce)
    return Departure(address, state)


async def finish(
    db: Database,
    provider: OpenIdConnect | None,
    *,
    code: str,
    state: str,
    cookie: str,
    refresh: RefreshTokens,
    device: From,
) -> Grant:
    """Opens the account of whom the provider vouches for; raises 401 `not_signed_in_there`.

    `state` is good once, for ten minutes, and only in the browser that began (its cookie says so).
    """
    if not compare_digest(state.encode(), cookie.encode()):
        raise NotSignedInThere()
    async with db.system("sign_in") as tx:
        flow = await store.consume_flow(tx, hash=_hash(state))
    if flow is None:
        raise NotSignedInThere()
    try:
        vouched = await _configured(provider).exchange(code, verifier=flow.verifier, nonce=flow.nonce)
    except (NotVouched, Unreachable) as fault:
        log.warning("auth.not_vouched", reason=str(fault))
        raise NotSignedInThere() from fault
    async with db.system("sign_in") as tx:
        user = await _account_of(tx, vouched)
        session_id = new_id()
        await store.begin_session(tx, user.id, session_id, device)
        await audit.record(
            tx, "signed_in", address=device.address, client=device.client[:300], vouched_by=vouched.issuer
        )
    return Grant(user, session_id, refresh.write(session_id, 0))


async def _account_of(tx: Tx, vouched: Vouched) -> User:
    """The linked account; else the one with this verified address; else a new one."""
    linked = await store.find_linked(tx, vouched)
    if linked is not None:
        await tx.act_as(linked)
        return _open(await store.get(tx, linked), await store.get_supported(tx, linked))
    if not vouched.email_verified or not vouched.email:
        raise NotSignedInThere("The other side has not verified your address: verify it there, or use a password here.")
    account = await store.find(tx, vouched.email)
    if account is None:
        return await _join(tx, vouched)
    await tx.act_as(account.id)
    user = _open(await store.get(tx, account.id), await store.get_supported(tx, account.id))
    if not user.email_verified:
        # Somebody made this account without ever proving the address; its owner stands here now. What opened it
        # until now opens it no more.
        await store.disarm(tx, user.id)
        user = await store.mark_verified(tx, user.id, user.email, at=tx.now) or user
    await store.link(tx, user.id, vouched, at=tx.now)
    return user


async def _join(tx: Tx, vouched: Vouched) -> User:
    user_id = new_id()
    await tx.act_as(user_id)
    name = vouched.name.strip() or vouched.email.partition("@")[0]
    await store.add(tx, user_id, email=vouched.email, name=name, password_hash=None, time_zone="UTC", at=tx.now)
    user = await store.mark_verified(tx, user_id, vouched.email, at=tx.now)
    if user is None:
        raise NotSignedInThere()
    await store.link(tx, user_id, vouched, at=tx.now)
    tx.publish(events.UserRegistered(user_id, user.name))
    return user


def _open(user: User | None, support: object) -> User:
    if user is None or getattr(support, "disabled", True):
        raise NotSignedInThere()
    return user


def _configured(provider: OpenIdConnect | None) -> OpenIdConnect:
    if provider is None:
        raise Unavailable("Signing in with Google is not set up here: use your e-mail address and a password.")
    return provider


def _hash(state: str) -> bytes:
    return sha256(b"state\0" + state.encode()).digest()
