"""API keys: for a student's own programs, with less right than the student."""

from __future__ import annotations

import secrets
from hashlib import sha256
from uuid import UUID

from studyteddy.features.auth import store
from studyteddy.features.auth.schemas import ApiKeyList, CreatedApiKey, NewApiKey, NoSuchKey, TooManyKeys
from studyteddy.platform import audit
from studyteddy.platform.db import Database, Reader, Tx
from studyteddy.platform.errors import invalid
from studyteddy.platform.gate import API_KEY_PREFIX
from studyteddy.platform.identity import Identity
from studyteddy.platform.ids import new_id

MOST_KEYS = 50


async def create(tx: Tx, new: NewApiKey) -> CreatedApiKey:
    """Makes a key that is shown this once; raises 409 `too_many_keys`, 422 for an end in the past."""
    if new.expires_at is not None and new.expires_at <= tx.now:
        raise invalid("/expiresAt", "in_the_past", "Choose a moment that is still to come.")
    key = API_KEY_PREFIX + secrets.token_urlsafe(32)
    added = await store.add_key(
        tx, tx.user_id, new_id(), new, prefix=key[:8], hash=_hash(key), most=MOST_KEYS, at=tx.now
    )
    if added is None:
        raise TooManyKeys()
    await audit.record(tx, "api_key.made", key=str(added.id), scopes=" ".join(added.scopes))
    return CreatedApiKey(added, key)


async def page(reader: Reader, user_id: UUID) -> ApiKeyList:
    """The student's keys."""
    return ApiKeyList(await store.keys(reader, user_id))


async def revoke(tx: Tx, key_id: UUID) -> None:
    """Ends a key at once; raises 404."""
    if not await store.revoke_key(tx, tx.user_id, key_id):
        raise NoSuchKey()
    await audit.record(tx, "api_key.revoked", key=str(key_id))


async def identify(db: Database, key: str) -> Identity | None:
    """Whom a key lets in; its use is noted once a minute."""
    async with db.system("sign_in") as tx:
        holder = await store.holder(tx, hash=_hash(key))
        if holder is not None and holder.rested:
            await tx.act_as(holder.user_id)
            await store.note_use(tx, holder.user_id, holder.id)
    return Identity(holder.user_id, holder.id, frozenset(holder.scopes)) if holder else None


async def is_operator(db: Database, identity: Identity) -> bool:
    """Whether the account has the operator's role at this moment."""
    user = await store.get(db.reading(identity), identity.user_id)
    return user is not None and user.role == "operator"


def _hash(key: str) -> bytes:
    return sha256(b"api key\0" + key.encode()).digest()
