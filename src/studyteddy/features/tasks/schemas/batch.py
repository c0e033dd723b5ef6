"""Batches of commands, distinguished by `op`."""

from __future__ import annotations

from typing import Annotated, TypeAlias
from uuid import UUID

import msgspec
from msgspec import UNSET, Meta, UnsetType

from studyteddy.features.tasks.schemas.series import SeriesScope
from studyteddy.features.tasks.schemas.tasks import NewTask, Task, TaskChanges
from studyteddy.platform.errors import ProblemDocument
from studyteddy.platform.fields import END

MAX_COMMANDS = 100

IfMatch = Annotated[
    str,
    Meta(
        min_length=1,
        max_length=200,
        pattern=rf"^[\x20-\x7e]+{END}",
        extra={"message": "Can contain only printable ASCII characters."},
        description='The version your change is based on: its ETag, or its number as `"v7"`.',
    ),
]


class CreateCommand(
    msgspec.Struct, frozen=True, rename="camel", forbid_unknown_fields=True, tag_field="op", tag="create"
):
    """A command equivalent to `POST /api/tasks`."""

    body: NewTask


class UpdateCommand(
    msgspec.Struct, frozen=True, rename="camel", forbid_unknown_fields=True, tag_field="op", tag="update"
):
    """A command equivalent to `PATCH /api/tasks/{id}`."""

    id: UUID
    body: TaskChanges
    scope: SeriesScope = "this"
    if_match: IfMatch | None = None


class CompleteCommand(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag_field="op", tag="complete"):
    """A command equivalent to `POST /api/tasks/{id}/complete`."""

    id: UUID


class ReopenCommand(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag_field="op", tag="reopen"):
    """A command equivalent to `POST /api/tasks/{id}/reopen`."""

    id: UUID


class DeleteCommand(
    msgspec.Struct, frozen=True, rename="camel", forbid_unknown_fields=True, tag_field="op", tag="delete"
):
    """A command equivalent to `DELETE /api/tasks/{id}`."""

    id: UUID
    scope: SeriesScope = "this"
    if_match: IfMatch | None = None


BatchCommand: TypeAlias = CreateCommand | UpdateCommand | CompleteCommand | ReopenCommand | DeleteCommand


class Batch(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Commands to run, in this order."""

    commands: Annotated[list[BatchCommand], Meta(min_length=1, max_length=MAX_COMMANDS)]


class BatchResult(msgspec.Struct, frozen=True):
    """What the command's own route would return: the task or the problem."""

    status: int
    task: Task | None = None
    problem: ProblemDocument | UnsetType = UNSET


class BatchResults(msgspec.Struct, frozen=True):
    """One result per command, in the order of the commands."""

    results: list[BatchResult]
