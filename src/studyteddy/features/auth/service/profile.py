"""The profile and preferences of an account."""

from __future__ import annotations

from uuid import UUID

import msgspec

from studyteddy import events
from studyteddy.features.auth.schemas.accounts import User
from studyteddy.features.auth.schemas.profile import (
    PreferenceChanges,
    Preferences,
    Profile,
    ProfileChanges,
    ProfileQuery,
)
from studyteddy.features.auth.service import accounts
from studyteddy.features.auth.store import accounts as accounts_store
from studyteddy.features.auth.store import profile as store
from studyteddy.platform.db.statements import Reader
from studyteddy.platform.db.transaction import Tx
from studyteddy.platform.local_time.dates import DayBoundary, check_zone
from studyteddy.platform.web import etags
from studyteddy.platform.web.merge_patch import merged


async def day_boundary(reader: Reader, user_id: UUID) -> DayBoundary:
    """Return the student's time zone and day start."""
    return await store.day_boundary(reader, user_id) or DayBoundary("UTC", 240)


async def get(reader: Reader, user_id: UUID, query: ProfileQuery) -> Profile:
    """Return the account, with the preferences if the query includes them; raise 404."""
    user = await accounts.get(reader, user_id)
    return _profile(user, await preferences(reader, user_id) if query.include else msgspec.UNSET)


def _profile(user: User, chosen: Preferences | msgspec.UnsetType) -> Profile:
    return Profile(**msgspec.structs.asdict(user), preferences=chosen)


async def update(tx: Tx, changes: ProfileChanges, *, if_match: str | None) -> User:
    """Update the profile; raise 412, 422."""
    current = accounts.found(await accounts_store.lock(tx, tx.user_id))
    if if_match is not None:
        etags.check(if_match, current, _profile(current, await preferences(tx, tx.user_id)))
    if changes.time_zone is not msgspec.UNSET:
        check_zone(changes.time_zone, "/timeZone")
    changed = merged(current, changes)
    if changed == current:
        return current
    user = accounts.found(await store.update(tx, tx.user_id, changed, at=tx.now))
    tx.publish(events.UserUpdated(user.id), user)
    return user


async def preferences(reader: Reader, user_id: UUID) -> Preferences:
    """Return the student's preferences."""
    return await store.preferences(reader, user_id) or Preferences()


async def language(reader: Reader, user_id: UUID) -> str:
    """Return the language that the student reads, as a tag: that of the app, by default that of the account."""
    return (await preferences(reader, user_id)).language or (await accounts.get(reader, user_id)).locale


async def set_preferences(tx: Tx, new: Preferences) -> Preferences:
    """Replace the student's preferences."""
    if await preferences(tx, tx.user_id) == new:
        return new
    await store.set_preferences(tx, tx.user_id, new)
    tx.publish(events.PreferencesUpdated(tx.user_id), new)
    return new


async def update_preferences(tx: Tx, changes: PreferenceChanges) -> Preferences:
    """Update some of the student's preferences."""
    accounts.found(await accounts_store.lock(tx, tx.user_id))  # another device may change others of them
    return await set_preferences(tx, merged(await preferences(tx, tx.user_id), changes))
