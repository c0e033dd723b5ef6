"""Passwords: which are good enough, and changing one."""

from __future__ import annotations

from uuid import UUID

from studyteddy import events
from studyteddy.features.auth import store
from studyteddy.features.auth.schemas import CommonPassword, PasswordChange, WrongPassword
from studyteddy.platform import audit
from studyteddy.platform.db import Database
from studyteddy.platform.errors import invalid
from studyteddy.platform.identity import Identity
from studyteddy.platform.security import Passwords

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


def check_password(password: str, pointer: str, *, email: str = "") -> None:
    """Raises 422 `common_password` for what guessers try first."""
    if password.lower() in _COMMON or password.lower() == email.lower():
        raise invalid(pointer, "common_password", CommonPassword.title, CommonPassword)


async def change(db: Database, identity: Identity, wanted: PasswordChange, *, passwords: Passwords) -> list[UUID]:
    """Sets a new password and ends every other session; gives their ids. Raises 403 `wrong_password`."""
    check_password(wanted.new_password, "/newPassword")
    present = await store.password_hash(db.reading(identity), identity.user_id)
    if not await passwords.verify(wanted.current_password, present):
        raise WrongPassword()
    hashed = await passwords.hash(wanted.new_password)
    async with db.transaction(identity) as tx:
        await store.set_password(tx, tx.user_id, hashed, at=tx.now)
        ended = await store.revoke_others(tx, tx.user_id, but=identity.session_id)
        await audit.record(tx, "password.changed")
        tx.publish(events.PasswordChanged(tx.user_id))
    return ended
