"""Audit log routes."""

from __future__ import annotations

from studyteddy.features.auth.schemas.audit_log import AuditPage, AuditQuery
from studyteddy.features.auth.service import audit_log
from studyteddy.platform.db.database import Database
from studyteddy.platform.identity import Identity
from studyteddy.platform.web.pagination import Cursors
from studyteddy.platform.web.routing import Router

router = Router("/api/users", tag="users", scope="account")


@router.get("/audit")
async def list_audit(db: Database, cursors: Cursors, identity: Identity, query: AuditQuery) -> AuditPage:
    """List the security events of your account: sign-ins, password changes, API keys, data exports."""
    return await audit_log.page(db.reading(identity), identity.user_id, query, cursors)
