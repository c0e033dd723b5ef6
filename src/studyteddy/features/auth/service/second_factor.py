"""The second factor: beginning, confirming, using and ending it."""

from __future__ import annotations

from studyteddy import events
from studyteddy.features.auth import store
from studyteddy.features.auth.schemas import (
    BadCode,
    FactorState,
    NewFactor,
    NoFactorBegun,
    RecoveryCodes,
    SecondFactorRequired,
    WrongPassword,
)
from studyteddy.features.auth.service.accounts import me
from studyteddy.platform import audit, totp
from studyteddy.platform.db import Database, Reader, Tx
from studyteddy.platform.identity import Identity
from studyteddy.platform.sealing import Sealer
from studyteddy.platform.security import Passwords

_PLACE = {"table": "second_factors", "column": "secret"}


async def begin(db: Database, identity: Identity, password: str, *, passwords: Passwords, sealer: Sealer) -> NewFactor:
    """A secret for the authenticator app; it counts once it is confirmed. Raises 403 `wrong_password`."""
    await _check_password(db, identity, password, passwords)
    secret = totp.new_secret()
    user_id = identity.user_id
    sealed = sealer.seal(secret.encode(), **_PLACE, row=user_id, user=user_id)
    async with db.transaction(identity) as tx:
        user = await me(tx, user_id)
        await store.begin_factor(tx, user_id, sealed)
    return NewFactor(secret, totp.address(secret, user.email))


async def confirm(tx: Tx, code: str, *, sealer: Sealer) -> RecoveryCodes:
    """Switches the second factor on; the recovery codes are shown this once. Raises 401, 409."""
    if not await store.factor_begun(tx, tx.user_id):
        raise NoFactorBegun()
    if not await _accept(tx, code, sealer):
        raise BadCode()
    codes = totp.new_recovery_codes()
    await store.confirm_factor(tx, tx.user_id, [totp.recovery_hash(one) for one in codes], at=tx.now)
    await audit.record(tx, "second_factor.on")
    tx.publish(events.SecondFactorChanged(tx.user_id, True))
    return RecoveryCodes(codes)


async def end(db: Database, identity: Identity, password: str, *, passwords: Passwords) -> None:
    """Switches it off; raises 403 `wrong_password`."""
    await _check_password(db, identity, password, passwords)
    async with db.transaction(identity) as tx:
        if await store.end_factor(tx, tx.user_id):
            await audit.record(tx, "second_factor.off")
            tx.publish(events.SecondFactorChanged(tx.user_id, False))


async def state(reader: Reader, identity: Identity) -> FactorState:
    """Whether it is on, and how many recovery codes are left."""
    return await store.factor_state(reader, identity.user_id) or FactorState(False, 0)


async def check(tx: Tx, code: str | None, *, sealer: Sealer) -> None:
    """Raises 401 unless the user has no second factor, or `code` is right: each code is good once."""
    current = await store.factor_state(tx, tx.user_id)
    if current is None or not current.enabled:
        return
    if code is None:
        raise SecondFactorRequired()
    if await _accept(tx, code, sealer) or await store.use_recovery_code(tx, tx.user_id, totp.recovery_hash(code)):
        return
    raise BadCode()


async def _accept(tx: Tx, code: str, sealer: Sealer) -> bool:
    sealed = await store.factor_secret(tx, tx.user_id)
    if sealed is None:
        return False
    secret = sealer.open(sealed, **_PLACE, row=tx.user_id, user=tx.user_id).decode()
    step = totp.step_of(secret, code, at=tx.now)
    return step is not None and await store.take_step(tx, tx.user_id, step)


async def _check_password(db: Database, identity: Identity, password: str, passwords: Passwords) -> None:
    present = await store.password_hash(db.reading(identity), identity.user_id)
    if not await passwords.verify(password, present):
        raise WrongPassword()
