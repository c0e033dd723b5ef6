"""Sessions: sign-in, refresh token rotation, sign-out."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from uuid import UUID

import msgspec

from studyteddy import events
from studyteddy.features.auth.schemas.accounts import LockedAccount, User
from studyteddy.features.auth.schemas.sessions import (
    BadCredentials,
    ClientInfo,
    Credentials,
    DeviceList,
    NoSuchSession,
    SessionEnded,
)
from studyteddy.features.auth.schemas.two_factor import BadCode
from studyteddy.features.auth.store import accounts as accounts_store
from studyteddy.features.auth.store import sessions as store
from studyteddy.platform.db.database import Database
from studyteddy.platform.db.statements import Reader
from studyteddy.platform.db.transaction import Tx
from studyteddy.platform.errors import SignInNeeded
from studyteddy.platform.identity import Identity
from studyteddy.platform.ids import new_id
from studyteddy.platform.security import audit_log
from studyteddy.platform.security.device_tokens import password_stamp
from studyteddy.platform.security.fair_queue import Requester
from studyteddy.platform.security.passwords import Passwords
from studyteddy.platform.security.refresh_tokens import RefreshTokens
from studyteddy.platform.security.revocation import Revocations
from studyteddy.platform.web.addresses import address_principal
from studyteddy.platform.web.rate_limits import email_principal

SecondFactor = Callable[[Tx, str | None], Awaitable[None]]
"""Checks the code against the second factor of the transaction's user, if it is on; raises 401."""


class Grant(msgspec.Struct, frozen=True):
    """A session, its user, and its current refresh token."""

    user: User
    session_id: UUID
    refresh_token: str
    stamp: bytes = b""
    """The password stamp of the account, for the token of a device that has signed in."""


async def begin(
    tx: Tx,
    account: LockedAccount,
    device: ClientInfo,
    *,
    refresh: RefreshTokens,
    second_factor: SecondFactor,
    code: str | None = None,
    action: str = "signed_in",
    **detail: audit_log.DetailValue,
) -> Grant:
    """Start a session of the account, recorded as `action`; raise 401.

    The only way to start one, so that no way of signing in can leave out the second factor. Nothing is written before
    it was checked: 401 `second_factor_required` or `bad_code`. 401 `bad_credentials` if the account is disabled.
    """
    if account.disabled:
        raise BadCredentials()
    await second_factor(tx, code)
    tx.set_client(device.client, device.address)
    session_id = new_id()
    await store.add(tx, account, session_id)
    await audit_log.record(tx, action, address=tx.address, client=tx.client, **detail)
    if action == "signed_in" and device.known_to(account.id, account.password_hash) is None:
        tx.publish(events.NewDeviceSignedIn(account.id, session_id))
    user, stamp = await _user(tx, account.id), password_stamp(account.password_hash)
    return Grant(user, session_id, refresh.write(session_id, 0), stamp)


async def no_second_factor(tx: Tx, code: str | None) -> None:
    """Check nothing: for an account that the transaction has created."""


async def log_in(
    db: Database,
    credentials: Credentials,
    *,
    passwords: Passwords,
    refresh: RefreshTokens,
    device: ClientInfo,
    second_factor: SecondFactor,
) -> Grant:
    """Start a session. An unknown account takes the same work and gets the same response as a wrong password."""
    async with db.system("sign_in") as tx:
        account = await accounts_store.find(tx, credentials.email)
    password_hash, user_id = (account.password_hash, account.id) if account else (None, None)
    asking = requester(device, credentials.email, user_id, password_hash)
    verified = await passwords.verify(credentials.password, password_hash, requester=asking)
    if account is None or not verified or account.disabled:
        await audit_log.record_anonymous(db, "sign_in.refused", address=device.address)
        raise BadCredentials()
    async with warning_of_bad_code(db, account.id, device), db.transaction(Identity(account.id, account.id)) as tx:
        locked = await accounts_store.lock_credentials(tx, account.id)
        if locked is None or locked.password_hash != account.password_hash:
            raise BadCredentials()
        grant = await begin(tx, locked, device, refresh=refresh, second_factor=second_factor, code=credentials.code)
    await passwords.succeeded(asking)
    return grant


@asynccontextmanager
async def warning_of_bad_code(db: Database, user_id: UUID, device: ClientInfo) -> AsyncIterator[None]:
    """Around the transaction of a sign-in whose first factor is proved: record a wrong code, and tell the student.

    In a transaction of its own, because that of the sign-in is rolled back.
    """
    try:
        yield
    except BadCode:
        async with db.transaction(Identity(user_id, user_id)) as tx:
            tx.set_client(device.client, device.address)
            await audit_log.record(tx, "second_factor.refused", client=tx.client)
            tx.publish(events.SecondFactorRefused(user_id))
        raise


def requester(
    device: ClientInfo, email: str, user_id: UUID | None = None, password_hash: str | None = None
) -> Requester:
    """Return who asks for a hash before they are signed in: a device known to the account, else a stranger to it."""
    address = address_principal(device.address)
    if user_id and (known := device.known_to(user_id, password_hash)):
        return Requester(address, user_id.hex, known.id.hex, device.gone)
    return Requester(address, email_principal(email), gone=device.gone)


async def refresh(
    db: Database, token: str | None, *, refresh: RefreshTokens, revocations: Revocations, device: ClientInfo
) -> Grant:
    """Exchange a refresh token for its successor; raise 401 `session_ended`.

    The previous token is accepted for 30 seconds and gets the same successor, so that browser tabs refreshing at the
    same time stay signed in, and so does a client that lost the response. Any older token may be stolen and ends the
    whole family.
    """
    parsed = refresh.read(token) if token else None
    if parsed is None:
        raise SessionEnded()
    session_id, generation = parsed
    async with db.system("sign_in") as tx:
        owner = await store.owner_of(tx, session_id)
        if owner is None:
            raise SessionEnded()
        await tx.act_as(owner)
        session = await store.lock(tx, owner, session_id)
        if session is None or not session.active:
            raise SessionEnded()
        racing = generation == session.generation - 1 and session.just_rotated
        if generation == session.generation:
            await store.rotate(tx, owner, session_id)
        elif not racing:
            tx.set_client(device.client, device.address)
            await store.revoke(tx, owner, session_id)
            await audit_log.record(tx, "session.reused", session=str(session_id))
            tx.publish(events.RefreshTokenReused(owner, session_id))
        user = await _user(tx, owner)
    if generation != session.generation and not racing:
        revocations.add(session_id)
        raise SessionEnded()
    return Grant(user, session_id, refresh.write(session_id, generation + 1))


async def log_out(db: Database, identity: Identity, *, revocations: Revocations) -> None:
    """End the caller's session; its access token stops working within a second on every process."""
    async with db.transaction(identity) as tx:
        await store.revoke(tx, tx.user_id, identity.session_id)
        await audit_log.record(tx, "signed_out", session=str(identity.session_id))
    revocations.add(identity.session_id)


async def log_out_everywhere(db: Database, identity: Identity, *, revocations: Revocations) -> None:
    """End all sessions of the user."""
    async with db.transaction(identity) as tx:
        ended = await store.revoke_others(tx, tx.user_id, exclude=None)
        await audit_log.record(tx, "signed_out.everywhere", sessions=len(ended))
    for session_id in ended:
        revocations.add(session_id)


async def devices(reader: Reader, identity: Identity) -> DeviceList:
    """Return the user's signed-in devices."""
    return DeviceList(await store.devices(reader, identity.user_id, current=identity.session_id))


async def recently_revoked(tx: Tx, seconds: float) -> list[UUID]:
    """Return the sessions of all users revoked in the last `seconds`."""
    return await store.recently_revoked(tx, seconds)


async def check_active(tx: Tx, identity: Identity) -> None:
    """Lock the account of a request that controls it; raise 401 if the session has ended since it was admitted.

    A revocation either sees what the request changes, or is seen here.
    """
    locked = await accounts_store.lock_credentials(tx, identity.user_id)
    if locked is None or locked.disabled or not await store.lock_active(tx, identity.user_id, identity.session_id):
        raise SignInNeeded("This session has been revoked. Sign in again.")


async def is_active(reader: Reader, user_id: UUID, session_id: UUID) -> bool:
    """Return whether the session exists and isn't revoked."""
    return await store.is_active(reader, user_id, session_id)


async def seconds_left(reader: Reader, user_id: UUID, session_id: UUID) -> float:
    """Return how long the session lasts unless it is extended; 0 or less if it has ended."""
    return await store.seconds_left(reader, user_id, session_id)


async def end(db: Database, identity: Identity, session_id: UUID, *, revocations: Revocations) -> None:
    """Sign out a device; raise 404."""
    async with db.transaction(identity) as tx:
        if not await store.revoke(tx, tx.user_id, session_id):
            raise NoSuchSession()
        await audit_log.record(tx, "signed_out", session=str(session_id))
    revocations.add(session_id)


async def _user(reader: Reader, user_id: UUID) -> User:
    """Return the account of a session that is locked, so it exists."""
    user = await accounts_store.get(reader, user_id)
    assert user is not None
    return user
