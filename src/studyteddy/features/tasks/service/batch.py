"""Batches: many commands in one transaction, each of which can fail independently."""

from __future__ import annotations

from studyteddy.features.tasks.schemas.batch import (
    Batch,
    BatchCommand,
    BatchResult,
    BatchResults,
    CompleteCommand,
    CreateCommand,
    DeleteCommand,
    ReopenCommand,
    UpdateCommand,
)
from studyteddy.features.tasks.schemas.tasks import Task
from studyteddy.features.tasks.service import series, tasks
from studyteddy.platform.db.transaction import Tx
from studyteddy.platform.errors import Problem, Unavailable, document


async def run(tx: Tx, batch: Batch) -> BatchResults:
    """Run the commands in order; raise 503 if the transaction as a whole cannot continue."""
    await tx.lock_user()
    sharing = len(batch.commands)
    return BatchResults([await _run_isolated(tx, command, sharing=sharing) for command in batch.commands])


async def _run_isolated(tx: Tx, command: BatchCommand, *, sharing: int) -> BatchResult:
    """Run one command; the errors of all `sharing` commands together stay within the limits of one answer."""
    try:
        async with tx.savepoint():
            return BatchResult(_STATUS.get(type(command), 200), await _run(tx, command))
    except Unavailable:
        raise  # no command is at fault: the client should retry the whole batch
    except Problem as problem:
        return BatchResult(problem.status, problem=document(problem, tx.request_id, sharing=sharing))


_STATUS: dict[type[BatchCommand], int] = {CreateCommand: 201, DeleteCommand: 204}


async def _run(tx: Tx, command: BatchCommand) -> Task | None:
    match command:
        case CreateCommand(body=new):
            return await tasks.add(tx, new)
        case UpdateCommand(id=task_id, body=changes, scope=scope, if_match=if_match):
            return await series.change(tx, task_id, changes, scope=scope, if_match=if_match)
        case CompleteCommand(id=task_id):
            return await tasks.complete(tx, task_id)
        case ReopenCommand(id=task_id):
            return await tasks.reopen(tx, task_id)
        case DeleteCommand(id=task_id, scope=scope, if_match=if_match):
            await series.delete(tx, task_id, scope=scope, if_match=if_match)
    return None
