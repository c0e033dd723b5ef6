"""HTTP routes for points."""

from __future__ import annotations

from studyteddy.features.gamification import service
from studyteddy.features.gamification.schemas import Points
from studyteddy.platform.db.database import Database
from studyteddy.platform.identity import Identity
from studyteddy.platform.web.routing import Router

router = Router("/api/gamification", tag="gamification")


@router.get("/points")
async def get_points(db: Database, identity: Identity) -> Points:
    """Get your points, your level and the latest ledger entries."""
    return await service.points(db.reading(identity), identity.user_id)
