"""The student's own view of the audit log."""

from __future__ import annotations

from uuid import UUID

from studyteddy.features.auth.schemas import AuditPage, AuditQuery
from studyteddy.platform import audit
from studyteddy.platform.db import Reader
from studyteddy.platform.pages import Cursors

_NO_ID = UUID(int=0)


async def page(reader: Reader, user_id: UUID, query: AuditQuery, cursors: Cursors) -> AuditPage:
    """What touched the account's safety, the latest first."""
    after = cursors.read(query.cursor, "audit", query)
    found = await audit.page(reader, user_id, before=int(after.key) if after else None, limit=query.limit + 1)
    items = found[: query.limit]
    more = len(found) > query.limit
    return AuditPage(items, cursors.write("audit", query, str(items[-1].seq), _NO_ID) if more else None)
