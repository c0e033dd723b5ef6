"""Chats with the tutor."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated
from uuid import UUID

import msgspec
from msgspec import Meta

from studyteddy.features.ai.tutoring.exercises import Exercise
from studyteddy.features.ai.tutoring.moves import MAX_HINT_LEVEL, Move, Situation
from studyteddy.platform.errors import Conflict, Invalid, NotFound
from studyteddy.platform.fields import NAME, NOT_BLANK, Cursor, Limit

MAX_MESSAGE = 4000
Text = Annotated[
    str,
    Meta(
        min_length=1,
        max_length=MAX_MESSAGE,
        pattern=NAME,
        extra=NOT_BLANK,
        examples=["I subtracted 5 from both sides and got 2x = 6. What now?"],
    ),
]
HintLevel = Annotated[int, Meta(ge=0, le=MAX_HINT_LEVEL)]


class NewMessage(msgspec.Struct, frozen=True, rename="camel", forbid_unknown_fields=True):
    """A message to the tutor, in a new chat or in one of yours."""

    message: Text
    chat_id: UUID | None = None
    subject_id: Annotated[UUID | None, Meta(description="For a new chat.")] = None
    task_id: Annotated[UUID | None, Meta(description="For a new chat: the task that it is about.")] = None
    assessed: Annotated[
        bool | None,
        Meta(
            description="Whether the work is graded, so that no solution is given; true by default. A chat about"
            " assessed work stays one, and so does every later chat about the same problem."
        ),
    ] = None


class TutorCitation(msgspec.Struct, frozen=True, rename="camel"):
    """A place of your material whose words the response quotes. They were found there."""

    attachment_id: Annotated[UUID | None, Meta(description="Null for the notes of a task or a subject.")]
    title: Annotated[str, Meta(description="The name of the attachment, or the title of what has the notes.")]
    page: Annotated[int | None, Meta(description="Null for notes.")]
    text: Annotated[str, Meta(description="The quoted words.")]
    start: Annotated[
        int, Meta(description="Where they stand in the text of the attachment or in the notes, in characters.")
    ]
    end: int
    task_id: Annotated[UUID | None, Meta(description="The task whose notes are quoted.")] = None
    subject_id: Annotated[UUID | None, Meta(description="The subject whose notes are quoted.")] = None


class Passage(msgspec.Struct, frozen=True):
    """A passage of an attachment; one of notes or of a text has no attachment, and the id zero."""

    attachment_id: UUID
    title: str
    page: int
    start: int
    text: str


class NotesPassage(Passage, frozen=True):
    """A passage of the notes of a task or a subject."""

    task_id: UUID | None
    subject_id: UUID | None


class Chat(msgspec.Struct, frozen=True, rename="camel"):
    """A chat with the tutor; its title is the beginning of the first message."""

    id: UUID
    title: str
    subject_id: UUID | None
    task_id: UUID | None
    assessed: bool
    hint_level: HintLevel
    created_at: datetime
    updated_at: datetime


class ChatQuery(msgspec.Struct, frozen=True, rename="camel", forbid_unknown_fields=True):
    """A page of a list."""

    limit: Limit = 50
    cursor: Cursor | None = None


class ChatMessage(msgspec.Struct, frozen=True, rename="camel"):
    """A message and the tutor's response."""

    id: UUID
    chat_id: UUID
    message: str
    response: str
    context: Annotated[list[str], Meta(description="What the tutor knew beside the chat.", examples=[["task"]])]
    move: Move
    hint_level: HintLevel
    replaced: Annotated[bool, Meta(description="Whether a prepared hint replaced what the model wrote.")]
    outcome: Annotated[
        str | None,
        Meta(
            description="`answered`, `stopped`, `length` at the maximum of a response, or why the model ended early;"
            " `lost` if the server stopped while it was being answered;"
            " null while it is being answered."
        ),
    ]
    citations: list[TutorCitation]
    tokens_used: int
    created_at: datetime


class StoredChat(msgspec.Struct, frozen=True):
    """A row of a chat. The keys of its exercises are never shown."""

    id: UUID
    title: str
    subject_id: UUID | None
    task_id: UUID | None
    situation: Situation
    exercises: list[Exercise]
    created_at: datetime
    updated_at: datetime


class StoredMessage(msgspec.Struct, frozen=True):
    """A row of a message; without an outcome, it is being answered."""

    id: UUID
    chat_id: UUID
    message: str
    move: Move
    hint_level: int
    context: list[str]
    pieces: list[str]
    replaced: bool
    outcome: str | None
    citations: list[TutorCitation]
    tokens: int
    created_at: datetime


class StoredSituation(msgspec.Struct, frozen=True):
    """The situation of a chat."""

    situation: Situation


class StoredPieces(msgspec.Struct, frozen=True):
    """What was shown in answer to a message."""

    pieces: list[str]


class TutorMeta(msgspec.Struct, frozen=True, rename="camel"):
    """The event `meta`: which chat and message this is."""

    chat_id: UUID
    message_id: UUID
    assessed: bool


class TutorMove(msgspec.Struct, frozen=True, rename="camel"):
    """The event `move`: what the tutor does, and the hint level."""

    move: Move
    hint_level: int


class TutorDelta(msgspec.Struct, frozen=True):
    """The event `delta`: a piece of the response."""

    text: str


class TutorCitations(msgspec.Struct, frozen=True):
    """The event `citations`: the places of your material that the response quotes, in the order of their numbers."""

    items: list[TutorCitation]


class TutorDone(msgspec.Struct, frozen=True, rename="camel"):
    """The event `done`: how it ended."""

    tokens_used: int
    replaced: bool
    outcome: Annotated[
        str,
        Meta(description="`answered`, `stopped`, `length` at the maximum of a response, or why the model ended early."),
    ]


class NoSuchChat(NotFound):
    """Chat not found."""


class UnknownChat(Invalid):
    """Chat not found."""


UnknownChat.code = "no_such_chat"


class AssessedChat(Conflict):
    """This chat is about assessed work. Start another one about something else to practise."""


class AnotherMessage(Conflict):
    """The event in `Last-Event-ID` belongs to another message. Send a new message without this header."""


class StillAnswering(Conflict):
    """The tutor is still answering your last message in this chat. Try again when it has finished."""
