"""Which tasks, in which order."""

from __future__ import annotations

from typing import Annotated, Literal
from uuid import UUID

import msgspec
from msgspec import Meta

from studyteddy.features.tasks.schemas.single import Priority, Status
from studyteddy.platform.fields import Cursor, Day, Label, Limit

Sort = Literal["due", "priority", "created", "updated", "title"]


class TaskQuery(msgspec.Struct, frozen=True, rename="camel", forbid_unknown_fields=True):
    """Which tasks, in which order. `created` and `updated` begin with the latest, `priority` with urgent."""

    status: Annotated[list[Status], Meta(max_length=4)] = []
    priority: Annotated[list[Priority], Meta(max_length=4)] = []
    subject_id: UUID | None = None
    label: Label | None = None
    due_from: Day | None = None
    due_to: Day | None = None
    sort: Sort = "due"
    limit: Limit = 50
    cursor: Cursor | None = None


class DayQuery(msgspec.Struct, frozen=True, rename="camel", forbid_unknown_fields=True):
    """A page of a list that needs no filter."""

    limit: Limit = 50
    cursor: Cursor | None = None
