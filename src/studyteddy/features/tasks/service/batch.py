"""Many commands in one transaction, each a part that can fail alone."""

from __future__ import annotations

from studyteddy.features.tasks.schemas import (
    Batch,
    BatchResult,
    BatchResults,
    Command,
    CompleteCommand,
    CreateCommand,
    DeleteCommand,
    ReopenCommand,
    Task,
    UpdateCommand,
)
from studyteddy.features.tasks.service import series, single
from studyteddy.platform.db import Tx
from studyteddy.platform.errors import Problem, Unavailable, document


async def run_batch(tx: Tx, batch: Batch) -> BatchResults:
    """Does one command after the other; raises 503 when the transaction as a whole cannot go on."""
    await tx.in_turn()
    return BatchResults([await _answer(tx, command) for command in batch.commands])


async def _answer(tx: Tx, command: Command) -> BatchResult:
    try:
        async with tx.savepoint():
            return BatchResult(_STATUS.get(type(command), 200), await _run(tx, command))
    except Unavailable:
        raise  # nobody's fault: the whole batch is to be tried again
    except Problem as problem:
        return BatchResult(problem.status, problem=document(problem, tx.request_id))


_STATUS: dict[type[Command], int] = {CreateCommand: 201, DeleteCommand: 204}


async def _run(tx: Tx, command: Command) -> Task | None:
    match command:
        case CreateCommand(body=new):
            return await single.add(tx, new)
        case UpdateCommand(id=task_id, body=changes, scope=scope, if_match=if_match):
            return await series.change(tx, task_id, changes, scope=scope, if_match=if_match)
        case CompleteCommand(id=task_id):
            return await single.complete(tx, task_id)
        case ReopenCommand(id=task_id):
            return await single.reopen(tx, task_id)
        case DeleteCommand(id=task_id, scope=scope, if_match=if_match):
            await series.delete(tx, task_id, scope=scope, if_match=if_match)
    return None
