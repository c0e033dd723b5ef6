"""Two-factor authentication: setup, confirmation, verification, and removal."""

from __future__ import annotations

from studyteddy import events
from studyteddy.features.auth.schemas.two_factor import (
    BadCode,
    FactorState,
    NewFactor,
    NoFactorBegun,
    RecoveryCodes,
    SecondFactorRequired,
)
from studyteddy.features.auth.service import accounts
from studyteddy.features.auth.service.passwords import confirmed
from studyteddy.features.auth.store import two_factor as store
from studyteddy.platform.db.database import Database
from studyteddy.platform.db.statements import Reader
from studyteddy.platform.db.transaction import Tx
from studyteddy.platform.identity import Identity
from studyteddy.platform.security import audit_log, totp
from studyteddy.platform.security.encryption import FieldEncryption
from studyteddy.platform.security.passwords import Passwords

_SEALED_AT = {"table": "second_factors", "column": "secret"}


async def begin(
    db: Database, identity: Identity, password: str, *, passwords: Passwords, field_encryption: FieldEncryption
) -> NewFactor:
    """Create a secret for the authenticator app; it takes effect once confirmed. Raise 403 `wrong_password`."""
    secret = totp.new_secret()
    user_id = identity.user_id
    sealed = field_encryption.seal(secret.encode(), **_SEALED_AT, row=user_id, user=user_id)
    async with confirmed(db, identity, password, passwords=passwords) as (tx, account):
        user = await accounts.get(tx, account.id)
        await store.begin(tx, account.id, sealed)
    return NewFactor(secret, totp.address(secret, user.email))


async def confirm(tx: Tx, code: str, *, field_encryption: FieldEncryption) -> RecoveryCodes:
    """Turn on two-factor authentication and return the recovery codes. Raise 401, 409."""
    if not await store.is_begun(tx, tx.user_id):
        raise NoFactorBegun()
    if not await _accept(tx, code, field_encryption):
        raise BadCode()
    codes = totp.new_recovery_codes()
    await store.confirm(tx, tx.user_id, [totp.recovery_hash(one) for one in codes], at=tx.now)
    await audit_log.record(tx, "second_factor.on")
    tx.publish(events.SecondFactorChanged(tx.user_id, True))
    return RecoveryCodes(codes)


async def end(db: Database, identity: Identity, password: str, *, passwords: Passwords) -> None:
    """Turn off two-factor authentication; raise 403 `wrong_password`."""
    async with confirmed(db, identity, password, passwords=passwords) as (tx, account):
        if await store.end(tx, account.id):
            await audit_log.record(tx, "second_factor.off")
            tx.publish(events.SecondFactorChanged(tx.user_id, False))


async def state(reader: Reader, identity: Identity) -> FactorState:
    """Return whether two-factor authentication is on, and how many recovery codes are left."""
    return await store.state(reader, identity.user_id) or FactorState(False, 0)


async def check(tx: Tx, code: str | None, *, field_encryption: FieldEncryption) -> None:
    """Raise 401 unless two-factor authentication is off or `code` is correct. Each code is valid once."""
    current = await store.state(tx, tx.user_id)
    if current is None or not current.enabled:
        return
    if code is None:
        raise SecondFactorRequired()
    # Recovery codes first: they work even if the secret can't be decrypted.
    if await store.use_recovery_code(tx, tx.user_id, totp.recovery_hash(code)):
        return
    if not await _accept(tx, code, field_encryption):
        raise BadCode()


async def _accept(tx: Tx, code: str, field_encryption: FieldEncryption) -> bool:
    sealed = await store.secret(tx, tx.user_id)
    if sealed is None:
        return False
    secret = field_encryption.open(sealed, **_SEALED_AT, row=tx.user_id, user=tx.user_id).decode()
    step = totp.step_of(secret, code, at=tx.now)
    return step is not None and await store.use_time_step(tx, tx.user_id, step)
