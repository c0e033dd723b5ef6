"""What operators do for people."""

from __future__ import annotations

from uuid import UUID

from studyteddy.features.auth.api.common import support
from studyteddy.features.auth.schemas import NoSuchUser, NotYourself, SupportedUser, UserQuery
from studyteddy.features.auth.service import support as support_actions
from studyteddy.platform.db import Database
from studyteddy.platform.identity import Identity
from studyteddy.platform.revocation import Revocations


@support.get("/users", errors=(NoSuchUser,))
async def find_user(db: Database, query: UserQuery) -> SupportedUser:
    """Find an account by its address. For operators."""
    return await support_actions.find(db, query.email)


@support.post("/users/{user_id}/disable", secret=True, errors=(NotYourself,))
async def disable_user(db: Database, identity: Identity, revocations: Revocations, user_id: UUID) -> None:
    """Shut an account and end its sessions. For operators."""
    for session_id in await support_actions.set_disabled(db, identity, user_id, disabled=True):
        revocations.add(session_id)


@support.post("/users/{user_id}/enable", secret=True, errors=(NotYourself,))
async def enable_user(db: Database, identity: Identity, user_id: UUID) -> None:
    """Open a shut account again. For operators."""
    await support_actions.set_disabled(db, identity, user_id, disabled=False)
