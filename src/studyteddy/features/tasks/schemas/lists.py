"""Which tasks, in which order."""

from __future__ import annotations

from typing import Annotated, Literal
from uuid import UUID

import msgspec
from msgspec import Meta

from studyteddy.features.tasks.schemas.single import Priority, Status
from studyteddy.platform.fields import Cursor, Day, Label, Limit, Searched

Sort = Literal["due", "priority", "created", "updated", "title"]
Order = Literal[Sort, "rank"]
"""What a list may be sorted by, and that a search is by rank."""


class TaskQuery(msgspec.Struct, frozen=True, rename="camel", forbid_unknown_fields=True):
    """Which tasks, in which order. `created` and `updated` begin with the latest, `priority` with urgent.

    `q` looks into title, labels, steps and description, and begins with what answers it best: it allows no `sort`.
    """

    q: Searched | None = None

    status: Annotated[list[Status], Meta(max_length=4)] = []
    priority: Annotated[list[Priority], Meta(max_length=4)] = []
    subject_id: UUID | None = None
    label: Label | None = None
    due_from: Day | None = None
    due_to: Day | None = None
    sort: Annotated[Sort | None, Meta(description="`due` unless `q` is given.")] = None
    limit: Limit = 50
    cursor: Cursor | None = None

    @property
    def order(self) -> Order:
        return "rank" if self.q is not None else self.sort or "due"


class DayQuery(msgspec.Struct, frozen=True, rename="camel", forbid_unknown_fields=True):
    """A page of a list that needs no filter."""

    limit: Limit = 50
    cursor: Cursor | None = None


class UpcomingQuery(msgspec.Struct, frozen=True, rename="camel", forbid_unknown_fields=True):
    """How many local days after today."""

    days: Annotated[int, Meta(ge=1, le=60)] = 7
    limit: Limit = 50
    cursor: Cursor | None = None


class LabelUse(msgspec.Struct, frozen=True, rename="camel"):
    """A label that some task has."""

    label: str
    open_tasks: int


class LabelList(msgspec.Struct, frozen=True, rename="camel"):
    """The labels in use, those with the most open tasks first; at most 500."""

    items: list[LabelUse]
    next_cursor: None = None


class SearchQuery(msgspec.Struct, frozen=True, rename="camel", forbid_unknown_fields=True):
    """What to look for, in everything at once."""

    q: Searched
    limit: Limit = 50
    cursor: Cursor | None = None


class Hit(msgspec.Struct, frozen=True, rename="camel"):
    """Something that a search found: a task, a step of the task `taskId`, or a subject."""

    kind: Literal["task", "subtask", "subject"]
    id: UUID
    task_id: UUID | None
    title: str
    snippet: Annotated[str | None, Meta(description="Where in the description it was found, if there.")]
    rank: Annotated[int, Meta(description="The greater the better; it compares the hits of one search.")]
