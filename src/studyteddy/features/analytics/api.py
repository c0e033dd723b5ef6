"""HTTP routes for statistics."""

from __future__ import annotations

from uuid import UUID

from studyteddy.features.analytics import service
from studyteddy.features.analytics.schemas import Overview, OverviewQuery, SubjectStats
from studyteddy.platform.db.database import Database
from studyteddy.platform.identity import Identity
from studyteddy.platform.web.routing import Router

router = Router("/api", tag="analytics")


@router.get("/analytics/overview")
async def get_overview(db: Database, identity: Identity, query: OverviewQuery) -> Overview:
    """Get an overview of your day, week, month or year."""
    return await service.overview(db.reading(identity), identity.user_id, query, now=db.clock())


@router.get("/subjects/{subject_id}/stats")
async def get_subject_stats(db: Database, identity: Identity, subject_id: UUID) -> SubjectStats:
    """Get the statistics of a subject."""
    return await service.subject_stats(db.reading(identity), identity.user_id, subject_id, now=db.clock())
