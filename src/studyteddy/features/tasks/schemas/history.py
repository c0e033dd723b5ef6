"""What became of a task."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

import msgspec
from msgspec import Meta

from studyteddy.platform.errors import Conflict, NotFound

ChangeKind = Literal[
    "updated", "completed", "reopened", "step_added", "step_updated", "step_removed", "steps_ordered"
]  # fmt: skip


class Delta(msgspec.Struct, frozen=True):
    """A field before and after."""

    before: Any
    after: Any


class Change(msgspec.Struct, frozen=True, rename="camel"):
    """A change of a task or of one of its steps, kept for a year."""

    id: UUID
    at: datetime
    kind: ChangeKind
    subtask_id: UUID | None
    changes: Annotated[dict[str, Delta], Meta(description="The fields that changed.")]
    undone: bool


class NoSuchChange(NotFound):
    """There is nothing here."""


class ChangedSince(Conflict):
    """This was changed again since: undo the later change first, or edit it by hand."""
