"""The caller of a request."""

from __future__ import annotations

from collections.abc import Callable
from uuid import UUID

import msgspec

SESSION_SCOPES = frozenset({"read", "write", "account"})
"""What a signed-in session may do. API keys have `read`, `write`, or both, and can't manage the account.

No token contains the scope `operate`: the caller's role is looked up for each request, so role changes take effect
immediately.
"""


class IdempotencyKey(msgspec.Struct, frozen=True):
    """A client-chosen key: requests with the same key are executed once."""

    key: str
    scope: str
    """Method and route; the same key in another scope is a different key."""
    fingerprint: bytes
    """SHA-256 of method, path, query and raw body."""
    status: Callable[[object], int] = lambda _: 200
    """Returns the status of a successful response, given its body."""


class Identity(msgspec.Struct, frozen=True):
    """The signed-in user of a request."""

    user_id: UUID
    session_id: UUID
    scopes: frozenset[str] = SESSION_SCOPES
    """What the caller may do; each route requires one scope."""
    expires_at: int = 0
    """Expiry of the access token, Unix seconds."""
    request_id: str = ""
    address: str = ""
    """The client's network address."""
    idempotency: IdempotencyKey | None = None
    traffic_class: str = "other"
    """The class of the request's route. Each class has a limited share of the database connections."""
    client: str = ""
    """The client's user agent."""
    controls_account: bool = False
    """Whether the request can change the account's credentials; its transactions then check the session again."""
