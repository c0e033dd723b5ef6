"""Steps from templates, without a model: deterministic, for every brief and every kind of assignment.

A template is an outline of preparation, work and completion. If the brief enumerates what it asks for, that is the
work: each of these steps cites the place that it serves. The other steps cite what names the whole assignment.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date
from typing import NamedTuple

from studyteddy.features.ai.schemas.steps import MAX_STEP_MINUTES, MAX_STEPS, MIN_STEPS, CitedSpan, Step
from studyteddy.features.ai.splitting import dates, deliverables, minutes, outline, titles
from studyteddy.features.ai.splitting.deliverables import Deliverable
from studyteddy.features.ai.splitting.drafts import Draft
from studyteddy.features.ai.splitting.kinds import Kind, kind_of, naming
from studyteddy.features.ai.splitting.languages import WORDINGS, Language
from studyteddy.features.ai.splitting.languages.wording import Note
from studyteddy.features.ai.splitting.outline import Part
from studyteddy.features.ai.splitting.verbs import has_title_form
from studyteddy.platform.text import is_visible

MAX_TOTAL = 3600
"""The longest default total, in minutes; a student may set a longer one."""
MAX_DELIVERABLES = 60
_ITEM_MINUTES: dict[Kind, int] = {
    "essay": 50,
    "problem_set": 25,
    "lab_report": 40,
    "reading": 35,
    "exam_preparation": 40,
    "project": 50,
}


class _Item(NamedTuple):
    """A deliverable as a step: as the only one that the step serves, and as the first of several."""

    part: Part
    as_first: str


def from_template(
    brief: str,
    *,
    language: Language,
    today: date,
    due: date | None,
    total_minutes: int | None,
    granularity: int,
    ratio: float = 1.0,
) -> Draft:
    """Return `granularity` steps (3 to 15) for a brief.

    The minutes sum to `total_minutes`; fewer minutes than steps give fewer steps. Without a total, the minutes of the
    template are multiplied by `ratio`. Dates spread over the days until `due`, and the last one is `due`.
    """
    wording, kind = WORDINGS[language], kind_of(brief)
    items = deliverables.find(brief)
    count = _count(granularity, total_minutes)
    parts = outline.cut(_plan(items[:MAX_DELIVERABLES], kind, language), count, wording.piece)
    shares = _shares([part.minutes for part in parts], total_minutes, ratio)
    whole = naming(brief, kind, [item.span for item in items])
    steps = _steps(parts, shares, dates.spread(shares, today, due), [whole] if whole else [])
    notes = _notes(brief, items, shares, is_overdue=due is not None and due < today)
    return Draft(steps, [wording.notes[note].format(count=MAX_DELIVERABLES) for note in notes])


def _count(granularity: int, total: int | None) -> int:
    """Return the number of steps, each of which takes at least a minute and at most a day."""
    least, most = (1, MAX_STEPS) if total is None else (-(-total // MAX_STEP_MINUTES), max(total, MIN_STEPS))
    return min(max(granularity, least, MIN_STEPS), MAX_STEPS, most)


def _shares(weights: Sequence[int], total: int | None, ratio: float) -> list[int]:
    return minutes.estimated(weights, ratio, largest=MAX_TOTAL) if total is None else minutes.shared(weights, total)


def _plan(found: Sequence[Deliverable], kind: Kind, language: Language) -> list[Part]:
    preparation, work, completion = outline.read(WORDINGS[language].outlines[kind])
    if len(found) > 1:
        items = [_item(each, number, kind, language) for number, each in enumerate(found, 1)]
        work = _grouped(items, WORDINGS[language].and_more)
    return [preparation, work, completion]


def _item(found: Deliverable, number: int, kind: Kind, language: Language) -> _Item:
    """Return the step that serves a deliverable; a line that already has the form of a title is its title."""
    wording, text = WORDINGS[language], titles.quotable(deliverables.without_points(found.task))
    name = wording.quoted.format(text=text) if text else wording.unnamed_item.format(number=number)
    is_read = kind == "reading" and deliverables.is_chapter(found.task)
    as_first = (wording.read if is_read else wording.work_on[kind]).format(item=name)
    title = text[:1].upper() + text[1:] if text and has_title_form(text, language) else as_first
    return _Item(Part(title, round(_ITEM_MINUTES[kind] * found.weight), (), (found.span,)), as_first)


def _grouped(items: Sequence[_Item], and_more: str) -> Part:
    """Return a part that consists of the two halves of the items, and so on down to each of them."""
    if len(items) == 1:
        return items[0].part
    middle = (len(items) + 1) // 2
    halves = (_grouped(items[:middle], and_more), _grouped(items[middle:], and_more))
    title = and_more.format(title=items[0].as_first, count=len(items) - 1)
    cites = dict.fromkeys(span for half in halves for span in half.cites)
    return Part(title, sum(half.minutes for half in halves), halves, tuple(cites))


def _steps(
    parts: Sequence[Part], shares: Sequence[int], days: Iterator[date | None], whole: Sequence[CitedSpan]
) -> list[Step]:
    names = titles.unique(part.title for part in parts)
    return [
        Step(name, share, day, list[CitedSpan](part.cites or whole))
        for name, share, day, part in zip(names, shares, days, parts, strict=True)
    ]


def _notes(brief: str, items: Sequence[Deliverable], shares: Sequence[int], *, is_overdue: bool) -> Iterator[Note]:
    if not is_visible(brief):
        yield "empty"
    if is_overdue:
        yield "overdue"
    if min(shares) < minutes.UNIT:
        yield "short"
    if max(shares) > minutes.LONGEST:
        yield "long"
    if len(items) > MAX_DELIVERABLES:
        yield "partial"
