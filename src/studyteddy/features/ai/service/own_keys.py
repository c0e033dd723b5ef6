"""A student's own key: sealed at rest, opened for one call at a time, and never shown, logged or exported."""

from __future__ import annotations

import msgspec

from studyteddy import events
from studyteddy.features.ai.providers.failover import Failover
from studyteddy.features.ai.providers.model import KeyedModel, LanguageModel, ModelFailed
from studyteddy.features.ai.schemas.own_keys import AiKeyOutOfCredit, AiKeyRejected, AiKeysOff, KeptKey, NewKey, OwnKey
from studyteddy.features.ai.store import own_keys as store
from studyteddy.features.auth.service.passwords import confirmed
from studyteddy.platform.db.database import Database
from studyteddy.platform.db.statements import Reader
from studyteddy.platform.db.transaction import Tx
from studyteddy.platform.identity import Identity
from studyteddy.platform.security import audit_log
from studyteddy.platform.security.encryption import FieldEncryption
from studyteddy.platform.security.passwords import Passwords

_SEALED_AT = {"table": "ai_keys", "column": "secret"}


class OwnKeys(msgspec.Struct, frozen=True):
    """What calls with students' own keys need: the model that is asked, and what opens the keys."""

    model: KeyedModel
    encryption: FieldEncryption


async def get(reader: Reader, identity: Identity, own: OwnKeys | None) -> OwnKey:
    """Return whether own keys are allowed, and what is shown of the student's."""
    return _shown(own, await store.get(reader, identity.user_id))


async def keep(db: Database, identity: Identity, new: NewKey, own: OwnKeys | None, *, passwords: Passwords) -> OwnKey:
    """Keep a key instead of the one before; raise 403 `ai_keys_off`, `wrong_password`."""
    if own is None:
        raise AiKeysOff()
    user_id = identity.user_id
    sealed = own.encryption.seal(new.key.encode(), **_SEALED_AT, row=user_id, user=user_id)
    async with confirmed(db, identity, new.password, passwords=passwords) as (tx, account):
        kept = KeptKey(new.key[-4:], tx.now)
        await store.keep(tx, account.id, sealed, last_four=kept.last_four, at=kept.created_at)
        await audit_log.record(tx, "ai_key.kept", last_four=kept.last_four)
        tx.publish(events.AiKeyChanged(tx.user_id, True))
    return _shown(own, kept)


async def delete(tx: Tx) -> None:
    """Delete the key, if there is one."""
    if await store.delete(tx, tx.user_id):
        await audit_log.record(tx, "ai_key.deleted")
        tx.publish(events.AiKeyChanged(tx.user_id, False))


async def model(tx: Tx, own: OwnKeys | None) -> LanguageModel | None:
    """Return the model with the student's key, or None if none is kept or own keys aren't allowed.

    It has a circuit breaker of its own: what fails for one student says nothing about the others.
    """
    sealed = await store.sealed(tx, tx.user_id) if own else None
    if own is None or sealed is None:
        return None
    key = own.encryption.open(sealed, **_SEALED_AT, row=tx.user_id, user=tx.user_id).decode()
    return Failover([own.model.with_key(key)], own_key=True)


def check(fault: ModelFailed) -> None:
    """Raise 409 `ai_key_rejected` or `ai_key_out_of_credit` if a call failed because of the student's key."""
    if fault.denied:
        raise AiKeyRejected() from fault
    if fault.spent:
        raise AiKeyOutOfCredit() from fault


def _shown(own: OwnKeys | None, kept: KeptKey | None) -> OwnKey:
    if own is None:
        return OwnKey(False, None, None, kept)
    return OwnKey(True, own.model.provider, own.model.name, kept)
