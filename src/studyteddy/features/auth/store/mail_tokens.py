"""Every statement on the tokens of mails."""

from __future__ import annotations

from uuid import UUID

from studyteddy.features.auth.schemas import Proof
from studyteddy.platform.db import Nothing, Statement, Tx
from studyteddy.platform.personal import withheld

_ADD_TOKEN = Statement(
    Nothing,
    """
INSERT INTO mail_tokens (user_id, hash, purpose, email, expires_at)
VALUES ($1, $2, $3, $4, now() + $5 * interval '1 hour')""",
)

_CONSUME_TOKEN = Statement(
    Proof,
    "DELETE FROM mail_tokens WHERE hash = $1 AND purpose = $2 AND expires_at > now() RETURNING user_id, email",
)

_FORGET_TOKENS = Statement(Nothing, "DELETE FROM mail_tokens WHERE user_id = $1")

HOLDINGS = [withheld("mail_tokens", "hashes of links on their way")]


async def add_token(tx: Tx, user_id: UUID, *, hash: bytes, purpose: str, email: str, hours: int) -> None:
    await tx.do(_ADD_TOKEN, user_id, hash, purpose, email, hours)


async def consume_token(tx: Tx, *, hash: bytes, purpose: str) -> Proof | None:
    """Takes a mail's token out for good; of two that try one gets it."""
    return await tx.one(_CONSUME_TOKEN, hash, purpose)


async def forget_tokens(tx: Tx, user_id: UUID) -> None:
    """Makes every mail on its way worthless."""
    await tx.do(_FORGET_TOKENS, user_id)
