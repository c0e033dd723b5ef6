"""One step divided into smaller ones, without a model."""

from __future__ import annotations

from datetime import date

from studyteddy.features.ai.schemas.steps import CitedSpan, Step
from studyteddy.features.ai.splitting import dates, outline, titles
from studyteddy.features.ai.splitting import minutes as minutes_of
from studyteddy.features.ai.splitting.drafts import Draft
from studyteddy.features.ai.splitting.languages import WORDINGS, Language

MIN_PARTS, MAX_PARTS = 4, 8


def from_template_step(
    title: str, minutes: int, *, language: Language, parts: int, today: date, due: date | None
) -> Draft:
    """Return 4 to 8 smaller steps, whose minutes sum to those of the step; each takes at least one minute.

    They are done by `due`, and cite the title.
    Each title names the step, because a task can contain the parts of several steps.
    """
    wording, name = WORDINGS[language], titles.quotable(title)
    count = min(max(parts, MIN_PARTS), MAX_PARTS)
    found = outline.cut(outline.read(wording.breakdown), count, wording.piece)
    shares = minutes_of.shared([part.minutes for part in found], minutes)
    suffix = f": {wording.quoted.format(text=name)}" if name else ""
    days = dates.spread(shares, today, due)
    steps = [
        Step(f"{part.title}{suffix}", share, day, [CitedSpan(0, len(title))])
        for part, share, day in zip(found, shares, days, strict=True)
    ]
    return Draft(steps, [])
