"""Passwords: strength checks and changes."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from studyteddy import events
from studyteddy.features.auth.schemas.accounts import LockedAccount
from studyteddy.features.auth.schemas.passwords import ChangedPassword, CommonPassword, PasswordChange, WrongPassword
from studyteddy.features.auth.store import accounts as accounts_store
from studyteddy.features.auth.store import api_keys as api_keys_store
from studyteddy.features.auth.store import one_time_tokens as one_time_tokens_store
from studyteddy.features.auth.store import passwords as store
from studyteddy.features.auth.store import sessions as sessions_store
from studyteddy.platform.db.database import Database
from studyteddy.platform.db.transaction import Tx
from studyteddy.platform.errors import invalid
from studyteddy.platform.identity import Identity
from studyteddy.platform.security import audit_log
from studyteddy.platform.security.device_tokens import password_stamp
from studyteddy.platform.security.passwords import Passwords
from studyteddy.platform.web.rate_limits import signed_in

_COMMON = frozenset(
    [
        "1234567890",
        "0123456789",
        "12345678910",
        "123456789a",
        "1q2w3e4r5t",
        "1qaz2wsx3edc",
        "qwertyuiop",
        "qwerty1234",
        "qwerty12345",
        "qwerty123456",
        "asdfghjkl1",
        "zxcvbnm123",
        "password12",
        "password123",
        "password1234",
        "passw0rd123",
        "p@ssw0rd12",
        "p@ssword123",
        "iloveyou12",
        "iloveyou123",
        "letmein123",
        "welcome123",
        "welcome1234",
        "admin12345",
        "administrator",
        "abcdefghij",
        "abc1234567",
        "abcd123456",
        "1111111111",
        "0000000000",
        "aaaaaaaaaa",
        "9876543210",
        "0987654321",
        "football12",
        "football123",
        "baseball123",
        "basketball",
        "superman123",
        "sunshine123",
        "princess123",
        "studyteddy",
        "studyteddy1",
        "student123",
        "student1234",
        "teddybear1",
        "teddybear123",
        "qazwsxedcrfv",
        "1234512345",
        "1122334455",
        "123123123123",
        "changeme123",
        "trustno1trustno1",
        "monkey12345",
        "dragon12345",
        "michael123",
        "charlie123",
        "whatever123",
        "computer123",
        "internet123",
    ]
)


def check(password: str, pointer: str, *, email: str = "") -> None:
    """Raise 422 `common_password` if the password is too easy to guess."""
    if password.lower() in _COMMON or password.lower() == email.lower():
        raise invalid(pointer, "common_password", "Too common. Choose another password.", CommonPassword)


@asynccontextmanager
async def confirmed(
    db: Database, identity: Identity, password: str, *, passwords: Passwords
) -> AsyncIterator[tuple[Tx, LockedAccount]]:
    """Verify the password, then open a transaction with the account locked; raise 403 `wrong_password`.

    The only way to change what a password protects: each call counts as one of the account's guesses, and a password
    that changed while it was verified is wrong.
    """
    verified_hash = await _verify(db, identity, password, passwords)
    async with _unchanged(db, identity, verified_hash) as (tx, account):
        yield tx, account
    await passwords.succeeded(signed_in(identity))


async def change(db: Database, identity: Identity, body: PasswordChange, *, passwords: Passwords) -> ChangedPassword:
    """Change the password and end all other sessions. Raise 403 `wrong_password`.

    The API keys are revoked too unless the student keeps them: whoever knew the old password may have created one.
    """
    user = await accounts_store.get(db.reading(identity), identity.user_id)
    check(body.new_password, "/newPassword", email=user.email if user else "")
    verified_hash = await _verify(db, identity, body.current_password, passwords)
    new_hash = await passwords.hash(body.new_password, requester=signed_in(identity))
    async with _unchanged(db, identity, verified_hash) as (tx, account):
        await store.set_hash(tx, account, new_hash, at=tx.now)
        ended = await sessions_store.revoke_others(tx, account.id, exclude=identity.session_id)
        keys = await api_keys_store.revoke_all(tx, account.id) if body.revoke_api_keys else 0
        await one_time_tokens_store.delete_all(tx, account.id)
        await audit_log.record(tx, "password.changed", keys=keys)
        tx.publish(events.PasswordChanged(account.id, keys_revoked=keys > 0))
    await passwords.succeeded(signed_in(identity))
    return ChangedPassword(account.id, ended, password_stamp(new_hash))


async def _verify(db: Database, identity: Identity, password: str, passwords: Passwords) -> str | None:
    """Return the hash that the password matches; raise 403 `wrong_password`."""
    password_hash = await store.get_hash(db.reading(identity), identity.user_id)
    if not await passwords.verify(password, password_hash, requester=signed_in(identity)):
        raise WrongPassword()
    return password_hash


@asynccontextmanager
async def _unchanged(
    db: Database, identity: Identity, verified_hash: str | None
) -> AsyncIterator[tuple[Tx, LockedAccount]]:
    """Open a transaction with the account locked; raise 403 `wrong_password` if the password has changed."""
    async with db.transaction(identity) as tx:
        account = await accounts_store.lock_credentials(tx, tx.user_id)
        if account is None or account.password_hash != verified_hash:
            raise WrongPassword()
        yield tx, account
