"""Every statement on sign-ins elsewhere, and on the accounts there that open one here."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from studyteddy.features.auth.schemas import Flow, Vouched
from studyteddy.platform.db import Nothing, Statement, Tx
from studyteddy.platform.personal import exported

_ADD_FLOW = Statement(
    Nothing,
    "INSERT INTO sign_in_flows (hash, verifier, nonce, expires_at) VALUES ($1, $2, $3, now() + interval '10 minutes')",
)

_CONSUME_FLOW = Statement(
    Flow, "DELETE FROM sign_in_flows WHERE hash = $1 AND expires_at > now() RETURNING verifier, nonce"
)

_FIND_LINKED = Statement(UUID, "SELECT user_id FROM identities WHERE issuer = $1 AND subject = $2")

_LINK = Statement(
    Nothing,
    "INSERT INTO identities (user_id, issuer, subject, email, created_at) VALUES ($1, $2, $3, $4, $5)",
)

HOLDINGS = [exported("identities", "issuer, subject, email, created_at", order="issuer, subject")]


async def add_flow(tx: Tx, *, hash: bytes, verifier: str, nonce: str) -> None:
    """Remembers a sign-in elsewhere for ten minutes, in a system transaction for signing in."""
    await tx.do(_ADD_FLOW, hash, verifier, nonce)


async def consume_flow(tx: Tx, *, hash: bytes) -> Flow | None:
    """Takes a sign-in elsewhere out for good; of two that come back with it one gets it."""
    return await tx.one(_CONSUME_FLOW, hash)


async def find_linked(tx: Tx, vouched: Vouched) -> UUID | None:
    """Whose account is linked, in a system transaction for signing in."""
    return await tx.one(_FIND_LINKED, vouched.issuer, vouched.subject)


async def link(tx: Tx, user_id: UUID, vouched: Vouched, *, at: datetime) -> None:
    await tx.do(_LINK, user_id, vouched.issuer, vouched.subject, vouched.email, at)
