"""HTTP routes for adding past focus sessions."""

from __future__ import annotations

from studyteddy.features.focus.schemas.backfill import Overlapping, PastSession
from studyteddy.features.focus.schemas.sessions import FocusSession
from studyteddy.features.focus.service import backfill
from studyteddy.features.subjects.schemas import UnknownSubject
from studyteddy.features.tasks.schemas.tasks import UnknownTask
from studyteddy.platform.creation import IdTaken
from studyteddy.platform.db.transaction import Tx
from studyteddy.platform.web.routing import Router

router = Router("/api/focus-sessions", tag="focus")


@router.post("/past", status=201, errors=(IdTaken, Overlapping, UnknownTask, UnknownSubject))
async def add_past_session(tx: Tx, body: PastSession) -> FocusSession:
    """Add a focus session of the last seven days that was not timed."""
    return await backfill.add(tx, body)
