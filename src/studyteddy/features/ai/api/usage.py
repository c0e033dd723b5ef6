"""What AI used, and what was sent to providers."""

from __future__ import annotations

from studyteddy.features.ai.schemas.usage import SentCall, SentQuery, Usage
from studyteddy.features.ai.service import usage
from studyteddy.features.ai.service.usage import Ai
from studyteddy.platform.db.database import Database
from studyteddy.platform.identity import Identity
from studyteddy.platform.web.pagination import Cursors, Page
from studyteddy.platform.web.routing import Router

router = Router("/api/ai", tag="ai")


@router.get("/usage")
async def get_ai_usage(db: Database, identity: Identity, ai: Ai) -> Usage:
    """Get how many of today's AI tokens are used."""
    return await usage.today(db.reading(identity), identity.user_id, db.clock(), ai.budget)


@router.get("/sent")
async def list_sent(db: Database, identity: Identity, cursors: Cursors, query: SentQuery) -> Page[SentCall]:
    """List what was sent to providers of language models: when, why, and how many tokens it took."""
    return await usage.sent(db.reading(identity), identity.user_id, query, cursors)
