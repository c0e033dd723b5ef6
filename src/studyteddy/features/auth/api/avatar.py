"""Avatar routes."""

from __future__ import annotations

from studyteddy.features.auth.schemas.accounts import User
from studyteddy.features.auth.schemas.avatar import AvatarQuery, NoAvatar
from studyteddy.features.auth.service import avatar
from studyteddy.platform.db.database import Database
from studyteddy.platform.files.images import MOST_BYTES, NotAPicture, TooManyPixels
from studyteddy.platform.files.object_storage import ObjectStorage
from studyteddy.platform.identity import Identity
from studyteddy.platform.thread_pool import ThreadPool
from studyteddy.platform.web.binding import Answer
from studyteddy.platform.web.routing import Router

router = Router("/api/users", tag="users", scope="account")


@router.put("/me/avatar", largest=MOST_BYTES, errors=(NotAPicture, TooManyPixels))
async def change_avatar(
    db: Database, storage: ObjectStorage, image_threads: ThreadPool, identity: Identity, upload: bytes
) -> User:
    """Upload your avatar as the request body: PNG, JPEG, WebP or GIF, at most 5 MiB and 25 million pixels."""
    return await avatar.change(db, storage, image_threads, identity, upload)


@router.get("/me/avatar", scope="read", errors=(NoAvatar,), media="image/webp")
async def get_avatar(db: Database, storage: ObjectStorage, identity: Identity, query: AvatarQuery) -> Answer:
    """Get your avatar, a square WebP image of 256 pixels."""
    picture = await avatar.get(db, storage, identity)
    return Answer(picture, media_type=b"image/webp", headers=((b"cache-control", b"private, max-age=3600"),))


@router.delete("/me/avatar")
async def remove_avatar(db: Database, storage: ObjectStorage, identity: Identity) -> None:
    """Remove your avatar."""
    await avatar.remove(db, storage, identity)
