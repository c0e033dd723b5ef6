"""Practice questions about a student's own material."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

import msgspec
from msgspec import Meta

from studyteddy.features.ai.schemas.proposals import ProposalUsage
from studyteddy.platform.errors import Invalid, NotFound
from studyteddy.platform.fields import NAME, NOT_BLANK, Cursor, Limit

MAX_QUESTIONS = 10
Source = Literal["model", "template"]
OwnText = Annotated[str, Meta(min_length=1, max_length=20_000, pattern=NAME, extra=NOT_BLANK)]
Given = Annotated[str, Meta(min_length=1, max_length=200, pattern=NAME, extra=NOT_BLANK)]


class NewQuestions(msgspec.Struct, frozen=True, rename="camel", forbid_unknown_fields=True):
    """What to ask about: a text, an attachment, or the attachments of a task or a subject."""

    text: OwnText | None = None
    attachment_id: UUID | None = None
    task_id: UUID | None = None
    subject_id: UUID | None = None
    count: Annotated[int, Meta(ge=1, le=MAX_QUESTIONS)] = 5


class Question(msgspec.Struct, frozen=True, rename="camel"):
    """A question; its answer is shown once you have answered."""

    question: str
    options: Annotated[list[str], Meta(description="The answers to choose from; empty if the answer is written.")]
    title: Annotated[str, Meta(description="The attachment that it is about; empty for a text.")]
    page: int
    given: str | None
    right: bool | None
    answer: Annotated[str | None, Meta(description="Null until you have answered.")]
    quote: Annotated[str | None, Meta(description="Where the material says so; null until you have answered.")]
    attachment_id: Annotated[UUID | None, Meta(description="Null for a text, and until you have answered.")] = None
    start: Annotated[
        int | None, Meta(description="Where the quote stands in the text of the attachment, in characters.")
    ] = None
    end: int | None = None


class QuestionSet(msgspec.Struct, frozen=True, rename="camel"):
    """Practice questions."""

    id: UUID
    source: Annotated[Source, Meta(description="`template` if no model could be used: sentences with a gap.")]
    subject_id: UUID | None
    task_id: UUID | None
    questions: list[Question]
    usage: ProposalUsage
    created_at: datetime


class QuestionQuery(msgspec.Struct, frozen=True, rename="camel", forbid_unknown_fields=True):
    """A page of question sets, the latest first."""

    limit: Limit = 50
    cursor: Cursor | None = None


class NewAnswer(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Your answer to one of the questions."""

    index: Annotated[int, Meta(ge=0, le=MAX_QUESTIONS - 1)]
    answer: Given


class StoredQuestion(msgspec.Struct, frozen=True):
    """A question with its answer, as it is stored."""

    question: str
    answer: str
    options: list[str]
    title: str
    page: int
    quote: str
    given: str | None = None
    right: bool | None = None
    attachment_id: UUID | None = None
    start: int | None = None
    end: int | None = None


class StoredQuestions(msgspec.Struct, frozen=True):
    """A row of practice questions."""

    id: UUID
    source: Source
    subject_id: UUID | None
    task_id: UUID | None
    model: str
    tokens: int
    questions: list[StoredQuestion]
    created_at: datetime


class NoSuchQuestions(NotFound):
    """Practice questions not found."""


class NoMaterial(Invalid):
    """There is too little text to ask about. Add a PDF, a Word document or a text, and try again in a moment."""
