"""Proposals: an assignment split into steps, which the student accepts in part or not at all."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Literal
from uuid import UUID

import msgspec
from msgspec import Meta

from studyteddy.features.ai.schemas.steps import MAX_STEP_MINUTES, MAX_STEPS, MIN_STEPS, Step
from studyteddy.features.tasks.schemas.tasks import NewTask
from studyteddy.platform.errors import NotFound
from studyteddy.platform.fields import NAME, NOT_BLANK, Day, Title

MAX_BRIEF = 50_000
Source = Literal["model", "template"]
Brief = Annotated[
    str,
    Meta(
        min_length=1,
        max_length=MAX_BRIEF,
        pattern=NAME,
        extra=NOT_BLANK,
        description="The text of the assignment.",
        examples=["Write an essay of 1,500 words about the causes of the First World War. Use at least five sources."],
    ),
]
Granularity = Annotated[int, Meta(ge=MIN_STEPS, le=MAX_STEPS, description="Number of steps.")]
_LAST = MAX_STEPS - 1


class NewProposal(msgspec.Struct, frozen=True, rename="camel", forbid_unknown_fields=True):
    """An assignment to split: its text, an attachment of yours that contains it, or the text and then the attachment.

    At most 50,000 characters are read.
    """

    brief: Brief | None = None
    attachment_id: Annotated[UUID | None, Meta(description="A PDF with text, a Word document, or plain text.")] = None
    subject_id: UUID | None = None
    task_id: Annotated[UUID | None, Meta(description="The task that the steps are for.")] = None
    due_date: Annotated[Day | None, Meta(description="The due date of the task, by default.")] = None
    total_minutes: (
        Annotated[int, Meta(ge=15, le=10_080, description="The estimate of the task, by default.")] | None
    ) = None
    granularity: Granularity | None = None


class NewBreakdown(msgspec.Struct, frozen=True, rename="camel", forbid_unknown_fields=True):
    """A subtask to split again."""

    task_id: UUID
    subtask_id: UUID
    parts: Annotated[int, Meta(ge=4, le=8)] = 4


class ProposalUsage(msgspec.Struct, frozen=True):
    """What the proposal took; no model for a template."""

    tokens: int
    model: str | None


class Proposal(msgspec.Struct, frozen=True, rename="camel"):
    """Proposed steps. Nothing is saved before you accept them."""

    proposal_id: UUID
    source: Annotated[Source, Meta(description="`template` if no model could be used; a note says why.")]
    steps: list[Step]
    notes: list[str]
    usage: ProposalUsage
    brief: Annotated[str, Meta(description="The text that the steps cite.")]
    task_id: UUID | None
    subtask_id: UUID | None
    due_date: date | None
    created_at: datetime
    accepted_at: datetime | None


class AcceptedStep(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A step to accept, with what you changed."""

    index: Annotated[int, Meta(ge=0, le=_LAST)]
    title: Title | None = None
    minutes: Annotated[int, Meta(ge=1, le=MAX_STEP_MINUTES)] | None = None


class Acceptance(msgspec.Struct, frozen=True, rename="camel", forbid_unknown_fields=True):
    """The steps to accept, in this order, for an existing task or a new one."""

    steps: Annotated[list[AcceptedStep], Meta(min_length=1, max_length=MAX_STEPS)]
    task_id: UUID | None = None
    task: NewTask | None = None


class StoredProposal(msgspec.Struct, frozen=True):
    """A row of a proposal."""

    id: UUID
    kind: str
    brief: str
    source: Source
    model: str
    tokens: int
    steps: list[Step]
    notes: list[str]
    subject_id: UUID | None
    task_id: UUID | None
    subtask_id: UUID | None
    due_date: date | None
    created_at: datetime
    accepted_at: datetime | None
    accepted_task_id: UUID | None


class Changes(msgspec.Struct, frozen=True):
    """What the student changed before accepting: the measure of a proposal's quality."""

    proposed: int
    kept: int
    retitled: int
    retimed: int
    reordered: bool


class NoSuchProposal(NotFound):
    """Proposal not found."""
