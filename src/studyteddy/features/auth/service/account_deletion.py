"""Account deletion, after a grace period of seven days."""

from __future__ import annotations

from datetime import timedelta

from studyteddy import events
from studyteddy.features.auth.schemas.accounts import User
from studyteddy.features.auth.service import accounts
from studyteddy.features.auth.service.data_export import BATCH_SIZE
from studyteddy.features.auth.service.passwords import confirmed
from studyteddy.features.auth.store import account_deletion as store
from studyteddy.features.auth.store import accounts as accounts_store
from studyteddy.features.auth.store import admin as admin_store
from studyteddy.platform.db.database import Database
from studyteddy.platform.db.transaction import Tx
from studyteddy.platform.files.object_storage import ObjectStorage, folders
from studyteddy.platform.identity import Identity
from studyteddy.platform.security import audit_log
from studyteddy.platform.security.passwords import Passwords

GRACE_PERIOD = timedelta(days=7)


async def request(db: Database, identity: Identity, password: str, *, passwords: Passwords) -> User:
    """Schedule the deletion of the account in seven days; raise 403 `wrong_password`."""
    async with confirmed(db, identity, password, passwords=passwords) as (tx, account):
        await store.schedule(tx, account.id, at=tx.now + GRACE_PERIOD)
        user = await accounts.get(tx, account.id)
        tx.publish(events.UserUpdated(user.id), user)
        await audit_log.record(tx, "deletion.scheduled")
        tx.publish(events.DeletionScheduled(user.id))
    return user


async def cancel(tx: Tx) -> User:
    """Cancel the scheduled deletion of the account. Do nothing if none is scheduled."""
    user = await accounts.get(tx, tx.user_id)
    if user.deletion_at is None:
        return user
    await store.schedule(tx, tx.user_id, at=None)
    user = await accounts.get(tx, tx.user_id)
    await audit_log.record(tx, "deletion.stopped")
    tx.publish(events.UserUpdated(user.id), user)
    return user


async def erase_due(db: Database, storage: ObjectStorage) -> int:
    """Erase the accounts whose grace period has ended; return how many were erased.

    Their sessions end first. The rows are deleted only after every access token has expired, so that no request
    ever sees a partly deleted account.
    """
    async with db.system("tidy") as tx:
        due = await store.due(tx, BATCH_SIZE)
    for user_id in due:
        async with db.transaction(Identity(user_id, user_id)) as tx:
            account = await accounts_store.lock_credentials(tx, user_id)
            if account is None or not await store.is_due(tx, user_id):
                continue  # the deletion was cancelled meanwhile
            await accounts_store.revoke_credentials(tx, account)
            await admin_store.set_disabled(tx, user_id, disabled=True)
    async with db.system("tidy") as tx:
        erasable = await store.erasable(tx, BATCH_SIZE)
    for user_id in erasable:
        for folder in folders(user_id):
            await storage.clear(folder)
        async with db.transaction(Identity(user_id, user_id)) as tx:
            await store.erase(tx, user_id)
    return len(erasable)
