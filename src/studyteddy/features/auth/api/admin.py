"""Admin routes, for operators only."""

from __future__ import annotations

from uuid import UUID

from studyteddy.features.auth.schemas.admin import NoSuchUser, NotYourself, SupportedUser, UserQuery
from studyteddy.features.auth.service import admin
from studyteddy.platform.db.database import Database
from studyteddy.platform.identity import Identity
from studyteddy.platform.security.revocation import Revocations
from studyteddy.platform.web.routing import Router

router = Router("/api/operator", tag="operator", scope="operate")


@router.get("/users", errors=(NoSuchUser,))
async def find_user(db: Database, query: UserQuery) -> SupportedUser:
    """Find an account by its e-mail address. Operators only."""
    return await admin.find(db, query.email)


@router.post("/users/{user_id}/disable", secret=True, errors=(NotYourself,))
async def disable_user(db: Database, identity: Identity, revocations: Revocations, user_id: UUID) -> None:
    """Disable an account and end its sessions. Operators only."""
    for session_id in await admin.set_disabled(db, identity, user_id, disabled=True):
        revocations.add(session_id)


@router.post("/users/{user_id}/enable", secret=True, errors=(NotYourself,))
async def enable_user(db: Database, identity: Identity, user_id: UUID) -> None:
    """Enable a disabled account. Operators only."""
    await admin.set_disabled(db, identity, user_id, disabled=False)
