"""Many commands in one request, told apart by `op`."""

from __future__ import annotations

from typing import Annotated, TypeAlias
from uuid import UUID

import msgspec
from msgspec import UNSET, Meta, UnsetType

from studyteddy.features.tasks.schemas.series import Scope
from studyteddy.features.tasks.schemas.single import NewTask, Task, TaskChanges
from studyteddy.platform.errors import ProblemDocument
from studyteddy.platform.fields import END

MOST_COMMANDS = 100

IfMatch = Annotated[
    str,
    Meta(min_length=1, max_length=200, pattern=rf"^[\x20-\x7e]+{END}", description="The ETag you changed from."),
]


class CreateCommand(
    msgspec.Struct, frozen=True, rename="camel", forbid_unknown_fields=True, tag_field="op", tag="create"
):
    """As `POST /api/tasks`."""

    body: NewTask


class UpdateCommand(
    msgspec.Struct, frozen=True, rename="camel", forbid_unknown_fields=True, tag_field="op", tag="update"
):
    """As `PATCH /api/tasks/{id}`."""

    id: UUID
    body: TaskChanges
    scope: Scope = "this"
    if_match: IfMatch | None = None


class CompleteCommand(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag_field="op", tag="complete"):
    """As `POST /api/tasks/{id}/complete`."""

    id: UUID


class ReopenCommand(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag_field="op", tag="reopen"):
    """As `POST /api/tasks/{id}/reopen`."""

    id: UUID


class DeleteCommand(
    msgspec.Struct, frozen=True, rename="camel", forbid_unknown_fields=True, tag_field="op", tag="delete"
):
    """As `DELETE /api/tasks/{id}`."""

    id: UUID
    scope: Scope = "this"
    if_match: IfMatch | None = None


Command: TypeAlias = CreateCommand | UpdateCommand | CompleteCommand | ReopenCommand | DeleteCommand


class Batch(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What to do, in this order."""

    commands: Annotated[list[Command], Meta(min_length=1, max_length=MOST_COMMANDS)]


class BatchResult(msgspec.Struct, frozen=True):
    """What the command's own route would have answered: the task, or the problem."""

    status: int
    task: Task | None = None
    problem: ProblemDocument | UnsetType = UNSET


class BatchResults(msgspec.Struct, frozen=True):
    """One result a command, in the order of the commands."""

    results: list[BatchResult]
