"""Two-factor authentication routes."""

from __future__ import annotations

from studyteddy.features.auth.schemas.passwords import PasswordOnce, WrongPassword
from studyteddy.features.auth.schemas.two_factor import (
    BadCode,
    CodeOnly,
    FactorState,
    NewFactor,
    NoFactorBegun,
    RecoveryCodes,
)
from studyteddy.features.auth.service import two_factor
from studyteddy.platform.db.database import Database
from studyteddy.platform.db.transaction import Tx
from studyteddy.platform.identity import Identity
from studyteddy.platform.security.encryption import FieldEncryption
from studyteddy.platform.security.passwords import Passwords
from studyteddy.platform.web.rate_limits import Guesses, signed_in
from studyteddy.platform.web.routing import Router

router = Router("/api/auth", tag="auth", scope="account")


@router.get("/second-factor")
async def get_second_factor(db: Database, identity: Identity) -> FactorState:
    """Get the state of two-factor authentication."""
    return await two_factor.state(db.reading(identity), identity)


@router.post("/second-factor", secret=True, errors=(WrongPassword,))
async def begin_second_factor(
    db: Database, passwords: Passwords, field_encryption: FieldEncryption, identity: Identity, body: PasswordOnce
) -> NewFactor:
    """Set up two-factor authentication: get a secret for an authenticator app. It takes effect once confirmed."""
    return await two_factor.begin(db, identity, body.password, passwords=passwords, field_encryption=field_encryption)


@router.post("/second-factor/confirm", secret=True, errors=(BadCode, NoFactorBegun))
async def confirm_second_factor(
    tx: Tx, field_encryption: FieldEncryption, guesses: Guesses, identity: Identity, body: CodeOnly
) -> RecoveryCodes:
    """Turn on two-factor authentication with the first code. The recovery codes are shown only once."""
    await guesses.count(signed_in(identity))
    codes = await two_factor.confirm(tx, body.code, field_encryption=field_encryption)
    await guesses.give_back(signed_in(identity))
    return codes


@router.post("/second-factor/end", secret=True, errors=(WrongPassword,))
async def end_second_factor(db: Database, passwords: Passwords, identity: Identity, body: PasswordOnce) -> None:
    """Turn off two-factor authentication."""
    await two_factor.end(db, identity, body.password, passwords=passwords)
