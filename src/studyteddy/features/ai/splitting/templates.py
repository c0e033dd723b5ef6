"""Steps from templates, without a model: deterministic, for every brief and every kind of assignment.

A template is an outline of preparation, work and completion. If the brief enumerates what it asks for, that is the
work: each of these steps cites the place that it serves. The other steps cite what names the whole assignment.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date
from typing import NamedTuple

from studyteddy.features.ai.schemas.steps import MAX_STEP_MINUTES, MAX_STEPS, MIN_STEPS, CitedSpan, Step
from studyteddy.features.ai.splitting import dates, deliverables, minutes, outline, requests, titles
from studyteddy.features.ai.splitting.deliverables import Deliverable
from studyteddy.features.ai.splitting.drafts import Draft
from studyteddy.features.ai.splitting.kinds import Kind, kind_of, names, naming
from studyteddy.features.ai.splitting.languages import WORDINGS, Language
from studyteddy.features.ai.splitting.languages.wording import Note
from studyteddy.features.ai.splitting.outline import Part
from studyteddy.features.ai.splitting.verbs import has_title_form
from studyteddy.features.ai.tutoring.results import Known
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
_WHOLES: frozenset[Kind] = frozenset({"essay", "lab_report", "project"})
"""Kinds with one product, of which the items are parts or properties; elsewhere, the items are the work."""
_READING_IS_WORK: frozenset[Kind] = frozenset({"reading", "exam_preparation"})


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
    items = _asked(brief, kind)
    count = _count(granularity, total_minutes)
    parts = outline.cut(_plan(items[:MAX_DELIVERABLES], kind, language, Known(brief)), count, wording.piece)
    shares = _shares([part.minutes for part in parts], total_minutes, ratio)
    whole = naming(brief, kind, [item.span for item in items if not item.is_sentence])
    steps = _steps(parts, shares, dates.spread(shares, today, due), [whole] if whole else [])
    notes = _notes(brief, items, shares, is_overdue=due is not None and due < today)
    return Draft(steps, [wording.notes[note].format(count=MAX_DELIVERABLES) for note in notes])


def _count(granularity: int, total: int | None) -> int:
    """Return the number of steps, each of which takes at least a minute and at most a day."""
    least, most = (1, MAX_STEPS) if total is None else (-(-total // MAX_STEP_MINUTES), max(total, MIN_STEPS))
    return min(max(granularity, least, MIN_STEPS), MAX_STEPS, most)


def _shares(weights: Sequence[int], total: int | None, ratio: float) -> list[int]:
    return minutes.estimated(weights, ratio, largest=MAX_TOTAL) if total is None else minutes.shared(weights, total)


def _asked(brief: str, kind: Kind) -> list[Deliverable]:
    """Return what the brief enumerates, or else its numbers and each sentence that asks for something."""
    listed = deliverables.find(brief)
    if any(not item.is_numbered for item in listed):
        return listed
    sentences = requests.unserved(brief, kind, [item.span for item in listed])
    items = [Deliverable(brief[span.start : span.end], span, is_sentence=True) for span in sentences]
    return sorted((*listed, *items), key=lambda item: item.span.start)


def _plan(found: Sequence[Deliverable], kind: Kind, language: Language, known: Known) -> list[Part]:
    """Return preparation, work and completion, with the items among them.

    What is to be read belongs to the preparation, unless reading is the work. The work itself remains, unless the items
    are all of it: who has compared three experiments hasn't written the essay yet.
    """
    preparation, work, completion = outline.read(WORDINGS[language].outlines[kind])
    items = [(each, _item(each, number, kind, language, known)) for number, each in enumerate(found, 1)]
    read = [item for each, item in items if kind not in _READING_IS_WORK and deliverables.is_reading(each.task)]
    late = [item for each, item in items if kind in _WHOLES and item not in read and _is_late(each.task)]
    early = [item for _, item in items if item not in read and item not in late]
    if read:
        preparation = _with_reading(preparation, _grouped(read, WORDINGS[language].and_more))
    groups = [[_grouped(some, WORDINGS[language].and_more)] if some else [] for some in (early, late)]
    if _is_all(found, kind):
        parts = [*groups[0], *groups[1]]
    else:
        own = work._replace(parts=tuple(part._replace(parts=()) for part in work.parts)) if early or late else work
        parts = [*groups[0], own, *groups[1]] if kind in _WHOLES else [own, *groups[0]]
    return [preparation, _joined(parts, work.title), completion]


def _is_all(found: Sequence[Deliverable], kind: Kind) -> bool:
    """Return whether the items are all of the work, without that of the outline."""
    if kind in _WHOLES:
        return any(deliverables.is_making(each.task) and names(each.task, kind) for each in found)
    if kind == "reading":
        return any(deliverables.is_reading(each.task) for each in found)
    listed = [each for each in found if not each.is_sentence]
    return any(kind == "exam_preparation" or not deliverables.is_reading(each.task) for each in listed)


def _is_late(task: str) -> bool:
    """Return whether a deliverable is part of the whole or done to it, so that it comes after the first draft."""
    return deliverables.is_making(task) or deliverables.is_closing(task)


def _with_reading(preparation: Part, read: Part) -> Part:
    """Return a preparation with what is to be read in its first half: plans follow from it."""
    first, second = preparation.parts
    first = Part(first.title, first.minutes + read.minutes, (first, read), read.cites)
    return Part(preparation.title, first.minutes + second.minutes, (first, second), read.cites)


def _joined(parts: Sequence[Part], title: str) -> Part:
    """Return a part that consists of others, two at a time."""
    if len(parts) == 1:
        return parts[0]
    rest = _joined(parts[1:], title)
    return Part(title, parts[0].minutes + rest.minutes, (parts[0], rest), (*parts[0].cites, *rest.cites))


def _item(found: Deliverable, number: int, kind: Kind, language: Language, known: Known) -> _Item:
    """Return the step that serves a deliverable; a line that already has the form of a title is its title."""
    wording, text = WORDINGS[language], titles.quotable(deliverables.without_points(found.task))
    is_read = kind == "reading" and deliverables.is_chapter(found.task)
    form = wording.read if is_read else wording.work_on[kind]
    named = form.format(item=wording.quoted.format(text=text))
    if text is None or known.lacks_result_of(wording.and_more.format(title=named, count=1)):
        # What a title leaves out of a line can make another equation of it.
        text, named = None, form.format(item=wording.unnamed_item.format(number=number))
    title = text[:1].upper() + text[1:] if text and has_title_form(text, language) else named
    return _Item(Part(title, round(_ITEM_MINUTES[kind] * found.weight), (), (found.span,)), named)


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
