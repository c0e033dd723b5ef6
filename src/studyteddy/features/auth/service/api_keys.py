"""API keys: credentials for a student's own programs, with restricted permissions."""

from __future__ import annotations

import secrets
from hashlib import sha256
from uuid import UUID

from studyteddy import events
from studyteddy.features.auth.schemas.api_keys import ApiKeyList, CreatedApiKey, NewApiKey, NoSuchKey, TooManyKeys
from studyteddy.features.auth.store import accounts as accounts_store
from studyteddy.features.auth.store import api_keys as store
from studyteddy.platform.db.database import Database
from studyteddy.platform.db.statements import Reader
from studyteddy.platform.db.transaction import Tx
from studyteddy.platform.errors import Invalid, SignInNeeded, invalid
from studyteddy.platform.identity import Identity
from studyteddy.platform.ids import new_id
from studyteddy.platform.local_time.dates import range_faults
from studyteddy.platform.security import audit_log
from studyteddy.platform.security.authorization import API_KEY_PREFIX

MAX_KEYS = 50


async def create(tx: Tx, new: NewApiKey) -> CreatedApiKey:
    """Create a key, shown only once; raise 409 `too_many_keys`, or 422 if it expires in the past."""
    if faults := range_faults({"/expiresAt": new.expires_at}):
        raise Invalid(faults=faults)
    if new.expires_at is not None and new.expires_at <= tx.now:
        raise invalid("/expiresAt", "in_the_past", "Must be in the future.")
    account = await accounts_store.lock_credentials(tx, tx.user_id)
    if account is None:
        raise SignInNeeded()
    key = API_KEY_PREFIX + secrets.token_urlsafe()
    added = await store.add(tx, account, new_id(), new, prefix=key[:8], hash=_hash(key), limit=MAX_KEYS, at=tx.now)
    if added is None:
        raise TooManyKeys()
    await audit_log.record(tx, "api_key.made", key=str(added.id), scopes=" ".join(added.scopes))
    tx.publish(events.ApiKeyCreated(tx.user_id, added.id))
    return CreatedApiKey(added, key)


async def page(reader: Reader, user_id: UUID) -> ApiKeyList:
    """Return the student's keys."""
    return ApiKeyList(await store.page(reader, user_id))


async def revoke(tx: Tx, key_id: UUID) -> None:
    """Revoke a key immediately; raise 404."""
    if not await store.revoke(tx, tx.user_id, key_id):
        raise NoSuchKey()
    await audit_log.record(tx, "api_key.revoked", key=str(key_id))


async def identify(db: Database, key: str) -> Identity | None:
    """Return the identity of a key, or None if it isn't valid. Its use is recorded at most once a minute."""
    async with db.system("sign_in") as tx:
        holder = await store.find_holder(tx, hash=_hash(key))
        if holder is not None and holder.use_outdated:
            await tx.act_as(holder.user_id)
            await store.record_use(tx, holder.user_id, holder.id)
    return Identity(holder.user_id, holder.id, frozenset(holder.scopes)) if holder else None


def _hash(key: str) -> bytes:
    return sha256(b"api key\0" + key.encode()).digest()
