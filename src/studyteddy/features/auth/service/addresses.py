"""E-mail addresses: proving that one is read by its owner, and the way back in by mail.

A token is minted by the job that sends it, and only its hash is kept: no event, job or backup holds one.
"""

from __future__ import annotations

import secrets
from hashlib import sha256
from typing import Literal
from uuid import UUID

import msgspec

from studyteddy import events
from studyteddy.features.auth import store
from studyteddy.features.auth.schemas import BadMailToken, PasswordReset, User
from studyteddy.features.auth.service.passwords import check_password
from studyteddy.platform import audit
from studyteddy.platform.db import Database, Tx
from studyteddy.platform.errors import invalid
from studyteddy.platform.security import Passwords

Purpose = Literal["verify_email", "reset_password"]
HOURS: dict[Purpose, int] = {"verify_email": 24, "reset_password": 1}


class Letter(msgspec.Struct, frozen=True):
    """To whom a token goes, and the token itself."""

    user: User
    token: str


async def ask_verification(tx: Tx) -> None:
    """Has the verification mail sent once more."""
    tx.publish(events.EmailVerificationAsked(tx.user_id))


async def ask_reset(db: Database, email: str) -> None:
    """Has a reset mail sent if the address is a verified one; the same work and answer for any other."""
    async with db.system("sign_in") as tx:
        tx.publish(events.PasswordResetAsked(email))


async def mint_verification(tx: Tx) -> Letter | None:
    """A token that proves the user's address; nothing when it is proved already."""
    user = await store.get(tx, tx.user_id)
    if user is None or user.email_verified:
        return None
    return Letter(user, await _mint(tx, user, "verify_email"))


async def mint_reset(db: Database, email: str) -> Letter | None:
    """A token that lets the owner of a verified address set a new password; nothing for any other address."""
    async with db.system("sign_in") as tx:
        account = await store.find(tx, email)
        if account is None or account.disabled:
            return None
        await tx.act_as(account.id)
        user = await store.get(tx, account.id)
        if user is None or not user.email_verified:
            return None
        return Letter(user, await _mint(tx, user, "reset_password"))


async def verify(db: Database, token: str) -> User:
    """Marks the address proved; raises 422 `bad_mail_token`."""
    async with db.system("sign_in") as tx:
        user_id, email = await _consume(tx, token, "verify_email")
        await tx.act_as(user_id)
        user = await store.mark_verified(tx, user_id, email, at=tx.now)
        if user is None:
            raise _bad_token()
        await audit.record(tx, "email.verified")
        tx.publish(events.UserUpdated(user_id), user)
    return user


async def reset(db: Database, wanted: PasswordReset, *, passwords: Passwords) -> list[UUID]:
    """Sets a new password by mail and ends every session; gives their ids. Raises 422 `bad_mail_token`.

    API keys end too: whoever knew the old password may have made one, and the owner, who did not, cannot tell.
    """
    check_password(wanted.new_password, "/newPassword")
    hashed = await passwords.hash(wanted.new_password)
    async with db.system("sign_in") as tx:
        user_id, _ = await _consume(tx, wanted.token, "reset_password")
        await tx.act_as(user_id)
        await store.set_password(tx, user_id, hashed, at=tx.now)
        await store.forget_tokens(tx, user_id)
        ended = await store.revoke_others(tx, user_id, but=None)
        keys = await store.revoke_keys(tx, user_id)
        await audit.record(tx, "password.reset", keys=str(keys))
        tx.publish(events.PasswordChanged(user_id, by_mail=True))
    return ended


async def _mint(tx: Tx, user: User, purpose: Purpose) -> str:
    token = secrets.token_urlsafe(32)
    await store.add_token(tx, user.id, hash=_hash(token), purpose=purpose, email=user.email, hours=HOURS[purpose])
    return token


async def _consume(tx: Tx, token: str, purpose: Purpose) -> tuple[UUID, str]:
    found = await store.consume_token(tx, hash=_hash(token), purpose=purpose)
    if found is None:
        raise _bad_token()
    return found.user_id, found.email


def _bad_token() -> Exception:
    return invalid("/token", "bad_mail_token", BadMailToken.title, BadMailToken)


def _hash(token: str) -> bytes:
    return sha256(b"mail\0" + token.encode()).digest()
