"""What focus does in the background."""

from __future__ import annotations

from studyteddy.features.focus import service
from studyteddy.platform.db import Database
from studyteddy.platform.jobs import Jobs

jobs = Jobs("focus")


@jobs.every(minutes=1)
async def end_forgotten(db: Database) -> None:
    """Ends the sessions that were left running."""
    await service.end_all_forgotten(db)
