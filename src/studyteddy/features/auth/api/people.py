"""The student's own account: profile, picture, preferences, audit log."""

from __future__ import annotations

from studyteddy.features.auth.api.common import users
from studyteddy.features.auth.schemas import (
    AuditPage,
    AuditQuery,
    AvatarQuery,
    NoAvatar,
    Preferences,
    ProfileChanges,
    User,
)
from studyteddy.features.auth.service import accounts, portrait, record
from studyteddy.platform.db import Database
from studyteddy.platform.identity import Identity
from studyteddy.platform.images import MOST_BYTES, NotAPicture, TooManyPixels
from studyteddy.platform.lane import Lane
from studyteddy.platform.pages import Cursors
from studyteddy.platform.storage import Storage
from studyteddy.platform.web import Answer


@users.get("/me", scope="read")
async def get_profile(db: Database, identity: Identity) -> User:
    """Your account."""
    return await accounts.me(db.reading(identity), identity.user_id)


@users.patch("/me")
async def update_profile(db: Database, identity: Identity, body: ProfileChanges, if_match: str | None) -> User:
    """Change your name, zone, day start, locale or week start."""
    async with db.transaction(identity) as tx:
        return await accounts.update(tx, body, if_match=if_match)


@users.put("/me/avatar", largest=MOST_BYTES, errors=(NotAPicture, TooManyPixels))
async def change_avatar(db: Database, storage: Storage, picture_lane: Lane, identity: Identity, upload: bytes) -> User:
    """Send a picture as the body: PNG, JPEG, WebP or GIF, 5 MiB and 25 million pixels at most."""
    return await portrait.change(db, storage, picture_lane, identity, upload)


@users.get("/me/avatar", scope="read", errors=(NoAvatar,), media="image/webp")
async def get_avatar(db: Database, storage: Storage, identity: Identity, query: AvatarQuery) -> Answer:
    """Your picture, a square WebP of 256 pixels."""
    picture = await portrait.show(db, storage, identity)
    return Answer(picture, media_type=b"image/webp", headers=((b"cache-control", b"private, max-age=3600"),))


@users.delete("/me/avatar")
async def remove_avatar(db: Database, storage: Storage, identity: Identity) -> None:
    """Go without a picture."""
    await portrait.remove(db, storage, identity)


@users.get("/me/preferences", scope="read")
async def get_preferences(db: Database, identity: Identity) -> Preferences:
    """How the app looks and behaves for you."""
    return await accounts.preferences(db.reading(identity), identity.user_id)


@users.put("/me/preferences")
async def set_preferences(db: Database, identity: Identity, body: Preferences) -> Preferences:
    """Replace your preferences, on every device."""
    async with db.transaction(identity) as tx:
        return await accounts.set_preferences(tx, body)


@users.get("/audit")
async def list_audit(db: Database, cursors: Cursors, identity: Identity, query: AuditQuery) -> AuditPage:
    """What touched the safety of your account: sign-ins, changes of password, keys, archives."""
    return await record.page(db.reading(identity), identity.user_id, query, cursors)
