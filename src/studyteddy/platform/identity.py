"""Who is asking, and by which request."""

from __future__ import annotations

from collections.abc import Callable
from uuid import UUID

import msgspec

SESSION_SCOPES = frozenset({"read", "write", "account"})
"""What a signed-in session may do. API keys have `read` or `write` or both, and never touch the account.

The scope `operate` is in no token: whoever asks for it is looked up at that moment, so a change of role bites at once.
"""


class IdempotencyKey(msgspec.Struct, frozen=True):
    """A client's promise that requests with the same key are one request."""

    key: str
    scope: str
    """Method and route: a key never crosses them."""
    fingerprint: bytes
    """SHA-256 of method, path, query and raw body."""
    status: Callable[[object], int] = lambda _: 200
    """What status a success of this route has, by what it shows."""


class Identity(msgspec.Struct, frozen=True):
    """The signed-in user of one request."""

    user_id: UUID
    session_id: UUID
    scopes: frozenset[str] = SESSION_SCOPES
    """What the caller may do; a route names the one that it needs."""
    expires_at: int = 0
    """Unix seconds at which the access token ends."""
    request_id: str = ""
    address: str = ""
    """The client's network address."""
    idempotency: IdempotencyKey | None = None
