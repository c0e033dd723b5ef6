"""What a student should know about a draft, wherever it comes from, in the student's language."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date

import msgspec

from studyteddy.features.ai.splitting import dates, minutes, titles
from studyteddy.features.ai.splitting.drafts import Draft
from studyteddy.features.ai.splitting.languages import WORDINGS, Language
from studyteddy.features.ai.splitting.languages.wording import Note

_SHOWN = 60
"""Characters of a request in a note."""


class Circumstances(msgspec.Struct, frozen=True):
    """What was asked, and what became of it."""

    today: date
    due: date | None
    asked: int | None
    """The number of steps that the student asked for."""
    granularity: int | None
    """The number that was possible."""
    ratio: float
    """By which estimates were corrected; 1 if they weren't."""
    read: int | None = None
    """The characters that were read, if the assignment has more."""
    unserved: Sequence[str] = ()
    """What the brief asks for and no step serves."""
    reason: Note | None = None
    """Why no model's steps are proposed, though there is one."""


def remarked(draft: Draft, about: Circumstances, language: Language) -> Draft:
    """Add the remarks to a draft, after its own notes."""
    total = sum(step.minutes for step in draft.steps)
    hours = dates.crowded_hours(total, about.today, about.due)
    texts = WORDINGS[language].notes
    percent = round(100 * minutes.applied(about.ratio))
    remarks = [
        texts[note].format(hours=hours, percent=percent, count=about.read, text=_named(about.unserved, language))
        for note in _remarks(about, is_crowded=hours is not None)
    ]
    return Draft(draft.steps, list(dict.fromkeys((*draft.notes, *remarks))))


def _named(requests: Sequence[str], language: Language) -> str:
    """Return the first one that can be shown, and how many others there are."""
    wording = WORDINGS[language]
    shown = next(filter(None, map(titles.quotable, requests)), "")
    quoted = wording.quoted.format(text=titles.shortened(shown, _SHOWN)) if shown else "…"
    return wording.and_more.format(title=quoted, count=len(requests) - 1) if len(requests) > 1 else quoted


def _remarks(about: Circumstances, *, is_crowded: bool) -> Iterator[Note]:
    if about.reason:
        yield about.reason
    if about.read is not None:
        yield "cut"
    if about.unserved:
        yield "unserved"
    if about.due is not None and about.due < about.today:
        yield "overdue"
    if about.asked and about.granularity and about.asked != about.granularity:
        yield "fewer" if about.granularity < about.asked else "more"
    if is_crowded:
        yield "crowded"
    if about.ratio != 1:
        yield "ratio"
