"""The avatar: a picture of theirs, drawn anew and kept beside the account."""

from __future__ import annotations

from hashlib import sha256
from uuid import UUID

from studyteddy import events
from studyteddy.features.auth import store
from studyteddy.features.auth.schemas import NoAvatar, User
from studyteddy.features.auth.service.accounts import me
from studyteddy.platform.db import Database, Tx
from studyteddy.platform.identity import Identity
from studyteddy.platform.images import avatar
from studyteddy.platform.lane import Lane
from studyteddy.platform.storage import NoSuchObject, Storage


async def change(db: Database, storage: Storage, lane: Lane, identity: Identity, upload: bytes) -> User:
    """Takes a picture (PNG, JPEG, WebP, GIF; 5 MiB, 25 MP); raises 422 for anything else."""
    picture = await lane.run(lambda: avatar(upload))
    await storage.put(_key(identity.user_id), picture, content_type="image/webp")
    async with db.transaction(identity) as tx:
        return await _set(tx, sha256(picture).hexdigest())


async def show(db: Database, storage: Storage, identity: Identity) -> bytes:
    """The picture as WebP; raises 404."""
    user = await me(db.reading(identity), identity.user_id)
    try:
        return await storage.get(_key(identity.user_id)) if user.avatar_url else _missing()
    except NoSuchObject as fault:
        raise NoAvatar() from fault


async def remove(db: Database, storage: Storage, identity: Identity) -> None:
    """Forgets the picture; there need not be one."""
    async with db.transaction(identity) as tx:
        if (await me(tx, tx.user_id)).avatar_url is None:
            return
        await _set(tx, None)
    await storage.delete(_key(identity.user_id))


async def _set(tx: Tx, digest: str | None) -> User:
    await store.set_avatar(tx, tx.user_id, digest, at=tx.now)
    user = await me(tx, tx.user_id)
    tx.publish(events.UserUpdated(user.id), user)
    return user


def _missing() -> bytes:
    raise NoAvatar()


def _key(user_id: UUID) -> str:
    return f"users/{user_id}/avatar.webp"
