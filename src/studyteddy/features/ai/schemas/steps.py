"""Steps of a proposal, and the places of the brief that they serve."""

from __future__ import annotations

from typing import Annotated

import msgspec
from msgspec import Meta

from studyteddy.platform.fields import Day, Title

MIN_STEPS, MAX_STEPS = 3, 15
MAX_STEP_MINUTES = 1440


class CitedSpan(msgspec.Struct, frozen=True):
    """A place in the brief, in characters (Unicode code points): `brief[start:end]`."""

    start: Annotated[int, Meta(ge=0)]
    end: Annotated[int, Meta(ge=1)]


class Step(msgspec.Struct, frozen=True, rename="camel"):
    """A proposed step; nothing is saved before the student accepts it."""

    title: Title
    minutes: Annotated[int, Meta(ge=1, le=MAX_STEP_MINUTES)]
    due_date: Annotated[Day | None, Meta(description="Between today and the due date.")]
    cites: Annotated[list[CitedSpan], Meta(description="The places of the brief that the step serves.")]
