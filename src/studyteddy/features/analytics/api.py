"""HTTP of analytics."""

from __future__ import annotations

from uuid import UUID

from studyteddy.features.analytics import service
from studyteddy.features.analytics.schemas import Overview, OverviewQuery, SubjectStats
from studyteddy.platform.db import Database
from studyteddy.platform.identity import Identity
from studyteddy.platform.web import Router

router = Router("/api", tag="analytics")


@router.get("/analytics/overview")
async def get_overview(db: Database, identity: Identity, query: OverviewQuery) -> Overview:
    """Your day, week, month or year at a glance."""
    return await service.overview(db.reading(identity), identity.user_id, query, now=db.clock())


@router.get("/subjects/{subject_id}/stats")
async def get_subject_stats(db: Database, identity: Identity, subject_id: UUID) -> SubjectStats:
    """How a subject stands."""
    return await service.subject_stats(db.reading(identity), identity.user_id, subject_id, now=db.clock())
