"""Profile and preferences routes."""

from __future__ import annotations

from studyteddy.features.auth.schemas.accounts import User
from studyteddy.features.auth.schemas.profile import (
    PreferenceChanges,
    Preferences,
    Profile,
    ProfileChanges,
    ProfileQuery,
)
from studyteddy.features.auth.service import profile
from studyteddy.platform.db.database import Database
from studyteddy.platform.db.transaction import Tx
from studyteddy.platform.identity import Identity
from studyteddy.platform.web.routing import Router

router = Router("/api/users", tag="users", scope="account")


@router.get("/me", scope="read")
async def get_profile(db: Database, identity: Identity, query: ProfileQuery) -> Profile:
    """Get your account."""
    return await profile.get(db.reading(identity), identity.user_id, query)


@router.patch("/me")
async def update_profile(tx: Tx, body: ProfileChanges, if_match: str | None) -> User:
    """Update your name, time zone, day start, locale or week start."""
    return await profile.update(tx, body, if_match=if_match)


@router.get("/me/preferences", scope="read")
async def get_preferences(db: Database, identity: Identity) -> Preferences:
    """Get your preferences."""
    return await profile.preferences(db.reading(identity), identity.user_id)


@router.put("/me/preferences")
async def set_preferences(tx: Tx, body: Preferences) -> Preferences:
    """Replace your preferences. They apply on all your devices."""
    return await profile.set_preferences(tx, body)


@router.patch("/me/preferences")
async def update_preferences(tx: Tx, body: PreferenceChanges) -> Preferences:
    """Update some of your preferences. They apply on all your devices."""
    return await profile.update_preferences(tx, body)
