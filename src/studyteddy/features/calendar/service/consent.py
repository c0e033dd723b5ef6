"""Connecting an account at Google or Microsoft: the student is sent there, allows it, and comes back."""

from __future__ import annotations

import secrets
from hashlib import sha256
from hmac import compare_digest
from typing import Final, Literal

import msgspec
import structlog

from studyteddy.features.calendar.providers.oauth import GOOGLE_EVENTS_SCOPE
from studyteddy.features.calendar.providers.provider import ProviderError
from studyteddy.features.calendar.schemas.accounts import Access, Authorization, TooManyAccounts
from studyteddy.features.calendar.service import accounts
from studyteddy.features.calendar.service.connections import Connections, OAuthCredential, OAuthProvider, credential_of
from studyteddy.features.calendar.store import consent as store
from studyteddy.platform.db.database import Database
from studyteddy.platform.errors import Unavailable
from studyteddy.platform.identity import Identity

Outcome = Literal["connected", "denied", "failed", "too_many"]
VENDORS: Final[dict[OAuthProvider, str]] = {"google": "Google", "outlook": "Microsoft"}

log = structlog.get_logger("studyteddy.calendar")


class Begun(msgspec.Struct, frozen=True):
    """Where to send the browser, and the state that must come back from the same one."""

    authorization: Authorization
    state: str


async def begin(
    db: Database, identity: Identity, provider: OAuthProvider, access: Access, connections: Connections
) -> Begun:
    """Begin a connection; raise 503 if it isn't configured, or the vendor can't be reached."""
    oauth = connections.oauth(provider)
    if oauth is None:
        raise Unavailable(f"Calendars of {VENDORS[provider]} can't be connected on this server.")
    state, verifier = secrets.token_urlsafe(32), secrets.token_urlsafe(48)
    try:
        url = await oauth.authorization_url(state, verifier, connections.scopes(provider, access))
    except ProviderError as fault:
        raise Unavailable(f"{VENDORS[provider]} is unavailable. Try again later.") from fault
    async with db.transaction(identity) as tx:
        await store.add(tx, tx.user_id, hash=_hash(state), provider=provider, verifier=verifier)
    return Begun(Authorization(url), state)


async def finish(
    db: Database, provider: OAuthProvider, connections: Connections, *, code: str, state: str, cookie: str
) -> Outcome:
    """Connect the account that the student allowed, for whoever began in this browser; return how that ended.

    `state` is valid once, for ten minutes, and only in the browser that began (it must match the cookie).
    """
    oauth = connections.oauth(provider)
    if oauth is None or not state or not compare_digest(state.encode(), cookie.encode()):
        return "failed"
    async with db.system("sign_in") as tx:
        begun = await store.get(tx, hash=_hash(state), provider=provider)
        if begun is None:
            return "failed"
        await tx.act_as(begun.user_id)
        if not await store.take(tx, begun.user_id, hash=_hash(state)):
            return "failed"
    if not code:
        return "denied"
    nothing = OAuthCredential("", "", db.clock(), [])
    try:
        credential = credential_of(await oauth.exchange(code, begun.verifier), db.clock(), before=nothing)
        owner = await connections.vendor(provider, credential).owner()
    except ProviderError as fault:
        log.warning("calendar.connection_failed", provider=provider, fault=type(fault).__name__)
        return "failed"
    is_busy = provider == "google" and GOOGLE_EVENTS_SCOPE not in credential.scopes
    access: Access = "busy" if is_busy else "events"
    try:
        async with db.transaction(Identity(begun.user_id, begun.user_id)) as tx:
            await accounts.connect(tx, provider, owner, credential, access, connections)
    except TooManyAccounts:
        return "too_many"
    return "connected"


def _hash(state: str) -> bytes:
    return sha256(b"calendar connection\0" + state.encode()).digest()
