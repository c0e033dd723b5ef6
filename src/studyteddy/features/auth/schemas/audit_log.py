"""Audit log."""

from __future__ import annotations

import msgspec

from studyteddy.platform.fields import Cursor, Limit
from studyteddy.platform.security.audit_log import Recorded


class AuditQuery(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The page of the audit log to return."""

    limit: Limit = 50
    cursor: Cursor | None = None


class AuditPage(msgspec.Struct, frozen=True, rename="camel"):
    """Security events of the account, newest first."""

    items: list[Recorded]
    next_cursor: str | None
