"""HTTP routes for quick add."""

from __future__ import annotations

from studyteddy.features.quick_add import service
from studyteddy.features.quick_add.schemas import ParsedLine, QuickLine
from studyteddy.features.tasks.schemas.series import BadRecurrence
from studyteddy.features.tasks.schemas.tasks import Task
from studyteddy.platform.creation import IdTaken
from studyteddy.platform.db.transaction import Tx
from studyteddy.platform.web.routing import Router

router = Router("/api/tasks", tag="tasks")


@router.post("/quick-add", also={Task: 201}, errors=(BadRecurrence, IdTaken))
async def quick_add_task(tx: Tx, body: QuickLine) -> ParsedLine | Task:
    """Parse a task written as one line; with `create`, also create it.

    `spans` lists the parts of the text that set a field, `choices` the other meanings of ambiguous parts.
    """
    return await service.add_line(tx, body)
