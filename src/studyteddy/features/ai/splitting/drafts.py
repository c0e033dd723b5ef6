"""A draft: the steps that are shown to the student, and remarks on them."""

from __future__ import annotations

import msgspec

from studyteddy.features.ai.schemas.steps import Step
from studyteddy.features.ai.splitting import minutes


class Draft(msgspec.Struct, frozen=True):
    """Steps in the order in which they are done, and notes for the student in the student's language."""

    steps: list[Step]
    notes: list[str]


def scaled(draft: Draft, ratio: float) -> Draft:
    """Correct the minutes of a draft by the student's own ratio of actual to estimated time."""
    steps = [msgspec.structs.replace(step, minutes=minutes.corrected(step.minutes, ratio)) for step in draft.steps]
    return Draft(steps, draft.notes)
