"""The student's own view of the audit log."""

from __future__ import annotations

from uuid import UUID

from studyteddy.features.auth.schemas.audit_log import AuditPage, AuditQuery
from studyteddy.platform.db.statements import Reader
from studyteddy.platform.security import audit_log
from studyteddy.platform.web.pagination import Cursors, rows_of


async def page(reader: Reader, user_id: UUID, query: AuditQuery, cursors: Cursors) -> AuditPage:
    """Return a page of the account's security events, newest first."""
    after = cursors.read(query.cursor, "audit", query)
    found = await audit_log.page(reader, user_id, before=int(after.key) if after else None, limit=rows_of(query))
    items = found[: query.limit]
    more = len(found) > query.limit
    return AuditPage(items, cursors.write("audit", query, str(items[-1].seq), user_id) if more else None)
