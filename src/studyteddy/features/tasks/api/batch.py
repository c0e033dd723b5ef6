"""HTTP routes for batches of commands."""

from __future__ import annotations

from studyteddy.features.tasks.schemas.batch import Batch, BatchResults
from studyteddy.features.tasks.service import batch
from studyteddy.platform.db.transaction import Tx
from studyteddy.platform.web.routing import Router

router = Router("/api/tasks", tag="tasks")


@router.post("/batch", cost=lambda batch: len(batch.commands))
async def batch_tasks(tx: Tx, body: Batch) -> BatchResults:
    """Run up to 100 task commands in order, in one transaction.

    Each result is what the command's own route would return. A failed command has no effect and doesn't stop the
    others; later commands see the effects of earlier ones. An `Idempotency-Key` applies to the whole batch. For rate
    limits, each command counts as one request.
    """
    return await batch.run(tx, body)
