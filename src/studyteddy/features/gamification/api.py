"""HTTP of gamification."""

from __future__ import annotations

from studyteddy.features.gamification import service
from studyteddy.features.gamification.schemas import Points
from studyteddy.platform.db import Database
from studyteddy.platform.identity import Identity
from studyteddy.platform.web import Router

router = Router("/api/gamification", tag="gamification")


@router.get("/points")
async def get_points(db: Database, identity: Identity) -> Points:
    """Your points, your level, and what gave them."""
    return await service.points(db.reading(identity), identity.user_id)
