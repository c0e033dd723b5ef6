"""Registering, signing in, and keeping a session."""

from __future__ import annotations

from uuid import UUID

import msgspec

from studyteddy import events
from studyteddy.features.auth import store
from studyteddy.features.auth.schemas import (
    BadCredentials,
    CommonPassword,
    Credentials,
    EmailTaken,
    NewAccount,
    SessionEnded,
    User,
)
from studyteddy.platform.db import Database, Reader, Tx
from studyteddy.platform.errors import NotFound, invalid
from studyteddy.platform.identity import Identity
from studyteddy.platform.ids import new_id
from studyteddy.platform.moments import Clockwork, check_zone
from studyteddy.platform.revocation import Revocations
from studyteddy.platform.security import Passwords, RefreshTokens

_COMMON = frozenset(
    [
        "1234567890",
        "0123456789",
        "12345678910",
        "123456789a",
        "1q2w3e4r5t",
        "1qaz2wsx3edc",
        "qwertyuiop",
        "qwerty1234",
        "qwerty12345",
        "qwerty123456",
        "asdfghjkl1",
        "zxcvbnm123",
        "password12",
        "password123",
        "password1234",
        "passw0rd123",
        "p@ssw0rd12",
        "p@ssword123",
        "iloveyou12",
        "iloveyou123",
        "letmein123",
        "welcome123",
        "welcome1234",
        "admin12345",
        "administrator",
        "abcdefghij",
        "abc1234567",
        "abcd123456",
        "1111111111",
        "0000000000",
        "aaaaaaaaaa",
        "9876543210",
        "0987654321",
        "football12",
        "football123",
        "baseball123",
        "basketball",
        "superman123",
        "sunshine123",
        "princess123",
        "studyteddy",
        "studyteddy1",
        "student123",
        "student1234",
        "teddybear1",
        "teddybear123",
        "qazwsxedcrfv",
        "1234512345",
        "1122334455",
        "123123123123",
        "changeme123",
        "trustno1trustno1",
        "monkey12345",
        "dragon12345",
        "michael123",
        "charlie123",
        "whatever123",
        "computer123",
        "internet123",
    ]
)


class Grant(msgspec.Struct, frozen=True):
    """A session that may go on: whose it is, and its present refresh token."""

    user: User
    session_id: UUID
    refresh_token: str


async def register(
    db: Database, new: NewAccount, *, passwords: Passwords, refresh: RefreshTokens, client: str
) -> Grant:
    """Makes an account and its first session; raises 409 `email_taken`."""
    check_zone(new.time_zone, "/timeZone")
    if new.password.lower() in _COMMON or new.password.lower() == new.email.lower():
        raise invalid("/password", "common_password", CommonPassword.title, CommonPassword)
    password_hash = await passwords.hash(new.password)
    user_id, session_id = new_id(), new_id()
    async with db.transaction(Identity(user_id, session_id)) as tx:
        user = await store.add(
            tx, user_id, email=new.email.lower(), name=new.name, password_hash=password_hash,
            time_zone=new.time_zone, at=tx.now,
        )  # fmt: skip
        if user is None:
            raise EmailTaken()
        await store.begin_session(tx, user_id, session_id, client=client)
        tx.publish(events.UserRegistered(user_id, new.name))
    return Grant(user, session_id, refresh.write(session_id, 0))


async def log_in(
    db: Database, given: Credentials, *, passwords: Passwords, refresh: RefreshTokens, client: str
) -> Grant:
    """Begins a session; an unknown account costs and answers the same as a wrong password."""
    async with db.system("sign_in") as tx:
        account = await store.find(tx, given.email)
    right = await passwords.verify(given.password, account.password_hash if account else None)
    if account is None or not right or account.disabled:
        raise BadCredentials()
    session_id = new_id()
    async with db.transaction(Identity(account.id, session_id)) as tx:
        await store.begin_session(tx, account.id, session_id, client=client)
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
        user = await _me(tx, owner)
    if generation != session.generation and not racing:
        revocations.add(session_id)
        raise SessionEnded()
    return Grant(user, session_id, refresh.write(session_id, generation + 1))


async def log_out(tx: Tx, session_id: UUID) -> None:
    """Ends one session; its access token dies within a second on every process."""
    await store.revoke(tx, tx.user_id, session_id)


async def log_out_everywhere(tx: Tx) -> list[UUID]:
    """Ends every session of the user."""
    return await store.revoke_all(tx, tx.user_id)


async def me(reader: Reader, user_id: UUID) -> User:
    """The account itself."""
    return await _me(reader, user_id)


async def clockwork(reader: Reader, user_id: UUID) -> Clockwork:
    """The student's zone and day start."""
    return await store.clockwork(reader, user_id) or Clockwork("UTC", 240)


async def _me(reader: Reader, user_id: UUID) -> User:
    user = await store.get(reader, user_id)
    if user is None:
        raise NotFound()
    return user
