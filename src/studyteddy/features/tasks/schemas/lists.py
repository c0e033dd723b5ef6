"""Requests and responses for lists of tasks."""

from __future__ import annotations

from typing import Annotated, Literal
from uuid import UUID

import msgspec
from msgspec import UNSET, Meta, UnsetType

from studyteddy.features.tasks.schemas.subtasks import Subtask
from studyteddy.features.tasks.schemas.tasks import Priority, Status, Task
from studyteddy.platform.fields import Cursor, Day, Label, Limit, Searched, UpdatedFrom

Sort = Literal["due", "priority", "created", "updated", "title"]
Order = Literal[Sort, "rank"]
"""The sort orders of a list; a search is ordered by rank."""


class ListedTask(Task, frozen=True, rename="camel"):
    """A task of a list."""

    subtasks: Annotated[
        list[Subtask] | UnsetType, Meta(description="Its subtasks, in order, with `include=subtasks`.")
    ] = UNSET


class TaskQuery(msgspec.Struct, frozen=True, rename="camel", forbid_unknown_fields=True):
    """Filters and sort order. `created` and `updated` list the latest first, `priority` lists urgent first.

    `q` searches title, labels, subtasks and description, and lists the best match first; it excludes `sort`.
    """

    q: Searched | None = None

    status: Annotated[list[Status], Meta(max_length=4)] = []
    priority: Annotated[list[Priority], Meta(max_length=4)] = []
    subject_id: UUID | None = None
    label: Label | None = None
    due_from: Day | None = None
    due_to: Day | None = None
    updated_from: UpdatedFrom | None = None
    include: Annotated[
        list[Literal["subtasks"]],
        Meta(
            max_length=1,
            description="Whether each task comes with its subtasks. A page then has at most 2,000 of them, and so"
            " perhaps fewer tasks than `limit`.",
        ),
    ] = []
    sort: Annotated[Sort | None, Meta(description="`due` by default, without `q`.")] = None
    limit: Limit = 50
    cursor: Cursor | None = None

    @property
    def order(self) -> Order:
        return "rank" if self.q is not None else self.sort or "due"


class DayQuery(msgspec.Struct, frozen=True, rename="camel", forbid_unknown_fields=True):
    """The page of a list without filters."""

    limit: Limit = 50
    cursor: Cursor | None = None


class UpcomingQuery(msgspec.Struct, frozen=True, rename="camel", forbid_unknown_fields=True):
    """The number of local days after today."""

    days: Annotated[int, Meta(ge=1, le=60)] = 7
    limit: Limit = 50
    cursor: Cursor | None = None


class LabelUse(msgspec.Struct, frozen=True, rename="camel"):
    """A label that is in use."""

    label: str
    open_tasks: int


class LabelList(msgspec.Struct, frozen=True, rename="camel"):
    """The labels in use, those with the most open tasks first; at most 500."""

    items: list[LabelUse]
    next_cursor: None = None
