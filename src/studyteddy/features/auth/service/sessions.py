"""Signing in, and keeping a session."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from uuid import UUID

import msgspec

from studyteddy.features.auth import store
from studyteddy.features.auth.schemas import (
    BadCredentials,
    Credentials,
    DeviceList,
    From,
    NoSuchSession,
    SessionEnded,
    User,
)
from studyteddy.platform import audit
from studyteddy.platform.db import Database, Reader, Tx
from studyteddy.platform.errors import NotFound
from studyteddy.platform.identity import Identity
from studyteddy.platform.ids import new_id
from studyteddy.platform.revocation import Revocations
from studyteddy.platform.security import Passwords, RefreshTokens


class Grant(msgspec.Struct, frozen=True):
    """A session that may go on: whose it is, and its present refresh token."""

    user: User
    session_id: UUID
    refresh_token: str


async def log_in(
    db: Database,
    given: Credentials,
    *,
    passwords: Passwords,
    refresh: RefreshTokens,
    device: From,
    second_factor: Callable[[Tx, str | None], Awaitable[None]],
) -> Grant:
    """Begins a session; an unknown account costs and answers the same as a wrong password.

    `second_factor` is asked when the password is right; raises 401 `second_factor_required` or `bad_code`.
    """
    async with db.system("sign_in") as tx:
        account = await store.find(tx, given.email)
    right = await passwords.verify(given.password, account.password_hash if account else None)
    if account is None or not right or account.disabled:
        await audit.record_anonymous(db, "sign_in.refused", address=device.address)
        raise BadCredentials()
    session_id = new_id()
    async with db.transaction(Identity(account.id, session_id)) as tx:
        await second_factor(tx, given.code)
        await audit.record(tx, "signed_in", address=device.address, client=device.client[:300])
        await store.begin_session(tx, account.id, session_id, device)
        user = await _me(tx, account.id)
    return Grant(user, session_id, refresh.write(session_id, 0))


async def go_on(db: Database, token: str | None, *, refresh: RefreshTokens, revocations: Revocations) -> Grant:
    """Exchanges a refresh token for its successor.

    The token before the present one is honoured for ten seconds with the same successor, so that racing tabs stay
    signed in. Any older one was stolen or kept: the whole family ends.
    """
    read = refresh.read(token) if token else None
    if read is None:
        raise SessionEnded()
    session_id, generation = read
    async with db.system("sign_in") as tx:
        owner = await store.owner_of(tx, session_id)
        if owner is None:
            raise SessionEnded()
        await tx.act_as(owner)
        session = await store.lock_session(tx, owner, session_id)
        if session is None or not session.alive:
            raise SessionEnded()
        racing = generation == session.generation - 1 and session.just_rotated
        if generation == session.generation:
            await store.rotate(tx, owner, session_id)
        elif not racing:
            await store.revoke(tx, owner, session_id)
            await audit.record(tx, "session.reused", session=str(session_id))
        user = await _me(tx, owner)
    if generation != session.generation and not racing:
        revocations.add(session_id)
        raise SessionEnded()
    return Grant(user, session_id, refresh.write(session_id, generation + 1))


async def log_out(tx: Tx, session_id: UUID) -> None:
    """Ends one session; its access token dies within a second on every process."""
    await store.revoke(tx, tx.user_id, session_id)
    await audit.record(tx, "signed_out", session=str(session_id))


async def log_out_everywhere(tx: Tx) -> list[UUID]:
    """Ends every session of the user."""
    ended = await store.revoke_others(tx, tx.user_id, but=None)
    await audit.record(tx, "signed_out.everywhere", sessions=len(ended))
    return ended


async def devices(reader: Reader, identity: Identity) -> DeviceList:
    """Every signed-in device."""
    return DeviceList(await store.devices(reader, identity.user_id, current=identity.session_id))


async def end(tx: Tx, session_id: UUID) -> None:
    """Signs one device out; raises 404."""
    if not await store.revoke(tx, tx.user_id, session_id):
        raise NoSuchSession()
    await audit.record(tx, "signed_out", session=str(session_id))


async def _me(reader: Reader, user_id: UUID) -> User:
    user = await store.get(reader, user_id)
    if user is None:
        raise NotFound()
    return user
