"""Tokens sent by mail: created by the job that sends them, stored as hashes, valid once.

No event, job or backup contains a token.
"""

from __future__ import annotations

import secrets
from hashlib import sha256
from typing import Literal

import msgspec

from studyteddy.features.auth.schemas.accounts import User
from studyteddy.features.auth.schemas.one_time_tokens import BadMailToken, TokenOwner
from studyteddy.features.auth.store import one_time_tokens as store
from studyteddy.platform.db.transaction import Tx
from studyteddy.platform.errors import invalid

Purpose = Literal["verify_email", "reset_password"]
HOURS: dict[Purpose, int] = {"verify_email": 24, "reset_password": 1}


class IssuedToken(msgspec.Struct, frozen=True):
    """A token and the user it is sent to."""

    user: User
    token: str


async def mint(tx: Tx, user: User, purpose: Purpose) -> str:
    """Create a token and store its hash."""
    token = secrets.token_urlsafe()
    await store.add(tx, user.id, hash=_hash(token), purpose=purpose, email=user.email, hours=HOURS[purpose])
    return token


async def find(tx: Tx, token: str, purpose: Purpose) -> TokenOwner:
    """Return the user and address of a token without using it; raise 422 `bad_mail_token`."""
    return _valid(await store.find(tx, hash=_hash(token), purpose=purpose))


async def consume(tx: Tx, token: str, purpose: Purpose) -> TokenOwner:
    """Use a token of the transaction's user, and return its user and address; raise 422 `bad_mail_token`."""
    return _valid(await store.consume(tx, tx.user_id, hash=_hash(token), purpose=purpose))


def _valid(found: TokenOwner | None) -> TokenOwner:
    if found is None:
        raise invalid_token()
    return found


def invalid_token() -> Exception:
    """Return the error for a token that is unknown, expired or already used."""
    return invalid("/token", "bad_mail_token", "Invalid or expired. Request a new link.", BadMailToken)


def _hash(token: str) -> bytes:
    return sha256(b"mail\0" + token.encode()).digest()
