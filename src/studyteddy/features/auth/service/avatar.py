"""Avatars: uploaded images, re-encoded and stored in object storage.

Every upload gets a key of its own, and the account's row says which one is the avatar: the object is stored before the
row names it and deleted after the row has stopped to, so that no order of requests leaves a row without its object.
"""

from __future__ import annotations

from contextlib import suppress
from hashlib import sha256
from uuid import UUID

from studyteddy import events
from studyteddy.features.auth.schemas.accounts import User
from studyteddy.features.auth.schemas.avatar import NoAvatar
from studyteddy.features.auth.service import accounts
from studyteddy.features.auth.store import avatar as store
from studyteddy.platform.db.database import Database
from studyteddy.platform.db.transaction import Tx
from studyteddy.platform.errors import Problem, Unavailable
from studyteddy.platform.files.images import avatar
from studyteddy.platform.files.object_storage import NoSuchObject, ObjectStorage, StorageUnavailable
from studyteddy.platform.identity import Identity
from studyteddy.platform.ids import new_id
from studyteddy.platform.thread_pool import ThreadPool

_READ_ATTEMPTS = 3
_DIGEST_LENGTH = 64


async def change(
    db: Database, storage: ObjectStorage, thread_pool: ThreadPool, identity: Identity, upload: bytes
) -> User:
    """Set the avatar from an image (PNG, JPEG, WebP, GIF; 5 MiB, 25 MP); raise 422 for anything else."""
    image = await thread_pool.run(lambda: avatar(upload))
    name = sha256(image).hexdigest() + new_id().hex
    await storage.put(_key(identity.user_id, name), image, content_type="image/webp")
    try:
        async with db.transaction(identity) as tx:
            previous = await store.lock(tx, tx.user_id)
            user = await _set(tx, name)
    except Problem as fault:
        if not isinstance(fault, Unavailable):  # otherwise the transaction may have committed, and the object be in use
            await _delete(storage, identity.user_id, name)
        raise
    await _delete(storage, identity.user_id, previous)
    return user


async def get(db: Database, storage: ObjectStorage, identity: Identity) -> bytes:
    """Return the avatar as WebP; raise 404."""
    for _ in range(_READ_ATTEMPTS):  # it may be replaced between the two reads
        name = await store.get(db.reading(identity), identity.user_id)
        if name is None:
            break
        with suppress(NoSuchObject):
            return await storage.get(_key(identity.user_id, name))
    raise NoAvatar()


async def remove(db: Database, storage: ObjectStorage, identity: Identity) -> None:
    """Remove the avatar. Do nothing if there is none."""
    async with db.transaction(identity) as tx:
        previous = await store.lock(tx, tx.user_id)
        if previous is not None:
            await _set(tx, None)
    await _delete(storage, identity.user_id, previous)


async def _set(tx: Tx, name: str | None) -> User:
    await store.set_name(tx, tx.user_id, name, at=tx.now)
    user = await accounts.get(tx, tx.user_id)
    tx.publish(events.UserUpdated(user.id), user)
    return user


async def _delete(storage: ObjectStorage, user_id: UUID, name: str | None) -> None:
    """Delete an object that no row names; if the storage is unavailable, it is deleted with the account."""
    if name is not None:
        with suppress(StorageUnavailable):
            await storage.delete(_key(user_id, name))


def _key(user_id: UUID, name: str) -> str:
    """Return the key of an avatar; those of earlier versions have the hash alone as their name, and a fixed key."""
    return f"users/{user_id}/avatar.webp" if len(name) == _DIGEST_LENGTH else f"users/{user_id}/avatars/{name}.webp"
