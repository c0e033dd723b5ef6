"""SQL statements for OAuth flows, linked identities, and sign-ins with them that need more proof."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from studyteddy.features.auth.schemas.accounts import LockedAccount
from studyteddy.features.auth.schemas.oauth import LinkedIdentity, OAuthFlow, OAuthProfile, PendingSignIn, Purpose
from studyteddy.platform.db.statements import Nothing, Reader, Statement
from studyteddy.platform.db.transaction import Tx
from studyteddy.platform.privacy.data_export import exported, withheld
from studyteddy.platform.privacy.retention import expiring

_ADD_FLOW = Statement(
    Nothing,
    "INSERT INTO sign_in_flows (hash, verifier, nonce, expires_at) VALUES ($1, $2, $3, now() + interval '10 minutes')",
)

_CONSUME_FLOW = Statement(
    OAuthFlow, "DELETE FROM sign_in_flows WHERE hash = $1 AND expires_at > now() RETURNING verifier, nonce"
)

_FIND_ACCOUNT = Statement(UUID, "SELECT user_id FROM identities WHERE issuer = $1 AND subject = $2")

_IS_LINKED = Statement(
    bool, "SELECT EXISTS (SELECT FROM identities WHERE user_id = $1 AND issuer = $2 AND subject = $3)"
)

_HAS_LINKS = Statement(bool, "SELECT EXISTS (SELECT FROM identities WHERE user_id = $1)")

_LINK = Statement(
    Nothing,
    "INSERT INTO identities (id, user_id, issuer, subject, email, created_at) VALUES ($2, $1, $3, $4, $5, $6)"
    " ON CONFLICT DO NOTHING",
)

_PAGE = Statement(
    LinkedIdentity,
    "SELECT id, issuer, email, created_at FROM identities"
    " WHERE user_id = $1 ORDER BY created_at DESC, id DESC LIMIT 50",
)

_UNLINK = Statement(
    LinkedIdentity, "DELETE FROM identities WHERE user_id = $1 AND id = $2 RETURNING id, issuer, email, created_at"
)

_UNLINK_ALL = Statement(Nothing, "DELETE FROM identities WHERE user_id = $1")

_ADD_PENDING = Statement(
    Nothing,
    """
INSERT INTO pending_sign_ins (user_id, hash, purpose, issuer, subject, email, expires_at)
VALUES ($1, $2, $3, $4, $5, $6, now() + interval '10 minutes')""",
)

_FIND_PENDING = Statement(
    PendingSignIn,
    """
SELECT p.user_id, p.purpose, p.issuer, p.subject, p.email, u.email AS account_email, u.password_hash
  FROM pending_sign_ins AS p JOIN users AS u ON u.id = p.user_id
 WHERE p.hash = $1 AND p.expires_at > now() AND u.disabled_at IS NULL""",
)

_CONSUME_PENDING = Statement(
    Nothing, "DELETE FROM pending_sign_ins WHERE user_id = $1 AND hash = $2 AND expires_at > now()"
)

DATA_EXPORTS = [
    exported("identities", "id, issuer, subject, email, created_at"),
    withheld("pending_sign_ins", "hashes of pending sign-ins"),
]

RETENTION = [
    expiring("sign_in_flows", "hash", "expires_at < now()"),
    expiring("pending_sign_ins", "hash", "expires_at < now()"),
]


async def add_flow(tx: Tx, *, hash: bytes, verifier: str, nonce: str) -> None:
    """Store an OAuth flow for ten minutes, in a sign-in transaction."""
    await tx.do(_ADD_FLOW, hash, verifier, nonce)


async def consume_flow(tx: Tx, *, hash: bytes) -> OAuthFlow | None:
    """Delete an OAuth flow and return it. Only one of two concurrent callers gets it."""
    return await tx.one(_CONSUME_FLOW, hash)


async def find_account(tx: Tx, profile: OAuthProfile) -> UUID | None:
    """Return the account linked to the identity, in a sign-in transaction."""
    return await tx.one(_FIND_ACCOUNT, profile.issuer, profile.subject)


async def is_linked(reader: Reader, user_id: UUID, *, issuer: str, subject: str) -> bool:
    """Return whether the identity is linked to the user's account."""
    return await reader.one(_IS_LINKED, user_id, issuer, subject) or False


async def has_links(reader: Reader, user_id: UUID) -> bool:
    """Return whether any identity is linked to the user's account."""
    return await reader.one(_HAS_LINKS, user_id) or False


async def link(
    tx: Tx, account: LockedAccount, identity_id: UUID, *, issuer: str, subject: str, email: str, at: datetime
) -> bool:
    """Link an identity to the account; return False if it is already linked to this or another account."""
    return await tx.do(_LINK, account.id, identity_id, issuer, subject, email, at) == 1


async def page(reader: Reader, user_id: UUID) -> list[LinkedIdentity]:
    return await reader.all(_PAGE, user_id)


async def unlink(tx: Tx, account: LockedAccount, identity_id: UUID) -> LinkedIdentity | None:
    """Unlink an identity and return it; return None if it isn't linked to the account."""
    return await tx.one(_UNLINK, account.id, identity_id)


async def unlink_all(tx: Tx, account: LockedAccount) -> None:
    """Unlink every identity. A sign-in that waits for more proof still needs the new password."""
    await tx.do(_UNLINK_ALL, account.id)


async def add_pending(
    tx: Tx, account: LockedAccount, *, hash: bytes, purpose: Purpose, issuer: str, subject: str, email: str
) -> None:
    """Store a sign-in that needs more proof, for ten minutes."""
    await tx.do(_ADD_PENDING, account.id, hash, purpose, issuer, subject, email)


async def find_pending(tx: Tx, *, hash: bytes) -> PendingSignIn | None:
    """Return a pending sign-in to an account that isn't disabled, in a sign-in transaction."""
    return await tx.one(_FIND_PENDING, hash)


async def consume_pending(tx: Tx, user_id: UUID, *, hash: bytes) -> bool:
    """Delete a pending sign-in. Only one of two concurrent callers gets True."""
    return await tx.do(_CONSUME_PENDING, user_id, hash) == 1
