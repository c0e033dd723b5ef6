"""What AI used, and what was sent to providers."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Literal
from uuid import UUID

import msgspec
from msgspec import Meta

from studyteddy.platform.errors import TooManyRequests, Unavailable
from studyteddy.platform.fields import Cursor, Limit

AiFeature = Literal["taskify", "breakdown", "tutor", "questions"]


class Usage(msgspec.Struct, frozen=True, rename="camel"):
    """The tokens of today (UTC)."""

    used: int
    reserved: Annotated[int, Meta(description="Held back for calls that are running.")]
    limit: int
    resets_at: datetime
    by_feature: Annotated[dict[AiFeature, int], Meta(description="Used tokens by feature.")]
    own_key: Annotated[int, Meta(description="Tokens used with your own key, which aren't limited and not in `used`.")]


class DayUse(msgspec.Struct, frozen=True):
    """The tokens of one day."""

    used: int
    reserved: int


class Estimate(msgspec.Struct, frozen=True, rename="camel"):
    """What a request may cost in tokens, before it is made."""

    most: Annotated[int, Meta(description="If the model's answers have to be repaired; 0 if no model is asked.")]
    likely: Annotated[int, Meta(description="If its first answer is good.")]
    left: Annotated[int, Meta(description="What is left of today's tokens; more is never used.")]
    limit: Annotated[int, Meta(description="The tokens of a day.")]
    fits: Annotated[
        bool,
        Meta(
            description="Whether a model can be asked at all: whether what its first answer costs at most, which is"
            " reserved for it, is left of today's tokens. That is more than `likely`, and less than `most`, which has"
            " the repairs too: those that don't fit aren't made. If not, a template is used."
        ),
    ]
    own_key: Annotated[bool, Meta(description="Whether your own key is used: then today's tokens don't matter.")]


class FeatureUse(msgspec.Struct, frozen=True):
    """The used tokens of one feature, with the server's key and with the student's own."""

    feature: str
    tokens: int
    own_key: int


class SentMessage(msgspec.Struct, frozen=True):
    """One message of a prompt, as it was sent."""

    role: str
    content: Annotated[
        str, Meta(description="A draft of the model that was rejected, and what was wrong with it, are left out.")
    ]


class SentCall(msgspec.Struct, frozen=True, rename="camel"):
    """What was sent to a provider; kept for 90 days."""

    id: UUID
    feature: Annotated[str, Meta(description="Why it was sent.")]
    kinds: Annotated[list[str], Meta(description="The kinds of your data that it contains.", examples=[["brief"]])]
    messages: list[SentMessage]
    provider: str
    model: str
    own_key: Annotated[bool, Meta(description="Whether it was sent with your own key.")]
    tokens: Annotated[int | None, Meta(description="Null while the call is running.")]
    outcome: Annotated[str | None, Meta(description="`answered`, or why there was no answer.")]
    created_at: datetime


class SentQuery(msgspec.Struct, frozen=True, rename="camel", forbid_unknown_fields=True):
    """A page of what was sent, the latest first."""

    limit: Limit = 50
    cursor: Cursor | None = None


class OpenCall(msgspec.Struct, frozen=True):
    """A call that nobody settled: its process ended."""

    user_id: UUID
    id: UUID


class Taken(msgspec.Struct, frozen=True):
    """The tokens of a day that are used or reserved: of a student, and of all."""

    own: int
    total: int


class Settled(msgspec.Struct, frozen=True):
    """What a call had reserved, and for which day."""

    day: date
    reserved: int
    feature: str
    own_key: bool


class AiUnavailable(Unavailable):
    """The AI service is unavailable. Try again later, or ask the operator of this server to set it up."""


class TokensUsedUp(TooManyRequests):
    """Today's AI tokens don't suffice for this.

    There are new ones at midnight UTC: try again then, with a shorter message, or with an AI key of your own. See `GET
    /api/ai/usage`.
    """


class CallsUsedUp(TooManyRequests):
    """Today's calls of the AI model are used up. There are new ones at midnight UTC."""
