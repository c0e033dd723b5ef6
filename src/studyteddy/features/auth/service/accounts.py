"""Making an account, and what belongs to it."""

from __future__ import annotations

from uuid import UUID

import msgspec

from studyteddy import events
from studyteddy.features.auth import store
from studyteddy.features.auth.schemas import EmailTaken, From, NewAccount, Preferences, ProfileChanges, User
from studyteddy.features.auth.service.passwords import check_password
from studyteddy.features.auth.service.sessions import Grant
from studyteddy.platform import audit, versions
from studyteddy.platform.changes import merged
from studyteddy.platform.db import Database, Reader, Tx
from studyteddy.platform.errors import NotFound
from studyteddy.platform.identity import Identity
from studyteddy.platform.ids import new_id
from studyteddy.platform.moments import Clockwork, check_zone
from studyteddy.platform.security import Passwords, RefreshTokens


async def register(
    db: Database, new: NewAccount, *, passwords: Passwords, refresh: RefreshTokens, device: From
) -> Grant:
    """Makes an account and its first session; raises 409 `email_taken`."""
    check_zone(new.time_zone, "/timeZone")
    check_password(new.password, "/password", email=new.email)
    password_hash = await passwords.hash(new.password)
    user_id, session_id = new_id(), new_id()
    async with db.transaction(Identity(user_id, session_id)) as tx:
        user = await store.add(
            tx, user_id, email=new.email.lower(), name=new.name, password_hash=password_hash,
            time_zone=new.time_zone, at=tx.now,
        )  # fmt: skip
        if user is None:
            raise EmailTaken()
        await store.begin_session(tx, user_id, session_id, device)
        await audit.record(tx, "account.made", address=device.address)
        tx.publish(events.UserRegistered(user_id, new.name))
    return Grant(user, session_id, refresh.write(session_id, 0))


async def me(reader: Reader, user_id: UUID) -> User:
    """The account itself; raises 404."""
    return _found(await store.get(reader, user_id))


async def clockwork(reader: Reader, user_id: UUID) -> Clockwork:
    """The student's zone and day start."""
    return await store.clockwork(reader, user_id) or Clockwork("UTC", 240)


async def update(tx: Tx, changes: ProfileChanges, *, if_match: str | None) -> User:
    """Changes the profile; raises 412, 422."""
    current = _found(await store.lock(tx, tx.user_id))
    versions.check(if_match, current)
    if changes.time_zone is not msgspec.UNSET:
        check_zone(changes.time_zone, "/timeZone")
    changed = merged(current, changes)
    if changed == current:
        return current
    user = _found(await store.update(tx, tx.user_id, changed, at=tx.now))
    tx.publish(events.UserUpdated(user.id), user)
    return user


async def preferences(reader: Reader, user_id: UUID) -> Preferences:
    """How the app looks and behaves for this student."""
    return await store.preferences(reader, user_id) or Preferences()


async def set_preferences(tx: Tx, wanted: Preferences) -> Preferences:
    """Replaces the preferences, on every device."""
    if await preferences(tx, tx.user_id) == wanted:
        return wanted
    await store.set_preferences(tx, tx.user_id, wanted)
    tx.publish(events.PreferencesUpdated(tx.user_id), wanted)
    return wanted


def _found(user: User | None) -> User:
    if user is None:
        raise NotFound()
    return user
