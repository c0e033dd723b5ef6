"""Background jobs that end forgotten focus sessions."""

from __future__ import annotations

from studyteddy.features.focus.service import lifecycle
from studyteddy.platform.db.database import Database
from studyteddy.platform.jobs.registry import Jobs

jobs = Jobs("focus")


@jobs.every(minutes=1)
async def end_forgotten(db: Database) -> None:
    """End the sessions that were left running."""
    await lifecycle.end_all_forgotten(db)
