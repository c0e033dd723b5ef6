"""Many commands in one request."""

from __future__ import annotations

from studyteddy.features.tasks import service
from studyteddy.features.tasks.api.common import router
from studyteddy.features.tasks.schemas import Batch, BatchResults
from studyteddy.platform.db import Database
from studyteddy.platform.identity import Identity


@router.post("/batch")
async def batch_tasks(db: Database, identity: Identity, body: Batch) -> BatchResults:
    """Do up to 100 things to tasks, in order, in one transaction.

    Each command is answered as its own route would answer it. One that fails leaves no trace and does not stop the
    others; a later one sees what the earlier ones did. An `Idempotency-Key` counts for the whole batch, and so does
    the rate limit: a batch is one request.
    """
    async with db.transaction(identity) as tx:
        return tx.reply(await service.run_batch(tx, body))
