"""HTTP routes for search."""

from __future__ import annotations

from studyteddy.features.tasks.schemas.search import Hit, SearchQuery
from studyteddy.features.tasks.service import search as search_service
from studyteddy.platform.db.database import Database
from studyteddy.platform.identity import Identity
from studyteddy.platform.web.pagination import Cursors, Page
from studyteddy.platform.web.routing import Router

router = Router("/api/search", tag="tasks")


@router.get()
async def search(db: Database, cursors: Cursors, identity: Identity, query: SearchQuery) -> Page[Hit]:
    """Search tasks, subtasks and subjects, best match first."""
    return await search_service.page(db.reading(identity), identity.user_id, query, cursors)
